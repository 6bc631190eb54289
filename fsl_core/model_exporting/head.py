"""The head of a tuned model as three arrays, which is all that runs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core import ops
from fsl_core.method import VectorMethod
from fsl_core.model_exporting.facts import ExportError
from fsl_core.tuning.backbone import Backbone
from fsl_core.tuning.tuned import TunedMethod
from fsl_core.types import Probabilities, Vectors

_PROBES = 64


@dataclass(frozen=True, slots=True)
class LinearHead:
    """softmax(W l2(l2(x) - center) + b): ``weight`` (n_way, d), ``bias`` (n_way,), ``center`` (d,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    center: NDArray[np.float32]

    def save(self, file: Path) -> None:
        """Write the three arrays as safetensors."""
        from safetensors.numpy import save_file

        arrays = {"weight": self.weight, "bias": self.bias, "center": self.center}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, file)

    def __call__(self, vectors: Vectors) -> Probabilities:
        """Shape (n, n_way) from vectors (n, d)."""
        z = ops.unit(ops.unit(vectors) - self.center)
        return ops.softmax(np.asarray(z @ self.weight.T + self.bias, dtype=np.float32))


def backbone_of(method: TunedMethod[Any]) -> Backbone:
    """The trained encoder. Raises NotFittedError before fit."""
    _ = method.tuned_encoder
    assert method._backbone is not None
    return method._backbone


def prompt_of(backbone: Backbone) -> str:
    """What the encoder puts before every text; usually nothing."""
    model = backbone.model
    return model.prompts.get(model.default_prompt_name or "document") or ""


def reads(backbone: Backbone) -> int:
    """Tokens of a text that the encoder reads."""
    return int(backbone.model.max_seq_length or 512)


def linear_head(method: TunedMethod[Any]) -> LinearHead:
    """The head of a fitted method. Raises NotFittedError before fit, ExportError for one of another form."""
    dimension, head = backbone_of(method).dimension, method._head
    state = head.state if isinstance(head, VectorMethod) else {}
    if not {"weight", "bias", "center"} <= set(state):
        raise _other(method)
    found = LinearHead(state["weight"], state["bias"], state["center"])
    shapes = [array.shape for array in (found.weight, found.bias, found.center)]
    n_way = len(method.classes)
    if shapes != [(n_way, dimension), (n_way,), (dimension,)]:
        raise ExportError(
            "The head has arrays of shape {found}, which do not fit {n_way} classes and vectors of length {dimension}.",
            "Tune the model again.",
            found=shapes,
            n_way=n_way,
            dimension=dimension,
        )
    # Arrays of these names could mean something else in another head: ask it.
    assert isinstance(head, VectorMethod)
    probes = np.random.default_rng(0).normal(size=(_PROBES, dimension)).astype(np.float32)
    if not np.allclose(found(probes), head.predict_vectors(probes), atol=1e-5):
        raise _other(method)
    return found


def _other(method: TunedMethod[Any]) -> ExportError:
    return ExportError(
        "The head of '{title}' is not one matrix with a softmax, so it cannot be written for other programs.",
        "Tune with a method that ends in a logistic head.",
        title=method.info.title,
    )
