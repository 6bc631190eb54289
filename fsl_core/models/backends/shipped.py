"""The backbones for drawings that come with the project, trained on Omniglot by ``benchmarks.omniglot``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fsl_core.base import paths
from fsl_core.base.errors import MissingBackend
from fsl_core.models.backends import backbone
from fsl_core.models.backends.backbone import Backbone, Params

FOLDER = paths.ASSETS / "backbones"
PIXELS = "omniglot:pixels"
"""How the key of an encoder starts that gives the pixels of a drawing and leaves the rest to the method."""


def path(name: str) -> Path:
    """The file of backbone ``name``. Raises MissingBackend when it is not there."""
    file = FOLDER / f"omniglot-{name}.safetensors"
    if not file.exists():
        raise MissingBackend(
            "The backbone '{name}' is not among those that came with Handful.",
            "Choose another, or train it: python -m benchmarks.omniglot --train {name}.",
            name=name,
        )
    return file


@lru_cache(maxsize=16)
def load(name: str) -> tuple[Backbone, Params]:
    """Network and weights of backbone ``name`` on the CPU, read once; nobody may change its tensors."""
    header, params = backbone.read(path(name))
    return backbone.from_facts(header["backbone"]), params
