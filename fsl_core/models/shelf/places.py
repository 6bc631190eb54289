"""Where fetched models lie: in the data folder, and in folders that were carried here (``HANDFUL_MODELS``)."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from fsl_core.base import paths
from fsl_core.base.errors import MissingBackend
from fsl_core.models.shelf import catalogue

MANIFEST = "shelf.json"
CARRIED = "HANDFUL_MODELS"


def own() -> Path:
    """The folder that this machine fetches into."""
    folder = paths.models_dir() / "shelf"
    folder.mkdir(exist_ok=True)
    return folder


def find(model: str) -> Path | None:
    """The folder of a model that is here, whole; None otherwise."""
    carried = [Path(one) for one in os.environ.get(CARRIED, "").split(os.pathsep) if one]
    return next((root / model for root in (*carried, own()) if manifest(root / model)), None)


def manifest(folder: Path) -> dict[str, Any]:
    """What the folder says of itself: id, sha256 of what it was made from, bytes of its files; empty if not whole."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = all((folder / name).stat().st_size == size for name, size in found["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return found if whole and isinstance(found, dict) else {}


def need(model: str) -> Path:
    """The folder of a model. Raises MissingBackend, which says how to get it, when it is not here."""
    if (folder := find(model)) is not None:
        return folder
    raise MissingBackend(
        "{title} is not on this machine yet.",
        "Fetch it on the page Models, or run: python -m fsl_core models {model}",
        title=catalogue.get(model).title,
        model=model,
    )


def remove(model: str) -> None:
    """Delete a model that was fetched here; carried folders are left alone."""
    shutil.rmtree(own() / model, ignore_errors=True)
