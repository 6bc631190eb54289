"""JSON Lines, and one JSON array or object that holds a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fsl_core.base.errors import DataError
from fsl_core.data.importing.dialect import lines
from fsl_core.data.importing.limits import MAX_COLUMNS
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Records, Table, collect, make_table
from fsl_core.data.importing.typed import typed

_WRAPPERS = frozenset(("data", "rows", "items", "records", "examples", "documents", "results"))
_ONE_PER_LINE = 'Each line must be one JSON object such as {{"text": "...", "label": "..."}}.'


def _recognise(source: Source) -> float:
    text = source.text[:200_000].lstrip()
    if text[:1] not in ("{", "["):
        return 0.7 if source.suffix in FORMAT.suffixes else 0.0
    if source.suffix in FORMAT.suffixes:
        return 0.95
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return 0.0
    whole = isinstance(value, dict) or bool(value and isinstance(value, list) and isinstance(value[0], dict))
    return 0.95 if whole else 0.0


def _read(source: Source) -> Table:
    text = source.text.strip()
    if not text:
        raise DataError("The file is empty.", "Choose a file that has at least one row.")
    numbers, values = values_of(text)
    names, rows = _square(numbers, values)
    found = collect(rows, source.progress, expected=len(values))
    header = tuple(map(_whole, names))
    found = Records([header, *found.rows], [0, *(numbers[i - 1] for i in found.numbers)], found.n_nul)
    return make_table(found, header=True, format="jsonl", notes=source.notes, encoding=source.used_encoding)


def values_of(text: str) -> tuple[list[int], list[Any]]:
    """Row numbers and one value a row: from the lines, or from one document over many lines.

    Raises DataError with the place where it is not JSON.
    """
    first_line = next(lines(text)).strip()
    single = "\n" not in text and "\r" not in text
    if not single and (_is_complete(first_line) or text[0] not in "[{"):
        return _from_lines(text)
    try:
        value = _loads(text)
    except json.JSONDecodeError as error:
        if "\n" in text and first_line.startswith("{") and first_line != "{":
            return _from_lines(text)
        raise _json_error(error, error.lineno) from error
    rows = _from_document(value)
    return list(range(1, len(rows) + 1)), rows


def _from_lines(text: str) -> tuple[list[int], list[Any]]:
    numbers, values = [], []
    for number, line in enumerate(lines(text), start=1):
        if not line.strip():
            continue
        try:
            values.append(_loads(line))
        except json.JSONDecodeError as error:
            raise _json_error(error, number) from error
        numbers.append(number)
    return numbers, values


def _from_document(value: Any) -> list[Any]:  # noqa: ANN401
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        lists = {key: each for key, each in value.items() if isinstance(each, list)}
        for name, rows in lists.items():
            # A single object may hold a list of its own, so only the usual names mean a list of rows.
            if (len(value) == 1 or name.casefold() in _WRAPPERS) and rows and isinstance(rows[0], (dict, list)):
                return rows
        if len(lists) < len(value):
            return [value]
        if lists and len({len(each) for each in lists.values()}) == 1:
            return [dict(zip(lists, cells, strict=True)) for cells in zip(*lists.values(), strict=True)]
    raise DataError(
        "This JSON document is not a table: it holds {found}.",
        "Use an array of objects, one object for each text, or one object on each line.",
        found=_describe(value),
    )


def _square(numbers: list[int], values: list[Any]) -> tuple[list[str], Iterator[list[str | None]]]:
    """Column names, and the rows in that order."""
    kinds = {type(value) for value in values}
    if kinds == {dict}:
        names = list(dict.fromkeys(key for value in values for key in value))
        if len(names) > MAX_COLUMNS:
            raise DataError(
                "The objects have {found} different keys; at most {limit} can be read.",
                "Keep the text and the label and remove the others.",
                found=len(names),
                limit=MAX_COLUMNS,
            )
        return names, ([cell(value.get(name)) for name in names] for value in values)
    if kinds == {list}:
        width = max(map(len, values))
        names = ["text"] if width == 1 else [f"column {i + 1}" for i in range(width)]
        return names, ([cell(each) for each in value] for value in values)
    if kinds == {str}:
        return ["text"], ([cell(value)] for value in values)
    if not values:
        raise DataError("The file is empty.", "Choose a file that has at least one row.")
    common = next(kind for kind in (dict, list, str, *kinds) if kind in kinds)
    odd = next((i for i, value in enumerate(values) if type(value) is not common), 0)
    raise DataError(
        "Row {row} holds {found}, which is not like the others.",
        _ONE_PER_LINE,
        row=numbers[odd],
        found=_describe(values[odd]),
    )


def cell(value: Any) -> str | None:  # noqa: ANN401
    """A JSON value as the text of a cell; a list of one stands for its element, as labels often do."""
    whole = value
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    if value is None:
        return None
    if isinstance(value, str):
        return typed(_whole(value), whole)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return typed(_whole(text), whole)


def _whole(text: str) -> str:
    """JSON can spell half of a surrogate pair, which no database takes."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _loads(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError as error:
        raise DataError(
            "The JSON is nested too deeply.", "Use plain objects: one key for the text, one for the label."
        ) from error


def _integer(digits: str) -> int | str:
    # Python refuses to convert thousands of digits.
    return int(digits) if len(digits) < 1_000 else digits


def _is_complete(line: str) -> bool:
    try:
        _loads(line)
    except json.JSONDecodeError:
        return False
    return True


def _json_error(error: json.JSONDecodeError, line: int) -> DataError:
    return DataError(
        "Line {line}, character {column}: this is not JSON ({problem}).",
        _ONE_PER_LINE,
        line=line,
        column=error.colno,
        problem=error.msg,
    )


def _describe(value: Any) -> str:  # noqa: ANN401
    names = {dict: "an object", list: "an array", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


FORMAT = Format("jsonl", "JSON Lines", ("jsonl", "ndjson", "json"), binary=False, recognise=_recognise, read=_read)
