"""Project files: the round trip, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from fsl_core.base.errors import FslError, StoreError
from fsl_core.data.importing import read_table, to_items
from fsl_core.data.project_file import (
    contents,
    export_project,
    import_project,
    read_project,
)
from fsl_core.data.store import NewItem, Store
from fsl_core.data.store.values import class_ids, write_label
from tests.project_fixtures import make, members

PEOPLE = ("ada", "bo")


# -- a random life of a project --------------------------------------------------------------------


def live(store: Store, project: int, draw: Callable[[Any], Any], steps: int) -> None:
    """Any acts in any order; one that the store refuses is part of it."""
    done = [act(store, project, draw) for _ in range(steps)]
    event(f"acts that worked: {sum(done)} of {len(done)}")


def act(store: Store, project: int, draw: Callable[[Any], Any]) -> bool:
    multi = bool(store.projects.get(project).settings.get("multi_label"))
    items = store.items.all(project).ids.tolist()
    author = draw(st.sampled_from(PEOPLE))
    classes = [info.id for info in store.classes.list(project)]
    some = draw(st.lists(st.sampled_from(items), min_size=1, max_size=3, unique=True))
    one = draw(st.sampled_from(classes)) if classes else 0
    other = draw(st.sampled_from(classes)) if classes else 0
    entries = [entry.id for entry in store.journal.entries(project)]
    label = draw(st.sampled_from([None, "none", one, (one, other) if multi else other]))
    acts: dict[str, Callable[[], Any]] = {
        "label": lambda: store.journal.label(project, some, label, author=author, note={"stream": "audit"}),
        "expect": lambda: store.journal.label(project, some, one, author=author, expect=dict.fromkeys(some, label)),
        "many": lambda: store.journal.label_many(project, dict.fromkeys(some, label), author=author, source="model"),
        "flag": lambda: store.journal.flag(project, some, draw(st.booleans()), author=author),
        "undo": lambda: store.journal.undo(project, draw(st.sampled_from([author, None]))),
        "redo": lambda: store.journal.redo(project, draw(st.sampled_from([author, None]))),
        "revert": lambda: store.journal.revert(project, draw(st.sampled_from(entries)), author),
        "since": lambda: store.journal.revert_since(project, draw(st.sampled_from(entries)), author),
        "add": lambda: store.classes.add(project, draw(st.sampled_from("EFGH")), author=author),
        "rename": lambda: store.classes.rename(one, draw(st.sampled_from("EFGH")), author=author),
        "paint": lambda: store.classes.update(one, color="#123456", key=draw(st.sampled_from("xy")), author=author),
        "reorder": lambda: store.classes.reorder(project, draw(st.permutations(classes)), author=author),
        "merge": lambda: store.classes.merge(project, one, other, author),
        "delete": lambda: store.classes.delete(project, one, draw(st.sampled_from([None, other])), author),
        "split": lambda: store.classes.split(project, one, some, draw(st.sampled_from("EFGH")), author),
        "import": lambda: store.items.add(project, [NewItem(text=f"t{len(items)}", label="A")], filename="more.csv"),
        "file": lambda: import_file(store, project, draw(st.lists(st.sampled_from(["four", "new", ""]), min_size=1))),
    }
    try:
        acts[draw(st.sampled_from(sorted(acts)))]()
    except (FslError, IndexError):
        return False
    return True


def import_file(store: Store, project: int, texts: list[str]) -> None:
    """A typed file of these texts; its rows are kept."""
    lines = [json.dumps({"n": number, "text": text, "team": "A"}) for number, text in enumerate(texts)]
    found, report = to_items(read_table("\n".join(lines).encode(), "more.jsonl"), "text", "team")
    store.items.add(project, found, filename="more.jsonl", file=report.file)


def view(store: Store, project: int) -> dict[str, Any]:
    """All that a person can see of a project, without ids."""
    ids = store.items.all(project).ids.tolist()
    item = {item_id: place for place, item_id in enumerate(ids)}
    names = store.classes.names(project)
    told = sorted(names)

    def said(label: Any) -> Any:
        return label if label in (None, "none") else [told.index(one) for one in class_ids(label)]

    journal = store.journal
    rows = journal.history(project, limit=1000)
    number = {row.entry.id: place for place, row in enumerate(reversed(rows))}
    return {
        "project": [(p.kind, p.guidelines, p.settings, p.created_at) for p in [store.projects.get(project)]],
        "classes": [(c.name, c.description, c.position, c.color, c.key) for c in store.classes.list(project)],
        "items": [(row.text, row.text_pair, row.digest, row.meta, row.position, row.created_at, said(row.label))
                  for row in store.items.page(project, limit=1000)],
        "labels": {item[one]: (said(s.label), s.source, s.author, s.at, number[s.entry_id])
                   for one, s in store.journal.labels(project).items()},
        "flags": {item[one] for one in store.journal.flags(project)},
        "people": {item[one]: {who: said(label) for who, label in by.items()}
                   for one, by in store.journal.by_author(project).items()},
        "history": [
            (row.entry.kind, row.entry.author, row.entry.source, row.entry.created_at, row.entry.n_changes,
             number.get(row.undone_by, row.undone_by), number.get(row.entry.target_id, row.entry.target_id),
             [(item[line.item_id], line.field, *((said(line.before), said(line.after)) if line.field == "label"
                                                 else (line.before, line.after))) for line in row.lines],
             [(line.name, line.field, *(told.index(int(v)) if line.field == "deleted" and v else v
                                        for v in (line.before, line.after))) for line in row.classes])
            for row in rows
        ],
        "can": [(journal.can_undo(project, who), journal.can_redo(project, who)) for who in (*PEOPLE, None)],
        "imports": [(one.filename, one.counts, one.created_at, one.columns) for one in store.items.imports(project)],
        "rows": [(row.number, item.get(row.item_id), row.meta) for row in store.items.file_rows(project)],
    }  # fmt: skip


def without_times(seen: dict[str, Any]) -> dict[str, Any]:
    """The view without the moments of acts that were made twice, once on each side."""
    labels = {key: (value[0], value[1], value[2], value[4]) for key, value in seen["labels"].items()}
    history = [(*row[:3], *row[4:]) for row in seen["history"]]
    return {**seen, "labels": labels, "history": history}


QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@QUICK
@given(data=st.data(), multi=st.booleans())
def test_a_project_comes_back_identical_and_goes_on_identically(
    here: Store, any_store: Store, data: st.DataObject, multi: bool
) -> None:
    project = make(here, multi)
    live(here, project, data.draw, data.draw(st.integers(0, 14)))
    packed = export_project(here, project)
    copy = import_project(any_store, packed).id
    assert view(any_store, copy) == view(here, project)
    assert members(export_project(any_store, copy)) == members(packed)
    # Everything that can still be undone or redone does the same on both sides.
    for step in data.draw(st.lists(st.sampled_from(["undo", "redo"]), max_size=6)):
        done = [getattr(store.journal, step)(one) is None for store, one in ((here, project), (any_store, copy))]
        assert done[0] == done[1]
    assert without_times(view(any_store, copy)) == without_times(view(here, project))


def test_the_same_project_gives_the_same_bytes_whatever_its_ids(here: Store) -> None:
    project = make(here, False)
    packed = export_project(here, project)
    assert export_project(here, project) == packed
    copy = import_project(here, packed, name="Another name")
    assert copy.name == "Another name"
    again = members(export_project(here, copy.id))
    original = members(packed)
    assert {name for name in original if again[name] != original[name]} == {"manifest.json", "project.json"}
    assert list(original) == ["manifest.json", "project.json", "classes.json", "items.jsonl", "journal.jsonl"]


def test_a_file_says_what_is_in_it(here: Store) -> None:
    found = contents(read_project(export_project(here, make(here, True))))
    assert (found.name, found.n_items, found.n_labeled, found.n_classes) == ("Tickets — 票", 5, 2, 4)
    assert (found.n_entries, found.authors) == (1, ("ada",))


def test_the_members_are_plain_json_with_numbers_from_one(here: Store) -> None:
    found = members(export_project(here, make(here, False)))
    assert json.loads(found["items.jsonl"].splitlines()[2])["text"] == "退款 😀"
    entry = json.loads(found["journal.jsonl"])
    assert entry["changes"] == [
        {"item": 1, "field": "label", "before": None, "after": 1, "origin": 1},
        {"item": 3, "field": "label", "before": None, "after": 2, "origin": 1},
    ]
    assert json.loads(found["manifest.json"])["counts"] == {"classes": 4, "items": 5, "entries": 1, "changes": 2}


def test_a_missing_project_is_no_half_file(here: Store) -> None:
    with pytest.raises(StoreError, match="no project"):
        export_project(here, 10**6)


def test_multi_labels_are_sorted_anew_by_the_ids_of_the_store(any_store: Store) -> None:
    project = make(any_store, True)
    copy = import_project(any_store, export_project(any_store, project))
    (first, *_rest) = any_store.journal.labels(copy.id).values()
    names = any_store.classes.names(copy.id)
    assert [names[one] for one in class_ids(first.label)] == ["A", "B"]
    assert write_label(first.label) == f"[{','.join(map(str, sorted(names)[:2]))}]"


def test_a_large_project_travels(any_store: Store, tmp_path: Path) -> None:
    project = any_store.projects.create("Large", classes=["a", "b"])
    any_store.items.add(project.id, [NewItem(text=f"item {i}", label="ab"[i % 2]) for i in range(12_000)])
    copy = import_project(any_store, export_project(any_store, project.id))
    assert len(any_store.journal.labels(copy.id)) == 12_000
