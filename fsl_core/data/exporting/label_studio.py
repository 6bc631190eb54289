"""Label Studio: tasks with their annotations (https://labelstud.io/guide/task_format)."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from fsl_core.base.notes import N_
from fsl_core.data.exporting.content import Content, Row, when
from fsl_core.data.exporting.flat import meta_names, said
from fsl_core.data.exporting.format import ExportSettings, Format
from fsl_core.data.exporting.json_lines import array

_CONTROL, _OBJECT = "label", "text"


def _write(content: Content, settings: ExportSettings) -> bytes:
    names = meta_names(content, {"text", "text_pair", "image"}) if settings.meta else {}
    return array([_task(row, number, names, content) for number, row in enumerate(content.rows, start=1)])


def _task(row: Row, number: int, names: dict[str, str], content: Content) -> dict[str, Any]:
    data: dict[str, Any] = {"text": row.text}
    if row.text_pair is not None:
        data["text_pair"] = row.text_pair
    if row.image is not None:
        data["image"] = row.image
    data |= {new: row.meta[name] for name, new in names.items() if name in row.meta}
    task: dict[str, Any] = {"id": number, "data": data, "annotations": [], "predictions": []}
    if row.labels is not None:
        # completed_by is left out: it must be a user of the receiving server. Who it was is in "meta".
        moment = when(row.at)
        task["annotations"] = [
            {
                "result": _result(row.labels, number),
                "was_cancelled": False,
                "ground_truth": False,
                "created_at": moment,
                "updated_at": moment,
            }
        ]
        task["meta"] = {"author": row.author, "source": row.source, "flag": row.flag}
    if row.prediction is not None:
        task["predictions"] = [
            {
                "model_version": row.prediction.method,
                "score": round(row.prediction.probability, 6),
                "result": _result(row.prediction.labels, number),
            }
        ]
        # A prediction has no place for doubt there.
        task.setdefault("meta", {}).update(said(row.prediction, multi_label=content.multi_label))
    return task


def _result(labels: tuple[str, ...], number: int) -> list[dict[str, Any]]:
    if not labels:
        return []
    value = {"choices": list(labels)}
    return [{"id": f"h{number}", "from_name": _CONTROL, "to_name": _OBJECT, "type": "choices", "value": value}]


def _usage(content: Content, settings: ExportSettings) -> str:
    """The labelling configuration that fits the file."""
    choice = "multiple" if content.multi_label else "single"
    texts = [f'  <Text name="{_OBJECT}" value="$text"/>']
    if content.has_pairs:
        texts.append('  <Text name="text_pair" value="$text_pair"/>')
    choices = [f"    <Choice value={quoteattr(name)}/>" for name in content.classes]
    head = f'  <Choices name="{_CONTROL}" toName="{_OBJECT}" choice="{choice}">'
    return "\n".join(["<View>", *texts, head, *choices, "  </Choices>", "</View>"])


FORMAT = Format(
    name="label-studio",
    aliases=("label_studio",),
    title="Label Studio",
    summary="Tasks with annotations. Put the configuration below into the project there, then import the file.",
    suffix=".label-studio.json",
    media_type="application/json",
    settings=ExportSettings,
    write=_write,
    usage=_usage,
    usage_language="xml",
    predictions=N_(
        "They stand in the predictions of each task, which Label Studio shows as such, with the score; meta says in "
        "prediction_state whether they are unsure or none of these, where the prediction is empty."
    ),
    order=50,
)
