"""From content to a file with a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fsl_core.base.config import make_settings
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.exporting.content import Content, Prediction, gather
from fsl_core.data.exporting.format import ExportSettings, Format, TableSettings
from fsl_core.data.exporting.names import file_name
from fsl_core.data.exporting.registry import get_format
from fsl_core.data.store import Store


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A finished file; ``usage`` is code or configuration to load it elsewhere, may be empty."""

    name: str
    data: bytes
    media_type: str
    n_rows: int
    notes: tuple[Note, ...] = ()
    usage: str = ""
    has_predictions: bool = False


def export(
    store: Store,
    project_id: int,
    format: str,
    settings: Mapping[str, Any] | None = None,
    predictions: Mapping[int, Prediction] | None = None,
) -> ExportedFile:
    """The labels of a project as a file, and beside them the predictions of a model by id of the item.

    Raises ConfigError for an unknown format or setting, DataError when there is nothing to export.
    """
    chosen = get_format(format)
    checked = make_settings(chosen.settings, dict(settings or {}))
    content = gather(store, project_id, unlabeled=checked.unlabeled, predictions=predictions, rows=wants_rows(checked))
    return write(content, format, settings)


def wants_rows(settings: ExportSettings) -> bool:
    """Whether the file has a line for each row of the imported files."""
    return isinstance(settings, TableSettings) and settings.rows


def write(content: Content, format: str, settings: Mapping[str, Any] | None = None) -> ExportedFile:
    """Content that was gathered before, as a file."""
    chosen = get_format(format)
    checked = make_settings(chosen.settings, dict(settings or {}))
    if content.project.kind not in chosen.kinds:
        raise DataError(
            "'{format}' is for projects of images, and this one holds texts.",
            "Choose another format.",
            format=chosen.title,
        )
    if not checked.predictions:
        content = content.without_predictions()
    if not content.rows:
        raise DataError("There is nothing to export yet.", "Label some items first, or include those without a label.")
    return ExportedFile(
        name=file_name(content.project.name, chosen.suffix),
        data=chosen.write(content, checked),
        media_type=chosen.media_type,
        n_rows=len(content.rows),
        notes=(*(chosen.notes(content, checked) if chosen.notes else ()), *_notes(content, chosen)),
        usage=chosen.usage(content, checked) if chosen.usage else "",
        has_predictions=content.has_predictions,
    )


def _notes(content: Content, format: Format) -> list[Note]:
    """What holds for every format: which part of the file no person said, and which rows are not there."""
    found = []
    if said := [row.prediction for row in content.rows if row.prediction is not None]:
        found.append(
            Note(
                "{n} predictions are what a model says ({method}), not labels of people; {unsure} of them are unsure.",
                n=f"{len(said):,}",
                method=", ".join(sorted({one.method for one in said})),
                unsure=f"{sum(one.state != 'confident' for one in said):,}",
            )
        )
        found.append(Note(format.predictions))
    if content.n_without_rows:
        found.append(
            Note(
                "Imports whose rows were not kept, as those of older versions: {n}. Their repeats are gone, "
                "and each of their texts has one line.",
                n=content.n_without_rows,
            )
        )
    return found
