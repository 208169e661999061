"""Downloads, from a server in this process."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seem_ros.cli.download import fetch

CONTENT = bytes(range(256)) * 40


class _Handler(BaseHTTPRequestHandler):
    asked: list[str | None] = []

    def do_GET(self):
        wanted = self.headers.get("Range")
        _Handler.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if self.path != "/file":
            self.send_error(404)
        elif start >= len(CONTENT):
            self.send_error(416)
        else:
            self.send_response(206 if start else 200)
            self.end_headers()
            self.wfile.write(CONTENT[start:])

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def server():
    _Handler.asked = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def test_file_arrives_whole_and_is_checked(server, tmp_path):
    path = tmp_path / "models" / "x.pt"
    fetch(f"{server}/file", path, 100, hashlib.sha256(CONTENT).hexdigest())
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("have", [1000, len(CONTENT)])
def test_interrupted_download_is_continued(server, tmp_path, have):
    path = tmp_path / "x.pt"
    (tmp_path / "x.pt.part").write_bytes(CONTENT[:have])
    fetch(f"{server}/file", path, 100, None)
    assert path.read_bytes() == CONTENT
    assert _Handler.asked == [f"bytes={have}-"]


def test_wrong_files_are_not_kept(server, tmp_path):
    path = tmp_path / "x.pt"
    with pytest.raises(ValueError, match="tensors alone take 99999"):
        fetch(f"{server}/file", path, 99_999, None)
    with pytest.raises(ValueError, match="another SHA-256"):
        fetch(f"{server}/file", path, 100, "0" * 64)
    with pytest.raises(OSError, match="404"):
        fetch(f"{server}/none", path, 100, None)
    with pytest.raises(OSError, match="cannot reach"):
        fetch("http://127.0.0.1:9/file", path, 100, None)
    assert not path.exists()
