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


def filters(page: Page) -> tuple[str | None, list[str], bool]:
    """What the open popover shows: the share of check items, which items are chosen, whether only flagged ones."""
    slider = page.get_by_role("slider", name=re.compile("Check items"))
    slider.wait_for()
    group = page.get_by_role("radiogroup", name="Items")
    chosen = [
        one.inner_text() for one in group.get_by_role("radio").all() if one.get_attribute("aria-checked") == "true"
    ]
    return slider.input_value(), chosen, page.get_by_role("switch", name="Flagged").is_checked()


def label_one(page: Page, server: Server, project: int) -> None:
    before = len(server.labels(project))
    page.keyboard.press("1")
    for _look in range(100):
        if len(server.labels(project)) > before:
            break
        page.wait_for_timeout(100)
    settle(page)
    assert len(server.labels(project)) == before + 1


def settings(server: Server, project: int) -> dict[str, object]:
    with server.store() as store:
        return {name: value for name, value in store.projects.get(project).settings.items() if name != "audit_salt"}


def test_filters_that_are_first_opened_late_show_what_the_project_has_and_save_nothing(
    page: Page, server: Server
) -> None:
    project = server.project(TEXTS, ("Refund", "Delivery"))
    before = settings(server, project)
    open_label(page, f"{server.url}/label?project={project}")
    label_one(page, server, project)
    page.get_by_role("button", name="Filter").click()
    assert filters(page) == ("10", ["Without a label"], False)
    page.keyboard.press("Escape")
    label_one(page, server, project)  # sends along whatever the popover holds
    assert settings(server, project) == before


def test_filters_and_share_that_were_kept_are_shown_late_too_and_one_change_leaves_the_others(
    page: Page, server: Server
) -> None:
    queue = {"strategy": "order", "state": "", "flagged": False}
    project = server.project(TEXTS, ("Refund", "Delivery"), audit_share=0.2, **{"person:queue:me": queue})
    open_label(page, f"{server.url}/label?project={project}")
    label_one(page, server, project)
    page.get_by_role("button", name="1 filter").click()
    assert filters(page) == ("20", ["All"], False)
    page.get_by_text("The model is unsure", exact=True).click()
    settle(page)
    now = settings(server, project)
    assert now["audit_share"] == 0.2 and now["person:queue:me"] == {**queue, "unsure": True}
    slider = page.get_by_role("slider", name=re.compile("Check items"))
    slider.press("ArrowRight")
    settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="2 filters")).to_be_visible()
    now = settings(server, project)
    assert now["audit_share"] == 0.25 and now["person:queue:me"] == {**queue, "unsure": True}
