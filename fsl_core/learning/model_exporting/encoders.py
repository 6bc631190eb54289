"""The encoder of a model that leaves, written so that it runs with few libraries.

A sentence encoder becomes one ONNX graph where that can be done and answers alike: onnxruntime and tokenizers are 60 MB
to install, torch and its like hundreds. Where it cannot, its folder goes along as it is.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.config import Settings
from fsl_core.base.types import Progress, span
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.learning.model_exporting.facts import ExportError
from fsl_core.learning.model_exporting.onnx import tokenizer_of, write_graph
from fsl_core.learning.model_exporting.standalone import texts
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.models.backends import tuned_models
from fsl_core.models.backends.model_files import PICKLES

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

FOLDER = "sentence-transformers"
ALLOWED = 1e-4
"""How far a vector may be off; lengths are 1."""
LEFT_BEHIND = (
    "onnx",
    "openvino",
    "*.onnx",
    ".*",
    "README.md",
    tuned_models.TRAINED_ON,
    *(f"*{end}" for end in PICKLES),
)
"""Of a model folder: other forms of the same weights, and what loads nothing."""


@dataclass(frozen=True, slots=True)
class Written:
    """The reader that was written, with what it computes with."""

    reader: str
    values: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]

    @property
    def readers(self) -> list[str]:
        """Its own and those it is made of."""
        return [self.reader, *(part["reader"] for part in self.values.get("parts", ()))]


def origin(portable: PortableEncoder, settings: Settings) -> PortableEncoder:
    """The same; of an encoder that was tuned here, with the origin and the licence of the one it was tuned from."""
    model = str(getattr(settings, "model", ""))
    if not model.startswith(tuned_models.PREFIX):
        return portable
    key = tuned_models.tuned_from(model.removeprefix(tuned_models.PREFIX))
    name, _colon, rest = key.partition(":")
    base = registry.encoders().get(name)
    where = (base.info.origin if base else "") or rest.partition(":")[0]
    licence = base.info.licence if base else ""
    return replace(portable, origin=f"tuned here from {where}" if where else "tuned here", licence=licence)


def write(portable: PortableEncoder, folder: Path, report: Progress) -> Written:
    """Fill ``folder`` with the files of an encoder. Raises ExportError and MissingBackend."""
    folder.mkdir(parents=True, exist_ok=True)
    if portable.parts:
        n = len(portable.parts)
        parts = [
            write(part, folder / str(i), span(report, i / n, (i + 1) / n)) for i, part in enumerate(portable.parts)
        ]
        told = [{"reader": part.reader, "values": dict(part.values)} for part in parts]
        return Written(portable.reader, {"parts": told}, {})
    for name, data in portable.contents.items():
        (folder / name).write_bytes(data)
    for name, file in portable.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    if portable.reader == FOLDER:
        try:
            return Written("onnx", as_onnx(portable, folder, report), {})
        except ExportError as error:
            log.info("The encoder leaves as its folder: %s", error)
            shutil.rmtree(folder)
    if portable.folder is not None:
        report(0.5, "Copying the encoder")
        shutil.copytree(
            portable.folder, folder, ignore=shutil.ignore_patterns(*LEFT_BEHIND), dirs_exist_ok=True
        )  # links of the hub's cache become files
    return Written(portable.reader, portable.values, portable.arrays)


def as_onnx(portable: PortableEncoder, folder: Path, report: Progress) -> dict[str, Any]:
    """Write ``model.onnx`` and ``tokenizer.json``; what ``standalone.texts.onnx`` must know of them.

    Raises ExportError where the encoder cannot be written so, or answers otherwise.
    """
    assert portable.folder is not None
    report(0.0, "Loading the encoder")
    backbone = Backbone.load(portable.folder, "cpu", int(portable.values["max_tokens"]))
    tokenizer, prompt = tokenizer_of(backbone), portable.values["prompt"] or _own_prompt(backbone)
    report(0.2, "Writing the encoder")
    write_graph(backbone, _graph(backbone), ("sentence_embedding",), folder / "model.onnx")
    tokenizer.save(str(folder / "tokenizer.json"))
    values = {
        "prompt": prompt,
        "pad": int(backbone.model.tokenizer.pad_token_id or 0),
        "dimension": backbone.dimension,
    }
    report(0.9, "Checking the encoder")
    _check(backbone, portable.values["prompt"], folder, values)
    return values


def _own_prompt(backbone: Backbone) -> str:
    """What the library itself puts before a document."""
    prompts, usual = backbone.model.prompts, ("document", "passage", "corpus", backbone.model.default_prompt_name)
    return next((found for name in usual if name and (found := prompts.get(name))), "")


def _graph(backbone: Backbone) -> torch.nn.Module:
    """(input_ids, attention_mask) -> unit vectors."""
    import torch
    from torch.nn import functional as f

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = backbone.model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": input_ids, "attention_mask": attention_mask, "modality": "text"}
            return f.normalize(self.model(features)["sentence_embedding"].float(), dim=1)

    return Graph().eval()


def _check(backbone: Backbone, prompt: str, folder: Path, values: Mapping[str, Any]) -> None:
    """Texts from none to more than the encoder reads, as the library encodes them and as the files do."""
    probes = ["a", "Where is my parcel?", "", "退款 😀 naïve", "word " * 60, "word " * (backbone.max_tokens + 5)]
    wanted = backbone.model.encode_document(probes, prompt=prompt or None, show_progress_bar=False)
    found = texts.onnx(folder, values, {})(probes)
    worst = float(np.nan_to_num(np.abs(found - ops.unit(np.asarray(wanted, dtype=np.float32))).max(), nan=np.inf))
    if worst > ALLOWED:
        raise ExportError(
            "The ONNX file of the encoder gives other vectors, by up to {worst:.2g}.",
            "Its folder goes along instead.",
            worst=worst,
        )
