"""Content as columns: what CSV, Parquet and the page's preview share."""

from __future__ import annotations

import json
from typing import Any

from fsl_core.data.exporting.content import Content, Row, when

Column = list[Any]


def flat(content: Content, *, meta: bool = True) -> dict[str, Column]:
    """Name -> cells, in this order: what was said, who, when, how sure a model is, the other columns.

    A project with several labels an item has a column ``labels`` of lists instead of ``label``. Of
    the other columns, one whose name is taken gets a number behind it.
    """
    rows = content.rows
    columns: dict[str, Column] = {"text": [row.text for row in rows]}
    if content.has_pairs:
        columns["text_pair"] = [row.text_pair for row in rows]
    if content.has_images:
        columns["image"] = [row.image for row in rows]
    if content.multi_label:
        columns["labels"] = [None if row.labels is None else list(row.labels) for row in rows]
    else:
        columns["label"] = [row.label for row in rows]
    columns["state"] = [row.state for row in rows]
    columns["author"] = [row.author for row in rows]
    columns["source"] = [row.source for row in rows]
    columns["labeled_at"] = [when(row.at) for row in rows]
    columns["flag"] = [row.flag for row in rows]
    if content.has_suggestions:
        columns["suggestion"] = [_suggested(row, content.multi_label) for row in rows]
        columns["suggestion_score"] = [row.suggestion.score if row.suggestion else None for row in rows]
    if meta:
        for name, new in meta_names(content, set(columns)).items():
            columns[new] = [text_of(row.meta.get(name)) for row in rows]
    return columns


def meta_names(content: Content, taken: set[str]) -> dict[str, str]:
    """The other columns in order of first appearance -> a name for each that is not taken."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in dict.fromkeys(name for row in content.rows for name in row.meta):
        new, number = name, 2
        while new in used:
            new, number = f"{name} ({number})", number + 1
        used.add(new)
        found[name] = new
    return found


def text_of(value: Any) -> str | None:  # noqa: ANN401
    """A value of another column as text; what is not a text is JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _suggested(row: Row, multi_label: bool) -> str | list[str] | None:
    if row.suggestion is None:
        return None
    return list(row.suggestion.labels) if multi_label else row.suggestion.labels[0]
