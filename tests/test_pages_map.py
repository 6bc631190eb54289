"""The Map page and the server's end of the map, on a real store in a temporary folder."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsl_core.data.store import NewItem
from fsl_core.plotting import projection
from pages.ui.components.lasso import lasso
from pages.ui.components.messages import read_batches, read_question
from pages.ui.kit import arrays, resources
from pages.ui.kit.labels import sets_of
from pages.ui.labelling.desk import Desk
from pages.ui.mapping import map_desk
from tests.page_fixtures import open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
TOPICS = ("parcel {n} is late", "money back for order {n}")


def project(store, n: int = 30, labels: int = 6, **settings: object) -> int:
    made = store.projects.create(
        "Map", classes=["Delivery", "Refund"], settings={"encoder": {"name": "char-ngram"}, **settings}
    )
    names = ("Delivery", "Refund")
    rows = [NewItem(text=TOPICS[i % 2].format(n=i), label=names[i % 2] if i < labels else None) for i in range(n)]
    store.items.add(made.id, rows)
    return made.id


def ready(project_id: int):
    workspace = resources.workspace(project_id)
    workspace.sync()
    return workspace, projection.pca(workspace.encode())


def unpack(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def batch(workspace, *events: dict, client: str = "browser") -> dict:
    numbered = [{"seq": i + 1, **event} for i, event in enumerate(events)]
    return {"project": f"map:{workspace.project_id}", "batches": [{"client": client, "events": numbered}]}


def test_the_page_draws_the_points_and_the_board(page_store):
    at = open_page("map", project(page_store))
    assert not at.exception and "Similar texts lie close together" in shown(at)
    drawn = [part.proto.component_name for part in at.get("bidi_component")]
    assert {"handful_map", "handful_map_points", "handful_map_ack"} <= set(drawn)


def test_points_carry_ids_places_and_texts_and_outlive_a_label(page_store):
    workspace, drawn = ready(project(page_store))
    points = map_desk.points(workspace, drawn)
    assert unpack(points.payload["ids"], "<f8").tolist() == workspace.ids.tolist()
    np.testing.assert_array_equal(unpack(points.payload["xy"], "<f4").reshape(-1, 2), drawn.points)
    assert points.payload["texts"] == workspace.texts
    page_store.journal.label(workspace.project_id, [int(workspace.ids[20])], workspace.classes[0].id)
    workspace.sync()
    assert map_desk.points(workspace, drawn).version == points.version
    page_store.items.add(workspace.project_id, [NewItem(text="one more")])
    workspace.sync()
    assert map_desk.points(workspace, projection.pca(workspace.encode())).version != points.version


def test_of_too_many_items_the_labelled_and_the_found_ones_are_shown(page_store, monkeypatch):
    monkeypatch.setattr(map_desk, "MOST_POINTS", 12)
    workspace, drawn = ready(project(page_store, n=60, labels=5))
    found = workspace.ids[[40, 41, 59]].tolist()
    points = map_desk.points(workspace, drawn, found)
    assert len(points.rows) == 12 and (np.diff(points.rows) > 0).all()
    assert {0, 1, 2, 3, 4, 40, 41, 59} <= set(points.rows.tolist())


@given(st.lists(st.integers(0, 5_000), max_size=60), st.integers(10_000, 60_000))
def test_cut_texts_stay_within_the_budget_and_none_is_cut_without_need(lengths, budget):
    limit = arrays.text_limit(lengths, budget)
    kept = sum(min(length, limit) for length in lengths)
    assert kept <= budget
    if sum(lengths) <= budget:
        assert limit >= max(lengths, default=0)
    elif limit < max(lengths):
        assert kept > budget - len(lengths)


def send(workspace, desk, message: object) -> None:
    """As the component hands on what the browser sent."""
    map_desk.commit(workspace, desk, read_batches(message, lasso.queue(workspace.project_id)))


def test_a_batch_of_the_map_is_one_entry_and_one_undo(page_store):
    workspace, _drawn = ready(project(page_store))
    desk, ids = map_desk.MapDesk(), workspace.ids[[10, 11, 12]].tolist()
    first = workspace.classes[0].id
    before = page_store.journal.labels(workspace.project_id)
    event = {"op": "label", "of": "label", "ids": ids, "label": first, "was": [None] * 3}
    send(workspace, desk, batch(workspace, event))
    send(workspace, desk, batch(workspace, event))
    assert desk.acks == {"browser": 1} and desk.error is None
    assert page_store.journal.entries(workspace.project_id, limit=1)[0].n_changes == 3
    undo = {"op": "undo", "of": "label", "target": 1, "ids": ids}
    send(workspace, desk, batch(workspace, event, undo))
    after = page_store.journal.labels(workspace.project_id)
    assert {item: one.label for item, one in after.items()} == {item: one.label for item, one in before.items()}


def test_a_label_that_somebody_else_gave_meanwhile_stays(page_store):
    workspace, _drawn = ready(project(page_store))
    desk, ids = map_desk.MapDesk(), workspace.ids[[10, 11]].tolist()
    first, second = (one.id for one in workspace.classes)
    page_store.journal.label(workspace.project_id, [ids[0]], second, author="Ada")
    event = {"op": "label", "ids": ids, "label": first, "was": [None, None]}
    send(workspace, desk, batch(workspace, event))
    labels = page_store.journal.labels(workspace.project_id)
    assert (labels[ids[0]].label, labels[ids[1]].label) == (second, first)
    assert "somebody else" in desk.notices[-1]["text"]


def test_several_labels_an_item_are_written_each_its_own(page_store):
    workspace, _drawn = ready(project(page_store, labels=0, multi_label=True))
    desk, ids = map_desk.MapDesk(), workspace.ids[:2].tolist()
    first, second = (one.id for one in workspace.classes)
    event = {"op": "label", "ids": ids, "to": [[first], [second, first]], "was": [None, None]}
    send(workspace, desk, batch(workspace, event))
    labels = page_store.journal.labels(workspace.project_id)
    assert [labels[item].label for item in ids] == [(first,), (first, second)]
    workspace.sync()
    assert sets_of(workspace) == {str(ids[0]): [first], str(ids[1]): [first, second]}


def test_a_message_for_another_project_or_from_the_card_is_left_alone(page_store):
    workspace, _drawn = ready(project(page_store))
    desk, last = map_desk.MapDesk(), page_store.journal.last_id(workspace.project_id)
    event = {"op": "label", "ids": [int(workspace.ids[20])], "label": "none", "was": [None]}
    for name in (workspace.project_id, "map:0", None):
        send(workspace, desk, {**batch(workspace, event), "project": name})
    send(workspace, desk, "nonsense")
    assert page_store.journal.last_id(workspace.project_id) == last and desk.acks == {}


def test_questions_of_the_map_are_answered_once(page_store):
    workspace, _drawn = ready(project(page_store))
    desk = map_desk.MapDesk()
    desk.ask(read_question({"kind": "search", "nonce": 1, "text": "money back"}))
    group = [int(item) for item in workspace.ids[1::2]]
    desk.ask(read_question({"kind": "look", "nonce": 2, "ids": group, "total": 15}))
    assert read_question({"kind": "delete", "nonce": 3}) is None
    map_desk.answer(workspace, desk)
    found = desk.found["ids"]
    assert set(found[:15]) == set(group)
    assert desk.neighbours == {"nonce": 2, "total": 15, "n": 15, "of": 15}
    desk.ask(read_question({"kind": "search", "nonce": 4, "text": "late"}))
    assert desk.found is None and desk.neighbours is not None  # the other question stays answered
    assert isinstance(desk, Desk)
