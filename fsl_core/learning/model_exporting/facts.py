"""What a model card says that the model itself does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fsl_core.base.errors import FslError

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
"""Where pip finds torch without CUDA, 5 GB less."""
_BUNDLED = "sentence-transformers/all-MiniLM-L6-v2"


class ExportError(FslError):
    """The model cannot be written in the form that was asked for."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Plain data around a tuned model; what is not known stays empty and the card says so."""

    title: str
    base_title: str = ""
    """The encoder that was tuned, in words."""
    base_model: str = ""
    """Its name on the Hugging Face hub; empty when it has none."""
    languages: Sequence[str] = ()
    """Codes such as 'en'."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, int] = field(default_factory=dict)
    """Labelled examples of each class that it learned from."""
    seconds: float | None = None
    loss: float | None = None
    """Training time and last loss; those of the method itself win when it was trained just now."""
    measured: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """How it was measured -> 'accuracy' and 'macro_f1', each with value, low, high, n and enough."""
    verdict: Mapping[str, Any] | None = None
    """The comparison with the frozen head: keep, frozen, tuned, difference, wins, losses."""
    trained_on: Sequence[str] = ()
    """Digests of the items it learned from: back in Handful they are never used to score it."""


def base_of(name: str, settings: Mapping[str, Any]) -> tuple[str, str]:
    """``base_title`` and ``base_model`` of an encoder; of a folder on this machine only its own name is told."""
    if name == "minilm":
        return "all-MiniLM-L6-v2, built into Handful", _BUNDLED
    model = str(settings.get("model") or name)
    if Path(model).is_dir():
        return Path(model).name, ""
    return model, model if _HUB_ID.fullmatch(model) and not model.startswith(".") else ""
