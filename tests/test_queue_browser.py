"""What comes next and the filters, in a real browser: a reload and a restart of the server keep them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle

TEXTS = [f"My parcel number {i} is late" for i in range(12)]


def open_label(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".card").wait_for(timeout=60_000)
    settle(page)


def strategy(page: Page) -> str:
    return page.get_by_role("combobox", name=re.compile("What comes next")).input_value()


def test_what_comes_next_survives_reload_and_restart_for_this_person_alone(page: Page, own_server: Server) -> None:
    project = own_server.project(TEXTS, ("Refund", "Delivery"))
    url = f"{own_server.url}/label?project={project}"
    open_label(page, f"{url}&me=Ana")
    first = strategy(page)
    page.get_by_role("combobox", name=re.compile("What comes next")).click()
    page.get_by_role("option", name="File order", exact=True).click()
    settle(page)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("radio", name="With a label", exact=True).click()
    settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="1 filter")).to_be_visible()
    page.reload()
    page.locator(".card").wait_for(timeout=60_000)
    settle(page)
    assert strategy(page) == "File order" != first
    expect(page.get_by_role("button", name="1 filter")).to_be_visible()
    own_server.kill()
    own_server.start()
    open_label(page, f"{url}&me=Ana")
    assert strategy(page) == "File order"
    expect(page.get_by_role("button", name="1 filter")).to_be_visible()
    open_label(page, f"{url}&me=Ben")
    assert strategy(page) == first
    expect(page.get_by_role("button", name="1 filter")).to_have_count(0)
