"""JSON Lines: one object a line, every character as it is."""

from __future__ import annotations

import json
from typing import Any

from fsl_core.data.exporting.content import Content, Row, when
from fsl_core.data.exporting.format import ExportSettings, Format


def _write(content: Content, settings: ExportSettings) -> bytes:
    return lines([_object(row, content.multi_label, settings) for row in content.rows])


def lines(objects: list[dict[str, Any]]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()


def array(objects: list[dict[str, Any]]) -> bytes:
    """A JSON array with one object a line."""
    return ("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in objects) + "\n]\n").encode()


def _object(row: Row, multi_label: bool, settings: ExportSettings) -> dict[str, Any]:
    found: dict[str, Any] = {"text": row.text}
    if row.text_pair is not None:
        found["text_pair"] = row.text_pair
    if row.image is not None:
        found["image"] = row.image
    if multi_label:
        found["labels"] = None if row.labels is None else list(row.labels)
    else:
        found["label"] = row.label
    found |= {
        "state": row.state,
        "author": row.author,
        "source": row.source,
        "labeled_at": when(row.at),
        "flag": row.flag,
    }
    if row.suggestion is not None:
        labels = list(row.suggestion.labels)
        found["suggestion"] = labels if multi_label else labels[0]
        found["suggestion_score"] = round(row.suggestion.score, 6)
    if settings.meta:
        found["meta"] = row.meta
    return found


FORMAT = Format(
    name="jsonl",
    title="JSON Lines",
    summary="One object a line, every character as it is. For programs.",
    suffix=".jsonl",
    media_type="application/x-ndjson",
    settings=ExportSettings,
    write=_write,
    order=20,
)
