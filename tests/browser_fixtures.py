"""A real server and a real Chromium for the browser tests.

Without a Chromium the tests skip, unless ``HANDFUL_REQUIRE_BROWSER=1`` makes that a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Page, Playwright, TimeoutError, expect, sync_playwright

from benchmarks.support.running_app import FLAGS, PATIENCE_S, ROOT, Server, chromium_path, settle
from tests.left_out import leave_out

__all__ = ["FLAGS", "PATIENCE_S", "ROOT", "Server", "chromium_path", "settle"]

expect.set_options(timeout=20_000)


def chromium() -> str:
    """The Chromium of this machine; a test that needs it is left out without."""
    return chromium_path() or cannot("Chromium is not installed.")


def cannot(why: str) -> NoReturn:
    """Leave the test out, or fail it where all must run."""
    leave_out(why, unless="HANDFUL_REQUIRE_BROWSER")


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
