"""The model in use as a folder that answers anywhere: one method on one encoder, calibrated, with "none of these".

``model.json`` and ``model.safetensors`` hold what was learned, ``encoder/`` what reads the items, ``handful_model/``
the stand-alone modules as they are here, and ``predict.py``, ``serve.py`` are the doors to them. Nothing is a pickle.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core import registry
from fsl_core.base.types import Progress, silent, span
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Method, VectorMethod
from fsl_core.contracts.portable import PortableHead
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.evaluation.novelty import Novelty
from fsl_core.learning.model_exporting import encoders, in_use_card
from fsl_core.learning.model_exporting.facts import CPU_WHEELS, ExportError
from fsl_core.learning.model_exporting.in_use_card import About
from fsl_core.learning.model_exporting.standalone import model as standalone
from fsl_core.learning.model_exporting.writing import made, write_json

RUNTIME = "handful_model"
_DOOR = '''"""{what}"""

import sys
from pathlib import Path

from {runtime}.{module} import main

if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
'''
DOORS = {
    "predict.py": ("predicting", "Answers for a file: python predict.py FILE -o OUT"),
    "serve.py": ("serving", "The model as a service: python serve.py"),
}
BASE = ("numpy", "safetensors")
SERVING = ("fastapi==0.165.0", "uvicorn==0.54.0")
NEEDS: dict[str, tuple[str, ...]] = {
    "onnx": ("onnxruntime", "tokenizers"),
    "sentence-transformers": ("torch", "sentence-transformers"),
    "hog": ("pillow", "scikit-image"),
    "drawings": ("pillow",),
    "onnx-pictures": ("pillow", "onnxruntime"),
    "lite-net": ("pillow", "onnxruntime"),
    "transformers-pictures": ("pillow", "torch", "transformers"),
}
"""Reader -> the libraries that it takes beside those of every model."""


@dataclass(frozen=True, slots=True)
class InUse:
    """A fitted model with all that makes its answers those of the app."""

    model: Method[Any] | MultiLabelModel
    encoder: Encoder[Any]
    kind: str
    """'text' or 'image'."""
    temperature: float
    near: Novelty | None
    unsure_below: float
    about: About


def obstacle(method: type[Method[Any]], encoder: Encoder[Any]) -> ExportError | None:
    """Why a model of this method on this encoder cannot leave, and the nearest that can; None where it can."""
    if not encoder.can_leave:
        others = registry.encoders_for(encoder.info.modality).values()
        return ExportError(
            "The items are read by '{title}', which cannot be taken along, so the model cannot leave.",
            "Choose another encoder on the Models page; the method is fitted on it anew. These can leave: {titles}.",
            title=encoder.info.title,
            titles=", ".join(one.info.title for one in others if one.portable is not Encoder.portable),
        )
    if not leaves(method):
        return ExportError(
            "'{title}' cannot run outside of this program.",
            "Choose another method. These can leave: {titles}.",
            title=method.info.title,
            titles=", ".join(one.info.title for one in registry.live_methods().values() if leaves(one)),
        )
    return None


def leaves(method: type[Method[Any]]) -> bool:
    """Whether models of this method can be exported."""
    return issubclass(method, VectorMethod) and method._portable is not VectorMethod._portable


def export_in_use(model: InUse, folder: Path, progress: Progress | None = None) -> Path:
    """Write the model into ``folder``. Raises ExportError, see ``obstacle``, also when the disk refuses."""
    report = progress or silent
    heads = _heads(model)
    with made(folder) as making:
        portable = model.encoder.portable(span(report, 0.0, 0.1))
        if portable is None:
            raise _stuck(model)
        portable = encoders.origin(portable, model.encoder.config)
        written = encoders.write(portable, making / standalone.ENCODER, span(report, 0.1, 0.9))
        if not any((making / standalone.ENCODER).iterdir()):
            (making / standalone.ENCODER).rmdir()
        _write_model(model, heads, written, making)
        runtime = Path(standalone.__file__).parent
        shutil.copytree(runtime, making / RUNTIME, ignore=shutil.ignore_patterns("__pycache__"))
        for name, (module, what) in DOORS.items():
            (making / name).write_text(_DOOR.format(what=what, module=module, runtime=RUNTIME), encoding="utf-8")
        (making / "requirements.txt").write_text(requirements(*written.readers), encoding="utf-8")
        card = in_use_card.card(model, portable, written.reader, {head.rule for head in heads})
        (making / "README.md").write_text(card, encoding="utf-8")
        report(1.0, "")
    return folder


def requirements(*readers: str) -> str:
    """What pip is to install, at the versions that were tested; torch, where needed, from where it is small."""
    names = tuple(dict.fromkeys([*BASE, *(name for reader in readers for name in NEEDS.get(reader, ()))]))
    lines = (
        [f"# Without a GPU; leave this line out to use one.\n--extra-index-url {CPU_WHEELS}"]
        if "torch" in names
        else []
    )
    lines += [_pinned(name) for name in names]
    lines += ["# For serve.py alone:", *SERVING]
    lines += [
        "# For predict.py on XLSX and Parquet files:",
        *(f"# {_pinned(name)}" for name in ("openpyxl", "pyarrow")),
    ]
    return "\n".join(lines) + "\n"


def _pinned(name: str) -> str:
    try:
        return f"{name}=={version(name).partition('+')[0]}"
    except PackageNotFoundError:
        return name


def _heads(model: InUse) -> list[PortableHead]:
    """That of the one method, or of several labels an item those of the classes in their order."""
    methods = model.model.models if isinstance(model.model, MultiLabelModel) else (model.model,)
    heads = [method.portable() if isinstance(method, VectorMethod) else None for method in methods]
    if any(head is None for head in heads):
        raise _stuck(model)
    return [head for head in heads if head is not None]


def _stuck(model: InUse) -> ExportError:
    method = registry.get_method(
        model.model.name if isinstance(model.model, MultiLabelModel) else model.model.info.name
    )
    return obstacle(method, model.encoder) or ExportError(
        "'{title}' cannot run outside of this program.", "Choose another method.", title=method.info.title
    )


def _write_model(model: InUse, heads: list[PortableHead], encoder: encoders.Written, folder: Path) -> None:
    from safetensors.numpy import save_file

    kept = _Arrays()
    told = [{"rule": head.rule, "values": head.values, "arrays": kept.keep(head.arrays)} for head in heads]
    near = None
    if model.near is not None:
        near = {"threshold": model.near.threshold, "arrays": kept.keep({"reference": model.near.reference})}
    facts: dict[str, Any] = {
        "form": standalone.FORM,
        "kind": model.kind,
        "classes": list(model.model.classes),
        "several": isinstance(model.model, MultiLabelModel),
        "method": model.about.method,
        "temperature": model.temperature,
        "unsure_below": model.unsure_below,
        "near": near,
        "encoder": {"reader": encoder.reader, "values": encoder.values, "arrays": kept.keep(encoder.arrays)},
        "heads": told,
        "data": model.about.fingerprint,
    }
    file = folder / "model.safetensors"
    save_file(kept.arrays, file)
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode() + file.read_bytes())
    for part in sorted((folder / standalone.ENCODER).rglob("*")):
        if part.is_file():
            with part.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    write_json(folder / "model.json", facts | {"fingerprint": digest.hexdigest()})


class _Arrays:
    """Arrays for one file, each content once: the heads of several classes share most of theirs."""

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}

    def keep(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, str]:
        """Name -> the name in the file."""
        found = {}
        for name, array in arrays.items():
            array = np.ascontiguousarray(array)
            facts = f"{array.dtype}{array.shape}".encode()
            found[name] = hashlib.sha256(facts + array.tobytes()).hexdigest()[:16]
            self.arrays.setdefault(found[name], array)
        return found
