"""The labelling card in a real browser: keys, mouse, touch, undo, reload, a server that is killed."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser_fixtures import Server, settle

CLASSES = ("Refund", "Delivery", "Praise")
TOPICS = (
    "My parcel number {n} is still on its way",
    "Please send back the money for order {n}",
    "Thank you for lamp {n}, it is lovely",
)
# Reads the item and presses a key, twenty times in one task of the browser: no gap at all.
BURST = """(n) => {
  const find = (node) => node.querySelector(".card") ?? [...node.querySelectorAll("*")]
    .map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean);
  const card = find(document), seen = [];
  for (let i = 0; i < n; i++) {
    seen.push(card.querySelector(".text").textContent);
    window.dispatchEvent(new KeyboardEvent("keydown", { key: String(1 + (i % 3)) }));
  }
  return seen;
}"""


def texts(n: int) -> list[str]:
    return [TOPICS[i % 3].format(n=i) for i in range(n)]


def open_card(page: Page, server: Server, project: int) -> None:
    page.goto(f"{server.url}/label?project={project}")
    page.locator(".card .item:not(.empty)").wait_for(timeout=60_000)
    settle(page)


def shown(page: Page) -> str:
    return page.locator(".card .text").first.inner_text()


def saved(page: Page) -> None:
    expect(page.locator(".card .status")).to_contain_text("Saved", timeout=40_000)
    settle(page)


def test_a_key_labels_the_item_and_the_next_one_is_there_at_once(page: Page, server: Server) -> None:
    project = server.project(texts(12), CLASSES)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("2")
    assert shown(page) != first
    saved(page)
    assert server.labels(project) == {first: "Delivery"}
    expect(page.locator(".card .progress")).to_have_text("1 labelled, 11 to go")
    second = shown(page)
    page.keyboard.press("n")
    expect(page.locator(".card .progress")).to_have_text("2 labelled, 10 to go")
    saved(page)
    assert server.labels(project) == {first: "Delivery", second: "none"}


def test_twenty_keys_without_a_gap_are_twenty_labels_on_the_items_that_were_shown(page: Page, server: Server) -> None:
    project = server.project(texts(60), CLASSES)
    open_card(page, server, project)
    seen = page.evaluate(BURST, 20)
    saved(page)
    assert len(set(seen)) == 20
    assert server.labels(project) == {text: CLASSES[i % 3] for i, text in enumerate(seen)}
    assert server.acts(project) == ["do"] * 20


def test_undo_goes_back_to_the_item_and_redo_brings_the_label_back(page: Page, server: Server) -> None:
    project = server.project(texts(30), CLASSES)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("1")
    second = shown(page)
    page.keyboard.press("3")
    page.keyboard.press("u")
    assert shown(page) == second
    page.keyboard.press("u")
    assert shown(page) == first
    page.keyboard.press("Shift+U")
    saved(page)
    assert server.labels(project) == {first: "Refund"}
    page.keyboard.press("Shift+U")
    expect(page.locator(".card .progress")).to_have_text("2 labelled, 28 to go")
    saved(page)
    assert server.labels(project) == {first: "Refund", second: "Praise"}


def test_undo_and_redo_reach_back_before_a_reload(page: Page, server: Server) -> None:
    project = server.project(texts(30), CLASSES)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("1")
    second = shown(page)
    page.keyboard.press("2")
    saved(page)
    page.reload()
    open_card(page, server, project)
    expect(page.locator(".card .progress")).to_have_text("2 labelled, 28 to go")
    assert shown(page) not in (first, second)
    page.keyboard.press("u")
    assert shown(page) == second
    page.keyboard.press("u")
    assert shown(page) == first
    saved(page)
    assert server.labels(project) == {}
    page.reload()
    open_card(page, server, project)
    page.keyboard.press("Shift+U")
    saved(page)
    expect(page.locator(".card .progress")).to_have_text("1 labelled, 29 to go")
    assert server.labels(project) == {first: "Refund"}


def test_a_skipped_item_goes_to_the_end_and_comes_round_again(page: Page, server: Server) -> None:
    project = server.project(texts(3), CLASSES)
    open_card(page, server, project)
    skipped = shown(page)
    page.keyboard.press("Space")
    assert shown(page) != skipped
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator(".card .text").first).to_have_text(skipped)
    page.keyboard.press("2")
    expect(page.locator(".card .text").first).to_have_text("Everything here is labelled.")
    saved(page)
    assert server.labels(project)[skipped] == "Delivery"


def test_a_killed_server_loses_no_saved_label_and_gets_the_waiting_ones(page: Page, own_server: Server) -> None:
    project = own_server.project(texts(60), CLASSES)
    open_card(page, own_server, project)
    seen = page.evaluate(BURST, 5)
    saved(page)
    more = page.evaluate(BURST, 4)  # in flight when the server dies
    own_server.kill()
    offline = page.evaluate(BURST, 3)
    # Nothing claims to be saved that is not on the disk.
    expect(page.locator(".card .status.offline, .card .status.slow")).to_contain_text("waiting", timeout=30_000)
    assert {text: CLASSES[i % 3] for i, text in enumerate(seen)}.items() <= own_server.labels(project).items()
    own_server.start()
    saved(page)
    wanted = {text: CLASSES[i % 3] for part in (seen, more, offline) for i, text in enumerate(part)}
    assert own_server.labels(project) == wanted
    assert own_server.acts(project) == ["do"] * 12


def test_a_page_that_was_idle_when_the_server_died_labels_on_without_it(page: Page, own_server: Server) -> None:
    project = own_server.project(texts(40), CLASSES)
    open_card(page, own_server, project)
    own_server.kill()
    expect(page.get_by_role("dialog")).to_contain_text("Connection error", timeout=60_000)
    first = shown(page)
    page.keyboard.press("1")
    second = shown(page)
    assert second != first
    page.keyboard.press("2")
    expect(page.locator(".card .status")).to_have_text("Offline: 2 labels waiting")
    own_server.start()
    saved(page)
    assert own_server.labels(project) == {first: "Refund", second: "Delivery"}
    third = shown(page)
    page.keyboard.press("3")
    expect(page.locator(".card .progress")).to_have_text("3 labelled, 37 to go")
    saved(page)
    assert own_server.labels(project)[third] == "Praise"
    assert own_server.acts(project) == ["do"] * 3


def test_labels_that_wait_survive_a_reload(page: Page, own_server: Server) -> None:
    project = own_server.project(texts(40), CLASSES)
    open_card(page, own_server, project)
    own_server.kill()
    waiting = page.evaluate(BURST, 3)
    own_server.start()
    page.reload()
    open_card(page, own_server, project)
    saved(page)
    expect(page.locator(".card .progress")).to_have_text("3 labelled, 37 to go")
    assert own_server.labels(project) == {text: CLASSES[i % 3] for i, text in enumerate(waiting)}
    assert own_server.acts(project) == ["do"] * 3
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('handful:outbox'))") == []


def test_among_77_classes_typing_finds_one_and_enter_takes_it(page: Page, server: Server) -> None:
    names = [f"topic_{i:02d}" for i in range(76)] + ["lost_or_stolen_card"]
    project = server.project(texts(20), names)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press(".")
    page.keyboard.type("stolen 1")
    expect(page.get_by_text("No class is called that.")).to_be_visible()
    for _key in range(2):
        page.keyboard.press("Backspace")
    expect(page.locator(".card .classes .class:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    second = shown(page)
    assert second != first
    page.keyboard.press("b")  # the first 32 classes have keys: ten digits, then letters
    third = shown(page)
    saved(page)  # until then a refresh may still put another suggestion first
    best = page.locator(".card .suggestions .class .name").first.inner_text()
    page.keyboard.press("Shift+Digit1")
    saved(page)
    assert server.labels(project) == {first: "lost_or_stolen_card", second: "topic_11", third: best}


def test_mouse_and_touch_do_what_the_keys_do(new_page: Callable[..., Page], server: Server) -> None:
    project = server.project(texts(20), CLASSES)
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_card(page, server, project)
    first = shown(page)
    page.get_by_role("button", name="Delivery").tap()
    second = shown(page)
    assert second != first
    page.get_by_role("button", name="None of these").click()
    third = shown(page)
    page.get_by_role("button", name="Praise").click()
    page.get_by_role("button", name="Undo").tap()
    assert shown(page) == third
    page.keyboard.press("1")  # a click took the focus from nobody
    saved(page)
    assert server.labels(project) == {first: "Delivery", second: "none", third: "Refund"}
    heights = [box["height"] for one in page.locator(".card button:visible").all() if (box := one.bounding_box())]
    assert heights and min(heights) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_after_a_tap_no_class_of_the_next_item_looks_chosen(new_page: Callable[..., Page], server: Server) -> None:
    project = server.project(texts(20), CLASSES, audit_share=0)
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    open_card(page, server, project)
    # Without the mark of the likeliest class, which any class may carry.
    looks = """(node) => {
      node.classList.remove("best");
      const { borderColor, outlineStyle, backgroundColor, boxShadow } = getComputedStyle(node);
      return [borderColor, outlineStyle, backgroundColor, boxShadow].join();
    }"""
    classes = page.locator(".card .class").all()
    before = classes[0].evaluate(looks)
    for tapped in classes:
        first = shown(page)
        tapped.tap()
        assert shown(page) != first
        assert [one.evaluate(looks) for one in classes] == [before] * len(classes)


def test_keys_with_modifiers_held_keys_and_typed_text_do_not_label(page: Page, server: Server) -> None:
    project = server.project(texts(20), [f"topic {i}" for i in range(20)])
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("Control+1")
    page.keyboard.press("Alt+2")
    page.locator(".card .filter").click()
    page.keyboard.type("12 n u")
    page.keyboard.press("Escape")
    assert shown(page) == first
    page.keyboard.down("3")
    page.keyboard.down("3")  # what a held key sends
    page.keyboard.down("3")
    page.keyboard.up("3")
    saved(page)
    assert server.labels(project) == {first: "topic 2"}


def test_markup_in_an_item_or_a_class_is_only_text(page: Page, server: Server) -> None:
    evil = '<img src=x onerror="window.hacked=1"> **bold** :material/home:'
    project = server.project([evil, "plain"], [evil, "other"], audit_share=0)
    open_card(page, server, project)
    page.get_by_role("combobox", name=re.compile("What comes next")).click()
    page.get_by_role("option", name="File order", exact=True).click()
    expect(page.locator(".card .text").first).to_have_text(evil)
    settle(page)
    page.keyboard.press("1")
    saved(page)
    assert server.labels(project) == {evil: evil}
    assert page.evaluate("window.hacked") is None


def test_the_list_of_last_labels_takes_one_back_and_opens_its_item(page: Page, server: Server) -> None:
    project = server.project(texts(20), CLASSES)
    open_card(page, server, project)
    first = shown(page)
    page.keyboard.press("1")
    second = shown(page)
    page.keyboard.press("2")
    saved(page)
    page.get_by_text("Your last labels").click()
    page.get_by_test_id("stExpander").get_by_role("button").nth(1).click()
    expect(page.locator(".card .text").first).to_have_text(first)
    settle(page)
    assert server.labels(project) == {second: "Delivery"}
    page.keyboard.press("3")
    saved(page)
    expect(page.locator(".card .progress")).to_have_text("2 labelled, 18 to go")
    assert server.labels(project) == {first: "Praise", second: "Delivery"}
