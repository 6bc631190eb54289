"""The Projects page in a real browser: what only a browser does to a field that is opened late."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle


def test_a_name_that_nobody_typed_is_never_saved(page: Page, own_server: Server) -> None:
    number = own_server.project(["one", "two"], ("A", "B"))
    with own_server.store() as store:
        page.goto(own_server.url)
        page.get_by_role("button", name="Edit").wait_for(timeout=60_000)
        settle(page)
        store.projects.update(number, name="Second")
        page.get_by_text("Paste texts").click()
        settle(page)
        expect(page.get_by_text("Second", exact=True).first).to_be_visible()
        page.get_by_role("button", name="Edit").click()
        expect(page.get_by_label("Name of the project").last).to_have_value("Second")
        # Somebody else renames it while the field stands open here.
        store.projects.update(number, name="Third")
        page.keyboard.press("Escape")
        page.get_by_text("Import a file", exact=True).click()
        settle(page)
        assert store.projects.get(number).name == "Third"
