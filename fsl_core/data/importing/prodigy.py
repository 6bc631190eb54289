"""Prodigy datasets as ``db-out`` writes them (https://prodi.gy/docs/api-interfaces)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fsl_core.base.notes import Note
from fsl_core.data.importing.annotated import (
    Record,
    answer_cell,
    apart,
    broken,
    expect,
    first_record,
    label_cell,
    names_of,
    records,
    table_of,
)
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Table

_ANSWERS = ("accept", "reject", "ignore")
_LAST = ("label", "annotator", "labeled_at")


def _recognise(source: Source) -> float:
    first = first_record(source)
    if first is None or not ("text" in first or "html" in first):
        return 0.0
    if isinstance(first.get("options"), list) and first["options"] and _is_option(first["options"][0]):
        return 0.99
    answered = first.get("answer") in _ANSWERS
    return 0.99 if answered and ("label" in first or "accept" in first or "_input_hash" in first) else 0.0


def _is_option(value: object) -> bool:
    return isinstance(value, dict) and "id" in value and "text" in value


def _read(source: Source) -> Table:
    rows: dict[tuple[str, int | None], tuple[int, Record]] = {}
    accepted: dict[tuple[str, int | None], list[str]] = {}
    n_rejected = 0
    for number, example in records(source):
        answer = example.get("answer")
        if answer is not None and answer not in _ANSWERS:
            raise broken(number, f"the answer is '{answer}'")
        text = example.get("text", example.get("html"))
        # Choices are one row an example. Yes or no comes once for each class: those are one item.
        is_choice = "options" in example or "accept" in example
        key = (str(text), number if is_choice else None)
        if key not in rows:
            rows[key] = (number, _row(example, text))
        given = _chosen(example, number) if is_choice else names_of(example.get("label"))
        if answer == "accept":
            accepted.setdefault(key, []).extend(given)
        elif answer == "reject" and given:
            n_rejected += 1
    for key, names in accepted.items():
        rows[key][1]["label"] = label_cell(names) if key[1] is None else answer_cell(names)
    if n_rejected:
        source.notes.append(Note("{n} answers only say what an item is not; they give no label.", n=n_rejected))
    return table_of(rows.values(), source, FORMAT.name, _LAST)


def _row(example: Record, text: Any) -> Record:  # noqa: ANN401
    row: Record = {"text": text}
    if example.get("text_pair") is not None:
        row["text_pair"] = example["text_pair"]
    meta = example.get("meta")
    if isinstance(meta, dict):
        row |= {key: value for key, value in apart(meta, _LAST).items() if key not in row}
    if who := example.get("_annotator_id") or example.get("_session_id"):
        row["annotator"] = who
    if isinstance(at := example.get("_timestamp"), int | float) and 0 < at < 1e11:
        row["labeled_at"] = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return row


def _chosen(example: Record, number: int) -> tuple[str, ...]:
    options = expect(example.get("options"), list, number, "options")
    shown = {one["id"]: one["text"] for one in options if _is_option(one) and isinstance(one["id"], str | int)}
    found: list[str] = []
    for one in expect(example.get("accept"), list, number, "accept"):
        if not isinstance(one, str | int):
            raise broken(number, "'accept' should list the ids of options")
        # A number says nothing to a person; a name is the label, however it was shown.
        found += names_of(shown.get(one, one) if isinstance(one, int) else one)
    return tuple(found)


FORMAT = Format("prodigy", "Prodigy examples", ("jsonl", "json"), binary=False, recognise=_recognise, read=_read)
