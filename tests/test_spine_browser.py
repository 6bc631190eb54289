"""The whole path in a real browser: a file, a few labels by key, live scores, map, try, compare."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from fsl_core import registry
from tests import made_data
from tests.browser_fixtures import PATIENCE_S, Server, choose, settle

SHOTS = 3
LONG_MS = PATIENCE_S * 1000


def go(page: Page, line: str, heading: str = "") -> None:
    """To another page by a line of the navigation, as a person goes there."""
    page.get_by_test_id("stSidebar").get_by_role("link", name=line, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=heading or line, exact=True)).to_be_visible(timeout=LONG_MS)
    settle(page)


def card_text(page: Page) -> Locator:
    return page.locator(".card .text").first


def label_some(page: Page, truth: dict[str, str], names: list[str], shots: int) -> None:
    """``shots`` of each class by key; an item of a class that has enough is skipped."""
    left = dict.fromkeys(names, shots)
    for _step in range(200):
        if not any(left.values()):
            return
        text = card_text(page).inner_text()
        name = truth[text]
        page.keyboard.press(str(names.index(name) + 1) if left[name] else "Space")
        left[name] -= left[name] > 0
        expect(card_text(page)).not_to_have_text(text)
        expect(page.locator(".card .item:not(.empty)")).to_be_visible()
    raise AssertionError(f"Still to label: {left}")


def import_file(page: Page, rows: list[tuple[str, str]]) -> None:
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "hotel_mail.csv", "mimeType": "text/csv", "buffer": made_data.hotel_csv(rows)}
    )
    text_column = page.get_by_role("combobox", name=re.compile("Column with the text"))
    label_column = page.get_by_role("combobox", name=re.compile("Column with the label"))
    expect(text_column).to_have_value("text")
    expect(label_column).to_have_value("label")
    go_on = page.get_by_role("button", name="Import 2,000 texts")
    go_on.wait_for(timeout=LONG_MS)  # the last thing of the page
    settle(page)
    choose(page, "Column with the label", "None, I will label here")
    page.get_by_role("textbox", name="Classes, one per line").fill("\n".join(made_data.HOTEL))
    page.keyboard.press("Control+Enter")
    settle(page)
    go_on.click()
    page.locator(".card .item:not(.empty)").wait_for(timeout=5 * LONG_MS)  # 2,000 texts are read
    settle(page)


def test_from_a_file_of_2000_texts_to_a_classifier_that_is_measured(page: Page, own_server: Server) -> None:
    rows = made_data.hotel_rows(2000)
    names = list(made_data.HOTEL)
    page.goto(own_server.url)
    settle(page)
    import_file(page, rows)

    # By chance every class comes soon; doubt may dwell on a pair of them.
    choose(page, "What comes next", "Random")
    expect(page.locator(".card .why")).to_have_text("Drawn at random")
    settle(page)
    card_text(page).click()  # on the focused choice Space would press that
    label_some(page, dict(rows), names, SHOTS)
    expect(page.locator(".card .status")).to_contain_text("Saved", timeout=LONG_MS)
    settle(page)
    expect(page.locator(".card .progress")).to_have_text("15 labelled, 1,985 to go")
    live = page.locator(".hf-live").filter(has_text="Accuracy")
    expect(live).to_contain_text("15 labels, each judged by a model that has not seen it")
    assert re.search(r"Accuracy\s*\d+%\s*\(\d+% – \d+%\)", live.inner_text())
    project = int(re.search(r"project=(\d+)", page.url).group(1))  # type: ignore[union-attr]
    assert sorted(own_server.labels(project).values()) == sorted(names * SHOTS)
    assert own_server.labels(project).items() <= dict(rows).items()

    go(page, "Map")
    expect(page.locator(".map caption")).to_have_text("2,000 items in sight", timeout=LONG_MS)

    go(page, "Try")
    for name, query in made_data.QUERIES.items():
        box = page.get_by_role("textbox", name="Your text")
        box.fill(query)
        box.press("Control+Enter")
        expect(page.get_by_test_id("stAlert").first).to_contain_text(name, timeout=LONG_MS)
        settle(page)
    expect(page.get_by_text("The labelled examples behind it")).to_be_visible()

    go(page, "Improve", "Compare")
    for what, n in (("Folds", "2"), ("Repeats", "1")):
        page.get_by_role("spinbutton", name=what).fill(n)
    page.get_by_role("button", name="Compare the methods").click()
    plot = page.locator(".js-plotly-plot").first
    plot.wait_for(timeout=LONG_MS)
    for method in registry.live_methods().values():
        expect(plot).to_contain_text(method.info.title)
    intervals = page.evaluate(
        """() => document.querySelector(".js-plotly-plot").data
          .flatMap((trace) => Array.from(trace.error_x?.array ?? []))"""
    )
    assert len(intervals) >= len(registry.live_methods())
    settle(page)


def test_in_a_fresh_home_one_click_on_a_sample_reaches_a_prediction(page: Page, own_server: Server) -> None:
    page.goto(own_server.url)
    settle(page)
    page.get_by_role("button", name="Open this sample").first.click()
    page.locator(".card .item:not(.empty)").wait_for(timeout=LONG_MS)
    settle(page)
    expect(page.get_by_role("button", name=re.compile("Skin"))).to_contain_text("%")
    expect(page.locator(".hf-live").filter(has_text="Accuracy")).to_contain_text("24 labels")


def test_the_first_visit_after_a_start_may_be_to_any_page(page: Page, own_server: Server) -> None:
    for address, name in (("models", "Models"), ("draw", "Draw a character")):
        page.goto(f"{own_server.url}/{address}")
        settle(page)
        expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
        entries = page.get_by_test_id("stSidebar").get_by_role("link")
        expect(entries.first).to_have_accessible_name("Projects")
        expect(entries.filter(has_text=re.compile("^app$"))).to_have_count(0)
