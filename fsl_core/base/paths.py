"""Where Handful keeps its things, all movable with two environment variables; and where its own files lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The folder that the program was started from: its pages and its assets."""
ASSETS = ROOT / "assets"


def data_dir() -> Path:
    """``$HANDFUL_HOME``, else the user's data folder of this system; made when missing."""
    if home := os.environ.get("HANDFUL_HOME"):
        folder = Path(home).expanduser()
    else:
        from platformdirs import user_data_path

        folder = user_data_path("handful", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def database_url() -> str:
    """``$HANDFUL_DATABASE_URL``, else one SQLite file in the data folder."""
    return os.environ.get("HANDFUL_DATABASE_URL") or f"sqlite:///{data_dir() / 'handful.db'}"


def cache_dir() -> Path:
    """Vectors and projections: all of it can be computed again."""
    return _made(data_dir() / "cache")


def uploads_dir() -> Path:
    """Uploaded files that a job still has to read."""
    return _made(data_dir() / "uploads")


def images_dir() -> Path:
    """Images of projects, each once, by the sha256 of its file."""
    return _made(data_dir() / "images")


def models_dir() -> Path:
    """Tuned models, one folder each."""
    return _made(data_dir() / "models")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
