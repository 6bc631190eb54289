"""A tuned model as a sentence-transformers folder with its head, and back.

The top level is what ``SentenceTransformer(folder)`` loads, and the head as three arrays. ``handful/`` holds
``method.json`` and ``head/`` as the method saves them, less the vectors of the examples: those would give
something of the texts away.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fsl_core import registry
from fsl_core.base.errors import DataError, FslError, MissingBackend
from fsl_core.contracts.method import Context
from fsl_core.learning.model_exporting.card import model_card
from fsl_core.learning.model_exporting.facts import ExportError, Facts
from fsl_core.learning.model_exporting.head import linear_head
from fsl_core.learning.model_exporting.writing import made, write_json
from fsl_core.learning.tuning.tuned import TunedMethod
from fsl_core.models.backends import tuned_models
from fsl_core.models.backends.model_files import PICKLES

OWN = "handful"
_EXAMPLES = ("support", "support_codes")
_NEEDED = (f"{OWN}/method.json", f"{OWN}/head", "modules.json")


def export_folder(method: TunedMethod[Any], folder: Path, facts: Facts) -> Path:
    """Write encoder, head, ``labels.json``, ``metrics.json`` and the model card ``README.md`` into ``folder``.

    Safetensors, JSON and text only. Raises NotFittedError before fit, and ExportError when the folder is not
    empty, when the disk refuses, or for a head that other programs cannot compute.
    """
    head, card = linear_head(method), model_card(method, facts)
    with made(folder) as making:
        method.save(making / OWN)
        for file in (making / OWN / "head").glob("*.safetensors"):
            _forget_examples(file)
        for file in list((making / OWN / "encoder").iterdir()):
            file.rename(making / file.name)
        (making / OWN / "encoder").rmdir()
        head.save(making / "head.safetensors")
        write_json(making / "labels.json", list(method.classes))
        write_json(making / "metrics.json", {"measured": dict(facts.measured), "verdict": facts.verdict})
        if facts.trained_on:
            write_json(making / tuned_models.TRAINED_ON, sorted(facts.trained_on))
        (making / "README.md").write_text(card, encoding="utf-8")
    return folder


def _forget_examples(file: Path) -> None:
    from safetensors.numpy import load, save_file

    state = load(file.read_bytes())
    save_file(state | {name: state[name][:0] for name in _EXAMPLES if name in state}, file)


def load_export(folder: Path, context: Context) -> TunedMethod[Any]:
    """The tuned method that ``export_folder`` wrote: the same answers.

    It brings its own encoder, so that of the context need not be the one it was tuned from. Raises DataError
    when the folder is no such export or does not fit together, MissingBackend when it holds a pickle, foreign
    code or an incomplete encoder.
    """
    meta = _meta(folder)
    for file in sorted(folder.rglob("*")):
        if file.suffix in PICKLES:
            raise MissingBackend(
                "The folder {folder} holds a pickle ({file}), which could run foreign code.",
                "Handful never writes one. Export the model again, or get the folder from its source again.",
                folder=folder,
                file=file.name,
            )
    if context.encoder is not None and context.encoder.key != meta.get("encoder"):
        context = replace(context, encoder=None)
    try:
        with TemporaryDirectory() as place:  # laid out as a saved method, without copying the weights
            saved = Path(place)
            (saved / "encoder").symlink_to(folder.resolve(), target_is_directory=True)
            (saved / "head").symlink_to((folder / OWN / "head").resolve(), target_is_directory=True)
            write_json(saved / "method.json", meta)
            method = registry.load_method(saved, context)
    except FslError:
        raise
    except Exception as error:  # whatever a damaged file makes the libraries raise
        raise _unreadable(folder, error) from error
    if not isinstance(method, TunedMethod):
        raise _unreadable(folder, f"'{meta['method']}' trains no encoder")
    try:
        linear_head(method)
    except ExportError as error:
        raise _unreadable(folder, error.message) from error
    return method


def _meta(folder: Path) -> dict[str, Any]:
    file = folder / OWN / "method.json"
    missing = [name for name in _NEEDED if not (folder / name).exists()]
    if missing:
        raise DataError(
            "There is no exported model in {folder}: {file} is missing.",
            "Choose the folder that holds README.md, labels.json and handful/.",
            folder=folder,
            file=missing[0],
        )
    try:
        meta = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _unreadable(folder, error) from error
    if not isinstance(meta, dict) or not {"method", "config", "classes"} <= set(meta):
        raise _unreadable(folder, f"{OWN}/method.json does not name method, config and classes")
    return meta


def _unreadable(folder: Path, problem: object) -> DataError:
    return DataError(
        "The exported model in {folder} cannot be used: {problem}",
        "Export the model again, or copy the folder again.",
        folder=folder,
        problem=str(problem)[:500],
    )
