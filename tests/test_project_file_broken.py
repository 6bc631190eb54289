"""Project files that are refused: whole, with the reason, before anything is written."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from fsl_core.base.errors import DataError
from fsl_core.data import exporting
from fsl_core.data.importing import read_table, to_items
from fsl_core.data.project_file import archive, export_project, import_project, is_project_file, read_project
from fsl_core.data.store import Store
from tests.project_fixtures import make, members


def rewritten(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The file with changed records and a manifest that fits them, as somebody with an editor would make it."""
    raw = members(data)
    parts: dict[str, Any] = {name: json.loads(raw[name]) for name in ("project.json", "classes.json")}
    listed = [name for name in ("items.jsonl", "journal.jsonl", "rows.jsonl") if name in raw]
    parts |= {name: [json.loads(line) for line in raw[name].splitlines()] for name in listed}
    change(parts)
    out = {name: json.dumps(parts[name]).encode() for name in ("project.json", "classes.json")}
    for name in listed:
        out[name] = "".join(json.dumps(one) + "\n" for one in parts[name]).encode()
    entries = parts["journal.jsonl"]
    counts = {
        "classes": len(parts["classes.json"]),
        "items": len(parts["items.jsonl"]),
        "entries": len(entries),
        "changes": sum(len(one["changes"]) + len(one["class_changes"]) for one in entries),
    }
    if "rows.jsonl" in parts:
        counts["rows"] = len(parts["rows.jsonl"])
    return archive.pack(out, counts)


def zipped(parts: dict[str, bytes], first: str = "manifest.json") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(parts, key=lambda name: name != first):
            packed.writestr(name, parts[name])
    return out.getvalue()


def put(*path: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(parts: dict[str, Any]) -> None:
        place: Any = parts
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def grow(*path: Any, by: Any) -> Callable[[dict[str, Any]], None]:
    def change(parts: dict[str, Any]) -> None:
        place: Any = parts
        for key in path:
            place = place[key]
        place.append(by)

    return change


ENTRY = {"id": 2, "kind": "undo", "target": 1, "author": "", "source": "person", "note": {}, "created_at": 1.0,
         "changes": [], "class_changes": []}  # fmt: skip
FIRST = ("journal.jsonl", 0, "changes", 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(*FIRST, "item", value=6), "refers to item 6, but there are 5"),
        (put(*FIRST, "after", value=9), "refers to class 9, but there are 4"),
        (put(*FIRST, "after", value=[1, 2]), r"label \[1, 2\] of item 1 cannot be"),
        (put(*FIRST, "after", value="maybe"), "label 'maybe' of item 1 cannot be"),
        (put(*FIRST, "before", value=2), "item 1 was 2 before, but it was None"),
        (put(*FIRST, "origin", value=2), "entry 2 did not give it this value"),
        (put(*FIRST, "origin", value=None), "stems from nowhere"),
        (put(*FIRST, "field", value=""), "without a name"),
        (put(*FIRST, "extra", value=1), "line 1: changes.0.extra"),
        (put("journal.jsonl", 0, "id", value=2), "entry 1 has the number 2"),
        (put("journal.jsonl", 0, "target", value=1), "only undo, redo and revert"),
        (put("journal.jsonl", 0, "kind", value="paint"), "line 1: kind"),
        (put("journal.jsonl", 0, "note", value={"conflicts": [77]}), "refers to item 77"),
        (put("journal.jsonl", 0, "created_at", value=float("nan")), "is no number"),
        (grow("journal.jsonl", by={**ENTRY, "target": 2}), "does not come before it"),
        (grow("journal.jsonl", by={**ENTRY, "target": None}), "does not say which entry"),
        (grow("journal.jsonl", by={**ENTRY, "kind": "revert", "target": None}), "no list 'targets'"),
        (grow("journal.jsonl", by={**ENTRY, "class_changes": [{"of_class": 1, "field": "name", "before": "A",
                                                              "after": "Z", "origin": 1}]}), "not what the journal"),
        (put("items.jsonl", 0, "text", value="changed"), "another content than its digest"),
        (put("items.jsonl", 0, "text", value=7), "'items.jsonl', line 1: text"),
        (put("items.jsonl", 0, "kind", value="image"), "kind 'image'"),
        (put("items.jsonl", 0, "blob", value="ab" * 32), "kind 'text'"),
        (put("items.jsonl", 0, "meta", value={"x": float("inf")}), "JSON has not"),
        (lambda parts: parts["items.jsonl"].append({**parts["items.jsonl"][0], "id": 6}), "there twice"),
        (lambda parts: parts["items.jsonl"].pop(), "refers to item 5, but there are 4"),
        (put("classes.json", 0, "name", value="B"), "the name 'B' of another class"),
        (put("classes.json", 0, "name", value=" A "), "cannot be a name"),
        (put("classes.json", 0, "deleted_at", value=5.0), "label of a class that is gone"),
        (put("classes.json", 0, "moved_to", value=2), "counts for another class as well"),
        (put("classes.json", 0, "description", value="a\0b"), "no database can keep"),
        (put("project.json", "name", value=""), "cannot be a name"),
        (put("project.json", "kind", value="video"), "'project.json': kind"),
        (put("project.json", "settings", value={"multi_label": True}), "cannot be"),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused_whole_with_the_place(
    here: Store, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    project = make(here, False)
    if "item 5" in message:
        here.journal.label(project, [here.items.all(project).ids.tolist()[-1]], "none")
    packed = export_project(here, project)
    broken = rewritten(packed, change)
    before = here.projects.list()
    with pytest.raises(DataError, match=message) as caught:
        import_project(here, broken)
    assert caught.value.hint
    assert here.projects.list() == before


def with_rows(store: Store) -> bytes:
    """A project whose file had four rows: a repeat and one without a text."""
    project = store.projects.create("Rows").id
    data = b"id,message,team\n1,first text,a\n2,other text,b\n3,first text,\n4,,b\n"
    items, report = to_items(read_table(data, "x.csv"), "message", "team")
    store.items.add(project, items, filename="x.csv", file=report.file)
    return export_project(store, project)


COLUMNS = ("project.json", "imports", 0, "columns")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("rows.jsonl", 0, "item", value=3), "row 1 refers to item 3, but there are 2"),
        (put("rows.jsonl", 0, "item", value=0), "row 1 refers to item 0"),
        (put("rows.jsonl", 0, "item", value=None), "row 1 has neither an item nor columns"),
        (put("rows.jsonl", 3, "of_import", value=2), "row 4 refers to import 2, but there are 1"),
        (put("rows.jsonl", 1, "number", value=-1), "row 2 has the number -1"),
        (put("rows.jsonl", 1, "number", value="x"), "'rows.jsonl', line 2: number"),
        (put("rows.jsonl", 2, "meta", value={"a": float("nan")}), "row 3 holds a number that JSON has not"),
        (put("rows.jsonl", 2, "more", value=1), "'rows.jsonl', line 3: more"),
        (put(*COLUMNS, value=None), "row 1 is no row of import 1"),
        (put(*COLUMNS, "text", value="gone"), "import 1 does not have the columns of its texts"),
        (put(*COLUMNS, "label", value="message"), "import 1 does not have the columns of its texts"),
        (put(*COLUMNS, "types", value=["", ""]), "import 1 has columns that cannot be"),
        (put(*COLUMNS, "names", value=["id", "message", "id"]), "import 1 has columns that cannot be"),
        (put(*COLUMNS, "names", 0, value="a\0b"), "import 1 holds characters"),
    ],
)
def test_rows_that_belong_to_nothing_are_refused(
    here: Store, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    packed = with_rows(here)
    before = here.projects.list()
    with pytest.raises(DataError, match=message):
        import_project(here, rewritten(packed, change))
    assert here.projects.list() == before


def test_rows_come_and_go_with_their_promise(here: Store) -> None:
    packed = with_rows(here)
    parts = members(packed)
    manifest = json.loads(parts["manifest.json"])
    assert (manifest["version"], manifest["counts"]["rows"]) == (3, 4)
    assert members(export_project(here, import_project(here, packed).id)) == parts
    without = {name: data for name, data in parts.items() if name != "rows.jsonl"}
    fewer = {**manifest, "counts": {**manifest["counts"], "rows": 3}}
    unlisted = {**manifest, "members": {n: v for n, v in manifest["members"].items() if n != "rows.jsonl"}}
    for changed, message in [
        (without, "list of members"),
        ({**parts, "manifest.json": json.dumps(unlisted).encode()}, "list of members"),
        ({**without, "manifest.json": json.dumps(unlisted).encode()}, "promises 4 rows, but there are 0"),
        ({**parts, "manifest.json": json.dumps(fewer).encode()}, "promises 3 rows, but there are 4"),
        ({**parts, "rows.jsonl": parts["rows.jsonl"] + b"\n"}, "'rows.jsonl' is not what was exported"),
    ]:
        with pytest.raises(DataError, match=message):
            import_project(here, zipped(changed))


def test_types_of_columns_that_no_program_knows_lead_to_texts(here: Store) -> None:
    packed = rewritten(with_rows(here), put(*COLUMNS, "types", value=["timestamp[us, tz=Nowhere/At_all]", "", ""]))
    copy = import_project(here, packed).id
    table = pq.read_table(io.BytesIO(exporting.export(here, copy, "parquet").data))
    assert table["id"].to_pylist() == ["1", "2", "3", "4"]
    assert exporting.export(here, copy, "xlsx").n_rows == 4


def test_a_rewritten_file_without_a_fault_is_taken(here: Store) -> None:
    packed = export_project(here, make(here, False))
    assert import_project(here, rewritten(packed, lambda parts: None)).name == "Tickets — 票"


def test_what_is_no_sound_zip_of_ours_is_refused_with_the_reason(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = export_project(here, make(here, False))
    parts = members(packed)
    manifest = json.loads(parts["manifest.json"])

    def with_manifest(**values: Any) -> bytes:
        return zipped({**parts, "manifest.json": json.dumps({**manifest, **values}).encode()})

    before = here.projects.list()
    cases: list[tuple[bytes, str]] = [
        (b"hello", "damaged"),
        (packed[:-40], "damaged"),
        (packed[: len(packed) // 2], "damaged"),
        (zipped({"a.txt": b"x"}), "no manifest.json"),
        (zipped({**parts, "../../etc/passwd": b"x"}), r"'../../etc/passwd', which does not belong"),
        (zipped({**parts, "/tmp/x": b"x"}), "'/tmp/x', which does not belong"),
        (zipped({name: data for name, data in parts.items() if name != "items.jsonl"}), "0 members 'items.jsonl'"),
        (zipped({**parts, "items.jsonl": parts["items.jsonl"] + b"\n"}), "'items.jsonl' is not what was exported"),
        (with_manifest(version=4), "version 4; this Handful reads versions up to 3"),
        (with_manifest(version="1"), "no version number"),
        (with_manifest(format="else"), "its format is not"),
        (with_manifest(members={}), "list of members"),
        (with_manifest(counts={**manifest["counts"], "items": 4}), "promises 4 items, but there are 5"),
        (zipped({**parts, "manifest.json": b"{"}), "not JSON"),
        (zipped({**parts, "manifest.json": b"[" * 100_000}), "not JSON"),
    ]
    for data, message in cases:
        with pytest.raises(DataError, match=message):
            import_project(here, data)
    at = packed.index(parts["classes.json"][:0] + b"classes.json") + len("classes.json") + 5
    flipped = packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]
    with pytest.raises(DataError, match="damaged"):
        import_project(here, flipped)
    monkeypatch.setattr(archive, "MAX_UNPACKED", 1000)
    with pytest.raises(DataError, match="at most 0 MB"):
        import_project(here, packed)
    monkeypatch.setattr(archive, "MAX_BYTES", 10)
    with pytest.raises(DataError, match="at most 0 MB"):
        import_project(here, packed)
    assert here.projects.list() == before


def test_a_member_that_lies_about_its_size_is_not_unpacked(here: Store) -> None:
    parts = members(export_project(here, make(here, False)))
    bomb = zipped({**parts, "items.jsonl": b"0" * 50_000_000})
    # The directory at the end claims a small size for the large member.
    at = bomb.rindex(b"items.jsonl") - 46
    assert bomb[at : at + 4] == b"PK\x01\x02"
    lying = bomb[: at + 24] + (100).to_bytes(4, "little") + bomb[at + 28 :]
    with pytest.raises(DataError):
        import_project(here, lying)


def test_a_project_file_is_known_by_its_content(here: Store) -> None:
    packed = export_project(here, make(here, False))
    assert is_project_file(packed)
    assert is_project_file(packed[:-50])
    assert not is_project_file(zipped({"xl/workbook.xml": b"x"}))
    assert not is_project_file(b"text,label\n")


def test_a_failure_while_writing_leaves_nothing(here: Store) -> None:
    dump = read_project(export_project(here, make(here, False)))
    before = here.projects.list()
    with pytest.raises(DataError, match="name of a project is empty"):
        import_project(here, dump, name="  ")
    broken = dump.entries[0].changes[0].__class__(99, "label", None, 1, 1)
    dump.entries[0].changes.append(broken)
    with pytest.raises(IndexError):
        import_project(here, dump)
    assert here.projects.list() == before
