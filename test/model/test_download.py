"""Downloads that break, change or arrive damaged, from a server in this process."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seem_ros.model.download import fetch


class _Server(ThreadingHTTPServer):
    content = bytes(range(256)) * 40
    tag = '"one"'
    breaks_after: int | None = None
    seen: list[dict[str, str]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self):
        self.server.seen.append(dict(self.headers))
        content, tag = self.server.content, self.server.tag
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") in (None, tag)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and same else 0
        self.send_response(206 if start else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start : self.server.breaks_after])

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def server():
    running = _Server(("127.0.0.1", 0), _Handler)
    running.seen = []
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def _url(server: _Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/file"


def test_a_cut_off_download_is_an_error_and_goes_on_next_time(server, tmp_path):
    path, steps = tmp_path / "x.pt", []
    server.breaks_after = 4000
    with pytest.raises(OSError, match="run it again to continue"):
        fetch(_url(server), path, 100, None)
    assert not path.exists()
    server.breaks_after = None
    digest = fetch(_url(server), path, 100, None, lambda *step: steps.append(step))
    assert path.read_bytes() == server.content
    assert digest == hashlib.sha256(server.content).hexdigest()
    assert server.seen[1]["Range"] == "bytes=4000-" and server.seen[1]["If-Range"] == '"one"'
    assert steps[0] == (4000, len(server.content)) and steps[-1][0] == steps[-1][1]
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(server, tmp_path):
    path = tmp_path / "x.pt"
    server.breaks_after = 4000
    with pytest.raises(OSError, match="run it again"):
        fetch(_url(server), path, 100, None)
    server.breaks_after, server.content, server.tag = None, b"other" * 3000, '"two"'
    fetch(_url(server), path, 100, None)
    assert path.read_bytes() == b"other" * 3000


def test_a_damaged_archive_is_not_kept(server, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.pkl", b"a" * 1000)
    content = bytearray(packed.getvalue())
    content[500] ^= 1
    server.content = bytes(content)
    with pytest.raises(ValueError, match=r"damaged at data\.pkl"):
        fetch(_url(server), tmp_path / "x.pt", 100, None)
    assert list(tmp_path.iterdir()) == []
