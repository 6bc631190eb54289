"""A package index on this machine, with wheels made by the tests: what pip sees of the world."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def wheel(package: str, version: str, files: dict[str, bytes]) -> bytes:
    """The bytes of a wheel that carries these files; the same ones each time."""
    name = package.replace("-", "_")
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in content.items():
            archive.writestr(zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


@dataclass
class Index:
    """What is offered, and what was asked for: the names of the wheels, in turn."""

    url: str = ""
    wheels: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    asked: int = 0

    def add(self, package: str, version: str, files: dict[str, bytes]) -> dict[str, Any]:
        """Offer a package; returns what the catalogue says of its first file."""
        data = wheel(package, version, files)
        self.wheels[f"{package.replace('-', '_')}-{version}-py3-none-any.whl"] = data
        sha256 = hashlib.sha256(data).hexdigest()
        return {
            "package": package, "version": version, "sha256": sha256, "bytes": len(data), "member": next(iter(files)),
        }  # fmt: skip


@contextmanager
def package_index() -> Iterator[Index]:
    """An index that answers until the block ends."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked += 1
            name = self.path.rstrip("/").rsplit("/", 1)[-1]
            if name in index.wheels:
                index.fetched.append(name)
                self._send(index.wheels[name], "application/octet-stream")
                return
            found = [file for file in index.wheels if file.startswith(f"{name.replace('-', '_')}-")]
            links = "".join(f'<a href="/files/{file}">{file}</a>' for file in found)
            self._send(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{server.server_address[1]}/simple"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
