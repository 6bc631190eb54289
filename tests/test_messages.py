"""What browsers may send: anything. No message of any shape raises, and a good one means what it always meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsl_core.data.store import Store
from pages.ui.components import messages
from pages.ui.components.messages import (
    Flag,
    LabelMany,
    LabelOne,
    LookUp,
    Met,
    Redo,
    Sheet,
    Undo,
    Unreadable,
    Wish,
    read,
    read_batches,
    read_event,
    read_question,
)
from pages.ui.labelling import outbox
from pages.ui.labelling.desk import Desk
from tests.page_fixtures import text_project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
NUMBERS = st.integers(-2, 12) | st.sampled_from([2**31, 2**53 - 1, 2**53, 2**64]) | st.booleans() | JSON
LABELS = st.none() | st.just("none") | NUMBERS | st.lists(NUMBERS, max_size=3)
WORDS = st.sampled_from(["label", "flag", "skip", "class", "keep", "undo", "redo", "search", "look"]) | JSON
FIELDS = {
    "op": WORDS, "of": WORDS, "seq": NUMBERS, "id": NUMBERS, "ids": st.lists(NUMBERS, max_size=4) | JSON,
    "label": LABELS, "was": LABELS | st.lists(LABELS, max_size=4), "to": st.lists(LABELS, max_size=4) | JSON,
    "on": JSON, "class": NUMBERS, "key": JSON, "color": JSON, "target": NUMBERS, "entry": NUMBERS,
}  # fmt: skip
EVENTS = st.fixed_dictionaries({}, optional=FIELDS) | JSON
BATCHES = st.fixed_dictionaries(
    {},
    optional={
        "project": st.just(1) | JSON,
        "batches": st.lists(
            st.fixed_dictionaries({}, optional={"client": st.just("a") | JSON, "events": st.lists(EVENTS) | JSON})
            | JSON,
            max_size=3,
        )
        | JSON,
    },
)
QUESTIONS = st.fixed_dictionaries(
    {}, optional={"kind": WORDS, "nonce": NUMBERS, "text": JSON, "ids": st.lists(NUMBERS) | JSON, "total": NUMBERS}
)
WISHES = st.fixed_dictionaries({}, optional={"search": JSON, "resume": NUMBERS})
SHEETS = st.fixed_dictionaries({}, optional={"sheet": JSON, "revision": JSON, "strokes": NUMBERS, "png": JSON})


@given(st.one_of(BATCHES, QUESTIONS, WISHES, SHEETS, EVENTS, JSON))
def test_no_message_of_any_shape_raises_at_the_door(message: Any) -> None:
    for batch in read_batches(message, 1):
        assert 0 < len(batch.client) <= messages.LONGEST_CLIENT
        numbers = [event.seq for event in batch.events]
        assert numbers == sorted(numbers) and all(type(one) is int for one in numbers)
    read_question(message)
    read(Wish, message)
    read(Sheet, message)
    read(Met, message)
    read_event(message)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(events=st.lists(EVENTS, max_size=6))
def test_no_event_of_any_shape_raises_or_stays_in_the_browser(page_store: Store, events: list[Any]) -> None:
    number = next((one.id for one in page_store.projects.list()), None) or text_project(page_store)
    desk = Desk()
    outbox._ledger.clear()
    batches = read_batches({"project": number, "batches": [{"client": "a", "events": events}]}, number)
    outbox.receive(page_store, number, "me", batches, desk)
    # Whatever has a number is acknowledged, done or not: it would be sent again for ever.
    last = max((event.seq for batch in batches for event in batch.events), default=0)
    assert desk.error is None and desk.acks["a"] >= last


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ({"op": "label", "id": 4, "label": 2, "was": None}, LabelOne(seq=7, op="label", id=4, label=2)),
        ({"op": "label", "id": 4, "label": [3, 1, 3]}, LabelOne(seq=7, op="label", id=4, label=(1, 3))),
        ({"op": "label", "id": 4, "label": []}, LabelOne(seq=7, op="label", id=4, label=())),
        ({"op": "flag", "id": 4, "on": True, "at": 9.5}, Flag(seq=7, op="flag", id=4, on=True)),
        ({"op": "undo", "of": "label", "id": 4, "target": 3}, Undo(seq=7, op="undo", of="label", id=4, target=3)),
        ({"op": "redo", "id": None, "of": "label", "entry": 5}, Redo(seq=7, op="redo", of="label", entry=5)),
        ({"op": "label", "id": True}, Unreadable(7)),
        ({"op": "label", "id": 4, "label": "any"}, Unreadable(7)),
        ({"op": "label", "id": 4, "label": [1, "none"]}, Unreadable(7)),
        ({"op": "redo", "of": "redo"}, Unreadable(7)),
        ({"op": ["label"]}, Unreadable(7)),
    ],
)
def test_an_event_is_read_as_what_it_is(sent: dict[str, Any], read_as: object) -> None:
    assert read_event({**sent, "seq": 7}) == read_as


def test_a_redo_says_what_the_act_was() -> None:
    event = {"op": "redo", "of": "label", "target": 3, "ids": [1, 2], "to": [[2], "none"], "was": [None, [1]], "seq": 9}
    act = read_event(event).act
    assert isinstance(act, LabelMany)
    assert act.labels == {1: (2,), 2: "none"} and act.expected == {1: None, 2: (1,)}
    assert read_event({**event, "was": [None]}).act.expected is None


def test_questions_and_wishes_are_cut_to_a_length_that_is_searched_for() -> None:
    assert read_question({"kind": "search", "nonce": 1, "text": " " + "x" * 900}).text == "x" * messages.LONGEST_SEARCH
    assert read_question({"kind": "search", "nonce": 1, "text": 5}) is None
    assert read_question({"kind": "look", "nonce": 1, "ids": [1], "total": 2}) == LookUp(
        kind="look", nonce=1, ids=[1], total=2
    )
    assert read(Wish, {"search": " late "}) == Wish(search="late")


def test_a_class_of_another_project_is_out_of_reach(page_store: Store) -> None:
    mine, theirs = text_project(page_store), text_project(page_store)
    foreign = page_store.classes.list(theirs)[0]
    events = [{"op": "class", "class": foreign.id, "key": "x", "seq": 1}]
    desk = Desk()
    sent = {"project": mine, "batches": [{"client": "b", "events": events}]}
    outbox.receive(page_store, mine, "me", read_batches(sent, mine), desk)
    assert page_store.classes.list(theirs)[0] == foreign
    assert desk.error is None and desk.acks == {"b": 1} and "no longer there" in desk.notices[0]["text"]
