"""What never goes to a model server: other secrets than its key, and anything to a server that was not chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.support.faulty_server import faulty, serving
from fsl_core import registry
from fsl_core.base.errors import MissingBackend
from fsl_core.contracts.generator import Sampling
from fsl_core.models.backends.openai_client import Server, holds_key

PASSWORD = "postgresql://label:hush-hush@db.example/handful"


def chat(url: str, **more: object) -> object:
    settings = {"base_url": url, "model": "m", "retries": 0, **more}
    return registry.create_generator("server", settings).generate(["one"], Sampling())


def embed(url: str, **more: object) -> object:
    settings = {"base_url": url, "model": "m", "retries": 0, **more}
    return registry.create_encoder("openai-compatible", settings).encode(["one"])


def list_models(url: str, api_key_variable: str = "") -> object:
    return Server("model", url, "", api_key_variable, 5.0, 0).models()


WAYS = pytest.mark.parametrize("way", [chat, embed, list_models])


@contextmanager
def listening(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server's address, and the headers of each request that it got."""
    heard: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            heard.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers.get("content-length") or 0))
            answer(self)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Not to the screen."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}/v1", heard


def refusing(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(400)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.mark.parametrize(
    ("variable", "holds"),
    [
        ("OPENAI_API_KEY", True),
        ("MISTRAL_API_KEY", True),
        ("HANDFUL_MODEL_KEY", True),
        ("HANDFUL_DATABASE_URL", False),
        ("HANDFUL_KEY_VARIABLES", False),
        ("HANDFUL_KEY", False),
        ("AWS_SECRET_ACCESS_KEY", False),
        ("API_KEY", False),
        ("OPENAI_API_KEY_OLD", False),
        ("PGPASSWORD", False),
        ("X OPENAI_API_KEY", False),
        ("HOME", False),
        ("", False),
    ],
)
def test_only_names_of_keys_are_read(variable: str, holds: bool) -> None:
    assert holds_key(variable) is holds


@WAYS
def test_the_password_of_the_database_goes_to_no_server(way, monkeypatch) -> None:
    monkeypatch.setenv("HANDFUL_DATABASE_URL", PASSWORD)
    with listening(refusing) as (url, heard):
        with pytest.raises(MissingBackend, match="HANDFUL_DATABASE_URL is not known to hold a key") as caught:
            way(url, api_key_variable="HANDFUL_DATABASE_URL")
        assert heard == []
    assert "HANDFUL_KEY_VARIABLES" in caught.value.hint and "hush" not in caught.value.message + caught.value.hint


@WAYS
def test_a_name_that_the_machines_owner_listed_is_read(way, monkeypatch) -> None:
    monkeypatch.setenv("HANDFUL_KEY_VARIABLES", "OTHER, GATEWAY_TOKEN")
    monkeypatch.setenv("GATEWAY_TOKEN", "token-1")
    with listening(refusing) as (url, heard):
        with pytest.raises(MissingBackend, match="400"):
            way(url, api_key_variable="GATEWAY_TOKEN")
        assert [headers["authorization"] for headers in heard] == ["Bearer token-1"]
    assert not holds_key("GATEWAY") and not holds_key("OTHER,")


@WAYS
def test_what_the_environment_holds_for_another_server_stays_here(way, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-hush")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-hush")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-hush")
    names = ("Authorization", "X-Gateway-Token", "Cookie", "X-Stainless-Tenant", "User-Agent", "Accept", "Host")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "\n".join(f"{name}: hush" for name in names))
    with listening(refusing) as (url, heard):
        with pytest.raises(MissingBackend, match="400"):
            way(url, api_key_variable="")
    (headers,) = heard
    assert headers["authorization"] == "Bearer none"
    assert "hush" not in str(headers)
    plain = {"host", "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type"}
    assert {name for name in headers if not name.startswith("x-stainless-")} <= plain | {"user-agent"}


@WAYS
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_that_was_chosen_chooses_no_other(way, status: int, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hush")
    with faulty() as elsewhere:

        def send_on(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.send_header("Location", f"{elsewhere.url}/chat/completions")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with listening(send_on) as (url, heard):
            with pytest.raises(MissingBackend, match=f"answered {status}: it sends its visitors on to") as caught:
                way(url, api_key_variable="OPENAI_API_KEY")
            assert len(heard) == 1
        assert elsewhere.requests == [] and elsewhere.keys == []
        assert elsewhere.url in caught.value.message and "itself" in caught.value.hint
