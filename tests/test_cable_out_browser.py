"""The whole demo with the cable out: server and browser have loopback alone, and the browser calls itself offline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser_fixtures import FLAGS, PATIENCE_S, pages_of, settle
from tests.cable_out import CableOutServer, browser_in, namespace
from tests.drawing_hand import draw_and_recognise
from tests.test_card_browser import saved, shown
from tests.test_spine_browser import go

LONG_MS = PATIENCE_S * 1000
KEYS = {"1": "Chest and breathing", "2": "Skin", "3": "Stomach and bowels"}
"""The first classes of the first sample."""


@pytest.fixture
def cable_out(playwright: Playwright, tmp_path: Path) -> Iterator[tuple[Page, CableOutServer]]:
    """A page and its server, both without a network."""
    with namespace() as enter:
        server = CableOutServer(tmp_path / "home", enter)
        program = browser_in(enter, tmp_path)
        server.start()
        try:
            browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
            with pages_of(browser) as new_page:
                yield new_page(viewport={"width": 1280, "height": 900}), server
            browser.close()
        finally:
            server.stop()


def test_the_demo_works_and_keeps_every_label_with_the_cable_out(cable_out: tuple[Page, CableOutServer]) -> None:
    page, server = cable_out
    page.goto(server.url)
    assert page.evaluate("navigator.onLine") is False
    settle(page)
    page.get_by_role("button", name="Open this sample").first.click()
    page.locator(".card .item:not(.empty)").wait_for(timeout=LONG_MS)
    settle(page)
    expect(page.get_by_role("button", name=re.compile("Skin"))).to_contain_text("%")
    project = int(re.search(r"project=(\d+)", page.url).group(1))  # type: ignore[union-attr]
    before = server.labels(project)

    labeled = {}
    for key, name in KEYS.items():
        labeled[shown(page)] = name
        page.keyboard.press(key)
    saved(page)
    assert server.labels(project) == before | labeled
    page.reload()
    page.locator(".card .item:not(.empty)").wait_for(timeout=LONG_MS)
    settle(page)
    page.keyboard.press("u")
    saved(page)
    assert server.labels(project) == before | dict(list(labeled.items())[:2])
    page.keyboard.press("/")
    page.keyboard.type("rash")
    page.keyboard.press("Enter")
    expect(page.locator(".card .why")).to_contain_text("search")

    go(page, "Map")
    expect(page.locator(".map caption")).to_contain_text("items in sight", timeout=LONG_MS)
    page.keyboard.press("/")
    page.keyboard.type("rash")
    page.locator(".map .find").press("Enter")
    expect(page.locator(".map .what")).to_contain_text("not labelled", timeout=LONG_MS)
    page.keyboard.press("2")
    expect(page.locator(".map .status")).to_contain_text("Saved", timeout=LONG_MS)
    settle(page)
    assert len(server.labels(project)) > len(before) + 2

    go(page, "Try")
    box = page.get_by_role("textbox", name="Your text")
    box.fill("An itchy red rash on both arms since Sunday")
    box.press("Control+Enter")
    expect(page.get_by_test_id("stAlert").first).to_contain_text("Skin", timeout=LONG_MS)
    settle(page)

    go(page, "Export")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Download")).first.click()
    assert Path(download.value.path()).stat().st_size > 0

    page.goto(f"{server.url}/draw")
    page.locator(".paper").wait_for(timeout=LONG_MS)
    settle(page)
    draw_and_recognise(page, "Kesh")
