"""Whether the rows that imports kept belong to their imports and items."""

from __future__ import annotations

from fsl_core.data.project_file.soundness import known, refuse, sound_json, sound_texts
from fsl_core.data.store.dump import ProjectDump


def check(dump: ProjectDump) -> None:
    """Raises DataError with the first thing that does not fit."""
    _check_columns(dump)
    _check_rows(dump)


def _check_columns(dump: ProjectDump) -> None:
    for number, part in enumerate(dump.project.imports, start=1):
        if (columns := part.columns) is None:
            continue
        where = f"import {number}"
        sound_texts(where, *columns.names, *columns.types)
        said = {columns.text, *([] if columns.label is None else [columns.label])}
        if len(columns.types) != len(columns.names) or len(set(columns.names)) != len(columns.names):
            refuse("{where} has columns that cannot be", where=where)
        if not said <= set(columns.names) or columns.label == columns.text:
            refuse("{where} does not have the columns of its texts and labels", where=where)


def _check_rows(dump: ProjectDump) -> None:
    last = 0
    for line, part in enumerate(dump.rows, start=1):
        where = f"row {line}"
        known(part.of_import, len(dump.project.imports), "import", where)
        columns = dump.project.imports[part.of_import - 1].columns
        if part.of_import < last or columns is None:
            refuse("{where} is no row of import {number}", where=where, number=part.of_import)
        last = part.of_import
        if part.item is not None:
            known(part.item, len(dump.items), "item", where)
        elif part.meta is None:
            refuse("{where} has neither an item nor columns", where=where)
        if not 0 <= part.number < 2**31:
            refuse("{where} has the number {number}", where=where, number=part.number)
        sound_json(where, part.meta)
