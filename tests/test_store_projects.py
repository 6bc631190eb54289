"""Projects and classes."""

from __future__ import annotations

import math
import time
from typing import ClassVar

import pytest
from pydantic import AliasChoices, Field

from fsl_core.base.errors import DataError, StoreError
from fsl_core.base.payloads import Number, SavedRun
from fsl_core.data.store import NewClass, NewItem, Store
from tests.store_fixtures import saved_before

DAY = 86_400.0


class Compared(SavedRun):
    kind: ClassVar[str] = "compare"
    rows: tuple[Number, ...]
    name: str = Field("", validation_alias=AliasChoices("name", "the name"), serialization_alias="the name")


class Other(SavedRun):
    kind: ClassVar[str] = "other"


def test_a_created_project_can_be_read_back_with_its_classes_in_order(any_store: Store) -> None:
    created = any_store.projects.create(
        "检查 Prüfung 🩺",
        kind="pair",
        classes=["urgent", NewClass("später", "kann warten")],
        settings={"encoder": "minilm"},
    )
    assert any_store.projects.get(created.id) == created
    assert (created.name, created.kind) == ("检查 Prüfung 🩺", "pair")
    assert created.settings == {"encoder": "minilm", "audit_salt": str(created.id)}
    classes = any_store.classes.list(created.id)
    assert [(c.name, c.description, c.position) for c in classes] == [("urgent", "", 0), ("später", "kann warten", 1)]


def test_a_project_with_a_bad_class_is_not_created_at_all(any_store: Store) -> None:
    with pytest.raises(DataError, match="already a class 'a'"):
        any_store.projects.create("p", classes=["a", " a "])
    with pytest.raises(DataError, match="kind 'sound'"):
        any_store.projects.create("p", kind="sound")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="empty"):
        any_store.projects.create(" \t")
    with pytest.raises(DataError, match="201 characters; at most 200"):
        any_store.projects.create("x" * 201)
    assert any_store.projects.list() == []


def test_the_list_counts_items_labels_and_classes_of_each_project(any_store: Store) -> None:
    first = any_store.projects.create("first", classes=["a", "b", "c"])
    second = any_store.projects.create("second")
    rows = [NewItem("one", label="a"), NewItem("two", label="b"), NewItem("three"), NewItem("four")]
    any_store.items.add(first.id, rows)
    ids = any_store.items.all(first.id).ids
    any_store.journal.label(first.id, [int(ids[0])], None)
    any_store.journal.label(first.id, [int(ids[2]), int(ids[3])], "none")
    listed = {s.id: s for s in any_store.projects.list()}
    assert (listed[first.id].n_items, listed[first.id].n_labeled, listed[first.id].n_classes) == (4, 3, 3)
    assert (listed[second.id].n_items, listed[second.id].n_labeled, listed[second.id].n_classes) == (0, 0, 0)


def test_the_project_changed_last_is_listed_first(any_store: Store) -> None:
    first = any_store.projects.create("first")
    second = any_store.projects.create("second")
    assert [s.id for s in any_store.projects.list()] == [second.id, first.id]
    any_store.classes.add(first.id, "a")
    assert [s.id for s in any_store.projects.list()] == [first.id, second.id]


def test_update_changes_what_is_given_and_merges_settings(any_store: Store) -> None:
    project = any_store.projects.create("p", settings={"a": 1, "b": {"deep": True}, "audit_salt": "s"})
    changed = any_store.projects.update(project.id, guidelines="Be kind.\0", settings={"b": 2, "c": float("nan")})
    assert changed.name == "p"
    assert changed.guidelines == "Be kind."
    assert changed.settings == {"a": 1, "b": 2, "c": None, "audit_salt": "s"}
    assert any_store.projects.update(project.id, name=" new  name ").name == "new name"


def test_a_trashed_project_is_hidden_refuses_changes_and_comes_back_whole(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["a"])
    any_store.items.add(project.id, [NewItem("one", label="a")])
    before = any_store.journal.labels(project.id)
    any_store.projects.trash(project.id)
    any_store.projects.trash(project.id)
    assert any_store.projects.list() == []
    assert [s.id for s in any_store.projects.list(trashed=True)] == [project.id]
    with pytest.raises(StoreError, match="in the trash"):
        any_store.items.add(project.id, [NewItem("two")])
    assert any_store.projects.purge() == 0
    any_store.projects.restore(project.id)
    assert [s.n_items for s in any_store.projects.list()] == [1]
    assert any_store.journal.labels(project.id) == before


def test_purge_deletes_old_trash_with_all_that_belongs_to_it_and_nothing_else(any_store: Store) -> None:
    kept, gone = (any_store.projects.create(name, classes=["a"]) for name in ("kept", "gone"))
    for project in (kept, gone):
        any_store.items.add(project.id, [NewItem("one", label="a"), NewItem("two")], filename="f.csv")
        any_store.classes.add(project.id, "b")
        any_store.jobs.submit("encode", {}, project.id)
        any_store.runs.save(project.id, Compared(rows=(1.0,)))
    any_store.projects.trash(gone.id)
    assert any_store.projects.purge(older_than_days=1) == 0
    assert any_store.projects.purge(older_than_days=0) == 1
    with any_store.database.read() as connection:
        for table in ("projects", "classes", "items", "entries", "changes", "class_changes", "jobs", "runs", "imports"):
            column = "id" if table == "projects" else "project_id"
            owners = connection.exec_driver_sql(f"SELECT DISTINCT {column} FROM {table}").scalars().all()
            assert owners == [kept.id], table
    with pytest.raises(StoreError, match=f"no project {gone.id}"):
        any_store.projects.get(gone.id)


def test_opening_the_store_purges_what_has_been_in_the_trash_for_over_30_days(
    any_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    with Store(any_store_url) as store:
        old, recent = store.projects.create("old"), store.projects.create("recent")
        for project, days in ((old, 31), (recent, 29)):
            monkeypatch.setattr(time, "time", lambda days=days: now - days * DAY)
            store.projects.trash(project.id)
        monkeypatch.undo()
    with Store(any_store_url) as store:
        assert [s.id for s in store.projects.list(trashed=True)] == [recent.id]


def test_the_id_of_a_purged_project_is_not_used_again(any_store: Store) -> None:
    project = any_store.projects.create("p")
    any_store.projects.trash(project.id)
    any_store.projects.purge(0)
    assert any_store.projects.create("q").id > project.id


def test_a_missing_project_is_named_in_the_error(any_store: Store) -> None:
    for call in (
        lambda: any_store.projects.get(7),
        lambda: any_store.projects.trash(7),
        lambda: any_store.projects.restore(7),
        lambda: any_store.projects.update(7, name="x"),
        lambda: any_store.classes.add(7, "x"),
        lambda: any_store.journal.undo(7),
        lambda: any_store.runs.save(7, Compared(rows=())),
    ):
        with pytest.raises(StoreError, match="no project 7"):
            call()


def test_class_names_are_trimmed_unique_and_of_bounded_length(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["a"])
    other = any_store.projects.create("other")
    assert any_store.classes.add(project.id, "  card \n arrival ").name == "card arrival"
    assert any_store.classes.add(other.id, "a").name == "a"
    # The same é, once as one code point and once as two.
    any_store.classes.add(project.id, "caf\u00e9")
    with pytest.raises(DataError, match="already"):
        any_store.classes.add(project.id, "cafe\u0301")
    for bad, words in (("", "empty"), ("a", "already"), ("x" * 201, "at most 200")):
        with pytest.raises(DataError, match=words):
            any_store.classes.add(project.id, bad)
    with pytest.raises(DataError, match="already"):
        any_store.classes.add_many(project.id, ["new", "newer", "new"])
    assert [c.name for c in any_store.classes.list(project.id)] == ["a", "card arrival", "café"]


def test_add_many_appends_in_the_given_order(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["z"])
    added = any_store.classes.add_many(project.id, [f"class {i}" for i in range(150)])
    assert [c.position for c in added] == list(range(1, 151))
    assert [c.name for c in any_store.classes.list(project.id)] == ["z", *(f"class {i}" for i in range(150))]
    assert any_store.classes.add_many(project.id, []) == []


def test_a_class_can_be_renamed_described_coloured_and_given_a_free_key(any_store: Store) -> None:
    project = any_store.projects.create("p", classes=["a", "b"])
    a, b = any_store.classes.list(project.id)
    changed = any_store.classes.update(a.id, name="A", description="the first", key="1", color="#0072b2")
    assert (changed.name, changed.description, changed.key, changed.color) == ("A", "the first", "1", "#0072b2")
    assert any_store.classes.update(a.id, name="A").name == "A"
    with pytest.raises(DataError, match="Key '1' already belongs to class 'A'"):
        any_store.classes.update(b.id, key="1")
    with pytest.raises(DataError, match="already a class 'A'"):
        any_store.classes.update(b.id, name="A")
    assert any_store.classes.update(a.id, key="").key == ""
    assert any_store.classes.update(b.id, key="1").key == "1"
    with pytest.raises(StoreError, match="no class 999"):
        any_store.classes.update(999, name="x")


def test_runs_are_kept_by_kind_and_the_latest_is_found(any_store: Store) -> None:
    project = any_store.projects.create("p")
    assert any_store.runs.latest(project.id, Compared) is None
    first = any_store.runs.save(project.id, Compared(rows=(1, 2), name="值"))
    second = any_store.runs.save(project.id, Compared(rows=(math.inf, 0.5)))
    other = any_store.runs.save(project.id, Other())
    latest = any_store.runs.latest(project.id, Compared)
    assert latest is not None and latest.id == second
    assert math.isnan(latest.payload.rows[0]) and latest.payload.rows[1] == 0.5  # JSON knows no infinity
    listed = any_store.runs.list(project.id, Compared)
    assert [run.id for run in listed] == [second, first]
    assert listed[1].payload == Compared(rows=(1, 2), name="值")
    assert [run.id for run in any_store.runs.list(project.id, Other)] == [other]


def test_a_run_of_another_version_opens_and_one_of_another_shape_is_left_out(any_store: Store, caplog) -> None:
    project = any_store.projects.create("p").id
    old = saved_before(any_store, project, "compare", {"rows": [0.5], "the name": "old", "gone since": {"a": 1}})
    assert [(run.id, run.payload) for run in any_store.runs.list(project, Compared)] == [
        (old, Compared(rows=(0.5,), name="old"))
    ]
    saved_before(any_store, project, "compare", {"rows": "none"})
    assert [run.id for run in any_store.runs.list(project, Compared)] == [old]
    assert "A saved Compared cannot be read" in caplog.text
