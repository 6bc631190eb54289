"""The members of a project file: records to JSON and back, each record checked for its shape."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from fsl_core.base.errors import DataError
from fsl_core.base.notes import N_
from fsl_core.data.project_file.archive import ROWS
from fsl_core.data.store.dump import ClassPart, EntryPart, ItemPart, ProjectDump, ProjectPart, RowPart

T = TypeVar("T")


def to_members(dump: ProjectDump) -> dict[str, bytes]:
    """Name -> bytes: the same dump gives the same bytes."""
    found = {
        "project.json": (json.dumps(_project(dump.project), ensure_ascii=False, indent=2) + "\n").encode(),
        "classes.json": (json.dumps(_plain(dump.classes), ensure_ascii=False, indent=2) + "\n").encode(),
        "items.jsonl": _lines(_item(one) for one in dump.items),
        "journal.jsonl": _lines(dump.entries),
    }
    return found | ({ROWS: _lines(dump.rows)} if dump.rows else {})


def counts(dump: ProjectDump) -> dict[str, int]:
    """How much there is of everything, for the manifest."""
    found = {
        "classes": len(dump.classes),
        "items": len(dump.items),
        "entries": len(dump.entries),
        "changes": sum(len(entry.changes) + len(entry.class_changes) for entry in dump.entries),
    }
    return found | ({"rows": len(dump.rows)} if dump.rows else {})


def from_members(members: dict[str, bytes]) -> ProjectDump:
    """The inverse of ``to_members``. Raises DataError with member and line for a record of another shape."""
    return ProjectDump(
        _parse(ProjectPart, members["project.json"], "project.json", None),
        _parse(list[ClassPart], members["classes.json"], "classes.json", None),
        _parse_lines(ItemPart, members["items.jsonl"], "items.jsonl"),
        _parse_lines(EntryPart, members["journal.jsonl"], "journal.jsonl"),
        _parse_lines(RowPart, members.get(ROWS, b""), ROWS),
    )


def _project(part: ProjectPart) -> dict[str, Any]:
    """An import without rows says nothing of columns, as versions that know none expect."""
    record: dict[str, Any] = _plain(part)
    for one in record["imports"]:
        if one["columns"] is None:
            del one["columns"]
    return record


def _item(part: ItemPart) -> dict[str, Any]:
    """An item without an image says nothing of images, as versions that know none expect."""
    record: dict[str, Any] = _plain(part)
    if part.blob is None:
        del record["blob"]
    return record


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    names = _names(cast(Hashable, type(value)))
    return {name: _plain(getattr(value, name)) for name in names} if names else value


@cache
def _names(kind: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _lines(records: Iterable[object]) -> bytes:
    dumped = (json.dumps(_plain(one), ensure_ascii=False, separators=(",", ":")) for one in records)
    return "".join(line + "\n" for line in dumped).encode()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401
    return TypeAdapter(kind)


def _parse_lines(kind: type[T], data: bytes, member: str) -> list[T]:
    lines = data.split(b"\n")
    if lines.pop():
        raise DataError("'{member}' ends in the middle of a line.", "Export the project again.", member=member)
    return [_parse(kind, line, member, number) for number, line in enumerate(lines, start=1)]


def _parse(kind: type[T], data: bytes, member: str, line: int | None) -> T:
    try:
        found: T = _adapter(cast(Hashable, kind)).validate_json(data, strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = {"member": member, "line": line, "place": place or "value", "problem": first["msg"]}
        template = N_("'{member}': {place}: {problem}.")
        if line:
            template = N_("'{member}', line {line}: {place}: {problem}.")
        raise DataError(template, "Only import files that Handful exported.", **where) from error
    return found
