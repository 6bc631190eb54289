"""Acts on classes: merge, split, delete and the rest, and that undo takes each of them back."""

from __future__ import annotations

import pytest

from fsl_core.base.errors import DataError, StoreError
from fsl_core.data.store import ClassInfo, NewItem, Store


def prepared(store: Store, *, multi: bool = False) -> tuple[int, list[int], int, int, int]:
    """A project with four items and classes a, b, c: project id, item ids, class ids."""
    project = store.projects.create("p", classes=["a", "b", "c"], settings={"multi_label": multi})
    store.items.add(project.id, [NewItem(f"text {i}") for i in range(4)])
    a, b, c = (info.id for info in store.classes.list(project.id))
    return project.id, store.items.all(project.id).ids.tolist(), a, b, c


def plain(store: Store, project_id: int) -> dict[int, object]:
    return {item: state.label for item, state in store.journal.labels(project_id).items()}


def names(store: Store, project_id: int) -> list[str]:
    return [info.name for info in store.classes.list(project_id)]


def test_a_merge_moves_every_label_in_one_entry_and_keeps_who_said_it(any_store: Store) -> None:
    project_id, (one, two, three, _), a, b, _ = prepared(any_store)
    any_store.journal.label_many(project_id, {one: a, two: a, three: b}, author="ann")
    before = any_store.journal.labels(project_id)
    entry = any_store.classes.merge(project_id, a, b, "bob")
    assert entry.note == {
        "act": "merge", "class_id": a, "name": "a", "into": b, "into_name": "b", "n_items": 2,
    }  # fmt: skip
    assert (entry.kind, entry.author, entry.n_changes) == ("do", "bob", 2)
    assert plain(any_store, project_id) == dict.fromkeys([one, two, three], b)
    assert any_store.journal.labels(project_id)[one].author == "ann"
    assert names(any_store, project_id) == ["b", "c"]
    assert any_store.projects.list()[0].n_classes == 2
    with pytest.raises(DataError, match=f"no class {a}"):
        any_store.journal.label(project_id, [one], a)
    any_store.journal.undo(project_id, "bob")
    assert any_store.journal.labels(project_id) == before
    assert names(any_store, project_id) == ["a", "b", "c"]
    any_store.journal.redo(project_id, "bob")
    assert plain(any_store, project_id) == dict.fromkeys([one, two, three], b)


def test_a_label_that_returns_under_a_merge_counts_for_the_class_it_went_to(any_store: Store) -> None:
    project_id, (one, *_), a, b, c = prepared(any_store)
    any_store.journal.label(project_id, [one], a, author="ann")
    any_store.journal.label(project_id, [one], c, author="bob")
    merged = any_store.classes.merge(project_id, a, b, "ann")
    assert merged.n_changes == 0
    any_store.journal.undo(project_id, "bob")
    assert plain(any_store, project_id) == {one: b}
    any_store.journal.revert(project_id, merged.id, "bob")
    assert plain(any_store, project_id) == {one: a}


def test_merges_follow_each_other_and_a_ring_of_them_keeps_the_later_one(any_store: Store) -> None:
    project_id, (one, two, *_), a, b, c = prepared(any_store)
    any_store.journal.label_many(project_id, {one: a, two: b}, author="eve")
    any_store.classes.merge(project_id, a, b, "ann")
    any_store.classes.merge(project_id, b, c, "ann")
    assert plain(any_store, project_id) == {one: c, two: c}
    any_store.journal.undo(project_id, "ann")
    any_store.journal.undo(project_id, "ann")
    any_store.classes.merge(project_id, b, a, "bob")
    redone = any_store.journal.redo(project_id, "ann")
    assert redone is not None and redone.note["kept_classes"] == [a]
    assert plain(any_store, project_id) == {one: a, two: a}
    assert names(any_store, project_id) == ["a", "c"]


def test_deleting_says_where_the_labels_go(any_store: Store) -> None:
    project_id, (one, two, *_), a, b, c = prepared(any_store)
    any_store.journal.label_many(project_id, {one: a, two: b})
    moved = any_store.classes.delete(project_id, a, to=c)
    gone = any_store.classes.delete(project_id, b)
    assert (moved.note["into"], moved.note["n_items"], gone.note["into"], gone.note["n_items"]) == (c, 1, None, 1)
    assert plain(any_store, project_id) == {one: c}
    assert any_store.items.count(project_id, labeled=True) == any_store.projects.list()[0].n_labeled == 1
    any_store.journal.undo(project_id)
    assert plain(any_store, project_id) == {one: c, two: b}
    assert any_store.classes.names(project_id) == {a: "a", b: "b", c: "c"}


def test_splitting_off_gives_chosen_items_a_class_of_their_own(any_store: Store) -> None:
    project_id, (one, two, three, four), a, b, _ = prepared(any_store)
    any_store.journal.label_many(project_id, {one: a, two: a, three: b}, author="ann")
    entry = any_store.classes.split(project_id, a, [one, three, four], "a, urgent", "bob")
    made = entry.note["class_id"]
    assert entry.note["conflicts"] == [three, four] and entry.n_changes == 1
    assert plain(any_store, project_id) == {one: made, two: a, three: b}
    any_store.journal.label(project_id, [four], made, author="ann")
    any_store.journal.undo(project_id, "bob")
    # What others put into the new class meanwhile goes back to the class that it came from.
    assert plain(any_store, project_id) == {one: a, two: a, three: b, four: a}
    assert names(any_store, project_id) == ["a", "b", "c"]
    with pytest.raises(DataError, match="already a class 'b'"):
        any_store.classes.split(project_id, a, [one], "b")
    with pytest.raises(DataError, match="None of the chosen items"):
        any_store.classes.split(project_id, b, [one], "new")


def test_a_class_that_others_use_stays_when_its_maker_takes_it_back(any_store: Store) -> None:
    project_id, (one, *_), a, *_ = prepared(any_store)
    unused = any_store.classes.add(project_id, "unused", author="ann")
    used = any_store.classes.add(project_id, "used", author="ann")
    any_store.journal.label(project_id, [one], used.id, author="bob")
    undone = any_store.journal.undo(project_id, "ann")
    assert undone is not None and undone.note["kept_classes"] == [used.id]
    assert plain(any_store, project_id) == {one: used.id}
    any_store.journal.undo(project_id, "ann")
    assert names(any_store, project_id) == ["a", "b", "c", "used"]
    any_store.journal.redo(project_id, "ann")
    assert unused in any_store.classes.list(project_id)


def test_changes_of_a_class_are_entries_and_what_stays_the_same_is_none(any_store: Store) -> None:
    project_id, _, a, b, c = prepared(any_store)
    classes = any_store.classes
    first = classes.list(project_id)
    classes.rename(a, "A", author="ann")
    classes.describe(a, "the first")
    classes.set_key(a, "q")
    classes.set_color(a, "#0072b2")
    classes.update(a, name="A", key="q")
    classes.update(a, name="AA", key="w")
    classes.reorder(project_id, [c, b, a])
    classes.reorder(project_id, [c, b, a])
    acts = [entry.note["act"] for entry in any_store.journal.entries(project_id)]
    assert acts == ["reorder", "edit", "color", "key", "describe", "rename"]
    assert names(any_store, project_id) == ["c", "b", "AA"]
    assert classes.list(project_id)[2] == ClassInfo(a, "AA", "the first", 2, "#0072b2", "w")
    with pytest.raises(DataError, match="names 2 classes"):
        classes.reorder(project_id, [a, b])
    for _ in acts:
        any_store.journal.undo(project_id)
    assert classes.list(project_id) == first
    assert not any_store.journal.can_undo(project_id)


def test_a_class_that_comes_back_to_a_taken_name_and_key_takes_others(any_store: Store) -> None:
    project_id, _, a, *_ = prepared(any_store)
    any_store.classes.set_key(a, "q", author="ann")
    any_store.classes.delete(project_id, a, author="ann")
    other = any_store.classes.add(project_id, "a", author="bob")
    any_store.classes.set_key(other.id, "q", author="bob")
    any_store.journal.undo(project_id, "ann")
    assert [(info.name, info.key) for info in any_store.classes.list(project_id)] == [
        ("a (2)", ""), ("b", ""), ("c", ""), ("a", "q"),
    ]  # fmt: skip


def test_names_that_were_swapped_are_swapped_back_at_once(any_store: Store) -> None:
    project_id, _, a, b, _ = prepared(any_store)
    mark = any_store.classes.rename(a, "tmp") and any_store.journal.last_id(project_id)
    any_store.classes.rename(b, "a")
    any_store.classes.rename(a, "b")
    any_store.journal.revert_since(project_id, mark)
    assert names(any_store, project_id) == ["a", "b", "c"]


def test_with_several_labels_per_item_only_the_class_itself_moves(any_store: Store) -> None:
    project_id, (one, two, three, four), a, b, c = prepared(any_store, multi=True)
    labels = {one: (c, a, a), two: (a, b), three: a, four: ()}
    any_store.journal.label_many(project_id, labels)
    assert plain(any_store, project_id) == {one: (a, c), two: (a, b), three: (a,), four: "none"}
    made = any_store.classes.split(project_id, a, [one], "a2").note["class_id"]
    assert plain(any_store, project_id)[one] == (c, made)
    any_store.classes.merge(project_id, a, b)
    assert plain(any_store, project_id) == {one: (c, made), two: (b,), three: (b,), four: "none"}
    any_store.classes.delete(project_id, b)
    assert plain(any_store, project_id) == {one: (c, made), four: "none"}
    assert any_store.journal.label(project_id, [one], (c,), expect={one: (made, c)}).n_changes == 1
    for _ in range(4):
        any_store.journal.undo(project_id)
    assert plain(any_store, project_id) == {one: (a, c), two: (a, b), three: (a,), four: "none"}
    assert any_store.items.get(one).label == (a, c)


def test_classes_of_elsewhere_and_of_the_past_are_refused(any_store: Store) -> None:
    project_id, (one, *_), a, b, _ = prepared(any_store)
    _, _, foreign, *_ = prepared(any_store)
    any_store.classes.delete(project_id, b)
    last = any_store.journal.last_id(project_id)
    for call in (
        lambda: any_store.classes.merge(project_id, a, foreign),
        lambda: any_store.classes.merge(project_id, b, a),
        lambda: any_store.classes.delete(project_id, a, to=b),
        lambda: any_store.classes.split(project_id, foreign, [one], "x"),
        lambda: any_store.classes.rename(b, "x"),
    ):
        with pytest.raises(StoreError, match="There is no class"):
            call()
    with pytest.raises(DataError, match="cannot go into itself"):
        any_store.classes.merge(project_id, a, a)
    assert any_store.journal.last_id(project_id) == last


def test_one_label_per_item_takes_no_two_and_the_choice_is_fixed_by_the_first_label(any_store: Store) -> None:
    project_id, (one, *_), a, b, _ = prepared(any_store)
    with pytest.raises(DataError, match="2 classes were given"):
        any_store.journal.label(project_id, [one], (a, b))
    any_store.projects.update(project_id, settings={"multi_label": True})
    any_store.journal.label(project_id, [one], (a, b))
    assert any_store.projects.update(project_id, settings={"multi_label": True, "x": 1}).settings["x"] == 1
    with pytest.raises(DataError, match="fixed"):
        any_store.projects.update(project_id, settings={"multi_label": False})


def test_rows_with_several_labels_or_none_of_these_are_imported(any_store: Store) -> None:
    rows = [NewItem("one", label=("a", " b ", "")), NewItem("two", label="b"), NewItem("three", label=())]
    project_id, _, a, b, _ = prepared(any_store, multi=True)
    assert any_store.items.add(project_id, [*rows, NewItem("four", label=("",))]).n_labeled == 3
    assert list(plain(any_store, project_id).values()) == [(a, b), (b,), "none"]
    single, *_ = prepared(any_store)
    last = any_store.items.count(single)
    with pytest.raises(DataError, match="Row 1 has 2 labels"):
        any_store.items.add(single, rows)
    assert any_store.items.count(single) == last
    assert any_store.items.add(single, [NewItem("x", label=("a",)), NewItem("y", label=())]).n_labeled == 2
    assert "none" in plain(any_store, single).values()
