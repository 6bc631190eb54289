"""Rows of a Hugging Face dataset with its features, as the dataset viewer's ``/rows`` answers."""

from __future__ import annotations

import json
from typing import Any

from fsl_core.base.notes import Note
from fsl_core.data.importing.annotated import Record, broken, expect, label_cell, table_of
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Table


def _recognise(source: Source) -> float:
    head = source.text[:200_000].lstrip()
    is_answer = head.startswith("{") and '"features"' in head and '"row_idx"' in head and '"rows"' in head
    return 0.99 if is_answer else 0.0


def _read(source: Source) -> Table:
    try:
        value = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise broken(1, f"it is not JSON ({error})") from error
    whole = expect(value, dict, 1, "the file")
    names = _class_names(expect(whole.get("features"), list, 1, "features"))
    rows: list[tuple[int, Record]] = []
    n_cut = 0
    for number, one in enumerate(expect(whole.get("rows"), list, 1, "rows"), start=1):
        row = expect(expect(one, dict, number, "rows").get("row"), dict, number, "row")
        n_cut += bool(one.get("truncated_cells"))
        rows.append((number, {key: _named(cell, names.get(key), number) for key, cell in row.items()}))
    if names:
        source.notes.append(
            Note("The numbers in {names} were replaced by the class names kept in the file.", names=", ".join(names))
        )
    if n_cut:
        source.notes.append(Note("{n} rows hold texts that the viewer has cut short.", n=n_cut))
    return table_of(rows, source, FORMAT.name, tuple(names))


def _class_names(features: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for feature in features:
        kind = feature.get("type") if isinstance(feature, dict) else None
        while isinstance(kind, dict) and isinstance(kind.get("feature"), dict):
            kind = kind["feature"]
        if isinstance(kind, dict) and kind.get("_type") == "ClassLabel" and isinstance(kind.get("names"), list):
            found[str(feature["name"])] = [str(name) for name in kind["names"]]
    return found


def _named(value: Any, names: list[str] | None, row: int) -> Any:  # noqa: ANN401
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return label_cell([name for one in value if (name := _named(one, names, row)) is not None])
    if not isinstance(value, int) or value >= len(names):
        raise broken(row, f"there is no class number {value}")
    return names[value] if value >= 0 else None


FORMAT = Format("datasets", "Hugging Face dataset rows", ("json",), binary=False, recognise=_recognise, read=_read)
