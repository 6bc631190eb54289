"""The map in a real browser: lasso, box, search, keys, touch, the list; what is drawn around is what is labelled."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fsl_core import registry
from fsl_core.data.store import NewItem
from fsl_core.plotting import projection
from tests.browser_fixtures import PATIENCE_S, Server, settle

CLASSES = ("Refund", "Delivery", "Praise")
ENCODER = "char-ngram"
TOPICS = (
    "money back for order {n}, refund please",
    "parcel {n} is late, where is it",
    "thank you for lamp {n}, lovely",
)
MAP = """(find = (node) => node.querySelector(".map")
  ?? [...node.querySelectorAll("*")].map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean))"""
LOCATE = f"(ids) => {{ let find; const map = {MAP}(document); return ids.map((id) => map.locate(id)); }}"


@dataclass
class Board:
    """A project with its map on a page."""

    page: Page
    server: Server
    project: int
    ids: list[int]

    def places(self) -> np.ndarray:
        return np.array(self.page.evaluate(LOCATE, self.ids))

    def labels(self) -> dict[int, object]:
        with self.server.store() as store:
            names = {one.id: one.name for one in store.classes.list(self.project)}

            def named(label: object) -> object:
                return tuple(names[one] for one in label) if isinstance(label, tuple) else names.get(label, label)

            found = store.journal.labels(self.project)
            return {item: named(one.label) for item, one in found.items()}

    def draw(self, line: np.ndarray) -> None:
        mouse = self.page.mouse
        mouse.move(*line[0])
        mouse.down()
        for place in line[1:]:
            mouse.move(*place)
        mouse.up()

    def saved(self) -> None:
        expect(self.page.locator(".map .status")).to_contain_text("Saved", timeout=40_000)
        settle(self.page)

    @property
    def words(self):
        return self.page.locator(".map .what")


def make(server: Server, monkeypatch: pytest.MonkeyPatch, n: int, *, multi: bool = False, seed: int = 0) -> list[int]:
    """A project of ``n`` items, and as its UMAP a cloud of random places: [project, items ...]."""
    texts = [TOPICS[i % 3].format(n=i) for i in range(n)]
    settings = {"encoder": {"name": ENCODER}, "multi_label": multi}
    with server.store() as store:
        project = store.projects.create(f"Map {n} {multi} {seed}", classes=CLASSES, settings=settings)
        store.items.add(project.id, [NewItem(text=text) for text in texts])
        table = store.items.all(project.id)
    monkeypatch.setenv("HANDFUL_HOME", str(server.home))
    places = np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
    none = np.zeros((0, 1), dtype=np.float32)
    file = projection.cached_file(registry.create_encoder(ENCODER, {}).key, table.digests)
    projection.save(projection.Projection("umap", places, none, none, none), file)
    return [project.id, *table.ids.tolist()]


@pytest.fixture
def open_map(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Board]:
    def open_(page: Page, n: int = 240, **more: object) -> Board:
        project, *ids = make(server, monkeypatch, n, **more)
        page.goto(f"{server.url}/map?project={project}")
        page.locator(".map:not(.waiting) .stage").wait_for(timeout=PATIENCE_S * 1000)
        settle(page)
        return Board(page, server, project, ids)

    return open_


def star(center: np.ndarray, reach: float, n: int = 14) -> np.ndarray:
    """A closed line with dents: what lies in a dent is outside."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    radius = np.where(np.arange(n) % 2, reach * 0.45, reach)
    return np.stack([center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle)], axis=1)


def inside(places: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Crossing number, point by point."""
    found = []
    for x, y in places:
        crossings = 0
        for (x0, y0), (x1, y1) in zip(line, np.roll(line, -1, axis=0), strict=True):
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                crossings += 1
        found.append(crossings % 2 == 1)
    return np.array(found)


def test_a_lasso_and_a_key_label_exactly_what_is_inside_and_one_undo_takes_it_back(page, open_map) -> None:
    board = open_map(page)
    places = board.places()
    line = star(places.mean(axis=0), 150)
    wanted = {board.ids[row] for row in np.flatnonzero(inside(places, line))}
    assert 10 < len(wanted) < 200
    board.draw(line)
    expect(board.words).to_have_text(f"{len(wanted)} items: {len(wanted)} not labelled")
    page.keyboard.press("2")
    expect(board.words).to_have_text(f"{len(wanted)} labelled Delivery")
    board.saved()
    assert board.labels() == dict.fromkeys(wanted, "Delivery")
    assert board.server.acts(board.project) == ["do"]
    page.keyboard.press("u")
    expect(board.words).to_contain_text(f"{len(wanted)} labels taken back")
    settle(page)
    wait_until(page, lambda: not board.labels())
    assert board.server.acts(board.project) == ["do", "undo"]
    page.keyboard.press("Shift+U")
    wait_until(page, lambda: board.labels() == dict.fromkeys(wanted, "Delivery"))


def test_the_bar_says_what_will_change_before_the_key_and_others_keep_their_labels(page, open_map) -> None:
    board = open_map(page, 60, seed=1)
    with board.server.store() as store:
        first, second = (one.id for one in store.classes.list(board.project)[:2])
        store.journal.label(board.project, board.ids[:5], first)
        store.journal.label(board.project, board.ids[5:8], second)
    expect(page.locator(".map .class", has_text="Not labelled")).to_contain_text("52", timeout=20_000)
    box = page.locator(".stage").bounding_box()
    page.get_by_role("button", name="Box").click()
    corners = np.array([[box["x"] + 2, box["y"] + 2], [box["x"] + box["width"] - 3, box["y"] + box["height"] - 3]])
    board.draw(corners)
    expect(board.words).to_have_text("60 items: 52 not labelled, 5 Refund, 3 Delivery")
    page.locator(".map .class", has_text="Delivery").hover()
    expect(page.locator(".map .will")).to_have_text("Delivery: 52 get it, 5 change from Refund, 3 have it already")
    expect(page.locator(".map .full")).to_have_text(re.compile("60 of 60 lie among each other"))
    page.keyboard.press("Escape")
    expect(board.words).to_contain_text("Draw around")
    assert len(board.labels()) == 8


def test_zoom_and_place_stay_when_labels_and_predictions_change(page, open_map) -> None:
    board = open_map(page, seed=2)
    center = board.places().mean(axis=0)
    before = board.places()
    page.mouse.move(*center)
    for _step in range(4):
        page.mouse.wheel(0, -240)
    zoomed = board.places()
    assert np.ptp(zoomed[:, 0]) > 2 * np.ptp(before[:, 0])
    board.draw(star(center, 120))
    page.keyboard.press("1")
    board.saved()
    page.wait_for_timeout(500)
    np.testing.assert_allclose(board.places(), zoomed, atol=0.01)
    page.keyboard.press("0")
    np.testing.assert_allclose(board.places(), before, atol=0.01)


def test_keys_are_letters_while_one_types_and_a_search_selects_what_is_meant(page, open_map) -> None:
    board = open_map(page, seed=3)
    board.draw(star(board.places().mean(axis=0), 120))
    expect(board.words).to_contain_text("not labelled")
    page.keyboard.press("/")
    page.keyboard.type("thank you 123 lovely lamp")
    assert page.locator(".map .find").input_value() == "thank you 123 lovely lamp"
    assert board.labels() == {}
    page.locator(".map .count").fill("20")
    page.locator(".map .find").press("Enter")
    expect(board.words).to_have_text("20 items: 20 not labelled")
    page.keyboard.press("3")
    board.saved()
    labels = board.labels()
    assert set(labels.values()) == {"Praise"} and len(labels) == 20
    assert {board.ids.index(item) % 3 for item in labels} == {2}


def test_twenty_thousand_points_come_and_a_box_labels_those_inside(page, open_map) -> None:
    board = open_map(page, 20_000, seed=4)
    expect(page.locator(".map caption")).to_have_text("20,000 items in sight")
    places = board.places()
    center = places.mean(axis=0)
    page.keyboard.down("Shift")
    board.draw(np.array([center - [40, 30], center + [40, 30]]))
    page.keyboard.up("Shift")
    wanted = np.flatnonzero((np.abs(places - center) <= [40, 30]).all(axis=1))
    expect(board.words).to_have_text(f"{len(wanted):,} items: {len(wanted):,} not labelled")
    page.keyboard.press("1")
    board.saved()
    assert board.labels() == {board.ids[row]: "Refund" for row in wanted}
    assert board.server.acts(board.project) == ["do"]


def test_without_a_mouse_the_list_and_the_keys_do_the_same(page, open_map) -> None:
    board = open_map(page, 30, seed=5)
    boxes = page.locator(".map tbody input")
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    boxes.nth(2).focus()
    page.keyboard.press("Space")
    expect(board.words).to_have_text("2 items: 2 not labelled")
    assert boxes.count() == 30
    page.keyboard.press("n")
    board.saved()
    assert list(board.labels().values()) == ["none", "none"]
    legend = page.locator(".map .class", has_text="None of these")
    legend.focus()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Delete")
    wait_until(page, lambda: board.labels() == {})


def test_one_finger_draws_two_fingers_zoom(new_page, open_map) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    board = open_map(page, 120, seed=6)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".stage").scroll_into_view_if_needed()
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: np.ndarray) -> None:
        dots = [{"x": float(x), "y": float(y), "id": i} for i, (x, y) in enumerate(points)]
        # As slow as a finger, which rests before it lifts: else the browser takes the next tap for the end of a fling.
        page.wait_for_timeout(150 if kind == "touchEnd" else 20)
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": dots})

    places = board.places()
    center, before = places.mean(axis=0), np.ptp(places[:, 0])
    touch("touchStart", center - [20, 0])
    touch("touchStart", center - [20, 0], center + [20, 0])
    for step in range(1, 7):
        touch("touchMove", center - [20 + 5 * step, 0], center + [20 + 5 * step, 0])
    touch("touchEnd")
    places = board.places()
    assert np.ptp(places[:, 0]) == pytest.approx(2.5 * before, rel=0.05)
    line = star(places.mean(axis=0), 90)
    wanted = np.flatnonzero(inside(places, line))
    touch("touchStart", line[0])
    for place in line[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    count = f"{len(wanted)} items" if len(wanted) != 1 else "1 item"
    expect(board.words).to_have_text(f"{count}: {len(wanted)} not labelled")
    expect(page.locator(".map .full")).to_contain_text("in the full space as well")
    page.locator(".map .class", has_text="Praise").tap()
    board.saved()
    assert board.labels() == {board.ids[row]: "Praise" for row in wanted}


def test_with_several_labels_an_item_a_class_comes_on_top(page, open_map) -> None:
    board = open_map(page, 40, multi=True, seed=7)
    for key in "12":
        page.locator(".map thead input").check()
        page.keyboard.press(key)
        expect(board.words).to_have_text(re.compile("^40 labelled"))
    board.saved()
    assert set(board.labels().values()) == {("Refund", "Delivery")}
    page.locator(".map thead input").check()
    expect(board.words).to_have_text("40 items: 40 Refund, 40 Delivery")
    page.keyboard.press("1")
    wait_until(page, lambda: set(board.labels().values()) == {("Delivery",)})
    page.keyboard.press("u")
    wait_until(page, lambda: set(board.labels().values()) == {("Refund", "Delivery")})


def test_a_map_that_its_page_has_left_asks_no_more_for_its_colours(page: Page, open_map: Callable[..., Board]) -> None:
    open_map(page, 60)
    page.evaluate(f"() => {{ let find; {MAP}(document).remove(); }}")
    page.wait_for_timeout(1200)  # two beats of its clock; the fixture fails on any error of the page


def wait_until(page: Page, true: Callable[[], bool], seconds: float = 20.0) -> None:
    for _look in range(int(seconds * 5)):
        if true():
            return
        page.wait_for_timeout(200)
    assert true()
