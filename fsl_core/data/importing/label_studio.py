"""Label Studio exports, JSON and JSON-MIN (https://labelstud.io/guide/export)."""

from __future__ import annotations

from typing import Any

from fsl_core.base.notes import Note
from fsl_core.data.importing.annotated import (
    NONE_OF_THESE,
    Names,
    Record,
    agreed,
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

LABEL = "label"
_LAST = (LABEL, "annotator", "labeled_at", "suggestion", "suggestion score")
_MIN = {"annotation_id", "lead_time", "annotator"}


def _recognise(source: Source) -> float:
    first = first_record(source)
    if first is None:
        return 0.0
    if isinstance(first.get("data"), dict) and (isinstance(first.get("annotations"), list) or "predictions" in first):
        return 0.99
    return 0.99 if len(_MIN & set(first)) >= 2 else 0.0


def _read(source: Source) -> Table:
    found = records(source)
    if any("data" in record for _, record in found):
        return _full(source, found)
    rows = [(number, _min_row(record)) for number, record in found]
    return table_of(rows, source, FORMAT.name, ("annotator", "created_at"))


def _min_row(record: Record) -> Record:
    # Several choices come as {"choices": [...]}, one as its name.
    return {
        key: label_cell(names_of(value)) if isinstance(value, dict) and "choices" in value else value
        for key, value in record.items()
        if key not in ("annotation_id", "lead_time", "updated_at")
    }


def _full(source: Source, found: list[tuple[int, Record]]) -> Table:
    rows: list[tuple[int, Record]] = []
    controls: dict[str, None] = {}
    left_out: set[str] = set()
    n_differ = 0
    said: list[tuple[Record, dict[str, list[Names]], int, bool]] = []
    for number, task in found:
        row = apart(expect(task.get("data", 0), dict, number, "data"), _LAST)
        answers: dict[str, list[Names]] = {}
        annotations = expect(task.get("annotations"), list, number, "annotations")
        kept = [one for one in annotations if not expect(one, dict, number, "annotations").get("was_cancelled")]
        if truth := [one for one in kept if one.get("ground_truth")]:
            kept = truth
        for annotation in kept:
            for control, names in _choices(annotation, number, left_out).items():
                answers.setdefault(control, []).append(names)
        if kept:
            told = {"annotator": _who(kept[-1]), "labeled_at": kept[-1].get("created_at")}
            row |= {key: value for key, value in told.items() if value is not None}
        row |= _suggestion(task, number, left_out)
        controls.update(dict.fromkeys(answers))
        said.append((row, answers, len(kept), bool(kept) and not any(one.get("result") for one in kept)))
        rows.append((number, row))
    for row, answers, n_kept, says_none in said:
        for control, given in answers.items():
            # Whoever chose nothing here did answer.
            names, unanimous = agreed([*given, *[()] * (n_kept - len(given))])
            n_differ += not unanimous
            row[LABEL if len(controls) == 1 else control] = answer_cell(names)
        if says_none:
            row |= dict.fromkeys(controls if len(controls) > 1 else [LABEL], NONE_OF_THESE)
    _tell(source, n_differ, left_out)
    return table_of(rows, source, FORMAT.name, (*controls, *_LAST))


def _choices(answer: Record, number: int, left_out: set[str]) -> dict[str, Names]:
    """Control -> chosen classes, from one annotation or prediction."""
    found: dict[str, Names] = {}
    for result in expect(answer.get("result"), list, number, "result"):
        kind = expect(result, dict, number, "result").get("type")
        value = result.get("value")
        if kind not in ("choices", "taxonomy", "rating"):
            left_out.add(str(kind))
            continue
        if not isinstance(value, dict) or kind not in value:
            raise broken(number, f"a result of type '{kind}' has no such value")
        chosen = value[kind]
        if kind == "taxonomy":
            chosen = [" > ".join(map(str, path)) if isinstance(path, list) else path for path in chosen]
        name = str(result.get("from_name") or LABEL)
        found[name] = found.get(name, ()) + names_of(chosen)
    return found


def _suggestion(task: Record, number: int, left_out: set[str]) -> Record:
    predictions = expect(task.get("predictions"), list, number, "predictions")
    # A Label Studio export may list only the ids of predictions.
    if not predictions or not isinstance(predictions[-1], dict):
        return {}
    choices = list(_choices(predictions[-1], number, left_out).values())
    if not choices:
        return {}
    return {"suggestion": label_cell(choices[0]), "suggestion score": predictions[-1].get("score")}


def _who(annotation: Record) -> Any:  # noqa: ANN401
    who = annotation.get("completed_by")
    return who.get("email") or who.get("id") if isinstance(who, dict) else who


def _tell(source: Source, n_differ: int, left_out: set[str]) -> None:
    if n_differ:
        source.notes.append(
            Note("{n} items have annotations that differ; the most frequent answer is the label.", n=n_differ)
        )
    if left_out:
        source.notes.append(
            Note("Annotations of type {types} name no class and were left out.", types=", ".join(sorted(left_out)))
        )


FORMAT = Format(
    "label-studio", "Label Studio export", ("json",), binary=False, recognise=_recognise, read=_read,
    aliases=("label_studio",),
)  # fmt: skip
