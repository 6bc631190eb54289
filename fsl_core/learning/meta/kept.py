"""Meta-trained models that people kept: one file each, by name."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsl_core.base import paths
from fsl_core.base.errors import DataError, StoreError
from fsl_core.base.payloads import read
from fsl_core.learning.meta import files
from fsl_core.learning.meta.figures import Figures
from fsl_core.learning.meta.files import MetaModel
from fsl_core.learning.meta.learner import Learner
from fsl_core.models.backends.backbone import Params

SUFFIX = ".safetensors"
LONGEST_NAME = 60
_NAME = re.compile(r"\w(?:[\w .()-]*[\w)])?")


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A kept model as a list shows it; ``when`` in seconds since 1970."""

    name: str
    learner: str
    encoder: str
    """Key of the encoder whose vectors it reads; empty where it reads pictures itself."""
    figures: Figures | None
    """What it achieved; None where its file does not say."""
    facts: dict[str, Any]
    when: float
    size_bytes: int


def folder() -> Path:
    """Where they lie; made when missing."""
    found = paths.models_dir() / "meta"
    found.mkdir(exist_ok=True)
    return found


def check_name(name: str) -> str:
    """The name without spaces around it. DataError when it cannot be a file's name, or is taken."""
    name = name.strip()
    if name in names():
        raise DataError(
            "There is a meta-trained model '{name}' already.", "Choose another name, or delete that one.", name=name
        )
    _file(name)
    return name


def keep(name: str, learner: Learner[Any], params: Params, facts: Mapping[str, Any]) -> Path:
    """Write a model under a new name; ``facts`` say where it comes from, ``facts["encoder"]`` what it reads.

    Raises DataError for a name that is taken or cannot be, StoreError when the disk cannot be written.
    """
    from safetensors import SafetensorError

    file = _file(check_name(name))
    try:
        files.save(file, learner, params, {"when": time.time(), **facts})
    except (OSError, SafetensorError) as error:
        file.with_name(file.name + ".part").unlink(missing_ok=True)
        raise StoreError(
            "The meta-trained model could not be written to {folder}: {problem}",
            "Free some disk space, then keep it again.",
            folder=folder(),
            problem=getattr(error, "strerror", None) or error,
        ) from error
    return file


def models(encoder_key: str | None = None) -> list[KeptModel]:
    """Every kept model, or those that read the vectors of one encoder; the newest first.

    A file that is no model is left out.
    """
    found = [model for file in folder().glob(f"*{SUFFIX}") if (model := _read(file)) is not None]
    chosen = [model for model in found if encoder_key is None or model.encoder == encoder_key]
    return sorted(chosen, key=lambda model: (-model.when, model.name))


def names() -> list[str]:
    """Names of every kept model, in their order in the alphabet."""
    return sorted(file.name.removesuffix(SUFFIX) for file in folder().glob(f"*{SUFFIX}"))


def load(name: str) -> MetaModel:
    """The kept model of that name. DataError lists what there is, or says that the file is broken."""
    if name not in names():
        known = ", ".join(names())
        raise DataError(
            "There is no meta-trained model '{name}' on this machine.",
            "Choose one of these: {known}." if known else "Train one first: page Meta-learning.",
            name=name,
            known=known,
        )
    return files.load(_file(name))


def written(name: str) -> float:
    """When the file of that name was last written, in seconds since 1970; 0 where there is none."""
    file = _file(name)
    return file.stat().st_mtime if file.is_file() else 0.0


def delete(name: str) -> None:
    """Remove a model; one that is gone is no error."""
    _file(name).unlink(missing_ok=True)


def _file(name: str) -> Path:
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise DataError(
            "'{name}' cannot be the name of a model.",
            "Use up to {n} letters, digits, spaces, dots or hyphens, beginning with a letter or digit.",
            name=name,
            n=LONGEST_NAME,
        )
    return folder() / f"{name}{SUFFIX}"


def _read(file: Path) -> KeptModel | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as opened:
            header = json.loads(opened.metadata()["handful"])
        facts, learner = dict(header["facts"]), str(header["learner"])
        size, when = file.stat().st_size, float(facts.get("when") or file.stat().st_mtime)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return None
    return KeptModel(
        file.name.removesuffix(SUFFIX),
        learner,
        str(facts.get("encoder") or ""),
        read(Figures, facts["figures"]) if facts.get("figures") else None,
        facts,
        when,
        size,
    )
