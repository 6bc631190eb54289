"""Who may call the server, and from which pages: the rules, and a real server that keeps them."""

from __future__ import annotations

import asyncio
import http.client
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from benchmarks.support.faulty_server import serving
from fsl_core.base.loopback import is_loopback
from pages.ui.kit import server as whole
from pages.ui.kit.hosts import MOST_LOGGED, AllowedHosts, Place, allowed_places
from tests.browser_fixtures import FLAGS, Server, chromium
from tests.cable_out import CableOutServer, namespace

TEAM = "label.example.org, *.clinic.example box.example:9000"


def ask(host: str | None, origin: str | None = None, *, team: str = TEAM, kind: str = "http") -> str:
    """What becomes of a request: "passed", or the reason why it was refused."""
    seen: list[str] = []
    sent: list[dict[str, object]] = []

    async def inner(scope: object, receive: object, send: object) -> None:
        seen.append("passed")

    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    pairs = [(b"host", host), (b"origin", origin)]
    headers = [(name, value.encode()) for name, value in pairs if value is not None]
    gate = AllowedHosts(inner, places=allowed_places(team))
    # In a thread of its own: the browser's driver keeps a loop running in this one.
    asking = threading.Thread(target=lambda: asyncio.run(gate({"type": kind, "headers": headers}, receive, send)))
    asking.start()
    asking.join()
    if seen:
        assert not sent
        return "passed"
    if kind == "websocket":
        return str(sent)
    assert sent[0]["status"] == 403
    return bytes(sent[1]["body"]).decode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LocalHost:8501", "localhost.:8501", "127.0.0.1:8501", "127.8.9.1", "[::1]:8501",
     "label.example.org", "label.example.org:443", "Label.Example.Org", "a.clinic.example", "a.b.clinic.example:80",
     "box.example:9000"],
)  # fmt: skip
def test_these_names_are_answered(host: str) -> None:
    assert ask(host) == "passed"
    assert ask(host, f"http://{host}", kind="websocket") == "passed"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example:8501", "127.0.0.1.evil.example", "evil.example:8501", "clinic.example",
     "evilclinic.example", "box.example", "box.example:9001", "192.168.1.5:8501", "0.0.0.0:8501", "[::2]:8501"],
)  # fmt: skip
def test_other_names_are_refused_with_what_to_set(host: str) -> None:
    name = Place.parse(host).host  # type: ignore[union-attr]
    assert f"HANDFUL_ALLOWED_HOSTS to {name}" in ask(host)
    assert "1008" in ask(host, f"http://{host}", kind="websocket")


@pytest.mark.parametrize(
    "host", [None, "", "a b", "me@localhost", "localhost:99999", "localhost:x", "localhost/x", "[::1"]
)
def test_what_is_no_host_is_refused(host: str | None) -> None:
    assert "proper name" in ask(host)


@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("localhost:8501", "http://localhost:8501", True),
        ("LocalHost.:8501", "http://LocalHost.:8501", True),
        ("localhost:8501", "http://LOCALHOST:8501", False),
        ("label.example.org:443", "https://label.example.org", False),
        ("label.example.org", "https://label.example.org", True),
        ("localhost:8501", "http://localhost:3000", False),
        ("localhost:8501", "http://127.0.0.1:8501", False),
        ("localhost:8501", "http://localhost", False),
        ("localhost:8501", "https://label.example.org", False),
        ("localhost:8501", "http://evil.example:8501", False),
        ("localhost:8501", "null", False),
        ("localhost:8501", "", False),
        ("localhost:8501", "http://[::1", False),
        ("localhost:8501", "localhost:8501", False),
        ("localhost:8501", "http://localhost:8501@evil.example", False),
        ("evil.example:8501", "http://evil.example:8501", False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_page_of_another_server_gets_no_answer(host: str, origin: str, passes: bool, kind: str) -> None:
    assert (ask(host, origin, kind=kind) == "passed") is passes


def test_a_name_that_cannot_be_read_is_left_out_and_said(caplog: pytest.LogCaptureFixture) -> None:
    words = "https://Label.example.org/label?x=1, *, , a b:x *.b.example\n[2001:db8:0::1]:80; *b.example 192.168.1.0/24 http://[::1"
    assert [str(place) for place in allowed_places(words)] == [
        "label.example.org", "a", "*.b.example", "[2001:db8::1]:80"
    ]  # fmt: skip
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 5 and all("is no host name" in line for line in said)
    assert allowed_places("") == []


def test_each_refused_name_is_logged_once_and_not_without_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    gate = AllowedHosts(lambda *_: None)  # type: ignore[arg-type,return-value]
    for n in [*range(2 * MOST_LOGGED), 1, 1]:
        assert gate.refusal({"headers": [(b"host", f"a{n}.example".encode())]})
    assert len(caplog.records) == MOST_LOGGED
    assert "HANDFUL_ALLOWED_HOSTS=a0.example" in caplog.records[0].getMessage()


def test_the_greeting_says_where_the_app_is_and_what_an_open_address_means() -> None:
    assert whole.greeting("127.0.0.1", 8501, []) == ["Handful: http://127.0.0.1:8501/   (stop with Ctrl-C)"]
    lines = whole.greeting("0.0.0.0", 80, allowed_places("label.example.org"))
    assert lines[0].startswith("Handful: http://localhost:80/")
    assert "no login" in lines[1] and "label.example.org" in lines[2]
    assert is_loopback("::1") and not is_loopback("::") and not is_loopback("localhost.example")


def handshake(server: Server, host: str, origin: str | None) -> int:
    """The answer to the WebSocket's handshake: 101 lets it in."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    more = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Host": host, **({"Origin": origin} if origin else {})}
    for name, value in (key | more).items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_real_server_lets_only_its_own_pages_in_and_asks_nobody_for_its_address(server: Server) -> None:
    here = f"127.0.0.1:{server.port}"
    assert handshake(server, here, f"http://{here}") == 101
    assert handshake(server, f"localhost:{server.port}", f"http://localhost:{server.port}") == 101
    evil = f"evil.example:{server.port}"
    refused = [
        (f"LOCALHOST.:{server.port}", f"http://localhost.:{server.port}"),
        (here, "http://evil.example"),
        (here, f"http://{evil}"),
        (evil, f"http://{evil}"),
        (evil, None),
        (here, "http://127.0.0.1:1"),
        (here, "null"),
    ]
    for host, origin in refused:
        assert handshake(server, host, origin) == 403, (host, origin)
    log = (server.home / "server.log").read_text(encoding="utf-8")
    assert "external IP" not in log and "Refused a request to the name 'evil.example'" in log


@pytest.fixture
def rebound(playwright: Playwright) -> Iterator[Browser]:
    """A browser for which a name of somebody else's leads to this machine."""
    rule = "--host-resolver-rules=MAP rebound.example 127.0.0.1"
    launched = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, rule])
    yield launched
    launched.close()


def test_a_page_whose_name_was_turned_to_this_machine_reads_nothing(server: Server, rebound: Browser) -> None:
    server.project(["a very private text"], ["a", "b"])
    page = rebound.new_page()
    answer = page.goto(f"http://rebound.example:{server.port}/")
    assert answer is not None and answer.status == 403
    expect(page.locator("body")).to_contain_text("HANDFUL_ALLOWED_HOSTS to rebound.example")


class Foreign(BaseHTTPRequestHandler):
    """Any page on the web."""

    def do_GET(self) -> None:  # noqa: N802
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>a page of anybody's</p>")

    def log_message(self, *_: object) -> None:
        """Not to the screen."""


TRY_SOCKET = """(url) => new Promise((done) => {
  const socket = new WebSocket(url, ["streamlit"]);
  socket.onopen = () => done("open");
  socket.onerror = () => done("refused");
})"""


def test_a_page_of_another_program_on_this_machine_opens_no_socket(server: Server, browser: Browser) -> None:
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Foreign)) as other:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{other.server_port}/")
        url = f"ws://127.0.0.1:{server.port}/_stcore/stream"
        assert page.evaluate(TRY_SOCKET, url) == "refused"
        page.goto(server.url)
        assert page.evaluate(TRY_SOCKET, url) == "open"
        page.close()


class OpenServer(CableOutServer):
    """It listens on every network, in a place that has none."""

    def command(self) -> list[str]:
        return [*super().command(), "--server.address", "0.0.0.0"]


def test_listening_everywhere_is_said_at_the_start_and_looks_up_no_address(tmp_path: Path) -> None:
    with namespace() as enter:
        server = OpenServer(tmp_path / "home", enter)
        server.start()
        server.stop()
    log = (server.home / "server.log").read_text(encoding="utf-8")
    assert "There is no login" in log and "external IP" not in log
