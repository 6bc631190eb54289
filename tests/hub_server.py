"""A hub of models on this machine: serves one folder as the Hugging Face hub would, as fast or slow as a test wants."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.support.faulty_server import serving

MODEL = "someone/tiny"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 65_536


class HubServer(ThreadingHTTPServer):
    """Has the files of ``folder`` as the model ``MODEL``. Waits ``pause_s`` after each piece of a file."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.pause_s = folder, 0.0
        self.sent: list[str] = []
        """Files of which something was sent."""
        self.broken_off = threading.Event()
        """Set once a client left in the middle of a file."""

    @property
    def url(self) -> str:
        """What HF_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def files(self) -> dict[str, Path]:
        """Name -> file."""
        return {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """A client that goes away is what one test is about."""


@contextmanager
def hub(folder: Path) -> Iterator[HubServer]:
    """The server in a thread of its own."""
    with serving(HubServer(folder)) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:  # noqa: N802
        self._answer(with_body=False)

    def do_GET(self) -> None:  # noqa: N802
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{MODEL}/tree/"):
            self._json([{"type": "file", "path": name, "size": file.stat().st_size, "oid": _etag(file)}
                        for name, file in self.server.files().items()])  # fmt: skip
        elif path.startswith(f"/api/models/{MODEL}"):
            listed = [{"rfilename": name, "size": file.stat().st_size} for name, file in self.server.files().items()]
            self._json({"id": MODEL, "modelId": MODEL, "sha": COMMIT, "private": False, "tags": [], "downloads": 0,
                        "likes": 0, "siblings": listed})  # fmt: skip
        elif path.startswith(f"/{MODEL}/resolve/{COMMIT}/"):
            self._file(path.removeprefix(f"/{MODEL}/resolve/{COMMIT}/"), with_body=with_body)
        else:
            self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})

    def _file(self, name: str, *, with_body: bool) -> None:
        file = self.server.files()[name]
        content = file.read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{_etag(file)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not with_body:
            return
        self.server.sent.append(name)
        try:
            for place in range(start, len(content), PIECE):
                self.wfile.write(content[place : place + PIECE])
                time.sleep(self.server.pause_s)
        except OSError:
            self.server.broken_off.set()

    def _json(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _etag(file: Path) -> str:
    return hashlib.sha1(file.read_bytes(), usedforsecurity=False).hexdigest()
