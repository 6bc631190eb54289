"""Hugging Face Datasets: JSON Lines with numbered labels, the same keys on every line."""

from __future__ import annotations

import json
from typing import Any

from fsl_core.data.exporting.content import Content
from fsl_core.data.exporting.flat import PREDICTED, meta_names, said, text_of
from fsl_core.data.exporting.format import ExportSettings, Format
from fsl_core.data.exporting.json_lines import lines
from fsl_core.data.exporting.names import file_name

_SUFFIX = ".datasets.jsonl"


def _write(content: Content, settings: ExportSettings) -> bytes:
    number = {name: i for i, name in enumerate(content.classes)}
    taken = {"text", "text_pair", "image", "label", "label_text", "state", *PREDICTED}
    names = meta_names(content, taken) if settings.meta else {}
    pairs, images, predictions = content.has_pairs, content.has_images, content.has_predictions
    objects: list[dict[str, Any]] = []
    for row in content.rows:
        # Every line has every key: the loader takes the columns and their types from the first ones.
        found: dict[str, Any] = {"text": row.text}
        if pairs:
            found["text_pair"] = row.text_pair
        if images:
            found["image"] = row.image
        chosen = row.labels
        if content.multi_label:
            found["label"] = None if chosen is None else [number[name] for name in chosen]
            found["label_text"] = None if chosen is None else list(chosen)
        else:
            found["label"] = number[chosen[0]] if chosen else None
            found["label_text"] = row.label
        found["state"] = row.state
        if predictions:
            found |= said(row.prediction, multi_label=content.multi_label)
        found |= {new: text_of(row.meta.get(name)) for name, new in names.items()}
        objects.append(found)
    return lines(objects)


def _usage(content: Content, settings: ExportSettings) -> str:
    name = json.dumps(file_name(content.project.name, _SUFFIX), ensure_ascii=False)
    names = json.dumps(list(content.classes), ensure_ascii=False)
    kind = "ClassLabel(names=names)"
    if content.multi_label:
        kind = f"Sequence({kind})"
    return (
        f"from datasets import ClassLabel, {'Sequence, ' if content.multi_label else ''}load_dataset\n\n"
        f"names = {names}\n"
        f'dataset = load_dataset("json", data_files={name}, split="train")\n'
        f'dataset = dataset.cast_column("label", {kind})\n'
    )


FORMAT = Format(
    name="datasets",
    title="Hugging Face Datasets",
    summary="JSON Lines with the number and the name of each label.",
    suffix=_SUFFIX,
    media_type="application/x-ndjson",
    settings=ExportSettings,
    write=_write,
    usage=_usage,
    order=80,
)
