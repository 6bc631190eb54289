"""A chat server over real sockets that misbehaves by script: one fault for each request, then good answers."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

MODEL = "tiny-chat"
KEY = "sk-secret-1234567890"
FAULTS = (
    "slow", "429", "429 retry-after", "500", "reset", "malformed", "not json", "wrong model", "oversized", "401",
    "404", "no choices", "no text", "cut stream", "refuses schema", "not a choice",
)  # fmt: skip
NASTY_FAULTS = ("refuses fields", "endless", "drip", "error event", "no streams", "proxy page", "busy for an hour")
TOO_LONG = {
    "too long": {
        "message": "This model's maximum context length is 128 tokens. However, you requested 164 tokens (100 in the "
        "messages, 64 in the completion). Please reduce the length of the messages or completion.",
        "type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded",
    },
    "too long names": {
        "message": "'max_tokens' or 'max_completion_tokens' is too large: 64. This model's maximum context length is "
        "128 tokens and your request has 100 input tokens (64 > 128 - 100).",
        "type": "BadRequestError", "param": "max_tokens", "code": 400,
    },
    "too long briefly": {
        "code": 400, "message": "the request exceeds the available context size, try increasing it",
        "type": "exceed_context_size_error", "n_prompt_tokens": 164, "n_ctx": 128,
    },
    "too long quotes": "Input is too long (164 tokens): 'Classify as json, with a schema: ...'",
}  # fmt: skip
"""How OpenAI, vLLM, llama.cpp and others refuse a prompt that is longer than what the model can read."""
NO_FORMAT = {
    "no format by name": {"message": "Invalid value: 'json_schema'.", "param": "response_format.type", "code": None},
    "no format in words": {"message": "'response_format.type' must be 'json_object' or 'text'"},
    "no schemas": {"message": "Structured outputs are not available for this model."},
    "extra fields": [{"type": "extra_forbidden", "loc": ["body", "response_format"], "msg": "Extra inputs"}],
    "unknown field": {"message": "unexpected property in the request body"},
}
"""How servers say that they hold no answer to a schema."""


S = TypeVar("S", bound=ThreadingHTTPServer)


class FaultyServer(ThreadingHTTPServer):
    """Answers ``reply`` to each prompt; the next requests fail as ``script`` says, in turn."""

    daemon_threads = True

    def __init__(self, script: list[str] | None = None, reply: str = "Refund", always: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script, self.reply, self.always = list(script or []), reply, always
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.times: list[float] = []
        self.good = 0
        """Whole answers of the right model and size that went to a client that still waited."""
        self.lock = threading.Lock()
        self.slow_s = 2.0

    @property
    def url(self) -> str:
        """The base address, as a client is given it."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """A client that goes away is what some tests are about."""


@contextmanager
def faulty(script: list[str] | None = None, **more: Any) -> Iterator[FaultyServer]:  # noqa: ANN401
    """The server in a thread of its own."""
    with serving(FaultyServer(script, **more)) as server:
        yield server


@contextmanager
def serving(server: S) -> Iterator[S]:
    """Any such server in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    server: FaultyServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:  # noqa: N802
        self._json(200, {"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": "me"}
                                                    for name in (MODEL, "<b>other</b>")]})  # fmt: skip

    def do_POST(self) -> None:  # noqa: N802
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            server.requests.append(asked)
            server.keys.append(self.headers.get("Authorization", ""))
            server.times.append(time.monotonic())
            fault = server.script.pop(0) if server.script else server.always
        text = server.reply
        if asked.get("response_format") and fault != "not a choice":
            names = asked["response_format"]["json_schema"]["schema"]["properties"]["class"]["enum"]
            text = json.dumps({"class": server.reply if server.reply in names else names[0]})
        if fault in TOO_LONG:
            self._json(400, {"error": TOO_LONG[fault]})
            return
        if fault in NO_FORMAT:
            if "response_format" in asked:
                self._json(400, {"error" if fault != "extra fields" else "detail": NO_FORMAT[fault]})
                return
            fault = ""
        getattr(self, "_" + fault.replace(" ", "_").replace("-", "_"), self._good)(asked, text)

    def _good(self, asked: dict[str, Any], text: str, model: str = MODEL) -> None:
        if model == MODEL and len(text) < 1000 and self._client_waits():
            self._count()
        if asked.get("stream"):
            self._stream(text, model, whole=True)
            return
        self._json(200, _whole(text, model))

    def _count(self) -> None:
        with self.server.lock:
            self.server.good += 1

    def _client_waits(self) -> bool:
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self.connection.setblocking(True)

    def _slow(self, asked: dict[str, Any], text: str) -> None:
        time.sleep(self.server.slow_s)
        self._good(asked, text)

    def _429(self, asked: dict[str, Any], text: str) -> None:
        self._json(429, {"error": {"message": "Rate limit reached"}})

    def _429_retry_after(self, asked: dict[str, Any], text: str) -> None:
        self._json(429, {"error": {"message": "Rate limit reached"}}, {"Retry-After": "1"})

    def _500(self, asked: dict[str, Any], text: str) -> None:
        self._json(500, {"error": {"message": "Out of memory in the server"}})

    def _401(self, asked: dict[str, Any], text: str) -> None:
        self._json(401, {"error": {"message": f"Incorrect API key provided: {KEY}"}})

    def _404(self, asked: dict[str, Any], text: str) -> None:
        self._json(404, {"error": {"message": f"model '{asked['model']}' not found"}})

    def _reset(self, asked: dict[str, Any], text: str) -> None:
        # Linger zero: the other side sees a reset, not an end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _malformed(self, asked: dict[str, Any], text: str) -> None:
        self._body(200, b'{"choices": [{"message": {"content": "Ref', "application/json")

    def _not_json(self, asked: dict[str, Any], text: str) -> None:
        self._body(200, b"<html><script>alert(1)</script>Welcome to the router</html>", "text/html")

    def _wrong_model(self, asked: dict[str, Any], text: str) -> None:
        self._good(asked, text, model="somebody-else-7b")

    def _oversized(self, asked: dict[str, Any], text: str) -> None:
        self._good(asked, "x" * 3_000_000)

    def _no_choices(self, asked: dict[str, Any], text: str) -> None:
        self._json(200, {**_whole(text, MODEL), "choices": []})

    def _no_text(self, asked: dict[str, Any], text: str) -> None:
        reply = _whole(text, MODEL)
        reply["choices"][0]["message"]["content"] = None
        self._json(200, reply)

    def _not_a_choice(self, asked: dict[str, Any], text: str) -> None:
        self._good(asked, "Ignore the classes! <img src=x onerror=alert(1)>")

    def _refuses_schema(self, asked: dict[str, Any], text: str) -> None:
        if "response_format" in asked:
            self._json(400, {"error": {"message": "unknown parameter: response_format"}})
        else:
            self._good(asked, text)

    def _refuses_fields(self, asked: dict[str, Any], text: str) -> None:
        if unknown := {"response_format", "seed"} & set(asked):
            self._json(422, {"detail": f"Unexpected fields in the request: {sorted(unknown)[:1]}"})
        else:
            self._good(asked, text)

    def _endless(self, asked: dict[str, Any], text: str) -> None:
        if not asked.get("stream"):
            self._body(200, b'{"choices": [' + b" " * 5_000_000 + b"]}", "application/json")
            return
        self._begin_stream()
        with suppress(OSError):
            for _piece in range(5_000):
                self._event(MODEL, {"content": "on and on "}, None)

    def _drip(self, asked: dict[str, Any], text: str) -> None:
        body = json.dumps(_whole(text, MODEL)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            for place in range(len(body)):
                self.wfile.write(body[place : place + 1])
                time.sleep(0.1)

    def _error_event(self, asked: dict[str, Any], text: str) -> None:
        self._begin_stream()
        self._event(MODEL, {"content": text[:3]}, None)
        self.wfile.write(f'data: {{"error": {{"message": "Out of memory for {KEY}"}}}}\n\n'.encode())

    def _no_streams(self, asked: dict[str, Any], text: str) -> None:
        self._count()
        self._json(200, _whole(text, MODEL))

    def _proxy_page(self, asked: dict[str, Any], text: str) -> None:
        page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>nginx</h1></body></html>"
        self._body(502, page, "text/html")

    def _busy_for_an_hour(self, asked: dict[str, Any], text: str) -> None:
        self._json(429, {"error": {"message": "Rate limit reached"}}, {"Retry-After": "3600"})

    def _cut_stream(self, asked: dict[str, Any], text: str) -> None:
        if asked.get("stream"):
            self._stream(text, MODEL, whole=False)
        else:
            self._reset(asked, text)

    def _begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def _stream(self, text: str, model: str, *, whole: bool) -> None:
        self._begin_stream()
        pieces = [text[i : i + 3] for i in range(0, len(text), 3)]
        for piece in pieces if whole else pieces[:1]:
            self._event(model, {"content": piece}, None)
        if whole:
            self._event(model, {}, "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        self.wfile.flush()

    def _event(self, model: str, delta: dict[str, str], ended: str | None) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": model,
                 "choices": [{"index": 0, "delta": delta, "finish_reason": ended}]}  # fmt: skip
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def _json(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._body(status, json.dumps(body).encode(), "application/json", headers)

    def _body(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _whole(text: str, model: str) -> dict[str, Any]:
    return {
        "id": "1", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15},
    }  # fmt: skip
