"""What a person does on a page before ``tests.screenshots`` takes the picture."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from fsl_core.data.store import Store
from tests import made_data
from tests.browser_fixtures import settle

PATIENCE_MS = 60_000
Act = Callable[[Page], None]


def card(page: Page) -> None:
    """The labelling card with its first item."""
    page.locator(".card .item:not(.empty)").wait_for(timeout=PATIENCE_MS)


def some_keys(page: Page) -> None:
    """Two labels and a skip, so that undo and the last labels show."""
    card(page)
    settle(page)
    for key in ("1", "2", "Space"):
        page.keyboard.press(key)
    expect(page.locator(".card .status")).to_contain_text("Saved", timeout=PATIENCE_MS)
    for opener in page.locator("summary").filter(has_text="Your last labels").all():
        opener.click()


def drawn(page: Page) -> None:
    """Every chart of the page."""
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=PATIENCE_MS)


def tuning(page: Page) -> None:
    """A tuning that runs and has drawn some of its curves; started unless one runs."""
    box = page.locator(".st-key-tune-live")
    go = page.get_by_role("button", name="Tune", exact=True)
    box.or_(go).first.wait_for(timeout=PATIENCE_MS)
    settle(page)
    if not box.is_visible():
        page.get_by_text("Settings of this method").click()
        epochs = page.get_by_role("spinbutton", name="Epochs")
        epochs.fill("200")
        epochs.press("Enter")
        settle(page)
        go.click()
    box.locator(".js-plotly-plot .scatterlayer .trace").first.wait_for(timeout=2 * PATIENCE_MS)


def tune_again(page: Page) -> None:
    """The form below a result, opened, with the settings of the method."""
    page.get_by_text("Tune again").click()
    page.get_by_text("Settings of this method").click()
    drawn(page)


def mapped(page: Page) -> None:
    """The map with all its points, in its final layout."""
    page.locator(".map:not(.waiting) .stage").wait_for(timeout=PATIENCE_MS)
    page.get_by_text("UMAP is on its way").wait_for(state="hidden", timeout=PATIENCE_MS)
    settle(page)


def table(page: Page) -> None:
    """The table with its first rows."""
    page.locator(".sheet:not(.waiting) .row:visible").first.wait_for(timeout=PATIENCE_MS)
    settle(page)


def table_why(page: Page) -> None:
    """The same with one row in full."""
    table(page)
    page.locator(".sheet .row.current").click()
    page.locator(".sheet .panel .bars, .sheet .panel .soft").first.wait_for(timeout=PATIENCE_MS)
    settle(page)


def table_classes(page: Page) -> None:
    """The same class by class."""
    table(page)
    page.get_by_role("button", name="Class by class").click()
    settle(page)


def map_by(name: str) -> Act:
    """The map in the colours of ``name``."""

    def act(page: Page) -> None:
        mapped(page)
        page.locator(".map .tools").get_by_role("button", name=name, exact=True).click()
        settle(page)

    return act


def map_layout(name: str) -> Act:
    """The map in another layout."""

    def act(page: Page) -> None:
        mapped(page)
        page.get_by_role("radio", name=name, exact=True).click()
        settle(page)

    return act


def lasso(page: Page) -> None:
    """A lasso around the middle of the map: the bar says what a key would change."""
    mapped(page)
    stage = page.locator(".map .stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    x, y, w, h = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + w * 0.3, y + h * 0.3)
    page.mouse.down()
    for dx, dy in ((0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)):
        page.mouse.move(x + w * dx, y + h * dy, steps=6)
    page.mouse.up()
    expect(page.locator(".map .will")).not_to_be_empty(timeout=PATIENCE_MS)
    settle(page)


def class_open(page: Page) -> None:
    """The first class of the list, opened."""
    page.get_by_role("button", name=re.compile("^Change")).first.click()
    page.get_by_role("button", name="Save").wait_for(timeout=PATIENCE_MS)
    page.mouse.move(0, 0)  # no tooltip in the way
    settle(page)


def prompt(text: str) -> Act:
    """The prompt lens asked about a text."""

    def act(page: Page) -> None:
        box = page.get_by_role("textbox", name="Your text")
        box.fill(text)
        box.press("Control+Enter")
        settle(page)
        page.locator(".st-key-prompt-bars .main-svg").first.wait_for(timeout=PATIENCE_MS)
        settle(page)

    return act


def review(page: Page) -> None:
    """A generated example beside the most similar real one."""
    page.locator(".st-key-augment-card").wait_for(timeout=PATIENCE_MS)
    settle(page)


def describe(page: Page) -> None:
    """The request for descriptions of the classes, opened."""
    page.locator(".st-key-class-describe summary").click()
    settle(page)


def journal(store: Store, project: int) -> None:
    """Acts of every kind, by two people: labels, flags, classes, and the way back."""
    items = store.items.all(project).ids.tolist()
    spam, wanted = (one.id for one in store.classes.list(project))
    store.journal.label(project, items[:8], spam, author="Ana")
    moved = store.journal.label(project, items[:3], wanted, author="Ben 王小明")
    store.journal.flag(project, items[4:5], True, author="Ana")
    store.classes.update(spam, name="Junk", description="nobody asked for it", author="Ana")
    keyed = store.classes.update(wanted, key="w", color="#8a2be2", author="Ben 王小明")
    store.classes.reorder(project, [keyed.id, spam], author="Ben 王小明")
    store.journal.undo(project, "Ben 王小明")
    store.journal.undo(project, "Ben 王小明")
    added = store.classes.add(project, "A class with a name that is much longer than anybody would like", author="Ana")
    store.classes.merge(project, spam, added.id, author="Ana")
    store.journal.revert(project, moved.id, "Ana")


def ask(text: str) -> Act:
    """A text typed on the Try page."""

    def act(page: Page) -> None:
        box = page.get_by_role("textbox", name="Your text")
        box.fill(text)
        box.press("Control+Enter")
        done = page.get_by_test_id("stDownloadButton") if "\n" in text else page.get_by_text("The labelled examples")
        done.first.wait_for(timeout=PATIENCE_MS)

    return act


def upload(page: Page) -> None:
    """A file chosen, columns guessed, not yet imported."""
    page.get_by_role("radio", name=re.compile("Import a file")).click()
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        {"name": "hotel_mail.csv", "mimeType": "text/csv", "buffer": made_data.hotel_csv(made_data.hotel_rows(300))}
    )
    page.get_by_role("button", name=re.compile("Import 300")).wait_for(timeout=PATIENCE_MS)


def menu(page: Page) -> None:
    """The sidebar, which a phone hides."""
    expand = page.get_by_test_id("stExpandSidebarButton")
    if expand.is_visible():
        expand.click()
        page.get_by_test_id("stSidebar").get_by_role("link", name="Improve").click(trial=True)
