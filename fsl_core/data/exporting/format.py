"""What an export format must offer to be found, and the settings most of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fsl_core.base.config import Settings, setting
from fsl_core.base.notes import N_, Note
from fsl_core.data.exporting.content import Content


class ExportSettings(Settings):
    """What a person can choose in every format."""

    unlabeled: bool = setting(
        True, "Items without a label go along, with an empty label.", title="With items that have no label"
    )
    predictions: bool = setting(
        True,
        "What the model in use says of each item goes along beside the labels, marked as said by a model: "
        "class, probability, and whether it is unsure.",
        title="With the model's predictions",
    )
    meta: bool = setting(True, "The columns that came with your items go along.", title="With the other columns")


class TableSettings(ExportSettings):
    """Of formats that can write the rows of the imported files."""

    rows: bool = setting(
        True,
        "Each row of the files that were imported is a line, in their order and with their columns; a text that "
        "comes twice is there twice. Otherwise each text is there once.",
        title="One line a row, repeats included",
    )


COLUMNS = N_(
    "They stand in the columns prediction, probability, unsure, prediction_state (confident, unsure, none of these) "
    "and predicted_by. Where the answer is none of the classes, prediction is empty."
)


@dataclass(frozen=True, slots=True)
class Format:
    """One file format; a module of this package offers it as ``FORMAT``.

    ``write`` makes the bytes: the same content and settings give the same bytes. ``usage`` is a
    piece of code or configuration that loads the file where it is going; ``notes`` say what was
    changed to fit.
    """

    name: str
    title: str
    summary: str
    suffix: str
    media_type: str
    settings: type[ExportSettings]
    write: Callable[[Content, Any], bytes]
    usage: Callable[[Content, Any], str] | None = None
    usage_language: str = "python"
    notes: Callable[[Content, Any], list[Note]] | None = None
    predictions: str = COLUMNS
    """Where a reader finds what the model said."""
    order: int = 100
    text: bool = True
    """Whether the file is text that a page can show."""
    kinds: tuple[str, ...] = ("text", "pair", "image")
    """Kinds of projects that it is for."""
    aliases: tuple[str, ...] = ()
    """Former names: what was saved under them still opens."""
