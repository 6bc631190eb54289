"""Tuned models on disk: one folder each, written whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsl_core.base import paths
from fsl_core.base.errors import MissingBackend, StoreError

PREFIX = "tuned:"
"""'tuned:NAME' stands for a model folder wherever a sentence-transformers model may be named."""
TRAINED_ON = "trained_on.json"
_NAME = re.compile(r"[\w-]+")
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A saved model: ``folder`` holds method.json, encoder/ and head/."""

    name: str
    folder: Path
    size_bytes: int
    method: str


def keep(name: str, write: Callable[[Path], Any], trained_on: Iterable[str]) -> Path:
    """Let ``write`` fill a folder, add the digests of the items it learned from, and give it its name.

    Raises StoreError when the disk is full or cannot be written; nothing half written stays.
    """
    from safetensors import SafetensorError

    root = paths.models_dir()
    for left in root.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder, making = _folder(name), root / f"{_UNFINISHED}{uuid.uuid4().hex}"
    try:
        making.mkdir()
        write(making)
        (making / "encoder" / TRAINED_ON).write_text(json.dumps(sorted(trained_on)), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
    except (OSError, SafetensorError) as error:  # the library has its own error for a full disk
        shutil.rmtree(making, ignore_errors=True)
        raise StoreError(
            "The tuned model could not be written to {folder}: {problem}",
            "Free some disk space, then tune again; your labels are safe.",
            folder=root,
            problem=getattr(error, "strerror", None) or error,
        ) from error
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return folder


def encoder_folder(name: str) -> Path:
    """The sentence-transformers folder of the model of that name. MissingBackend when it is gone."""
    folder = _folder(name) / "encoder"
    if not (folder / "modules.json").is_file():
        raise MissingBackend(
            "The tuned model {name} is not on this machine.",
            "Choose another encoder for the project, or tune again.",
            name=name,
        )
    return folder


def encoder_choice(name: str) -> tuple[str, dict[str, str]]:
    """Name and settings of the encoder that reads with the model of that name."""
    return "sentence-transformers", {"model": PREFIX + name}


def models() -> list[TunedModel]:
    """Every saved model, the newest first."""
    found = [folder for folder in paths.models_dir().iterdir() if (folder / "method.json").is_file()]
    found = [folder for folder in found if not folder.name.startswith(".")]
    found.sort(key=lambda folder: -folder.stat().st_mtime)
    return [TunedModel(folder.name, folder, _size(folder), _method(folder)) for folder in found]


def delete(name: str) -> None:
    """Remove a model. A project that still names it falls back with a clear error."""
    shutil.rmtree(_folder(name), ignore_errors=True)


def trained_on(folder: Path) -> frozenset[str]:
    """Digests of the items that shaped the weights in a sentence-transformers folder; none when it says nothing."""
    try:
        return frozenset(json.loads((folder / TRAINED_ON).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return frozenset()


def tuned_from(name: str) -> str:
    """The key of the encoder that the model of that name was tuned from; empty when it does not say."""
    try:
        return str(json.loads((_folder(name) / "method.json").read_text(encoding="utf-8"))["encoder"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _folder(name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise MissingBackend("'{name}' is no name of a tuned model.", "Choose one from the list.", name=name)
    return paths.models_dir() / name


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _method(folder: Path) -> str:
    try:
        return str(json.loads((folder / "method.json").read_text(encoding="utf-8"))["method"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
