"""The head of a tuned model as three arrays, which is all that runs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.types import Probabilities, Vectors
from fsl_core.contracts.method import VectorMethod
from fsl_core.learning.model_exporting.facts import ExportError
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.tuned import TunedMethod

_PROBES = 16


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
        z = ops.centered(vectors, self.center)
        return ops.softmax(np.asarray(z @ self.weight.T + self.bias, dtype=np.float32))


def backbone_of(method: TunedMethod[Any]) -> Backbone:
    """The trained encoder. Raises NotFittedError before fit."""
    _ = method.tuned_encoder
    assert method._backbone is not None
    return method._backbone


def linear_head(method: TunedMethod[Any]) -> LinearHead:
    """The head of a fitted method. Raises NotFittedError before fit, ExportError for one of another form."""
    dimension, n_way = backbone_of(method).dimension, len(method.classes)
    found = _of_vectors(method._head) if isinstance(method._head, VectorMethod) else _of_classifier(method._head)
    if found is None:
        raise _other(method)
    shapes = [array.shape for array in (found.weight, found.bias, found.center)]
    if shapes != [(n_way, dimension), (n_way,), (dimension,)]:
        raise ExportError(
            "The head has arrays of shape {found}, which do not fit {n_way} classes and vectors of length {dimension}.",
            "Tune the model again.",
            found=shapes,
            n_way=n_way,
            dimension=dimension,
        )
    # Arrays of these names could mean something else in another head: its own answers tell.
    texts = method.classes[:_PROBES]
    if not np.allclose(found(method.tuned_encoder.encode(texts)), method.predict_proba(texts), atol=1e-4):
        raise _other(method)
    return found


def _of_vectors(head: VectorMethod[Any]) -> LinearHead | None:
    state = head.state
    if not {"weight", "bias", "center"} <= set(state):
        return None
    return LinearHead(state["weight"], state["bias"], state["center"])


def _of_classifier(head: object) -> LinearHead | None:
    """A layer trained together with the encoder, where it reads the sentence vector.

    It computes W (x - c) / s + b for a unit vector x, which is (W / s) x + (b - W c / s).
    """
    from fsl_core.learning.tuning.classifier import Classifier

    if not isinstance(head, Classifier) or head.reads != "sentence":
        return None
    state = head.layer.state_dict() | {"center": head.center, "spread": head.spread, "present": head.present}
    array = {name: tensor.double().cpu().numpy() for name, tensor in state.items()}
    weight = array["weight"] / array["spread"]
    bias = np.where(array["present"], array["bias"] - weight @ array["center"], -np.inf)
    return LinearHead(*(part.astype(np.float32) for part in (weight, bias, np.zeros(weight.shape[1]))))


def _other(method: TunedMethod[Any]) -> ExportError:
    return ExportError(
        "The head of '{title}' is not one matrix on the sentence vector, so it cannot be written for other programs.",
        "Tune with a head on the sentence vector: by contrastive tuning, or where the layer reads 'sentence'.",
        title=method.info.title,
    )
