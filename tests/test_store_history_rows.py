"""Reading the journal back: flags, who said what, the rows of the History page, everything since a moment."""

from __future__ import annotations

import time

import pytest

from fsl_core.base.errors import DataError, StoreError
from fsl_core.data.store import ClassLine, HistoryLine, NewItem, Store
from fsl_core.data.store.records import ADJUDICATE, ActKind


def prepared(store: Store, n: int = 4) -> tuple[int, list[int], int, int]:
    project = store.projects.create("p", classes=["a", "b"])
    store.items.add(project.id, [NewItem(f"text {i}") for i in range(n)])
    a, b = (info.id for info in store.classes.list(project.id))
    return project.id, store.items.all(project.id).ids.tolist(), a, b


def plain(store: Store, project_id: int) -> dict[int, object]:
    return {item: state.label for item, state in store.journal.labels(project_id).items()}


def test_flags_are_apart_from_labels_and_can_be_undone(any_store: Store) -> None:
    project_id, (one, two, *_), a, _ = prepared(any_store)
    any_store.journal.flag(project_id, [one, two, one], author="ann")
    any_store.journal.label(project_id, [one], a, author="ann")
    any_store.journal.flag(project_id, [two], False, author="bob")
    assert any_store.journal.flags(project_id) == {one}
    assert plain(any_store, project_id) == {one: a}
    assert any_store.items.count(project_id, labeled=True) == 1
    any_store.journal.undo(project_id, "bob")
    assert any_store.journal.flags(project_id) == {one, two}
    any_store.journal.undo(project_id, "ann")
    any_store.journal.undo(project_id, "ann")
    assert any_store.journal.flags(project_id) == set() and plain(any_store, project_id) == {}
    with pytest.raises(DataError, match="has no item 99999"):
        any_store.journal.flag(project_id, [99_999])


def test_each_person_keeps_their_own_last_label(any_store: Store) -> None:
    project_id, (one, two, *_), a, b = prepared(any_store)
    journal = any_store.journal
    journal.label_many(project_id, {one: a, two: a}, author="ann")
    journal.label(project_id, [one], b, author="bob")
    journal.label(project_id, [two], "none", author="bob")
    journal.label(project_id, [two], None, author="ann")
    journal.label(project_id, [one], a, source="model", author="robot")
    assert journal.by_author(project_id) == {one: {"ann": a, "bob": b}, two: {"bob": "none"}}
    journal.undo(project_id, "ann")
    any_store.classes.merge(project_id, a, b, "eve")
    assert journal.by_author(project_id) == {one: {"ann": b, "bob": b}, two: {"ann": b, "bob": "none"}}
    assert journal.authors(project_id) == ["ann", "bob", "eve", "robot"]


def test_the_history_says_who_what_and_what_took_it_back(any_store: Store) -> None:
    project_id, items, a, b = prepared(any_store, 7)
    journal = any_store.journal
    many = journal.label(project_id, items, a, author="ann")
    flagged = journal.flag(project_id, items[:1], author="bob")
    journal.label(project_id, items[:1], b, author="bob")
    undone = journal.undo(project_id, "bob")
    renamed = any_store.classes.rename(a, "A", author="ann")
    rows = journal.history(project_id)
    assert [row.entry for row in rows] == journal.entries(project_id)
    assert undone is not None and [row.undone_by for row in rows] == [None, None, undone.id, None, None]
    assert rows[0].classes == (ClassLine(renamed.id, "A", "name", "a", "A"),) and rows[0].lines == ()
    assert rows[2].lines == (HistoryLine(items[0], "text 0", a, b),)
    assert rows[3].lines == (HistoryLine(items[0], "text 0", False, True, "flag"),)
    assert [line.item_id for line in rows[4].lines] == items[:5] and rows[4].entry.n_changes == 7
    assert [row.entry.id for row in journal.history(project_id, author="ann", limit=1, before=renamed.id + 99)] == [
        rows[0].entry.id
    ]
    about_last = journal.history(project_id, item_id=items[6])
    assert [(row.entry.id, row.lines[0].item_id) for row in about_last] == [(many.id, items[6])]
    assert len(journal.history(project_id, since=flagged.id)) == 4
    assert len(journal.history(project_id, since=flagged.created_at)) == 4
    assert journal.history(project_id, since=time.time() + 9) == []


def test_everything_since_a_moment_goes_and_comes_back_as_one_step(any_store: Store) -> None:
    project_id, (one, two, three, four), a, b = prepared(any_store)
    journal = any_store.journal
    old = journal.label_many(project_id, {one: a, two: b}, author="ann")
    then = journal.labels(project_id), journal.flags(project_id), any_store.classes.list(project_id)
    time.sleep(0.01)
    moment = time.time()
    journal.undo(project_id, "ann")
    journal.label(project_id, [one, three], b, author="bob")
    any_store.items.add(project_id, [NewItem("new", label="imported")])
    any_store.classes.delete(project_id, b, author="ann")
    journal.flag(project_id, [four], author="ann")
    now = journal.labels(project_id), journal.flags(project_id), any_store.classes.list(project_id)
    last = journal.last_id(project_id)
    preview = journal.preview_since(project_id, moment)
    assert preview is not None and journal.last_id(project_id) == last
    entry = journal.revert_since(project_id, moment, "eve")
    assert (entry.kind, entry.author, entry.target_id, entry.n_changes) == ("revert", "eve", None, preview.n_changes)
    assert entry.note["revived"] == [old.id] and entry.note["since"] == old.id + 1
    assert (journal.labels(project_id), journal.flags(project_id), any_store.classes.list(project_id)) == then
    [row] = journal.history(project_id, limit=1)
    assert row.entry == entry
    with pytest.raises(StoreError, match="Nothing has changed since then"):
        journal.revert_since(project_id, entry.id + 1)
    assert journal.preview_since(project_id, entry.id + 1) is None
    assert journal.undo(project_id, "eve") is not None
    assert (journal.labels(project_id), journal.flags(project_id), any_store.classes.list(project_id)) == now
    assert journal.redo(project_id, "eve") is not None
    assert journal.labels(project_id) == then[0]
    journal.revert(project_id, entry.id, "ann")
    assert journal.labels(project_id) == now[0]


def test_a_moment_before_everything_leaves_nothing(any_store: Store) -> None:
    project_id, items, a, b = prepared(any_store)
    for label in (a, b, a):
        any_store.journal.label(project_id, items, label)
    any_store.journal.undo(project_id)
    entry = any_store.journal.revert_since(project_id, 0)
    assert entry.n_changes == 4 and plain(any_store, project_id) == {}
    any_store.journal.undo(project_id)
    assert plain(any_store, project_id) == dict.fromkeys(items, b)


def test_what_was_redone_since_a_moment_is_undone_again(any_store: Store) -> None:
    project_id, (one, *_), a, b = prepared(any_store)
    journal = any_store.journal
    journal.label(project_id, [one], a, author="ann")
    redone = journal.label(project_id, [one], b, author="ann")
    journal.undo(project_id, "ann")
    mark = journal.last_id(project_id) + 1
    journal.redo(project_id, "ann")
    assert plain(any_store, project_id) == {one: b}
    entry = journal.revert_since(project_id, mark, "bob")
    assert entry.note["buried"] == [redone.id] and entry.note["targets"] == []
    assert plain(any_store, project_id) == {one: a}
    journal.undo(project_id, "bob")
    assert plain(any_store, project_id) == {one: b}


def test_a_revert_of_everything_can_itself_be_among_what_is_taken_back(any_store: Store) -> None:
    project_id, (one, two, *_), a, b = prepared(any_store)
    journal = any_store.journal
    first = journal.label(project_id, [one], a)
    journal.label(project_id, [two], b)
    journal.undo(project_id)
    inner = journal.revert_since(project_id, first.id)
    assert plain(any_store, project_id) == {}
    journal.label(project_id, [two], a)
    outer = journal.revert_since(project_id, inner.id)
    # Back to the moment before the first revert: the label of one stands, that of two was undone.
    assert plain(any_store, project_id) == {one: a}
    journal.undo(project_id)
    assert plain(any_store, project_id) == {two: a}
    journal.redo(project_id)
    assert [row.undone_by for row in journal.history(project_id, limit=3)] == [None, None, None]
    assert outer.id in {row.undone_by for row in journal.history(project_id)}


def test_each_kind_of_act_is_found_by_the_database_as_the_rows_themselves_say(any_store: Store) -> None:
    project_id, items, a, b = prepared(any_store, 7)
    journal, classes = any_store.journal, any_store.classes
    any_store.items.add(project_id, [NewItem("new", label="a")], source="import")
    any_store.items.add(project_id, [NewItem("newer", label="c")], source="sample")
    journal.label(project_id, items[:2], a, author="ann")
    journal.label(project_id, items[:1], b, author="ann", note={"act": ADJUDICATE})
    journal.label(project_id, items[:1], a, author="robot", source="model")
    journal.label(project_id, items[:1], "none", author="bob", expect={items[0]: b})  # changes nothing
    journal.flag(project_id, items[:3], author="ann")
    journal.flag(project_id, items[:1], False, author="ann")
    added = classes.add(project_id, "d", author="ann")
    classes.rename(added.id, "e", author="ann")
    classes.merge(project_id, a, b, "ann")
    journal.undo(project_id, "ann")
    journal.redo(project_id, "ann")
    journal.revert_since(project_id, journal.last_id(project_id) - 3)
    everything = journal.history(project_id, limit=999)
    kinds: tuple[ActKind, ...] = ("label", "flag", "class", "import", "back")
    of_kind = {what: journal.history(project_id, what=what, limit=999) for what in kinds}
    assert {what: [row.entry.id for row in rows] for what, rows in of_kind.items()} == {
        what: [row.entry.id for row in everything if row.what == what] for what in kinds
    }
    assert {what: len(rows) for what, rows in of_kind.items()}.items() >= {"flag": 2, "back": 3, "label": 4}.items()
    about = journal.history(project_id, item_id=items[2], what="flag", author="ann")
    assert [row.what for row in about] == ["flag"]
    older = journal.history(project_id, what="flag", limit=1, before=of_kind["flag"][0].entry.id)
    assert [row.entry.id for row in older] == [of_kind["flag"][1].entry.id]
