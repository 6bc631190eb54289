"""The journal: labelling, conflicts, reading, and that nothing in it can be overwritten."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fsl_core.base.errors import DataError, StoreError
from fsl_core.data.store import LabelState, NewItem, Store


def prepared(store: Store, n: int = 4) -> tuple[int, list[int], int, int]:
    """A project with n items and two classes: project id, item ids, class ids."""
    project = store.projects.create("p", classes=["a", "b"])
    store.items.add(project.id, [NewItem(f"text {i}") for i in range(n)])
    a, b = store.classes.list(project.id)
    return project.id, store.items.all(project.id).ids.tolist(), a.id, b.id


def plain(store: Store, project_id: int) -> dict[int, object]:
    return {item: state.label for item, state in store.journal.labels(project_id).items()}


def test_a_label_is_one_entry_and_the_last_one_counts(any_store: Store) -> None:
    project_id, (one, two, *_), a, b = prepared(any_store)
    entry = any_store.journal.label(project_id, [one, two, one], a, author="ann", note={"seconds": 1.5})
    assert (entry.kind, entry.source, entry.author, entry.n_changes) == ("do", "person", "ann", 2)
    assert any_store.journal.entries(project_id) == [entry]
    any_store.journal.label(project_id, [two], b, author="bob", source="model")
    labels = any_store.journal.labels(project_id)
    assert labels[one] == LabelState(a, "person", "ann", entry.created_at, entry.id)
    assert (labels[two].label, labels[two].author, labels[two].source) == (b, "bob", "model")


def test_none_of_these_is_a_label_and_no_label_is_not(any_store: Store) -> None:
    project_id, (one, two, *_), a, _ = prepared(any_store)
    any_store.journal.label_many(project_id, {one: "none", two: a})
    any_store.journal.label(project_id, [two], None)
    assert plain(any_store, project_id) == {one: "none"}


def test_an_item_that_changed_meanwhile_is_left_alone_and_listed(any_store: Store) -> None:
    project_id, (one, two, three, _), a, b = prepared(any_store)
    any_store.journal.label(project_id, [two], a)
    expect = {one: None, two: None, three: None}
    entry = any_store.journal.label(project_id, [one, two, three], b, note={"by": "lasso"}, expect=expect)
    assert entry.note == {"by": "lasso", "conflicts": [two]}
    assert entry.n_changes == 2
    assert plain(any_store, project_id) == {one: b, two: a, three: b}
    assert any_store.journal.label(project_id, [two], b, expect={two: a}).note == {}


def test_an_act_that_changed_nothing_is_kept_but_is_no_step_of_undo(any_store: Store) -> None:
    project_id, (one, *_), a, b = prepared(any_store)
    any_store.journal.label(project_id, [one], a)
    entry = any_store.journal.label(project_id, [one], b, expect={one: None})
    assert entry.n_changes == 0
    undone = any_store.journal.undo(project_id)
    assert undone is not None and undone.target_id != entry.id
    assert plain(any_store, project_id) == {}


def test_strangers_among_items_and_classes_are_refused_and_nothing_is_written(any_store: Store) -> None:
    project_id, (one, two, *_), a, _ = prepared(any_store)
    other_project, (stranger, *_), foreign_class, _ = prepared(any_store)
    for items, label, words in (
        ([one, stranger], a, f"has no item {stranger}"),
        ([one], foreign_class, f"has no class {foreign_class}"),
        ([one], "nonsense", "has no class 'nonsense'"),
        ([], a, "No item was chosen"),
    ):
        with pytest.raises(DataError, match=words):
            any_store.journal.label(project_id, items, label)  # type: ignore[arg-type]
    assert any_store.journal.entries(project_id) == []
    with pytest.raises(StoreError, match="has no entry"):
        any_store.journal.revert(other_project, any_store.journal.label(project_id, [two], a).id)


def test_since_tells_what_changed_after_an_entry(any_store: Store) -> None:
    project_id, (one, two, three, _), a, b = prepared(any_store)
    assert any_store.journal.since(project_id, 0) == (0, [])
    any_store.journal.label(project_id, [one, two], a)
    mark = any_store.journal.last_id(project_id)
    assert any_store.journal.since(project_id, mark) == (mark, [])
    any_store.journal.label(project_id, [two], b)
    any_store.journal.label(project_id, [two, three], None)
    last, changed = any_store.journal.since(project_id, mark)
    assert last == any_store.journal.last_id(project_id) == mark + 2
    assert dict(changed) == {two: None, three: None}
    any_store.journal.undo(project_id)
    assert dict(any_store.journal.since(project_id, last)[1]) == {two: b, three: None}


def test_a_reader_that_follows_with_since_misses_nothing_while_others_write(any_store: Store) -> None:
    project_id, items, a, b = prepared(any_store, 4)

    def write(item: int) -> None:
        for i in range(15):
            any_store.journal.label(project_id, [item], a if i % 2 else b)

    threads = [threading.Thread(target=write, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    mark = 0
    while any(thread.is_alive() for thread in threads) or mark < any_store.journal.last_id(project_id):
        before = mark
        mark, changed = any_store.journal.since(project_id, before)
        seen += [entry.id for entry in any_store.journal.entries(project_id) if before < entry.id <= mark]
        assert mark == before or changed
    for thread in threads:
        thread.join()
    # An entry that became visible after a later one would be missing here.
    assert len(seen) == len(set(seen)) == 60
    assert plain(any_store, project_id) == dict.fromkeys(items, b)


def test_entries_are_paged_newest_first(any_store: Store) -> None:
    project_id, items, a, _ = prepared(any_store)
    made = [any_store.journal.label(project_id, [item], a) for item in items]
    assert any_store.journal.entries(project_id, limit=2) == [made[3], made[2]]
    assert any_store.journal.entries(project_id, limit=9, before=made[2].id) == [made[1], made[0]]


def test_undo_brings_back_who_said_so_before(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["a", "b"])
    any_store.items.add(project.id, [NewItem("one", label="a")], author="file")
    [item] = any_store.items.all(project.id).ids.tolist()
    imported = any_store.journal.labels(project.id)
    any_store.journal.label(project.id, [item], any_store.classes.list(project.id)[1].id, author="ann")
    any_store.journal.undo(project.id)
    assert any_store.journal.labels(project.id) == imported
    assert imported[item].source == "import" and imported[item].author == "file"


def test_imports_are_not_undone_but_can_be_reverted(any_store: Store) -> None:
    project = any_store.projects.create("p")
    any_store.items.add(project.id, [NewItem("one", label="a"), NewItem("two", label="b")])
    [one, two] = any_store.items.all(project.id).ids.tolist()
    [imported] = any_store.journal.entries(project.id)
    assert not any_store.journal.can_undo(project.id)
    assert any_store.journal.undo(project.id) is None
    any_store.journal.label(project.id, [two], "none")
    reverted = any_store.journal.revert(project.id, imported.id, "ann")
    assert (reverted.kind, reverted.target_id, reverted.n_changes) == ("revert", imported.id, 1)
    assert reverted.note == {"conflicts": [two]}
    assert plain(any_store, project.id) == {two: "none"}
    with pytest.raises(StoreError, match="already been taken back"):
        any_store.journal.revert(project.id, imported.id, "ann")
    undone = any_store.journal.undo(project.id)
    assert undone is not None and undone.target_id == reverted.id
    assert set(plain(any_store, project.id)) == {one, two}
    with pytest.raises(StoreError, match="is itself an undo"):
        any_store.journal.revert(project.id, undone.id, "ann")


def test_an_import_in_between_does_not_end_the_chain_of_redos(any_store: Store) -> None:
    project_id, (one, *_), a, _ = prepared(any_store)
    any_store.journal.label(project_id, [one], a)
    any_store.journal.undo(project_id)
    any_store.items.add(project_id, [NewItem("new", label="a")])
    assert any_store.journal.can_redo(project_id)
    any_store.journal.redo(project_id)
    assert plain(any_store, project_id)[one] == a


def test_each_author_undoes_their_own_acts(any_store: Store) -> None:
    project_id, (one, two, *_), a, b = prepared(any_store)
    any_store.journal.label(project_id, [one, two], a, author="ann")
    any_store.journal.label(project_id, [two], b, author="bob")
    undone = any_store.journal.undo(project_id, "ann")
    assert undone is not None and undone.author == "ann"
    assert undone.note == {"conflicts": [two]}
    assert plain(any_store, project_id) == {two: b}
    assert not any_store.journal.can_undo(project_id, "ann")
    assert any_store.journal.can_redo(project_id, "ann") and not any_store.journal.can_redo(project_id, "bob")
    # What ann took back does not return when bob takes his back as well.
    any_store.journal.undo(project_id, "bob")
    assert plain(any_store, project_id) == {}
    any_store.journal.redo(project_id, "ann")
    assert plain(any_store, project_id) == {one: a, two: a}


def test_a_new_act_ends_the_chain_of_redos_even_when_it_is_undone_itself(any_store: Store) -> None:
    project_id, (one, two, *_), a, b = prepared(any_store)
    any_store.journal.label(project_id, [one], a)
    any_store.journal.undo(project_id)
    any_store.journal.label(project_id, [two], b)
    assert any_store.journal.redo(project_id) is None
    any_store.journal.undo(project_id)
    any_store.journal.redo(project_id)
    assert any_store.journal.redo(project_id) is None
    assert plain(any_store, project_id) == {two: b}


def test_undo_is_unlimited_and_survives_reopening(any_store_url: str) -> None:
    with Store(any_store_url) as store:
        project_id, (one, *_), a, b = prepared(store)
        for i in range(120):
            store.journal.label(project_id, [one], a if i % 2 else b)
    with Store(any_store_url) as store:
        for left in range(119, -1, -1):
            assert store.journal.undo(project_id) is not None
            assert plain(store, project_id) == ({one: b if left % 2 else a} if left else {})
        assert store.journal.undo(project_id) is None
    with Store(any_store_url) as store:
        for _ in range(120):
            assert store.journal.redo(project_id) is not None
        assert plain(store, project_id) == {one: a}
        assert not store.journal.can_redo(project_id)


@pytest.mark.parametrize("table", ["entries", "changes", "class_changes"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET project_id = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_refuses_to_overwrite_the_journal(any_store: Store, table: str, statement: str) -> None:
    if statement.startswith("TRUNCATE") and any_store.database.is_sqlite:
        statement = "DELETE FROM {}"  # SQLite knows no TRUNCATE
    project_id, (one, *_), a, _ = prepared(any_store)
    any_store.journal.label(project_id, [one], a)
    any_store.classes.rename(a, "A")
    with pytest.raises(DBAPIError, match="append-only"), any_store.database.write() as connection:
        connection.execute(text(statement.format(table)))
    with pytest.raises(DBAPIError, match="append-only"), any_store.database.write() as connection:
        connection.execute(text(f"DELETE FROM items WHERE id = {one}"))
    assert plain(any_store, project_id) == {one: a}
