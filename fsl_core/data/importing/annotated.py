"""What the layouts of other labelling tools share: peeking, records, labels in cells, the table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fsl_core.base.errors import DataError
from fsl_core.data.importing.jsonl import cell, values_of
from fsl_core.data.importing.source import Source
from fsl_core.data.importing.table import Records, Table, collect, make_table

Record = dict[str, Any]
Names = tuple[str, ...]
NONE_OF_THESE = "[]"
_HEAD = 200_000


def first_record(source: Source) -> Record | None:
    """The first object of a JSON array or of JSON Lines, when it ends within the first 200,000 characters."""
    head = source.text[:_HEAD].lstrip()
    if head.startswith("["):
        head = head[1:].lstrip()
    if not head.startswith("{"):
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(head)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def records(source: Source) -> list[tuple[int, Record]]:
    """Every object with the number of its row. Raises DataError for a row that is none."""
    numbers, values = values_of(source.text.strip())
    for number, value in zip(numbers, values, strict=True):
        if not isinstance(value, dict):
            raise broken(number, "it is not an object")
    return list(zip(numbers, values, strict=True))


def broken(row: int, problem: str) -> DataError:
    """The error for a row whose layout is not the one of the others."""
    return DataError(
        "Row {row} cannot be read: {problem}.",
        "Export the file again; nothing was imported.",
        row=row,
        problem=problem,
    )


def expect(value: object, kind: type, row: int, name: str) -> Any:  # noqa: ANN401
    """The value, an empty one for None, or a DataError when it is not of this kind."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise broken(row, f"'{name}' should be {'a list' if kind is list else 'an object'}")
    return value


def apart(row: Record, taken: Sequence[str]) -> Record:
    """The person's own columns under names that leave those of the answers free."""
    return {f"{key} (2)" if key in taken else key: value for key, value in row.items()}


def names_of(value: object) -> Names:
    """Class names from a value: a name, a number, a list of them."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(name for one in value for name in names_of(one))
    if isinstance(value, dict):
        return names_of(value.get("choices", value.get("value")))
    return (" ".join(str(value).split()),) if str(value).strip() else ()


def label_cell(names: Sequence[str]) -> str | None:
    """Several labels as a JSON list, one as itself."""
    unique = list(dict.fromkeys(names))
    if len(unique) > 1:
        return json.dumps(unique, ensure_ascii=False)
    return unique[0] if unique else None


def answer_cell(names: Sequence[str]) -> str:
    """The same for an answer that somebody gave: without a class it says "none of these"."""
    return label_cell(names) or NONE_OF_THESE


def agreed(answers: Sequence[Names]) -> tuple[Names, bool]:
    """What most people said (the first of equals), and whether all of them said it."""
    if not answers:
        return (), True
    counts = Counter(tuple(sorted(answer)) for answer in answers)
    best = max(counts.values())
    chosen = next(answer for answer in answers if counts[tuple(sorted(answer))] == best)
    return chosen, len(counts) == 1


def table_of(rows: Iterable[tuple[int, Record]], source: Source, format: str, last: Sequence[str]) -> Table:
    """A table with a column for every key; those in ``last`` (what was said) come after the others."""
    rows = list(rows)
    names = list(dict.fromkeys(key for _, row in rows for key in row))
    there = [name for name in dict.fromkeys(last) if name in names]
    names = [name for name in names if name not in there] + there
    cells = ([cell(row.get(name)) for name in names] for _, row in rows)
    found = collect(cells, source.progress, expected=len(rows))
    numbers = [rows[i - 1][0] for i in found.numbers]
    headed = Records([tuple(names), *found.rows], [0, *numbers], found.n_nul) if found.rows else found
    return make_table(headed, header=True, format=format, notes=source.notes, encoding=source.used_encoding)
