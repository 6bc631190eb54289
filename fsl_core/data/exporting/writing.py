"""From content to a file with a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fsl_core.base.config import make_settings
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data.exporting.content import Content, Suggestion, gather
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


def export(
    store: Store,
    project_id: int,
    format: str,
    settings: Mapping[str, Any] | None = None,
    suggestions: Mapping[int, Suggestion] | None = None,
) -> ExportedFile:
    """The labels of a project as a file.

    Raises ConfigError for an unknown format or setting, DataError when there is nothing to export.
    """
    chosen = get_format(format)
    checked = make_settings(chosen.settings, dict(settings or {}))
    content = gather(store, project_id, unlabeled=checked.unlabeled, suggestions=suggestions)
    return write(content, format, settings)


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
    if not content.rows:
        raise DataError("There is nothing to export yet.", "Label some items first, or include those without a label.")
    return ExportedFile(
        name=file_name(content.project.name, chosen.suffix),
        data=chosen.write(content, checked),
        media_type=chosen.media_type,
        n_rows=len(content.rows),
        notes=tuple(chosen.notes(content, checked)) if chosen.notes else (),
        usage=chosen.usage(content, checked) if chosen.usage else "",
    )
