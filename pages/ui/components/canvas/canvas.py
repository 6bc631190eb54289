"""The drawing sheet: strokes by mouse, finger or pen come to Python as a PNG after each stroke."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import streamlit as st

from fsl_core.base.errors import DataError
from fsl_core.data import images
from pages.ui.components import messages, scripts
from pages.ui.components.messages import Sheet
from pages.ui.kit import state
from pages.ui.kit.text import N_, _

SIDE = 280
"""Pixels a side of the PNG; the sheet on screen is as large as there is room."""
WIDTHS = (4, 40)
WIDTH = 12
MOST_BYTES = 2_000_000
PNG = b"\x89PNG\r\n\x1a\n"

_CANVAS = st.components.v2.component(
    "handful_canvas",
    html='<div class="mount"></div>',
    css=scripts.style("canvas/canvas.css"),
    js=scripts.script("canvas"),
)

_STRINGS = {
    "hint": N_("Draw here"),
    "undo": N_("Undo"),
    "redo": N_("Redo"),
    "clear": N_("Clear"),
    "width": N_("Width of the brush"),
    "empty": N_("nothing drawn"),
    "one": N_("1 stroke"),
    "many": N_("{n} strokes"),
    "keys": N_("Ctrl+Z takes the last stroke back, Ctrl+Shift+Z draws it again."),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A checked PNG, black on white, and how many strokes it has."""

    png: bytes
    strokes: int


def canvas(key: str, label: str, *, sheet: int = 0, width: int = WIDTH) -> Drawing | None:
    """Draw the sheet; what is on it, or None while it is empty.

    A new number of ``sheet`` is an empty one; the old strokes come back with the old number.
    Raises DataError for what the sheet cannot have sent.
    """
    name = f"{key}:{sheet}"
    before = messages.read(Sheet, state.sent(key, "drawing"))
    _CANVAS(
        key=key,
        data={
            "project": name,
            "label": label,
            "side": SIDE,
            "width": width,
            "least": WIDTHS[0],
            "most": WIDTHS[1],
            "seen": None if before is None else before.revision,
            "strings": {name: _(text) for name, text in _STRINGS.items()},
        },
        on_drawing_change=lambda: None,
    )
    # Read anew: the state is there from the second run on, and belongs to one sheet.
    if (message := state.sent(key, "drawing")) is None:
        return None
    sheet_sent = messages.read(Sheet, message)
    if sheet_sent is not None and not (sheet_sent.sheet == name and sheet_sent.strokes):
        return None
    return checked(sheet_sent)


def checked(sent: Sheet | None) -> Drawing:
    """What the browser sent, once it has proved to be a PNG of the size of the sheet.

    Raises DataError, and so for None: a message of another shape.
    """
    if sent is None or len(sent.png) > MOST_BYTES:
        raise _stranger()
    try:
        png = base64.b64decode(sent.png, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _stranger() from error
    # The header names the size; looked at first, as a small file can claim to unpack to anything.
    if not png.startswith(PNG) or png[16:24] != SIDE.to_bytes(4, "big") * 2:
        raise _stranger()
    images.pixels(png, _("drawing"))
    return Drawing(png, sent.strokes)


def _stranger() -> DataError:
    return DataError(
        "The browser sent something that is no drawing of {side} x {side} pixels.",
        "Reload the page and draw again.",
        side=SIDE,
    )
