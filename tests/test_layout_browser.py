"""What is in sight without scrolling, and in which order on a phone: in a real browser, on small and large screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from fsl_core.data import images
from fsl_core.data.store import NewItem
from fsl_core.jobs.tasks.compare import Comparison
from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.test_pages_pictures import COLOURS, picture
from tests.tiny_language_models import tiny_causal

CLASSES = ("Minutes", "Letter", "Report", "Memo", "Note")
LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LONG = "Nobody wanted to decide before the summer, since the grant runs until the end of the year. " * 25
FIGURE = {"value": 0.834, "low": 0.712, "high": 0.913, "n": 60, "enough": True}


@pytest.fixture(scope="module")
def long_texts(server: Server) -> int:
    texts = [f"{i}. {LONG}" for i in range(30)]
    labels = [CLASSES[i % 5] if i < 10 else None for i in range(30)]
    return server.project(texts, CLASSES, labels, encoder={"name": "char-ngram"}, audit_share=0)


@pytest.fixture(scope="module")
def pictures(server: Server) -> int:
    with pytest.MonkeyPatch.context() as patch, server.store() as store:
        patch.setenv("HANDFUL_HOME", str(server.home))
        made = store.projects.create("Colours", kind="image", classes=CLASSES, settings={"audit_share": 0})
        rows = [
            NewItem(blob=images.keep(picture(one, side), one).blob, text=f"{one}-{side}.png")
            for one in COLOURS
            for side in (300, 400, 500)
        ]
        store.items.add(made.id, rows, filename="colours.zip")
        return made.id


def open_at(page: Page, server: Server, path: str, project: int) -> None:
    page.goto(f"{server.url}/{path}?project={project}")
    page.locator("h1").first.wait_for(timeout=PATIENCE_S * 1000)
    settle(page)


def box_of(found: Locator) -> dict[str, float]:
    box = found.bounding_box()
    assert box is not None
    return dict(box)


def in_sight(page: Page, *found: Locator) -> None:
    """All of each is inside of the window, and nothing had to be scrolled for it."""
    size = page.viewport_size
    assert size is not None and page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop") == 0
    for one in found:
        box = box_of(one)
        assert 0 <= box["y"] and box["y"] + box["height"] <= size["height"], (one, box)


@pytest.mark.parametrize("kind", ["long_texts", "pictures"])
def test_the_item_its_classes_and_its_acts_are_in_sight_on_a_laptop(
    new_page: Callable[..., Page], server: Server, request: pytest.FixtureRequest, kind: str
) -> None:
    page = new_page(viewport=LAPTOP)
    open_at(page, server, "label", request.getfixturevalue(kind))
    page.locator(".card .item:not(.empty)").wait_for(timeout=PATIENCE_S * 1000)
    settle(page)
    item = page.locator(".card .item")
    buttons = page.locator(".card .classes .class")
    assert buttons.count() == 5
    in_sight(page, item, *buttons.all(), page.get_by_role("button", name="Skip"), page.locator(".card .why"))
    assert box_of(item)["height"] >= 136
    if kind == "long_texts":
        assert item.evaluate("(node) => node.scrollHeight > node.clientHeight")  # the rest of it scrolls in its box
    else:
        in_sight(page, page.locator(".card .picture"))


@pytest.mark.parametrize("kind", ["long_texts", "pictures"])
def test_the_map_and_its_bar_are_in_sight_on_a_laptop(
    new_page: Callable[..., Page], server: Server, request: pytest.FixtureRequest, kind: str
) -> None:
    page = new_page(viewport=LAPTOP)
    open_at(page, server, "map", request.getfixturevalue(kind))
    page.locator(".map:not(.waiting) .stage").wait_for(timeout=PATIENCE_S * 1000)
    settle(page)  # whether UMAP is ready or still on its way, with a bar of its own
    in_sight(page, page.locator(".map .stage"), page.locator(".map .bar"), page.locator(".map .tools"))
    assert box_of(page.locator(".map .stage"))["height"] >= 300


def test_on_a_phone_the_text_comes_first_and_the_settings_after(
    new_page: Callable[..., Page], server: Server, long_texts: int
) -> None:
    page = new_page(viewport=PHONE)
    open_at(page, server, "try", long_texts)
    text = page.get_by_role("textbox", name="Your text")
    in_sight(page, text, page.get_by_role("button", name="Ask", exact=True))
    settings = page.get_by_test_id("stMain").locator(":is([role=combobox], [role=slider], [role=radio]):visible")
    assert all(box_of(text)["y"] < box_of(one)["y"] for one in settings.all())


@pytest.mark.parametrize("width", [390, 768, 1024, 1280])
def test_no_table_is_cut_without_a_sign(
    new_page: Callable[..., Page], server: Server, long_texts: int, width: int
) -> None:
    titles = ("ridge", "contrastive", "matching-net")
    rows = [
        {
            "method": name,
            "fit_seconds": 12.3456,
            "predict_seconds": 0.0123,
            "confusion": [[0, 1, 3.5], [1, 1, 2.0], [2, 2, 4.0], [3, 0, 1.0], [4, 4, 2.0]],
            **{measure: FIGURE for measure in ("accuracy", "macro_f1", "macro_recall", "macro_precision")},
        }
        for name in titles
    ]
    found = {"rows": rows, "classes": CLASSES, "folds": 5, "repeats": 2, "n_labeled": 60, "last_entry": 10**6}
    with server.store() as store:
        store.runs.save(long_texts, Comparison.model_validate(found))
    page = new_page(viewport={"width": width, "height": 900})
    open_at(page, server, "compare", long_texts)
    page.locator(".st-key-compare-classes .hf-table").wait_for(timeout=PATIENCE_S * 1000)
    whole(page, "compare-table", "compare-mistakes", "compare-classes")
    table = page.locator(".st-key-compare-table .hf-table")
    expect(table.get_by_text("71% – 91%, n = 60").first).to_be_visible()

    open_at(page, server, "try", long_texts)
    box = page.get_by_role("textbox", name="Your text")
    box.fill("a letter to the library\nminutes of the committee")
    box.press("Control+Enter")
    page.locator(".st-key-try-many .hf-table").wait_for(timeout=PATIENCE_S * 1000)
    whole(page, "try-many")


def whole(page: Page, *keys: str) -> None:
    """Each table lies in the window; one that is wider than its place is scrolled by keyboard and shows a shadow."""
    size = page.viewport_size
    assert size is not None
    for key in keys:
        table = page.locator(f".st-key-{key} .hf-table")
        box = box_of(table)
        assert 0 <= box["x"] and box["x"] + box["width"] <= size["width"], key
        cut = table.evaluate("""(node) => [...node.querySelectorAll("td, th")].filter((cell) =>
          cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)""")
        assert cut == [], key  # every word and number is whole in its cell
        if table.evaluate("(node) => node.scrollWidth > node.clientWidth + 1"):
            assert size["width"] < (1280 if key == "compare-classes" else 640), key  # half of the page is narrow
            assert table.evaluate("(node) => getComputedStyle(node).backgroundImage").count("linear-gradient") == 4
            table.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("(node) => node.scrollLeft > 0", arg=table.element_handle())


def test_the_prompt_lens_opens_without_the_model_and_shows_its_answer_in_sight(
    new_page: Callable[..., Page], server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = str(tiny_causal(tmp_path_factory.mktemp("model") / "llama"))
    chosen = {"name": "causal", "settings": {"model": model}}
    texts = ["my card is lost", "money from the card", "good food", "great food and service", "late food"]
    labels = ["Card", "Card", "Food", "Food", None]
    project = server.project(texts, ("Card", "Food"), labels, encoder={"name": "char-ngram"}, generator=chosen)
    page = new_page(viewport=LAPTOP)
    page.add_init_script(
        """window.asked = [];
        const look = () => document.querySelectorAll('[data-testid="stProgress"]');
        setInterval(() => look().forEach((node) => window.asked.push(node.textContent)), 10);"""
    )
    open_at(page, server, "prompt", project)
    # No work of the model stood between the person and the field.
    assert not [words for words in page.evaluate("window.asked") if "Preparing" in words or "Asking" in words]
    box = page.get_by_role("textbox", name="Your text")
    box.fill("my card is gone")
    box.press("Control+Enter")
    answer = page.get_by_test_id("stAlert").first
    answer.wait_for(timeout=PATIENCE_S * 1000)
    settle(page)
    said = page.evaluate("window.asked")
    assert any("Preparing" in words for words in said) and any("Asking" in words for words in said)
    in_sight(page, box, answer, page.locator(".st-key-prompt-bars"))
