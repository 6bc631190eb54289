"""Folders that are written whole or not at all."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fsl_core.learning.model_exporting.facts import ExportError


@contextmanager
def made(folder: Path) -> Iterator[Path]:
    """A folder beside ``folder`` to fill; it takes that name when the block ends well, and is gone otherwise.

    Raises ExportError when ``folder`` holds something already or the disk refuses.
    """
    from safetensors import SafetensorError  # what a full disk makes of a write of weights

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(
            "There is something in {folder} already.", "Choose a folder that is new or empty.", folder=folder
        )
    making = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        making.mkdir(parents=True)
        yield making
        if folder.exists():
            folder.rmdir()
        making.rename(folder)
    except (OSError, SafetensorError) as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def unwritable(path: Path, error: Exception) -> ExportError:
    """What to say when the disk refuses."""
    return ExportError(
        "The export could not be written to {path}: {problem}",
        "Free some disk space or choose another folder, then export again.",
        path=path,
        problem=getattr(error, "strerror", None) or error,
    )


def write_json(file: Path, content: Any) -> None:  # noqa: ANN401  # anything that JSON holds
    """UTF-8, readable, with a line end."""
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
