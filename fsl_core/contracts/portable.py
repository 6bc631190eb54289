"""What of a fitted method and of an encoder goes along when a model leaves: plain arrays, numbers and files.

``fsl_core.learning.model_exporting.standalone`` computes with them elsewhere, without this program; its modules
``heads``, ``texts`` and ``pictures`` say what each rule and each reader takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PortableHead:
    """From features (n, d) to probabilities: the name of a rule of ``standalone.heads`` and what it computes with."""

    rule: str
    arrays: Mapping[str, NDArray[Any]]
    values: Mapping[str, Any] = field(default_factory=dict)
    """Numbers and switches, as JSON holds them."""


@dataclass(frozen=True, slots=True)
class PortableEncoder:
    """From items to vectors: the name of a reader of ``standalone.texts`` or ``.pictures`` and what it needs."""

    reader: str
    values: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    """Name outside -> the file here."""
    contents: Mapping[str, bytes] = field(default_factory=dict)
    """Name outside -> what the file holds, of files that are made for it."""
    folder: Path | None = None
    """A whole model folder, as the hub lays it out."""
    parts: tuple[PortableEncoder, ...] = ()
    """Of one that is made of others: those."""
    origin: str = ""
    """Where its weights come from; empty where it has none."""
    licence: str = ""
    """Of its weights, as far as it is known; empty otherwise."""
