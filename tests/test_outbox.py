"""The server's end of the card's outbox: every event once, in order, whoever sends it twice."""

from __future__ import annotations

from typing import Any

import pytest

from fsl_core.data.store import NewItem, Store
from pages.ui.components.messages import read_batches
from pages.ui.kit import resources
from pages.ui.labelling import outbox
from pages.ui.labelling.desk import Desk
from tests.page_fixtures import text_project as project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


class Browser:
    """Numbers events like the card does."""

    def __init__(self, store: Store, project_id: int, client: str = "a", author: str = "me") -> None:
        self.store, self.project_id, self.client, self.author = store, project_id, client, author
        self.desk = Desk()
        self.events: list[dict[str, Any]] = []

    def do(self, op: str, **more: Any) -> int:
        self.events.append({"op": op, "seq": len(self.events) + 1, "at": 0, **more})
        return len(self.events)

    def send(self, start: int = 0) -> None:
        message = {"project": self.project_id, "batches": [{"client": self.client, "events": self.events[start:]}]}
        outbox.receive(self.store, self.project_id, self.author, read_batches(message, self.project_id), self.desk)

    def labels(self) -> dict[int, Any]:
        return {item: one.label for item, one in self.store.journal.labels(self.project_id).items()}


def browser_on(store: Store) -> tuple[Browser, list[int], list[int]]:
    made = project(store)
    items = store.items.all(made).ids.tolist()
    return Browser(store, made), items, [one.id for one in store.classes.list(made)]


def test_events_are_committed_in_order_and_acknowledged(page_store: Store) -> None:
    me, items, (first, second) = browser_on(page_store)
    me.do("label", id=items[0], label=first, was=None)
    me.do("label", id=items[1], label="none", was=None)
    me.do("skip", id=items[2])
    me.send()
    assert me.labels() == {items[0]: first, items[1]: "none"}
    assert me.desk.acks == {"a": 3}
    assert me.desk.saved_at is not None
    assert me.desk.skipped == {items[2]}


@pytest.mark.parametrize("restart", [False, True])
def test_what_is_sent_twice_is_labelled_once_even_after_a_restart(page_store: Store, restart: bool) -> None:
    me, items, (first, _second) = browser_on(page_store)
    for item in items[:3]:
        me.do("label", id=item, label=first, was=None)
    me.send()
    if restart:
        outbox._ledger.clear()
        me.desk = Desk()
    me.do("label", id=items[3], label=first, was=None)
    me.send()
    assert me.desk.acks == {"a": 4}
    assert len(me.labels()) == 4
    assert page_store.journal.entries(me.project_id)[0].note.items() >= {"client": "a", "seq": 4}.items()
    assert len(page_store.journal.entries(me.project_id)) == 4


def test_undo_and_redo_name_the_act_so_that_sending_them_again_changes_nothing(page_store: Store) -> None:
    me, items, (first, second) = browser_on(page_store)
    one = me.do("label", id=items[0], label=first, was=None)
    two = me.do("label", id=items[1], label=second, was=None)
    me.do("undo", id=items[1], of="label", target=two)
    me.do("undo", id=items[0], of="label", target=one)
    me.do("redo", id=items[0], of="label", target=one, label=first, was=None)
    me.send()
    assert me.labels() == {items[0]: first}
    assert [entry.kind for entry in page_store.journal.entries(me.project_id)] == ["redo", "undo", "undo", "do", "do"]
    outbox._ledger.clear()  # a new server, and no acknowledgement had come through
    me.desk = Desk()
    me.send(start=2)
    assert me.labels() == {items[0]: first}
    me.do("redo", id=items[1], of="label", target=two, label=second, was=None)
    me.send(start=5)
    assert me.labels() == {items[0]: first, items[1]: second}


def test_undo_reaches_an_act_beneath_one_of_another_tab(page_store: Store) -> None:
    me, items, (first, second) = browser_on(page_store)
    other = Browser(page_store, me.project_id, client="b")
    mine = me.do("label", id=items[0], label=first, was=None)
    me.send()
    other.do("label", id=items[1], label=second, was=None)
    other.send()
    me.do("undo", id=items[0], of="label", target=mine)
    me.send()
    assert me.labels() == {items[1]: second}


def test_somebody_elses_label_stays_and_the_person_is_told(page_store: Store) -> None:
    me, items, (first, second) = browser_on(page_store)
    page_store.journal.label(me.project_id, [items[0]], second, author="Ada")
    me.do("label", id=items[0], label=first, was=None)
    me.send()
    assert me.labels() == {items[0]: second}
    (clash,) = me.desk.collisions
    assert (clash["item"], clash["mine"], clash["theirs"], clash["who"]) == (items[0], first, second, "Ada")
    assert not clash["own"] and me.desk.acks == {"a": 1}


def test_a_collision_is_settled_by_keeping_or_by_replacing(page_store: Store) -> None:
    me, items, (first, second) = browser_on(page_store)
    for item in items[:2]:
        page_store.journal.label(me.project_id, [item], second, author="Ada")
        me.do("label", id=item, label=first, was=None)
    me.send()
    assert len(me.desk.collisions) == 2
    me.do("keep", id=items[0])
    me.do("label", id=items[1], label=first, was=second)
    me.send()
    assert me.desk.collisions == []
    assert me.labels() == {items[0]: second, items[1]: first}


def test_two_who_say_the_same_do_not_collide_and_a_label_taken_back_is_no_obstacle(page_store: Store) -> None:
    me, items, (first, second) = browser_on(page_store)
    page_store.journal.label(me.project_id, [items[0]], first, author="Ada")
    page_store.journal.label(me.project_id, [items[1]], second, author="Ada")
    page_store.journal.undo(me.project_id, "Ada")
    me.do("label", id=items[0], label=first, was=None)
    me.do("label", id=items[1], label=first, was=second)
    me.send()
    assert me.desk.collisions == []
    assert me.labels() == {items[0]: first, items[1]: first}


def test_flags_are_kept_undone_and_redone_like_labels(page_store: Store) -> None:
    me, items, (first, _second) = browser_on(page_store)
    flag = me.do("flag", id=items[0], on=True)
    me.do("label", id=items[1], label=first, was=None)
    me.send()
    assert page_store.journal.flags(me.project_id) == {items[0]}
    me.do("undo", id=items[0], of="flag", target=flag)
    me.send()
    assert page_store.journal.flags(me.project_id) == set()
    assert me.labels() == {items[1]: first}
    me.do("redo", id=items[0], of="flag", on=True, target=flag)
    me.send()
    assert page_store.journal.flags(me.project_id) == {items[0]}


def test_a_key_and_a_colour_go_to_the_class_and_a_taken_key_moves_over(page_store: Store) -> None:
    me, _items, (first, second) = browser_on(page_store)
    me.do("class", **{"class": first}, key="x", color="#112233")
    me.do("class", **{"class": second}, key="x")
    me.send()
    keys = {one.id: (one.key, one.color) for one in page_store.classes.list(me.project_id)}
    assert keys == {first: ("", "#112233"), second: ("x", "")}


def test_several_labels_of_one_item_are_one_sorted_label(page_store: Store) -> None:
    made = page_store.projects.create("Several", classes=["a", "b", "c"], settings={"multi_label": True})
    page_store.items.add(made.id, [NewItem(text="one"), NewItem(text="two")])
    items = page_store.items.all(made.id).ids.tolist()
    a, _b, c = (one.id for one in page_store.classes.list(made.id))
    me = Browser(page_store, made.id)
    me.do("label", id=items[0], label=[c, a], was=None)
    me.do("label", id=items[1], label="none", was=None)
    me.do("label", id=items[0], label=[c], was=[a, c])
    me.send()
    assert me.labels() == {items[0]: (c,), items[1]: "none"}
    assert me.desk.collisions == []


def test_labels_on_check_items_carry_their_stream(page_store: Store) -> None:
    me, items, (first, _second) = browser_on(page_store)
    page_store.projects.update(me.project_id, settings={"audit_share": 0.5})
    workspace = resources.workspace(me.project_id)
    workspace.sync()
    audit = {items[row] for row in workspace.audit_rows()}
    assert 0 < len(audit) < len(items)
    for item in items:
        me.do("label", id=item, label=first, was=None)
    me.send()
    marked = set()
    for row in page_store.journal.history(me.project_id, limit=100):
        if row.entry.note.get("stream") == "audit":
            marked |= {line.item_id for line in row.lines}
    assert marked == audit


def test_an_event_that_can_never_succeed_is_explained_and_does_not_block_the_next(page_store: Store) -> None:
    me, items, (first, _second) = browser_on(page_store)
    me.do("label", id=999_999, label=first, was=None)
    me.do("label", id=items[0], label=first, was=None)
    me.send()
    assert me.labels() == {items[0]: first}
    assert "999999" in me.desk.notices[0]["text"]
    assert me.desk.acks == {"a": 2}


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"project": -1, "batches": [{"client": "a", "events": [{"seq": 1, "op": "label", "id": 1}]}]},
        {"batches": 3},
        {"project": 1, "batches": [{"client": 5, "events": []}, {"client": "a", "events": "x"}]},
        {"project": 1, "batches": [{"client": "a", "events": [{"seq": "1"}, 7, {"seq": 1, "op": "format"}]}]},
    ],
)
def test_a_malformed_message_changes_nothing(page_store: Store, message: object) -> None:
    me, _items, _classes = browser_on(page_store)
    outbox.receive(page_store, me.project_id, "me", read_batches(message, me.project_id), me.desk)
    assert me.labels() == {}
    assert me.desk.error is None


def test_taking_back_a_label_from_the_list_opens_its_item(page_store: Store) -> None:
    me, items, (first, _second) = browser_on(page_store)
    me.do("label", id=items[0], label=first, was=None)
    me.send()
    entry = page_store.journal.entries(me.project_id)[0].id
    outbox.take_back(page_store, me.project_id, "me", entry, items[0], me.desk)
    assert me.labels() == {}
    assert me.desk.wish == items[0]
