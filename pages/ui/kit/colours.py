"""The colour of a class, the same on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.plotting.palette import class_color

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

NO_CLASS = "#8A8578"
"""For what has no class, or one that is gone."""


def color_of(workspace: Workspace, position: int) -> str:
    """The colour of a class: what the person chose, else its place in the palette."""
    chosen = workspace.classes[position].color
    return chosen if _is_color(chosen) else class_color(position)


def _is_color(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(sign in "0123456789abcdefABCDEF" for sign in text[1:])
