"""Pictures on their way to the browser: small, and as data, so that no path ever leaves this machine."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from fsl_core.base.errors import DataError
from fsl_core.data import images

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

SMALL = 96
LARGE = 384
"""Sharp enough to judge by, light enough that two dozen travel ahead of the eye with every label."""
GONE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' width='96' height='96' "
    "fill='none' stroke='%23888' stroke-width='1.5'%3E%3Crect x='3' y='4' width='18' height='16' rx='2'/%3E"
    "%3Cpath d='M4 20 20 4'/%3E%3C/svg%3E"
)
"""Stands for a picture whose file is gone."""


def address(workspace: Workspace, row: int, side: int = SMALL) -> str | None:
    """The picture of a row for ``src``; None where the project holds texts."""
    item = workspace.items[row]
    return _address(item, side) if isinstance(item, Path) else None


def of_blob(blob: str | None, side: int = SMALL) -> str | None:
    """The picture with that sha256 for ``src``; None for an item without one."""
    return None if blob is None else _address(images.path_of(blob), side)


def html(address: str | None, *, alt: str = "", height: int = 56) -> str:
    """The picture inside HTML, so high at most; nothing for a text."""
    if address is None:
        return ""
    style = f"max-height:{height}px;max-width:100%;border-radius:0.25rem;vertical-align:middle;margin-right:0.6rem"
    return f'<img class="hf-thumb" src="{address}" alt="{escape(alt)}" style="{style}">'


def _address(path: Path, side: int) -> str:
    try:
        return images.data_url(path, side)
    except DataError:
        return GONE
