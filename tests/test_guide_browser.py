"""The guided first run in a real browser: the whole road, a reload in between, and never again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle

BAR = ".hf-tour"


def open_sample(page: Page, server: Server, place: int = 0, query: str = "") -> None:
    page.goto(f"{server.url}/{query}")
    page.get_by_role("button", name="Open this sample").nth(place).click()
    page.locator(".card .item:not(.empty)").wait_for(timeout=60_000)
    settle(page)


def says(page: Page, words: str) -> None:
    expect(page.get_by_role("status").filter(has_text=words)).to_be_visible()


def no_bar(page: Page) -> None:
    settle(page)
    page.wait_for_timeout(500)  # the browser is asked before there is one
    settle(page)
    expect(page.locator(BAR)).to_have_count(0)


def test_the_whole_road_by_keyboard_with_a_reload_and_then_never_again(
    new_page: Callable[..., Page], own_server: Server
) -> None:
    page = new_page(viewport={"width": 1280, "height": 800})
    open_sample(page, own_server)
    says(page, "0 of 5")
    one_line = page.locator(".st-key-tour-bar").bounding_box()
    assert one_line is not None and one_line["height"] < 60
    page.locator(".card .item").click()
    for n in (1, 2, 3):
        page.keyboard.press("1")
        says(page, f"{n} of 5")
    page.reload()
    page.locator(".card .item:not(.empty)").wait_for(timeout=60_000)
    settle(page)
    says(page, "3 of 5")
    page.locator(".card .item").click()
    page.keyboard.press("2")
    page.keyboard.press("2")
    says(page, "Look at the map")
    expect(page.locator(".card .item:not(.empty)")).to_be_visible()
    page.get_by_role("link", name="Open the map").press("Enter")
    says(page, "This is the map")
    page.get_by_role("link", name="Open Export").press("Enter")
    says(page, "press Download")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    expect(page.get_by_text("That was the tour")).to_be_visible()
    no_bar(page)
    page.reload()
    expect(page.get_by_role("heading", name="Export", level=1)).to_be_visible()
    no_bar(page)
    open_sample(page, own_server, 1)  # another sample, the same person
    no_bar(page)


def test_it_is_skipped_by_the_keyboard_for_good_and_for_every_name_of_this_browser(
    new_page: Callable[..., Page], own_server: Server
) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    open_sample(page, own_server)
    says(page, "Step 1 of 3")
    wide = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth")
    assert wide <= 390, "nothing sticks out on a phone"
    page.get_by_role("button", name="Skip the tour").press("Enter")
    no_bar(page)
    page.reload()
    page.locator(".card .item:not(.empty)").wait_for(timeout=60_000)
    no_bar(page)
    open_sample(page, own_server, 1, "?me=Ada")
    no_bar(page)
    with own_server.store() as store:
        steps = {
            (name, value["step"])
            for project in store.projects.list()
            for name, value in store.projects.get(project.id).settings.items()
            if name.startswith("person:tour:")
        }
    assert steps == {("person:tour:me", 0), ("person:tour:Ada", 0)}


def test_another_browser_and_another_name_are_guided_too(new_page: Callable[..., Page], own_server: Server) -> None:
    open_sample(new_page(), own_server)
    other = new_page()
    open_sample(other, own_server, 0, "?me=Ada")
    says(other, "0 of 5")
