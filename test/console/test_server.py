"""The web server, over real connections: files, headers, tokens, origins, bounds."""

import contextlib
import json
import ssl
import subprocess

import aiohttp
import cv2
import numpy as np
import pytest

from seem_ros.console.limits import Limits
from seem_ros.console.server import PAGE, ConsoleServer, ServerOptions, page_files
from support.console_bench import RED, SCENE, Page, ServedConsole, flood_session

TOKEN = "only the operators know"


@pytest.fixture(scope="module")
def console():
    with ServedConsole() as served:
        yield served


@pytest.fixture(scope="module")
def guarded():
    with ServedConsole(host="0.0.0.0", token=TOKEN) as served:
        yield served


def get(run, console, path, **arguments):
    """Return status, headers, body and cookies of an answer."""

    async def ask():
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{console.port}{path}", **arguments) as answer,
        ):
            return answer.status, answer.headers, await answer.read(), answer.cookies

    return run(ask())


def open_socket(run, console, **headers):
    async def ask():
        url = f"http://127.0.0.1:{console.port}/ws"
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(url, headers=headers) as socket,
        ):
            return (await socket.receive()).data

    return run(ask())


def test_every_file_of_the_page_is_served_as_what_it_is(run, console):
    for name, (body, kind) in page_files().items():
        status, headers, got, _ = get(run, console, f"/{name}")
        assert (status, got) == (200, body)
        assert headers["Content-Type"].startswith(kind)
    assert get(run, console, "/")[2] == (PAGE / "index.html").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py", "/%2e%2e/server.py", "/texts/../../server.py", "/..%2fserver.py",
        "//etc/passwd", "/texts", "/texts/", "/server.py", "/save/../server.py", "/save/x.png",
        "/%00", "/.git/config",
    ],
)  # fmt: skip
def test_nothing_else_is_served(run, console, path):
    from yarl import URL

    url = URL(f"http://127.0.0.1:{console.port}{path}", encoded=True)

    async def ask():
        async with aiohttp.ClientSession() as client, client.get(url) as answer:
            return answer.status, await answer.read()

    status, body = run(ask())
    assert status in (400, 404)
    assert b"import" not in body


def test_every_answer_keeps_the_page_safe(run, console, guarded):
    for served, path in (
        (console, "/"),
        (console, "/main.js"),
        (console, "/nothing"),
        (guarded, "/"),
    ):
        headers = get(run, served, path)[1]
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_needs_nothing_inline_and_nothing_from_elsewhere():
    for name, (body, _) in page_files().items():
        text = body.decode()
        assert "http://" not in text.replace("http://www.w3.org/", "")
        assert "https://" not in text
        if name.endswith(".html"):
            assert "style=" not in text
            assert " onclick" not in text
            assert text.count("<script") == text.count('<script type="module" src=')


def test_both_languages_have_the_same_texts():
    english, german = (json.loads(page_files()[f"texts/{code}.json"][0]) for code in ("en", "de"))
    assert english.keys() == german.keys()
    assert len(english["keys"]) == len(german["keys"])
    used = "".join(
        body.decode() for name, (body, _) in page_files().items() if "texts/" not in name
    )
    assert [key for key in english if key not in used and key != "language"] == []


def test_without_the_token_nothing_is_given_out(run, guarded):
    for path in ("/", "/main.js", "/save/labels.png", "/?token=wrong", "/?token="):
        status, _, body, _ = get(run, guarded, path)
        assert status == 401
        assert b"token is needed" in body
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        open_socket(run, guarded, Origin=f"http://127.0.0.1:{guarded.port}")


def test_the_token_moves_into_a_cookie(run, guarded):
    status, headers, _, cookies = get(run, guarded, f"/?token={TOKEN}", allow_redirects=False)
    assert (status, headers["Location"]) == (303, "/")
    cookie = cookies[f"seem_console_{guarded.port}"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    known = {cookie.key: cookie.value}
    assert get(run, guarded, "/", cookies=known)[0] == 200
    assert get(run, guarded, "/", cookies={cookie.key: "wrong"})[0] == 401


def test_other_web_sites_are_kept_out(run, console):
    own = f"http://127.0.0.1:{console.port}"
    assert json.loads(open_socket(run, console, Origin=own))["type"] == "hello"
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{console.port}"):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            open_socket(run, console, Origin=origin)
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        open_socket(run, console)
    rebound = {
        "Host": f"evil.example:{console.port}",
        "Origin": f"http://evil.example:{console.port}",
    }
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        open_socket(run, console, **rebound)
    assert get(run, console, "/", headers={"Host": "evil.example"})[0] == 403


def test_too_large_and_too_many_messages_end_the_connection_only(run, console, caplog):
    async def flood(make):
        async with Page(console) as page:
            with contextlib.suppress(ConnectionError):
                for message in make:
                    await page.socket.send_str(message)
            await page.until(lambda: page.socket.closed)
            return page.socket.close_code

    reset = aiohttp.WSCloseCode.ABNORMAL_CLOSURE  # may come first, to a page that still sends
    assert run(flood(["x" * (Limits().message_bytes + 1)])) in (1009, reset)
    assert run(flood(['{"type":"ack","number":1}'] * 5000)) == 1008
    assert run(flood(["x" * 100_000] * 50)) == 1008
    assert json.loads(open_socket(run, console, Origin=f"http://127.0.0.1:{console.port}"))
    assert [item for item in caplog.records if item.levelname == "ERROR"] == []


def test_no_more_pages_than_allowed(run):
    with ServedConsole(limits=Limits(viewers=2)) as console:

        async def crowd():
            async with Page(console), Page(console), Page(console) as third:
                await third.until(lambda: third.socket.closed)
                return third.socket.close_code

        assert run(crowd()) == 1013


def test_files_to_save_are_exact(run, console):
    async def click():
        async with Page(console) as page:
            await page.until(lambda: page.picture)
            await page.send("prompt", points=[[100, 150, 1]])
            await page.line("notice", code="done")
            await page.until(lambda: page.labels is not None and page.labels.any())

            async def saved(name, flags):
                url = f"http://127.0.0.1:{console.port}/save/{name}"
                async with aiohttp.ClientSession() as client, client.get(url) as answer:
                    assert "attachment" in answer.headers["Content-Disposition"]
                    return cv2.imdecode(np.frombuffer(await answer.read(), np.uint8), flags)

            mask = await saved("mask.png", cv2.IMREAD_UNCHANGED)
            labels = await saved("labels.png", cv2.IMREAD_UNCHANGED)
            picture = await saved("picture.png", cv2.IMREAD_COLOR)
            return mask, labels, picture

    mask, labels, picture = run(click())
    x0, y0, x1, y1 = RED
    truth = np.zeros(SCENE.shape[:2], np.uint8)
    truth[y0:y1, x0:x1] = 1
    assert np.array_equal(mask, truth * 255)
    assert np.array_equal(labels, truth)
    assert np.array_equal(picture[..., ::-1], SCENE)


def test_tls_by_certificate_files(run, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    try:
        subprocess.run(
            [*command, "-keyout", str(key), "-out", str(certificate)],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    trust = ssl.create_default_context(cafile=str(certificate))
    with ServedConsole(certificate=str(certificate), key=str(key)) as console:
        assert console.url.startswith("https://127.0.0.1:")

        async def ask():
            async with (
                aiohttp.ClientSession() as client,
                client.get(console.url, ssl=trust) as answer,
            ):
                return answer.status

        assert run(ask()) == 200


def test_wrong_options_are_refused_before_anything_runs():
    with pytest.raises(ValueError, match="a key needs its certificate"):
        ConsoleServer(flood_session(), ServerOptions(key="key.pem"))
    with pytest.raises(OSError):
        ConsoleServer(flood_session(), ServerOptions(certificate="/nowhere/cert.pem"))
