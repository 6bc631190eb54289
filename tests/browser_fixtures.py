"""A real server and a real Chromium for the browser tests.

Without a Chromium the tests skip, unless ``HANDFUL_REQUIRE_BROWSER=1`` makes that a failure.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

import pytest
from playwright.sync_api import Browser, Page, Playwright, TimeoutError, expect, sync_playwright

from fsl_core.data.store import Label, NewItem, Store

ROOT = Path(__file__).resolve().parents[1]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE_S = 60.0
TICK_MS = 100
SETTLED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'

expect.set_options(timeout=20_000)


class Server:
    """The app on a free port with a data folder of its own; it can die and come back there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        env = self.environment()
        self._log = (self.home / "server.log").open("ab")
        self._process = subprocess.Popen(self.command(), cwd=ROOT, env=env, stdout=self._log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.home / "server.log").read_text(encoding="utf-8"))
            time.sleep(0.1)

    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]

    def environment(self) -> dict[str, str]:
        """What a process needs to work on this server's data."""
        env = {**os.environ, "HANDFUL_HOME": str(self.home)}
        env.pop("HANDFUL_DATABASE_URL", None)
        return env

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A polite end."""
        self._end(signal.SIGTERM)

    def store(self) -> Store:
        """The database of this server, opened beside it. The caller closes it."""
        return Store(f"sqlite:///{self.home / 'handful.db'}")

    def project(
        self, texts: Sequence[str], classes: Sequence[str], labels: Sequence[str | None] = (), **settings: object
    ) -> int:
        """A new project with these items."""
        marks = list(labels) or [None] * len(texts)
        with self.store() as store:
            project = store.projects.create(f"Test {time.time_ns()}", classes=classes, settings=settings)
            rows = [NewItem(text=text, label=mark) for text, mark in zip(texts, marks, strict=True)]
            store.items.add(project.id, rows, source="import")
            return project.id

    def labels(self, project_id: int) -> dict[str, str]:
        """Text -> name of its label ("none" for none of these), as the database has it."""
        with self.store() as store:
            names = {one.id: one.name for one in store.classes.list(project_id)}
            table = store.items.all(project_id)
            texts = dict(zip(table.ids.tolist(), table.texts, strict=True))
            found = store.journal.labels(project_id)
            return {texts[i]: _spelled(one.label, names) for i, one in found.items()}

    def acts(self, project_id: int) -> list[str]:
        """The kinds of the person's entries, oldest first."""
        with self.store() as store:
            entries = store.journal.entries(project_id, limit=1000)
            return [entry.kind for entry in reversed(entries) if entry.source == "person"]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                return True
        except OSError:
            return False

    def _end(self, sign: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(sign)
            self._process.wait(20)
            self._process = None
        if self._log is not None:
            self._log.close()
            self._log = None


def chromium_path() -> str | None:
    """The Chromium of this machine."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def chromium() -> str:
    """The same; a test that needs it is skipped without."""
    return chromium_path() or cannot("There is no Chromium on this machine.")


def cannot(why: str) -> NoReturn:
    """Skip the test, or fail it where all must run."""
    if os.environ.get("HANDFUL_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{why} HANDFUL_REQUIRE_BROWSER=1 asks for it.")
    pytest.skip(why)


def settle(page: Page) -> None:
    """Wait until the page is connected and no run is going on, nor one that a click has just asked for."""
    page.locator(SETTLED).wait_for(timeout=PATIENCE_S * 1000)
    page.wait_for_timeout(TICK_MS)
    page.locator(SETTLED).wait_for(timeout=PATIENCE_S * 1000)


def choose(page: Page, label: str, option: str) -> None:
    """An option of a box that lets one choose, by the keyboard as far as the box."""
    box = page.get_by_role("combobox", name=re.compile(re.escape(label))).first  # a stale twin may fade out
    wanted = page.get_by_role("option", name=option, exact=True)
    for _attempt in range(5):
        box.press("ArrowDown")
        try:  # a list that opens while the page still moves is closed again
            wanted.click(timeout=3000)
            break
        except TimeoutError:
            box.press("Escape")
    expect(box).to_have_value(option)
    settle(page)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that let it live."""
    started = Server(tmp_path_factory.mktemp("handful"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server for one test, to be killed and started as it likes."""
    started = Server(tmp_path / "home")
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of the browser."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the session."""
    launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in contexts of their own; at the end none may have thrown or shown a traceback."""
    with pages_of(browser) as make:
        yield make


@contextmanager
def pages_of(browser: Browser) -> Iterator[Callable[..., Page]]:
    """The same for any browser."""
    pages: list[Page] = []
    errors: list[str] = []

    def make(**options: object) -> Page:
        page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
        page.on("pageerror", lambda error: errors.append(error.stack or str(error)))
        pages.append(page)
        return page

    yield make
    tracebacks = [page.get_by_test_id("stException").count() for page in pages]
    for page in pages:
        page.context.close()
    assert not errors
    assert not any(tracebacks)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One page of a desktop browser."""
    return new_page(viewport={"width": 1280, "height": 900})


def _spelled(label: Label, names: dict[int, str]) -> str:
    if isinstance(label, tuple):
        return "+".join(names[one] for one in label)
    return names[label] if isinstance(label, int) else str(label)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
