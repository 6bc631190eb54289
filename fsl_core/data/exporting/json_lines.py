"""JSON Lines: one object a line, every character as it is.

An item has its other columns in ``meta``; a row of a file has the columns of the file beside ours.
"""

from __future__ import annotations

import json
from typing import Any

from fsl_core.data.exporting.content import Content, Row, when
from fsl_core.data.exporting.flat import flat, said
from fsl_core.data.exporting.format import Format, TableSettings


def _write(content: Content, settings: TableSettings) -> bytes:
    if content.layout is not None:
        columns = flat(content, meta=settings.meta)
        rows = zip(*(column.values() for column in columns.values()), strict=True)
        return lines([dict(zip(columns, row, strict=True)) for row in rows])
    return lines([_object(row, content.multi_label, settings) for row in content.rows])


def lines(objects: list[dict[str, Any]]) -> bytes:
    """One JSON object a line."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects).encode()


def array(objects: list[dict[str, Any]]) -> bytes:
    """A JSON array with one object a line."""
    return ("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in objects) + "\n]\n").encode()


def _object(row: Row, multi_label: bool, settings: TableSettings) -> dict[str, Any]:
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
    if row.prediction is not None:
        found |= said(row.prediction, multi_label=multi_label)
    if settings.meta:
        found["meta"] = row.meta
    return found


FORMAT = Format(
    name="jsonl",
    title="JSON Lines",
    summary="One object a line, every character as it is. For programs.",
    suffix=".jsonl",
    media_type="application/x-ndjson",
    settings=TableSettings,
    write=_write,
    order=20,
)
