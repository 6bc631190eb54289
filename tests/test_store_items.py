"""Items: importing, counting, paging."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest

from fsl_core.base.errors import Cancelled, DataError, StoreError
from fsl_core.data.store import Added, NewItem, Store


def project_with(store: Store, *texts: str) -> int:
    project = store.projects.create("p")
    store.items.add(project.id, [NewItem(text) for text in texts])
    return project.id


def everything(store: Store, project_id: int) -> tuple[int, list[str], int, int]:
    classes = [c.name for c in store.classes.list(project_id)]
    imports = len(store.items.imports(project_id))
    return store.items.count(project_id), classes, store.journal.last_id(project_id), imports


def test_items_come_back_in_order_with_ids_texts_and_digests(any_store: Store) -> None:
    project_id = project_with(any_store, "one", "zwei", "三")
    any_store.items.add(project_id, [NewItem("four")])
    table = any_store.items.all(project_id)
    assert table.texts == ["one", "zwei", "三", "four"]
    assert table.ids.dtype == np.int64 and len(table) == 4
    assert table.digests[2] == hashlib.sha256("三".encode()).hexdigest()
    assert len(any_store.items.all(any_store.projects.create("empty").id).ids) == 0


def test_duplicates_and_empty_rows_are_counted_and_skipped(any_store: Store) -> None:
    project_id = project_with(any_store, "old")
    rows = [NewItem("new"), NewItem("new"), NewItem("old"), NewItem(" \n"), NewItem(None), NewItem("new ")]
    assert any_store.items.add(project_id, rows) == Added(n_added=2, n_duplicates=2, n_empty=2, n_labeled=0)
    assert any_store.items.all(project_id).texts == ["old", "new", "new "]


def test_labels_make_missing_classes_in_order_and_one_entry(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["spam"])
    rows = [NewItem("a", label="ham"), NewItem("b", label=" spam "), NewItem("c", label="ham"), NewItem("d", label=" ")]
    assert any_store.items.add(project.id, rows, author="ann", filename="mail.csv").n_labeled == 3
    classes = {c.name: c.id for c in any_store.classes.list(project.id)}
    assert list(classes) == ["spam", "ham"]
    ids = any_store.items.all(project.id).ids.tolist()
    labels = any_store.journal.labels(project.id)
    assert [labels[i].label for i in ids[:3]] == [classes["ham"], classes["spam"], classes["ham"]]
    assert ids[3] not in labels
    [entry] = any_store.journal.entries(project.id)
    assert (entry.source, entry.author, entry.n_changes, entry.note) == ("import", "ann", 3, {"filename": "mail.csv"})
    [info] = any_store.items.imports(project.id)
    assert info.filename == "mail.csv"
    assert info.counts == {"n_added": 4, "n_duplicates": 0, "n_empty": 0, "n_labeled": 3}


def test_the_label_of_a_duplicate_counts_only_where_there_is_none(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["a", "b"])
    any_store.items.add(project.id, [NewItem("one", label="a"), NewItem("two")])
    rows = [NewItem("one", label="b"), NewItem("two", label="b"), NewItem("two", label="a")]
    assert any_store.items.add(project.id, rows) == Added(n_added=0, n_duplicates=3, n_empty=0, n_labeled=1)
    names = {c.id: c.name for c in any_store.classes.list(project.id)}
    labels = any_store.journal.labels(project.id)
    assert [names[labels[i].label] for i in any_store.items.all(project.id).ids.tolist()] == ["a", "b"]  # type: ignore[index]


def test_a_row_that_raises_midway_leaves_nothing(any_store: Store) -> None:
    project_id = project_with(any_store, "old")
    before = everything(any_store, project_id)

    def rows() -> Iterator[NewItem]:
        yield from (NewItem(f"text {i}", label="new class") for i in range(30))
        raise OSError("the file ends here")

    with pytest.raises(OSError, match="ends here"):
        any_store.items.add(project_id, rows())
    assert everything(any_store, project_id) == before


def test_a_label_too_long_for_a_class_names_its_row_and_leaves_nothing(any_store: Store) -> None:
    project_id = project_with(any_store, "old")
    before = everything(any_store, project_id)
    with pytest.raises(DataError, match="Row 2: The name 'yyy"):
        any_store.items.add(project_id, [NewItem("a", label="x"), NewItem("b", label="y" * 201)])
    assert everything(any_store, project_id) == before


def test_a_failure_while_writing_leaves_nothing(any_store: Store) -> None:
    project_id = project_with(any_store, "old")
    before = everything(any_store, project_id)
    bad = NewItem("b", label="fresh", meta={"value": object()})
    with pytest.raises(Exception, match="cannot be stored as JSON"):
        any_store.items.add(project_id, [NewItem("a", label="fresh"), bad])
    assert everything(any_store, project_id) == before


def test_cancelling_leaves_nothing(any_store: Store) -> None:
    project_id = project_with(any_store, "old")
    before = everything(any_store, project_id)
    seen: list[float] = []

    def progress(fraction: float, message: str) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled()

    with pytest.raises(Cancelled):
        any_store.items.add(project_id, [NewItem(f"text {i}") for i in range(9_000)], progress=progress)
    assert len(seen) == 3
    assert everything(any_store, project_id) == before


def test_progress_may_write_to_the_same_store_and_rises(any_store: Store) -> None:
    project_id = project_with(any_store, "old")
    any_store.jobs.submit("import_file", {}, project_id)
    job = any_store.jobs.claim(1)
    assert job is not None
    fractions: list[float] = []

    def progress(fraction: float, message: str) -> None:
        fractions.append(fraction)
        any_store.jobs.report(job.id, fraction, message)

    rows = (NewItem(f"text {i}", label=f"class {i % 3}") for i in range(5_000))
    assert any_store.items.add(project_id, rows, progress=progress).n_added == 5_000
    assert fractions == sorted(fractions) and 3 <= len(fractions) <= 5 and fractions[-1] < 1
    assert any_store.items.count(project_id, labeled=True) == 5_000


def test_text_that_a_database_cannot_hold_is_mended(any_store: Store) -> None:
    project_id = project_with(any_store)
    odd = NewItem("nul\0byte", meta={"k\0": "v\ud800"}, label="cl\0ass")
    rows = [odd, NewItem("lone \ud83d half"), NewItem("whole 😀")]
    assert any_store.items.add(project_id, rows).n_added == 3
    assert any_store.items.all(project_id).texts == ["nulbyte", "lone \ufffd half", "whole 😀"]
    assert any_store.classes.list(project_id)[0].name == "class"


def test_pairs_and_images_are_known_by_their_whole_content(any_store: Store) -> None:
    project = any_store.projects.create("p", kind="pair")
    rows = [
        NewItem("a", text_pair="b"),
        NewItem("a", text_pair="c"),
        NewItem("a"),
        NewItem("ab"),
        NewItem("a", text_pair="b"),
    ]
    assert any_store.items.add(project.id, rows) == Added(n_added=4, n_duplicates=1, n_empty=0, n_labeled=0)
    page = any_store.items.page(project.id)
    assert [row.kind for row in page] == ["pair", "pair", "text", "text"]
    pictures = any_store.projects.create("pictures", kind="image")
    sha, other = hashlib.sha256(b"png").hexdigest(), hashlib.sha256(b"jpg").hexdigest()
    rows = [
        NewItem(blob=sha, meta={"w": 3}),
        NewItem("a caption makes no other picture", blob=sha),
        NewItem("b", blob=other),
    ]
    assert any_store.items.add(pictures.id, rows) == Added(n_added=2, n_duplicates=1, n_empty=0, n_labeled=0)
    first, second = any_store.items.page(pictures.id)
    assert (first.digest, first.blob, first.meta, first.text) == (sha, sha, {"w": 3}, None)
    assert (second.kind, second.digest, second.text) == ("image", other, "b")
    assert any_store.items.all(pictures.id).blobs == [sha, other]


def test_a_project_holds_texts_or_images_as_its_first_items_say(any_store: Store) -> None:
    project_id = any_store.projects.create("p").id
    sha = hashlib.sha256(b"png").hexdigest()
    with pytest.raises(DataError, match="not both"):
        any_store.items.add(project_id, [NewItem("a"), NewItem(blob=sha)])
    assert any_store.projects.get(project_id).kind == "text"
    any_store.items.add(project_id, [NewItem(blob=sha)])
    assert any_store.projects.get(project_id).kind == "image"
    with pytest.raises(DataError, match="not both"):
        any_store.items.add(project_id, [NewItem("a")])
    assert any_store.items.count(project_id) == 1


def test_one_item_is_read_with_its_label(any_store: Store) -> None:
    project_id = project_with(any_store, "one")
    item_id = int(any_store.items.all(project_id).ids[0])
    assert any_store.items.get(item_id).label is None
    any_store.journal.label(project_id, [item_id], "none")
    assert any_store.items.get(item_id).label == "none"
    with pytest.raises(StoreError, match="no item 999"):
        any_store.items.get(999)


def test_an_import_that_makes_classes_but_no_label_can_be_taken_back(any_store: Store) -> None:
    project_id = any_store.projects.create("p", classes=["a"]).id
    any_store.items.add(project_id, [NewItem("one", label="a")])
    again = any_store.items.add(project_id, [NewItem("one", label="b"), NewItem("two")], filename="more.csv")
    assert again == Added(n_added=1, n_duplicates=1, n_empty=0, n_labeled=0)
    newest = any_store.journal.history(project_id)[0]
    assert (newest.entry.source, newest.entry.n_changes) == ("import", 0)
    assert [line.name for line in newest.classes] == ["b"]
    any_store.journal.revert(project_id, newest.entry.id, "ann")
    assert [info.name for info in any_store.classes.list(project_id)] == ["a"]
    before = any_store.journal.last_id(project_id)
    any_store.items.add(project_id, [NewItem("three")])
    assert any_store.journal.last_id(project_id) == before


def test_a_page_is_cut_by_label_words_limit_and_offset(any_store: Store) -> None:
    project_id = project_with(any_store, *(f"text {i}" for i in range(10)), "50% OFF", "50 percent", "ÜBERWEISUNG")
    ids = any_store.items.all(project_id).ids.tolist()
    any_store.journal.label(project_id, ids[2:5], "none")
    any_store.journal.label(project_id, ids[4:5], None)

    def texts(**how: object) -> list[str | None]:
        return [row.text for row in any_store.items.page(project_id, **how)]  # type: ignore[arg-type]

    assert texts(labeled=True) == ["text 2", "text 3"]
    assert texts(labeled=False, limit=4) == ["text 0", "text 1", "text 4", "text 5"]
    assert texts(limit=2, offset=9) == ["text 9", "50% OFF"]
    assert texts(search="50%") == ["50% OFF"]
    assert texts(search="TEXT 7") == ["text 7"]
    assert texts(search="überweisung") == ["ÜBERWEISUNG"]
    assert any_store.items.count(project_id, labeled=True) == 2
    assert any_store.items.count(project_id, labeled=False, search="text") == 8


def test_a_hundred_thousand_rows_import_and_come_back(any_store: Store) -> None:
    n = 100_000 if any_store.database.is_sqlite else 20_000
    project = any_store.projects.create("big")
    rows = (NewItem(f"row {i}", label=f"class {i % 77}" if i % 4 == 0 else None) for i in range(n))
    assert any_store.items.add(project.id, rows) == Added(n, 0, 0, n // 4)
    table = any_store.items.all(project.id)
    assert table.texts[n - 1] == f"row {n - 1}" and len(set(table.ids.tolist())) == n
    labels = any_store.journal.labels(project.id)
    names = {c.id: c.name for c in any_store.classes.list(project.id)}
    at = {item_id: i for i, item_id in enumerate(table.ids.tolist())}
    assert len(labels) == n // 4
    assert all(names[state.label] == f"class {at[item] % 77}" for item, state in labels.items())  # type: ignore[index]
