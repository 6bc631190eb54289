"""Argilla 2: records as ``dataset.records.to_json`` writes them (https://docs.argilla.io)."""

from __future__ import annotations

import json
import uuid
from typing import Any

from fsl_core.base.config import setting
from fsl_core.base.notes import N_
from fsl_core.data.exporting.content import Content, Row, when
from fsl_core.data.exporting.flat import meta_names, text_of
from fsl_core.data.exporting.format import ExportSettings, Format
from fsl_core.data.exporting.json_lines import array
from fsl_core.data.exporting.names import file_name, short_name

_OWN = {"author", "source", "labeled_at", "state", "flag", "unsure", "prediction_state"}
_PEOPLE = uuid.UUID("6f5b1c1e-6a55-5d0c-9a4e-5d3f0a1d7c11")
_SUFFIX = ".argilla.json"


class ArgillaSettings(ExportSettings):
    """Whose responses the labels are there."""

    user_id: str = setting(
        "",
        "The id of your user in Argilla (client.me.id): the labels become responses of that user. "
        "Left empty, each author gets an id made from the name, which no server knows.",
        title="User in Argilla",
    )


def _write(content: Content, settings: ArgillaSettings) -> bytes:
    names = meta_names(content, set(_OWN)) if settings.meta else {}
    return array(
        [_record(row, number, names, content.multi_label, settings) for number, row in enumerate(content.rows, start=1)]
    )


def _record(
    row: Row, number: int, names: dict[str, str], multi_label: bool, settings: ArgillaSettings
) -> dict[str, Any]:
    fields = {"text": row.text}
    if row.text_pair is not None:
        fields["text_pair"] = row.text_pair
    if row.image is not None:
        fields["image"] = row.image
    metadata: dict[str, Any] = {"state": row.state, "flag": "yes" if row.flag else "no"}
    responses: dict[str, Any] = {}
    suggestions: dict[str, Any] = {}
    if row.labels is not None:
        metadata |= {"author": row.author, "source": row.source, "labeled_at": when(row.at)}
    if row.labels:
        user = settings.user_id.strip() or str(uuid.uuid5(_PEOPLE, row.author))
        responses["label"] = [{"value": _value(row.labels, multi_label), "user_id": user}]
    if row.prediction is not None:
        metadata |= {"unsure": "no" if row.prediction.state == "confident" else "yes"}
        metadata |= {"prediction_state": row.prediction.state}
        if row.prediction.labels:
            suggestions["label"] = {
                "value": _value(row.prediction.labels, multi_label),
                "score": round(row.prediction.probability, 6),
                "agent": row.prediction.method or None,
            }
    metadata |= {new: text_of(row.meta[name]) for name, new in names.items() if row.meta.get(name) is not None}
    return {
        "id": str(number),
        "fields": fields,
        "metadata": metadata,
        "suggestions": suggestions,
        "responses": responses,
        "vectors": {},
    }


def _value(labels: tuple[str, ...], multi_label: bool) -> str | list[str]:
    return list(labels) if multi_label else labels[0]


def _usage(content: Content, settings: ArgillaSettings) -> str:
    question = "MultiLabelQuestion" if content.multi_label else "LabelQuestion"
    fields = ["text", *(["text_pair"] if content.has_pairs else [])]
    shown = ", ".join(f'rg.TextField(name="{name}")' for name in fields)
    labels = json.dumps(list(content.classes), ensure_ascii=False)
    return (
        "import argilla as rg\n\n"
        "settings = rg.Settings(\n"
        f"    fields=[{shown}],\n"
        f'    questions=[rg.{question}(name="label", labels={labels}, required=False)],\n'
        "    allow_extra_metadata=True,\n"
        ")\n"
        f"dataset = rg.Dataset(name={json.dumps(short_name(content.project.name), ensure_ascii=False)}, "
        "settings=settings).create()\n"
        f"dataset.records.from_json({json.dumps(file_name(content.project.name, _SUFFIX), ensure_ascii=False)})\n"
    )


FORMAT = Format(
    name="argilla",
    title="Argilla",
    summary="Records with responses, as Argilla 2 reads them from JSON.",
    suffix=_SUFFIX,
    media_type="application/json",
    settings=ArgillaSettings,
    write=_write,
    usage=_usage,
    predictions=N_(
        "They are suggestions there, with score and agent. The metadata say in unsure and prediction_state which are "
        "unsure or none of these; the latter have no suggestion."
    ),
    order=70,
)
