"""Argilla 2 records, nested as ``records.to_json`` writes them or flat (https://docs.argilla.io)."""

from __future__ import annotations

from typing import Any

from fsl_core.base.notes import Note
from fsl_core.data.importing.annotated import (
    Names,
    Record,
    agreed,
    apart,
    expect,
    first_record,
    label_cell,
    names_of,
    records,
    table_of,
)
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Table

_LAST = ("label", "annotator", "suggestion", "suggestion score")
_OPEN = ("discarded", "draft")


def _recognise(source: Source) -> float:
    first = first_record(source)
    if first is None:
        return 0.0
    if isinstance(first.get("fields"), dict) and ("responses" in first or "suggestions" in first):
        return 0.99
    return 0.99 if any(key.endswith((".responses", ".suggestion")) for key in first) else 0.0


def _read(source: Source) -> Table:
    found = records(source)
    parts = [_nested(number, one) if "fields" in one else _flat(one) for number, one in found]
    questions = dict.fromkeys(name for _, answers, _ in parts for name in answers)
    n_differ = 0
    rows: list[tuple[int, Record]] = []
    for (number, _), (row, answers, suggestions) in zip(found, parts, strict=True):
        for question, given in answers.items():
            names, unanimous = agreed([names for names, _ in given if names])
            n_differ += not unanimous
            row["label" if len(questions) == 1 else question] = label_cell(names)
            if given and given[-1][1]:
                row["annotator"] = given[-1][1]
        for value, score in suggestions[:1]:
            row |= {"suggestion": label_cell(value), "suggestion score": score}
        rows.append((number, row))
    if n_differ:
        source.notes.append(
            Note("{n} items have responses that differ; the most frequent answer is the label.", n=n_differ)
        )
    return table_of(rows, source, FORMAT.name, (*questions, *_LAST))


Answers = dict[str, list[tuple[Names, Any]]]
Parts = tuple[Record, Answers, list[tuple[Names, Any]]]


def _nested(number: int, record: Record) -> Parts:
    row = dict(expect(record["fields"], dict, number, "fields"))
    metadata = expect(record.get("metadata"), dict, number, "metadata")
    row |= {key: value for key, value in apart(metadata, _LAST).items() if key not in row}
    answers: Answers = {}
    for question, responses in expect(record.get("responses"), dict, number, "responses").items():
        for response in expect(responses, list, number, "responses"):
            if expect(response, dict, number, "responses").get("status") not in _OPEN:
                answers.setdefault(question, []).append((_names(response.get("value")), response.get("user_id")))
    suggestions = [
        (_names(one.get("value")), one.get("score"))
        for one in expect(record.get("suggestions"), dict, number, "suggestions").values()
        if isinstance(one, dict)
    ]
    return row, answers, suggestions


def _flat(record: Record) -> Parts:
    row: Record = {}
    answers: Answers = {}
    suggestions: list[tuple[Names, Any]] = []
    for key, value in record.items():
        question, dot, part = key.partition(".")
        if not dot:
            if key not in ("_server_id", "status", "vectors"):
                row[key] = value
        elif part == "responses":
            values = value if isinstance(value, list) else []
            states = record.get(f"{key}.status") or []
            users = record.get(f"{key}.users") or []
            for place, one in enumerate(values):
                if _at(states, place) not in _OPEN:
                    answers.setdefault(question, []).append((_names(one), _at(users, place)))
        elif part == "suggestion" and value is not None:
            suggestions.append((_names(value), record.get(f"{key}.score")))
    return row, answers, suggestions


def _at(values: Any, place: int) -> Any:  # noqa: ANN401
    return values[place] if isinstance(values, list) and place < len(values) else None


def _names(value: Any) -> Names:  # noqa: ANN401
    # A ranking or a span is a list of objects: no class.
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return ()
    return names_of(value)


FORMAT = Format("argilla", "Argilla records", ("json", "jsonl"), binary=False, recognise=_recognise, read=_read)
