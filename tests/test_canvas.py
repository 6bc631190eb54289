"""What the server makes of drawings: checks, the invented characters, the demo's answer, pictures as items."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from fsl_core.base.errors import DataError
from fsl_core.data.store import Store
from pages.ui.components.canvas import canvas
from pages.ui.components.messages import Sheet, read
from pages.ui.drawing import characters, model
from pages.ui.pictures import capture
from tests.page_fixtures import open_page, shown

SQUARE = canvas.SIDE


def png(width: int = SQUARE, height: int = SQUARE, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("L", (width, height), 255).save(out, kind)
    return out.getvalue()


def sent(data: bytes, strokes: object = 1) -> dict[str, object]:
    return {"sheet": "a:0", "revision": "1", "png": base64.b64encode(data).decode(), "strokes": strokes}


def test_a_drawing_of_the_sheet_passes_as_it_is() -> None:
    data = png()
    assert canvas.checked(read(Sheet, sent(data, 3))) == canvas.Drawing(data, 3)


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {**sent(b""), "png": None},
        {**sent(b""), "png": "not base64!"},
        sent(b"hello"),
        sent(png(), strokes="1"),
        sent(png(SQUARE + 1)),
        sent(png(40_000, 1)),
        sent(png(kind="JPEG")),
        sent(png()[:-40]),
        {**sent(b""), "png": "A" * (canvas.MOST_BYTES + 1)},
    ],
    ids="nothing null letters text count wide claims jpeg cut huge".split(),
)
def test_what_no_sheet_sends_is_refused_with_a_step(broken: dict[str, object]) -> None:
    with pytest.raises(DataError) as refused:
        canvas.checked(read(Sheet, broken))
    assert refused.value.hint


# -- the invented characters ---------------------------------------------------------------------------


def test_there_are_enough_characters_and_all_lie_on_their_sheet() -> None:
    every = characters.characters()
    assert len(every) >= 10
    assert len({one.name for one in every}) == len(every)
    for one in every:
        ink = np.asarray(Image.open(io.BytesIO(characters.picture(one.name)))) < 128
        assert ink.shape == (SQUARE, SQUARE)
        assert 0.01 < ink.mean() < 0.3
        assert not (ink[:4].any() or ink[-4:].any() or ink[:, :4].any() or ink[:, -4:].any())


def test_a_curve_starts_and_ends_with_its_stroke_and_passes_the_middle_of_three_points() -> None:
    points = np.array([[0.0, 0.0], [2.0, 4.0], [4.0, 0.0]])
    curve = characters.curve(points)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == [4, 0]
    # One quadratic from (0, 0) by (2, 4) to the middle (3, 2), then straight on.
    t = 5 / (characters.STEPS - 1)
    expected = (1 - t) ** 2 * points[0] + 2 * t * (1 - t) * points[1] + t**2 * np.array([3.0, 2.0])
    assert np.allclose(curve[5], expected)


def test_a_seed_deals_the_same_five_and_another_seed_others() -> None:
    names = [[one.name for one in characters.deal(seed)] for seed in (0, 1, 1, 2)]
    assert names[0] == [one.name for one in characters.characters()[:5]]
    assert names[1] == names[2] != names[3]
    assert all(len(set(five)) == 5 for five in names)


# -- the answer ------------------------------------------------------------------------------------------


def test_none_of_these_counts_like_a_prototype_at_the_threshold() -> None:
    cosines, threshold, temperature = np.array([0.9, 0.5]), 0.7, 0.2
    weights = np.exp((2 * np.array([*cosines, threshold]) - 2) / temperature)
    shares = (weights[:2] / weights[:2].sum()).astype(np.float32)
    found = model.with_none(shares, 0.9, threshold, temperature)
    assert np.allclose(found, weights / weights.sum(), atol=1e-6)


def test_none_of_these_wins_exactly_below_the_threshold() -> None:
    shares = np.array([0.8, 0.2], dtype=np.float32)
    assert model.with_none(shares, 0.59, 0.6, 0.05).argmax() == 2
    assert model.with_none(shares, 0.61, 0.6, 0.05).argmax() == 0


def test_other_hands_are_recognised_and_strangers_look_more_like_none_of_these() -> None:
    judge = model.fitted(model.encoder())
    five = characters.deal(3)
    names = [one.name for one in five]
    support = model.vectors(judge.encoder, [characters.picture(name) for name in names])
    rng = np.random.default_rng(5)
    copies = [judge.answer(names, support, characters.redrawn(one, rng)) for one in five for _ in range(4)]
    right = [answer.shares[:-1].argmax() == i // 4 for i, answer in enumerate(copies)]
    assert np.mean(right) >= 0.85
    others = [one for one in characters.characters() if one.name not in names]
    strangers = [judge.answer(names, support, characters.redrawn(one, rng)) for one in others for _ in range(2)]
    # How often a stranger looks more like nothing here than a copy does; 0.5 would be chance.
    pairs = np.array([[one.shares[-1] > own.shares[-1] for own in copies] for one in strangers])
    assert pairs.mean() >= 0.75, pairs.mean()
    answer = copies[0]
    assert answer.shares.sum() == pytest.approx(1.0)
    assert answer.prototypes.shape == (5, 2)
    assert answer.query.shape == (1, 2)


def test_the_plane_shows_the_distances_of_three_prototypes() -> None:
    support = np.eye(3, 8, dtype=np.float32)
    points, query = model._on_plane(support, support[:1])
    sides = np.linalg.norm(points[[0, 1, 2]] - points[[1, 2, 0]], axis=1)
    assert np.allclose(sides, np.sqrt(2.0), atol=1e-5)
    assert np.allclose(query[0], points[0], atol=1e-6)


# -- pages -----------------------------------------------------------------------------------------------


def test_the_demo_opens_without_a_project_and_its_keys_deal_anew(page_store: Store) -> None:
    at = open_page("draw")
    assert not at.exception
    assert not at.error
    for one in characters.deal(0):
        assert one.name in shown(at)
    at.button(key="draw-new").click().run()
    assert at.query_params["five"] in ("1", ["1"])
    for one in characters.deal(1):
        assert one.name in shown(at)
    at.button(key="draw-reset").click().run()
    assert "five" not in at.query_params


def test_the_start_page_leads_to_the_demo(page_store: Store) -> None:
    at = open_page("projects")
    assert at.button(key="draw-open")


def test_only_a_project_of_images_offers_the_sheet(page_store: Store) -> None:
    texts = page_store.projects.create("Texts", classes=["A", "B"])
    pictures = page_store.projects.create("Pictures", kind="image", classes=["A", "B"])
    assert "capture-open" not in [one.key for one in open_page("label", texts.id).button]
    assert "capture-open" in [one.key for one in open_page("label", pictures.id).button]


def test_an_added_picture_is_an_item_with_a_label_that_can_be_undone(page_store: Store) -> None:
    project = page_store.projects.create("Pictures", kind="image", classes=["Kesh"])
    item = capture.add(page_store, project, characters.picture("Kesh"), "Drawing 1", "Kesh")
    other = capture.add(page_store, project, characters.picture("Nido"), "Drawing 2", "Nido")
    again = capture.add(page_store, project, characters.picture("Kesh"), "Drawing 3", None)
    assert again == item
    names = {one.id: one.name for one in page_store.classes.list(project.id)}
    found = {one: names[state.label] for one, state in page_store.journal.labels(project.id).items()}
    assert found == {item: "Kesh", other: "Nido"}
    assert capture._examples(page_store, project) == {"Kesh": 1, "Nido": 1}
    page_store.journal.undo(project.id, "me")
    assert set(page_store.journal.labels(project.id)) == {item}
    assert page_store.items.count(project.id) == 2


def test_an_added_picture_may_stay_without_a_label_and_a_broken_one_is_refused(page_store: Store) -> None:
    project = page_store.projects.create("Pictures", kind="image", settings={"multi_label": True})
    capture.add(page_store, project, characters.picture("Kesh"), "Drawing 1", None)
    assert not page_store.journal.labels(project.id)
    capture.add(page_store, project, characters.picture("Nido"), "Drawing 2", "New")
    assert capture._examples(page_store, project) == {"New": 1}
    with pytest.raises(DataError):
        capture.add(page_store, project, b"no picture", "Photo", None)
    assert page_store.items.count(project.id) == 2
