"""The table of Results in a real browser: order, keys, many at once, filters, why, the slider's sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from fsl_core.data import images
from fsl_core.data.store import NewItem
from fsl_core.models import chosen
from fsl_core.workspace import Workspace
from fsl_core.workspace import standing as engine
from pages.ui.results import trust
from tests.browser_fixtures import PATIENCE_S, Server, settle
from tests.test_map_browser import wait_until

CLASSES = ("Refund", "Delivery", "Praise")
ENCODER = "char-ngram"
TOPICS = (
    "money back for order {n}, refund please",
    "parcel {n} is late, where is it",
    "thank you for lamp {n}, lovely",
)
MIXED = "hello, about number {n}: is it lovely or late, or a refund"


def texts(n: int) -> list[str]:
    """Of every four items one is of no clear class."""
    return [(MIXED if i % 4 == 3 else TOPICS[i % 3]).format(n=i) for i in range(n)]


@dataclass
class Table:
    """A project with its table on a page."""

    page: Page
    server: Server
    project: int
    ids: list[int]

    def open(self, wait: bool = True) -> None:
        self.page.goto(f"{self.server.url}/results?project={self.project}")
        if wait:
            self.page.locator(".sheet:not(.waiting) .row:visible").first.wait_for(timeout=PATIENCE_S * 1000)
        settle(self.page)

    def row(self, item: int) -> Locator:
        return self.page.locator(f'.sheet .row[data-id="{item}"]:visible')

    def listed(self) -> list[int]:
        """The items in sight, from the top."""
        rows = self.page.locator(".sheet .row:visible")
        found = rows.evaluate_all("rows => rows.map(r => [Number(r.ariaRowIndex), Number(r.dataset.id)])")
        return [item for _place, item in sorted(found)]

    @property
    def current(self) -> int:
        return int(self.page.locator(".sheet .row.current").get_attribute("data-id") or 0)

    @property
    def count(self) -> Locator:
        return self.page.locator(".sheet .count")

    @property
    def words(self) -> Locator:
        return self.page.locator(".sheet .words")

    def labels(self) -> dict[int, tuple[object, str]]:
        """Item -> the name of its label, and who it is from."""
        with self.server.store() as store:
            names = {one.id: one.name for one in store.classes.list(self.project)}

            def named(label: object) -> object:
                return tuple(names[one] for one in label) if isinstance(label, tuple) else names.get(label, label)

            found = store.journal.labels(self.project)
            return {item: (named(one.label), one.source) for item, one in found.items()}

    def saved(self) -> None:
        expect(self.page.locator(".sheet .status")).to_contain_text("Saved", timeout=40_000)
        settle(self.page)

    @contextmanager
    def engine(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
        """The same project without any page."""
        monkeypatch.setenv("HANDFUL_HOME", str(self.server.home))
        with self.server.store() as store:
            workspace = Workspace(store, self.project, chosen.cached_encoder(ENCODER, {}))
            workspace.encode()
            yield workspace


@pytest.fixture
def table(page: Page, server: Server) -> Callable[..., Table]:
    def make(n: int = 60, labels: Sequence[object] = (), *, audit: float = 0.0, on: Page | None = None, **more: object):
        settings = {"encoder": {"name": ENCODER}, "audit_share": audit, **more}
        with server.store() as store:
            made = store.projects.create(f"Table {n} {audit} {sorted(more)}", classes=CLASSES, settings=settings)
            rows = [
                NewItem(
                    text=text,
                    label=labels[i] if i < len(labels) else None,
                    meta={"channel": ("mail", "phone")[i % 2], "id": f"T-{i:03}"},
                )
                for i, text in enumerate(texts(n))
            ]
            store.items.add(made.id, rows)
            ids = store.items.all(made.id).ids.tolist()
        return Table(on or page, server, made.id, ids)

    return make


def first_labels(n: int = 24) -> list[str | None]:
    return [None if i % 4 == 3 else CLASSES[i % 3] for i in range(n)]


def test_the_most_doubtful_stand_first_and_one_key_accepts_corrects_or_says_none(
    table, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = table(labels=first_labels())
    me.open()
    with me.engine(monkeypatch) as workspace:
        found = workspace.standing(workspace.snapshot(*workspace.chosen_method()))
        order = np.argsort(-np.rint(found.doubt * 65535), kind="stable")
        wanted = workspace.ids[order].tolist()
        names = [found.classes[code] for code in found.predicted]
        new = found.new
    assert me.listed()[:6] == wanted[:6]
    free = next(i for i in range(40, 60) if not new[i])
    me.row(me.current).click()  # opens why; the words and the keys go on
    me.page.locator(".sheet .find").first.fill(texts(60)[free].split(",")[0])
    expect(me.count).to_have_text("1 of 60 items")
    me.page.locator(".sheet .grid").focus()
    me.page.keyboard.press("Enter")
    expect(me.row(me.ids[free]).locator(".label")).to_have_text(names[free])
    me.saved()
    assert me.labels()[me.ids[free]] == (names[free], "person")
    other = CLASSES[(CLASSES.index(names[free]) + 1) % 3]
    me.page.keyboard.press(str(1 + CLASSES.index(other)))
    wait_until(me.page, lambda: me.labels()[me.ids[free]] == (other, "person"))
    me.page.keyboard.press("n")
    wait_until(me.page, lambda: me.labels()[me.ids[free]] == ("none", "person"))
    for name in (other, names[free]):
        me.page.keyboard.press("u")
        wait_until(me.page, lambda name=name: me.labels()[me.ids[free]] == (name, "person"))
    me.page.keyboard.press("u")
    wait_until(me.page, lambda: me.ids[free] not in me.labels())
    me.page.keyboard.press("Shift+U")
    wait_until(me.page, lambda: me.labels().get(me.ids[free]) == (names[free], "person"))


def test_keys_go_down_the_list_and_the_arrow_finds_the_next_doubtful(table) -> None:
    me = table(labels=first_labels())
    me.open()
    listed = me.listed()
    assert me.current == listed[0]
    me.page.keyboard.press("1")
    me.page.keyboard.press("2")
    assert me.current == listed[2]
    me.page.keyboard.press("ArrowUp")
    me.page.keyboard.press("ArrowUp")
    me.page.keyboard.press("ArrowRight")
    assert me.current == next(item for item in listed if item not in {*me.ids[:24], *listed[:2]})
    me.saved()
    labels = me.labels()
    assert [labels[item] for item in listed[:2]] == [("Refund", "person"), ("Delivery", "person")]


def test_many_are_accepted_at_once_after_saying_what_changes_and_count_as_not_looked_at(
    table, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = table(labels=first_labels(), audit=0.3)
    me.open()
    with me.engine(monkeypatch) as workspace:
        snapshot = workspace.snapshot(*workspace.chosen_method())
        rows = np.setdiff1d(np.arange(60), workspace.labeled_rows())
        wanted = trust.labels_of(workspace, workspace.standing(snapshot), rows)
        names = {one.id: one.name for one in workspace.classes}
        check = [row for row in workspace.audit_rows().tolist() if row in rows]
    hidden = me.page.locator(".sheet .row.check:visible")
    expect(hidden.first.locator(".said")).to_have_text("check item: hidden until labelled")
    me.page.locator(".sheet .grid").focus()
    me.page.keyboard.press("Control+a")
    expect(me.words).to_contain_text("60 selected")
    expect(me.words).to_contain_text(f"{len(wanted)} get their prediction:")
    expect(me.words).to_contain_text(f"{len(check)} check items")
    expect(me.words).to_contain_text(f"{60 - len(wanted)} keep their labels")
    me.page.keyboard.press("Enter")
    expect(me.words).to_contain_text(f"{len(wanted)} predictions accepted")
    me.saved()
    labels = me.labels()
    assert {item: labels[item] for item in wanted} == {
        item: (names.get(label, label), "model") for item, label in wanted.items()
    }
    # What a model said of itself neither teaches nor scores, and a check item stays one.
    expect(me.page.locator(".sheet .row.check:visible").first.locator(".label")).to_have_text(
        "accepted, hidden until labelled"
    )
    me.page.keyboard.press("u")
    wait_until(me.page, lambda: set(me.labels()) == {me.ids[i] for i, one in enumerate(first_labels()) if one})


def test_shift_and_space_select_and_a_class_key_labels_them_as_a_person_does(table) -> None:
    me = table()
    me.open()
    listed = me.listed()
    me.page.keyboard.press("Shift+ArrowDown")
    me.page.keyboard.press("Shift+ArrowDown")
    expect(me.words).to_contain_text("3 selected")
    me.row(listed[4]).locator(".pick").click()
    expect(me.words).to_contain_text("4 selected")
    me.page.keyboard.press("3")
    expect(me.words).to_contain_text("4 labelled Praise")
    me.saved()
    assert me.labels() == dict.fromkeys([*listed[:3], listed[4]], ("Praise", "person"))
    assert me.server.acts(me.project) == ["do"]


def test_filters_by_class_state_words_meaning_and_columns_of_the_file(table) -> None:
    me = table(labels=first_labels())
    with me.server.store() as store:
        store.projects.update(me.project, settings={"person:columns:me": ["channel"]})
        store.journal.flag(me.project, me.ids[50:52], author="me")
    me.open()
    select = me.page.locator(".sheet .filters select")
    expect(me.count).to_have_text("60 items")
    select.nth(0).select_option("open")
    expect(me.count).to_have_text("42 of 60 items")
    select.nth(0).select_option("flagged")
    expect(me.count).to_have_text("2 of 60 items")
    assert set(me.listed()) == set(me.ids[50:52])
    me.page.get_by_role("combobox", name="channel").select_option(label="channel: mail")
    expect(me.count).to_have_text("1 of 60 items")
    me.page.get_by_role("button", name="Clear filters").click()
    select.nth(0).select_option("labelled")
    me.page.get_by_role("combobox", name="Class:").select_option(label="Delivery")
    expect(me.count).to_have_text("6 of 60 items")
    me.page.get_by_role("button", name="Clear filters").click()
    me.page.locator(".sheet .find").first.fill("lovely THANK")
    expect(me.count).to_have_text("15 of 60 items")
    me.page.locator(".sheet .find").first.fill("my parcel is late")
    me.page.keyboard.press("Enter")
    expect(me.page.locator(".sheet .only")).to_contain_text("my parcel is late")
    assert (me.ids.index(me.listed()[0])) % 3 == 1
    me.page.locator(".sheet .only").click()
    expect(me.count).to_have_text("60 items")
    me.page.locator(".sheet .head .extra button").click()
    assert me.ids.index(me.listed()[0]) % 2 == 0  # mail before phone


def test_a_row_opens_why_with_the_whole_text_its_columns_and_the_examples_behind_it(table) -> None:
    me = table(labels=first_labels())
    with me.server.store() as store:
        store.projects.update(me.project, settings={"person:columns:me": ["id"]})
    me.open()
    me.page.locator(".sheet .find").first.fill("parcel 37")
    me.row(me.ids[37]).click()
    panel = me.page.locator(".sheet .panel")
    expect(panel.locator(".text")).to_have_text("parcel 37 is late, where is it")
    expect(panel.locator("dl")).to_contain_text("T-037")
    expect(panel.locator(".bars > div").first).to_contain_text("Delivery")
    expect(panel.locator("li").first).to_contain_text("parcel")
    panel.get_by_role("button", name="Praise").click()
    me.saved()
    assert me.labels()[me.ids[37]] == ("Praise", "person")
    me.page.keyboard.press("e")
    expect(panel).to_be_hidden()


def test_the_sentence_holds_the_numbers_of_the_engine_and_accepting_writes_them(
    table, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = table(120, first_labels(60))
    me.open()
    slider = me.page.get_by_role("slider")
    slider.focus()
    for _step in range(3):
        slider.press("ArrowLeft")
    settle(me.page)
    with me.engine(monkeypatch) as workspace:
        snapshot = workspace.snapshot(*workspace.chosen_method())
        found = workspace.trust(snapshot, workspace.standing(snapshot).unsure_below, engine.floors(workspace))
        n, of = found.accepted.n_accepted, len(found.rows)
        said = trust.sentence(found).replace("**", "")
        wanted = trust.labels_of(workspace, workspace.standing(snapshot), found.rows[found.accepted.rows])
        names = {one.id: one.name for one in workspace.classes}
    assert 0 < n < of and found.how == "left_out"
    assert slider.input_value() == str(round(100 * n / of))
    expect(me.page.get_by_text(said)).to_be_visible()
    expect(me.page.get_by_text("These flatter")).to_be_visible()
    me.page.get_by_role("button", name=f"Accept these {n}").click()
    expect(me.words).to_contain_text(f"{n} predictions accepted")
    settle(me.page)
    assert {item: one for item, one in me.labels().items() if one[1] == "model"} == {
        item: (names[label], "model") for item, label in wanted.items()
    }
    # The work list is what is left, and undo takes the act back.
    expect(me.count).to_have_text(f"{of - n} of 120 items")
    me.page.locator(".sheet .grid").focus()
    me.page.keyboard.press("u")
    wait_until(me.page, lambda: not [one for one in me.labels().values() if one[1] == "model"])


def test_missing_check_items_are_one_click_away_and_nothing_else_comes(table) -> None:
    me = table(80, first_labels(), audit=0.25)
    me.open()
    me.page.get_by_role("button", name=re.compile(r"Label \d+ check items")).click()
    me.page.locator(".card .item:not(.empty)").wait_for()
    for _label in range(3):
        expect(me.page.locator(".card .item")).to_have_class(re.compile("audit"))
        me.page.keyboard.press("1")
    expect(me.page.locator(".card .status")).to_contain_text("Saved", timeout=40_000)


def test_cells_of_the_confusion_matrix_open_their_items(table) -> None:
    labels = first_labels()
    labels[0], labels[1] = "Delivery", "Refund"  # two that the model will find elsewhere
    me = table(labels=labels)
    me.open()
    me.page.get_by_role("button", name="Class by class").click()
    cell = me.page.get_by_role("button", name=re.compile("^Delivery taken for Refund"))
    n = int(cell.inner_text())
    cell.click()
    expect(me.count).to_have_text(f"{n} of 60 items")
    assert me.ids[0] in me.listed()


def test_with_several_labels_an_item_keys_add_and_take_and_accepting_gives_the_whole_set(
    table, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [("Refund", "Delivery") if i % 4 == 3 else (CLASSES[i % 3],) for i in range(40)]
    me = table(labels=both, multi_label=True)
    me.open()
    with me.engine(monkeypatch) as workspace:
        snapshot = workspace.snapshot(*workspace.chosen_method())
        wanted = trust.labels_of(workspace, workspace.standing(snapshot), np.arange(60))
        names = {one.id: one.name for one in workspace.classes}
    me.page.locator(".sheet .find").first.fill("number 47")
    expect(me.count).to_have_text("1 of 60 items")
    me.page.locator(".sheet .grid").focus()
    me.page.keyboard.press("2")
    me.page.keyboard.press("3")
    expect(me.row(me.ids[47]).locator(".label")).to_have_text("Delivery, Praise")
    me.page.keyboard.press("2")
    me.saved()
    wait_until(me.page, lambda: me.labels().get(me.ids[47]) == (("Praise",), "person"))
    me.page.keyboard.press("Enter")
    label = wanted[me.ids[47]]
    expected = tuple(names[one] for one in label) if isinstance(label, tuple) else label
    wait_until(me.page, lambda: me.labels().get(me.ids[47]) == (expected, "person"))


def test_pictures_stand_in_the_rows_that_are_in_sight(page: Page, server: Server, monkeypatch) -> None:
    monkeypatch.setenv("HANDFUL_HOME", str(server.home))
    colours = np.random.default_rng(0).integers(0, 255, size=(40, 3))
    with server.store() as store:
        made = store.projects.create(
            "Pictures", kind="image", classes=("Red", "Blue"), settings={"encoder": {"name": "hog"}}
        )
        rows = []
        for i, colour in enumerate(colours):
            data = BytesIO()
            Image.new("RGB", (48, 48), tuple(int(c) for c in colour)).save(data, "PNG")
            label = "Red" if i < 4 else "Blue" if i < 8 else None
            rows.append(NewItem(blob=images.keep(data.getvalue(), f"{i}.png").blob, text=f"{i}.png", label=label))
        store.items.add(made.id, rows)
        ids = store.items.all(made.id).ids.tolist()
    me = Table(page, server, made.id, ids)
    me.open()
    picture = page.locator(".sheet .row.current .thumbnail")
    expect(picture).to_have_attribute("src", re.compile("^data:image/"))
    page.keyboard.press("End")
    expect(page.locator(".sheet .row.current .thumbnail")).to_have_attribute("src", re.compile("^data:image/"))
    page.keyboard.press("1")
    me.saved()
    assert len(me.labels()) == 9


def test_on_a_phone_the_answer_stands_beneath_the_text_and_a_tap_opens_the_row(
    new_page: Callable[..., Page], table
) -> None:
    phone = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    me = table(labels=first_labels(), on=phone)
    me.open()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    row = phone.locator(".sheet .row.current")
    text, said = row.locator(".text").bounding_box(), row.locator(".said").bounding_box()
    assert text is not None and said is not None and said["y"] >= text["y"] + text["height"]
    row.tap()
    phone.locator(".sheet .panel").get_by_role("button", name="Praise").tap()
    me.saved()
    assert list(me.labels().values()).count(("Praise", "person")) == 1


def test_texts_that_come_from_a_file_are_there_however_far_one_scrolls(table, page: Page) -> None:
    me = table(9_000)
    me.open()
    page.wait_for_function("[...window.handfulRows.values()].every((rows) => rows.whole)")
    page.locator(".sheet .filters select").nth(0).focus()
    page.locator(".sheet .grid").focus()
    page.keyboard.press("End")
    row = page.locator(".sheet .row.current")
    item = int(row.get_attribute("data-id") or 0)
    expect(row.locator(".text")).to_have_text(texts(9_000)[me.ids.index(item)])
    assert page.locator(".sheet .row").count() < 60
