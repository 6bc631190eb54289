"""The Classes page in a real browser: what was saved can be undone where one is looking."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle


def open_classes(page: Page, server: Server, project: int) -> None:
    page.goto(f"{server.url}/classes?project={project}")
    page.get_by_role("heading", name="Guidelines").wait_for(timeout=60_000)
    settle(page)


def test_the_undo_of_a_class_far_down_the_list_is_in_sight(page: Page, server: Server) -> None:
    project = server.project(["one", "two"], [f"class {i:02d}" for i in range(30)])
    open_classes(page, server, project)
    page.get_by_role("button", name="Change").nth(24).click()
    settle(page)
    key = page.get_by_role("textbox", name="Key")
    key.fill("z")
    key.press("Enter")
    page.get_by_text("Its key becomes z.").wait_for()
    settle(page)
    page.get_by_role("button", name="Save").click()
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_in_viewport()
    settle(page)
    with server.store() as store:
        assert store.classes.list(project)[24].key == "z"
    undo.click()
    expect(undo).to_have_count(0)
    settle(page)
    with server.store() as store:
        assert store.classes.list(project)[24].key == ""


def test_the_guidelines_go_back_where_they_were_typed(page: Page, server: Server) -> None:
    project = server.project(["one", "two"], ["a", "b"])
    open_classes(page, server, project)
    field = page.get_by_role("textbox", name="How to decide in doubt")
    field.fill("In doubt: a.")
    field.press("Control+Enter")
    expect(page.get_by_text("Guidelines saved.")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(field).to_have_value("")
    settle(page)
    with server.store() as store:
        assert store.projects.get(project).guidelines == ""
