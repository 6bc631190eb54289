"""The labelling card in a real browser: several people and tabs, offline, several labels, flags, keys, search."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle
from tests.test_card_browser import CLASSES, open_card, saved, shown, texts

DESKTOP = {"width": 1280, "height": 900}


def name_of(server: Server, project: int, author: str, text: str) -> str | None:
    """The label that somebody gave last."""
    with server.store() as store:
        names = {one.id: one.name for one in store.classes.list(project)}
        item = next(row.id for row in store.items.page(project, None, 500, 0) if row.text == text)
        label = store.journal.by_author(project).get(item, {}).get(author)
        return names.get(label) if isinstance(label, int) else None


def test_two_tabs_see_each_others_labels_and_collide_politely(new_page: Callable[..., Page], server: Server) -> None:
    project = server.project(texts(20), CLASSES, audit_share=0)
    ana, bo = new_page(viewport=DESKTOP), new_page(viewport=DESKTOP)
    for page, name in ((ana, "Ana"), (bo, "Bo")):
        page.goto(f"{server.url}/label?project={project}&me={name}")
        page.locator(".card .item:not(.empty)").wait_for(timeout=60_000)
        settle(page)
    first = shown(ana)
    assert shown(bo) == first
    ana.keyboard.press("1")
    saved(ana)
    # Without a key or a reload, Bo sees that Ana was here.
    expect(bo.locator(".card .progress")).to_have_text("1 labelled, 19 to go")
    expect(bo.locator(".card .why")).to_contain_text("Ana labelled this Refund at")
    bo.keyboard.press("2")
    clash = bo.locator(".card .clash")
    expect(clash).to_contain_text(re.compile(r"Ana labelled this Refund at \d\d:\d\d\. You chose Delivery just now\."))
    assert server.labels(project) == {first: "Refund"}
    second = shown(bo)
    bo.keyboard.press("3")  # labelling goes on before the question is answered
    assert shown(bo) != second
    bo.keyboard.press("Shift+R")
    expect(clash).to_be_hidden()
    saved(bo)
    settle(bo)
    assert server.labels(project) == {first: "Delivery", second: "Praise"}
    assert name_of(server, project, "Ana", first) == "Refund"
    assert name_of(server, project, "Bo", first) == "Delivery"
    bo.keyboard.press("u")  # what was replaced comes back by undo
    saved(bo)
    expect(ana.locator(".card .progress")).to_have_text("2 labelled, 18 to go")
    settle(bo)
    assert server.labels(project)[first] == "Refund"


def test_the_reason_for_an_item_goes_when_somebody_labels_it_and_comes_back_with_an_undo(
    page: Page, server: Server
) -> None:
    project = server.project(texts(40), CLASSES, audit_share=0)
    open_card(page, server, project)
    why, first = page.locator(".card .why"), shown(page)
    expect(why).to_contain_text("none labelled yet")
    with server.store() as store:
        item = next(row.id for row in store.items.page(project, None, 50, 0) if row.text == first)
        store.journal.label(project, [item], store.classes.list(project)[2].id, author="Ada")
        expect(why).to_contain_text("Ada labelled this Praise")
        expect(why).not_to_contain_text("none labelled yet")
        store.journal.undo(project, "Ada")
        expect(why).not_to_contain_text("Ada")
    expect(why).to_contain_text("none labelled yet")
    assert shown(page) == first


def test_a_label_that_is_kept_stays_and_the_question_is_gone_for_good(page: Page, server: Server) -> None:
    project = server.project(texts(10), CLASSES, audit_share=0)
    open_card(page, server, project)
    first = shown(page)
    with server.store() as store:
        item = next(row.id for row in store.items.page(project, None, 50, 0) if row.text == first)
        theirs = store.classes.list(project)[2].id
        store.journal.label(project, [item], theirs, author="Ada")
    page.keyboard.press("1")
    expect(page.locator(".card .clash")).to_contain_text("Ada labelled this Praise")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator(".card .clash")).to_be_hidden()
    saved(page)
    assert server.labels(project) == {first: "Praise"}
    page.keyboard.press("2")
    saved(page)
    expect(page.locator(".card .clash")).to_be_hidden()


def test_without_the_server_the_queue_says_so_and_sends_later(page: Page, own_server: Server) -> None:
    project = own_server.project(texts(20), CLASSES, audit_share=0)
    open_card(page, own_server, project)
    own_server.kill()
    expect(page.locator(".card .status")).to_have_text("Offline: go on, labels will wait here", timeout=60_000)
    seen = []
    for key in "123":
        seen.append(shown(page))
        page.keyboard.press(key)
    expect(page.locator(".card .status")).to_have_text("Offline: 3 labels waiting")
    page.keyboard.press("/")
    page.keyboard.type("lamp")
    page.keyboard.press("Enter")
    expect(page.locator(".card .last")).to_contain_text("Searching needs the server")
    assert own_server.labels(project) == {}
    own_server.start()
    saved(page)
    assert own_server.labels(project) == dict(zip(seen, CLASSES, strict=True))


def test_undo_reaches_back_over_a_restart_of_the_server(page: Page, own_server: Server) -> None:
    project = own_server.project(texts(20), CLASSES, audit_share=0)
    open_card(page, own_server, project)
    first = shown(page)
    page.keyboard.press("1")
    second = shown(page)
    page.keyboard.press("f")
    page.keyboard.press("2")
    saved(page)
    own_server.stop()
    own_server.start()
    page.goto(f"{own_server.url}/label?project={project}")
    open_card(page, own_server, project)
    page.keyboard.press("u")
    assert shown(page) == second
    page.keyboard.press("u")
    assert shown(page) == first
    saved(page)
    settle(page)
    assert own_server.labels(project) == {}


def test_several_labels_are_chosen_by_keys_and_confirmed_by_enter(page: Page, server: Server) -> None:
    project = server.project(texts(12), CLASSES, multi_label=True, audit_share=0)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("Enter")
    expect(page.locator(".card .last")).to_contain_text("Choose a class first")
    for key in "1321":  # 1 is chosen and given up again
        page.keyboard.press(key)
    assert shown(page) == first
    praise = page.locator(".card .classes").get_by_role("button", name="Praise")
    expect(praise).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Enter")
    second = shown(page)
    assert second != first
    page.keyboard.press("n")
    third = shown(page)
    page.get_by_role("button", name="Refund").click()
    page.get_by_role("button", name="Confirm").click()
    saved(page)
    assert server.labels(project) == {first: "Delivery+Praise", second: "none", third: "Refund"}
    for wanted in (third, second, first):
        page.keyboard.press("u")
        assert shown(page) == wanted
    # What was chosen is still chosen: one more key mends it.
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    saved(page)
    settle(page)
    assert server.labels(project) == {first: "Praise"}


def test_a_key_that_was_changed_is_shown_and_labels(page: Page, server: Server) -> None:
    project = server.project(texts(12), CLASSES, audit_share=0)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("?")
    page.get_by_role("button", name="Change keys and colours").click()
    page.locator(".card .classes").get_by_role("button", name="Praise").click()
    page.keyboard.press("x")
    button = page.locator(".card .classes").get_by_role("button", name="Praise")
    expect(button.locator("kbd")).to_have_text("x")
    button.click()
    page.get_by_role("button", name="Colour #D55E00").click()
    expect(button).to_have_attribute("style", re.compile("#D55E00"))
    page.get_by_role("button", name="Change keys and colours").click()
    assert shown(page) == first
    page.keyboard.press("3")  # no longer anybody's key
    assert shown(page) == first
    page.keyboard.press("x")
    saved(page)
    settle(page)
    assert server.labels(project) == {first: "Praise"}
    with server.store() as store:
        assert [(one.key, one.color) for one in store.classes.list(project)][2] == ("x", "#D55E00")


def test_a_flag_stays_on_its_item_and_is_found_again_by_the_filter(page: Page, server: Server) -> None:
    project = server.project(texts(12), CLASSES, audit_share=0)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("f")
    expect(page.locator(".card .why")).to_contain_text("Flagged")
    page.keyboard.press("Space")
    assert shown(page) != first
    saved(page)
    page.get_by_role("button", name="Filter").click()
    page.get_by_text("Flagged", exact=True).last.click()
    expect(page.locator(".card .text").first).to_have_text(first)
    page.keyboard.press("Escape")
    settle(page)
    page.keyboard.press("f")
    saved(page)
    with server.store() as store:
        assert store.journal.flags(project) == set()
    page.keyboard.press("u")
    saved(page)
    settle(page)
    with server.store() as store:
        assert len(store.journal.flags(project)) == 1


def test_a_search_makes_the_queue_look_like_what_was_typed(page: Page, server: Server) -> None:
    project = server.project(texts(30), CLASSES, audit_share=0)
    open_card(page, server, project)
    before = shown(page)
    page.keyboard.press("/")
    page.keyboard.type("thank you for the lovely lamp 1")
    page.keyboard.press("Enter")
    expect(page.locator(".card .why")).to_contain_text("your search: thank you for the lovely lamp 1")
    expect(page.locator(".card .text").first).to_contain_text("lamp")
    first = shown(page)
    page.keyboard.press("3")  # the focus is back on the card
    assert "lamp" in shown(page) and shown(page) != first
    saved(page)
    page.get_by_role("button", name="End search").click()
    expect(page.locator(".card .why")).not_to_contain_text("your search")
    settle(page)
    assert server.labels(project) == {first: "Praise"}
    assert before


def test_a_reload_goes_on_with_the_same_item(page: Page, server: Server) -> None:
    project = server.project(texts(60), CLASSES, audit_share=0)
    open_card(page, server, project)
    for _step in range(4):
        page.keyboard.press("Space")
    here = shown(page)
    saved(page)
    page.reload()
    open_card(page, server, project)
    assert shown(page) == here
    page.keyboard.press("1")
    saved(page)
    assert server.labels(project) == {here: "Refund"}


def test_why_shows_the_examples_behind_a_suggestion(page: Page, server: Server) -> None:
    marks = [CLASSES[(1, 0, 2)[i % 3]] if i < 9 else None for i in range(20)]
    project = server.project(texts(20), CLASSES, marks, audit_share=0)
    open_card(page, server, project)
    page.keyboard.press("e")
    pulls = page.locator(".card .pulls")
    expect(pulls).to_contain_text("labelled examples")
    expect(pulls.locator("li").nth(1)).to_be_visible()
    page.keyboard.press("e")
    expect(pulls).to_be_hidden()


def test_on_a_check_item_the_model_keeps_silent(page: Page, server: Server) -> None:
    marks = [CLASSES[(1, 0, 2)[i % 3]] if i < 9 else None for i in range(20)]
    project = server.project(texts(20), CLASSES, marks, audit_share=1)
    open_card(page, server, project)
    expect(page.locator(".card .why")).to_contain_text("Check item: shown at random")
    assert page.locator(".card .class.scored").count() == 0
    page.keyboard.press("e")
    expect(page.locator(".card .pulls")).to_contain_text("keeps silent")


@pytest.mark.parametrize("act", ["Skip", "Flag", "Undo", "Search"])
def test_after_a_click_the_keys_still_label(page: Page, server: Server, act: str) -> None:
    project = server.project(texts(12), CLASSES, audit_share=0)
    open_card(page, server, project)
    page.keyboard.press("1")
    saved(page)
    page.get_by_role("button", name=act, exact=False).first.click()
    if act == "Search":
        page.keyboard.press("Escape")
    page.keyboard.press("2")
    saved(page)
    settle(page)
    assert "Delivery" in server.labels(project).values()


def test_undo_still_works_after_a_visit_to_another_page(page: Page, server: Server) -> None:
    project = server.project(texts(20), CLASSES)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("1")
    saved(page)
    page.get_by_role("link", name="Projects").click()
    expect(page.locator(".card")).to_have_count(0)
    settle(page)
    page.keyboard.press("2")  # no card, no label
    page.get_by_role("link", name="Label", exact=True).click()
    page.locator(".card .item:not(.empty)").wait_for()
    settle(page)
    page.keyboard.press("u")
    assert shown(page) == first
    saved(page)
    expect(page.locator(".card .progress")).to_have_text("0 labelled, 20 to go")
    settle(page)
    assert server.labels(project) == {}
