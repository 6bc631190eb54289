"""A meta-trained model on disk: one safetensors file that says in its header how it was made."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fsl_core.base.config import make_settings
from fsl_core.learning.meta.learner import Learner
from fsl_core.learning.meta.learners import learner_class
from fsl_core.models.backends import backbone, shipped
from fsl_core.models.backends.backbone import Backbone, Params


@dataclass(frozen=True, slots=True)
class MetaModel:
    """A learner with what it learned; ``facts`` tells where, how long and how well, for people."""

    learner: Learner[Any]
    params: Params
    facts: dict[str, Any]

    @property
    def backbone(self) -> Backbone:
        """The network under it."""
        return self.learner.backbone


def save(file: Path, learner: Learner[Any], params: Params, facts: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all, in float32; a classifier over the training classes stays behind."""
    from safetensors.torch import save_file

    kept = {name: value.detach().cpu().float().contiguous() for name, value in params.items() if name != "classifier"}
    header = {
        "learner": learner.name,
        "settings": learner.config.model_dump(),
        "backbone": learner.backbone.facts(),
        "facts": dict(facts),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".part")
    save_file(kept, unfinished, {"handful": json.dumps(header)})
    os.replace(unfinished, file)


def load(file: Path, device: str = "cpu") -> MetaModel:
    """The model that ``save`` wrote. Raises DataError for a file that is none."""
    header, params = backbone.read(file, device)
    try:
        kind = learner_class(header["learner"])
        learner = kind(backbone.from_facts(header["backbone"]), make_settings(kind.settings, header["settings"]))
        return MetaModel(learner, params, header["facts"])
    except (KeyError, TypeError, ValueError) as error:
        raise backbone.no_model(file, error) from error


@lru_cache(maxsize=16)
def shipped_model(name: str) -> MetaModel:
    """The model ``name`` that comes with the project, on the CPU, read once; nobody may change its tensors."""
    return load(shipped.path(name))
