"""Prodigy: examples of its choice interface, one a line (https://prodi.gy/docs/api-interfaces#choice)."""

from __future__ import annotations

import shlex
from typing import Any

from fsl_core.base.notes import N_
from fsl_core.data.exporting.content import Content, Row
from fsl_core.data.exporting.flat import said
from fsl_core.data.exporting.format import ExportSettings, Format
from fsl_core.data.exporting.json_lines import lines
from fsl_core.data.exporting.names import short_name


def _write(content: Content, settings: ExportSettings) -> bytes:
    options = [{"id": name, "text": name} for name in content.classes]
    config = {"choice_style": "multiple" if content.multi_label else "single"}
    return lines([_example(row, options, config, content, settings) for row in content.rows])


def _example(
    row: Row, options: list[dict[str, str]], config: dict[str, str], content: Content, settings: ExportSettings
) -> dict[str, Any]:
    found: dict[str, Any] = {"text": row.text}
    if row.text_pair is not None:
        found["text_pair"] = row.text_pair
    if row.image is not None:
        found["image"] = row.image
    meta = dict(row.meta) if settings.meta else {}
    if row.prediction is not None:
        answer = said(row.prediction, multi_label=content.multi_label)
        meta = answer | {f"{name} (2)" if name in answer else name: value for name, value in meta.items()}
    if meta or settings.meta:
        found["meta"] = meta
    found |= {"options": options, "_view_id": "choice", "config": config}
    if row.flag:
        found["flagged"] = True
    if row.labels is not None:
        # Accepted with nothing chosen: somebody looked, and no class applies.
        found |= {"accept": list(row.labels), "answer": "accept", "source": row.source}
        found |= {"_annotator_id": row.author, "_timestamp": int(row.at or 0)}
    else:
        # Without an answer db-in would take it for accepted: a label that nobody gave.
        found["answer"] = "ignore"
    return found


def _usage(content: Content, settings: ExportSettings) -> str:
    name = short_name(content.project.name)
    return f"prodigy db-in {shlex.quote(name)} ./{shlex.quote(name)}.prodigy.jsonl"


FORMAT = Format(
    name="prodigy",
    title="Prodigy",
    summary="Examples of the choice interface, ready for db-in.",
    suffix=".prodigy.jsonl",
    media_type="application/x-ndjson",
    settings=ExportSettings,
    write=_write,
    usage=_usage,
    usage_language="bash",
    predictions=N_(
        "They stand in meta, which Prodigy shows in the corner of a card: prediction, probability, unsure, "
        "prediction_state. No prediction is an answer; what nobody labelled carries the answer ignore."
    ),
    order=60,
)
