"""The networks under the meta-learners and the drawing encoder, as pure functions of named tensors, and their files.

Four blocks of a 3 x 3 convolution, normalisation and ReLU, as in Vinyals et al. (NeurIPS 2016). Snell et al.
(2017) halve the image by max-pooling, Finn et al. (2017) on Omniglot by strides: both are here. Pooling comes
before the normalisation, which a positive scale does not notice and a processor does: a quarter of the work.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fsl_core.base.errors import DataError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Params = dict[str, "Tensor"]
"""A model as named tensors; every learner and every file is made of them."""

BLOCKS = 4
EPS = 1e-5
GAIN = 4.0
"""Unit vectors lie at most 2 apart: too near for a softmax over distances."""
Norm = Literal["batch", "kept"]
"""By the statistics of the batch at hand, or by those kept in the parameters."""


@dataclass(frozen=True, slots=True)
class Conv4:
    """Images (n, 1, side, side) in 0..1 to features (n, dim)."""

    item_dims: ClassVar[int] = 3
    """Axes of one input."""
    side: int = 28
    channels: int = 64
    down: Literal["pool", "stride"] = "pool"

    @property
    def dim(self) -> int:
        """Length of a feature vector."""
        side = self.side
        for _ in range(BLOCKS):
            side = side // 2 if self.down == "pool" else (side + 1) // 2
        return self.channels * side * side

    def init(self, generator: torch.Generator) -> Params:
        """He-normal filters, scale 1, shift 0, and kept statistics of mean 0 and variance 1."""
        import torch

        params: Params = {}
        for block in range(BLOCKS):
            inputs = 1 if block == 0 else self.channels
            filters = torch.empty(self.channels, inputs, 3, 3)
            torch.nn.init.kaiming_normal_(filters, nonlinearity="relu", generator=generator)
            params[f"conv.{block}"] = filters
            params[f"scale.{block}"] = torch.ones(self.channels)
            params[f"shift.{block}"] = torch.zeros(self.channels)
            params[f"mean.{block}"] = torch.zeros(self.channels)
            params[f"variance.{block}"] = torch.ones(self.channels)
        return params

    def features(
        self, params: Params, images: Tensor, norm: Norm = "batch", seen: list[Tensor] | None = None
    ) -> Tensor:
        """Shape (n, dim). ``seen`` is filled with mean and variance of each block, for keeping them.

        The normalisation is written out, since the second derivative of ``batch_norm`` under ``vmap`` is wrong
        (torch 2.13; a test).
        """
        import torch
        from torch.nn.functional import conv2d, max_pool2d

        x = images
        for block in range(BLOCKS):
            filters = params[f"conv.{block}"]
            if self.down == "pool":
                x = max_pool2d(conv2d(x, filters, padding=1), 2)
            else:
                x = conv2d(x, filters, stride=2, padding=1)
            if norm == "batch":
                variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
                if seen is not None:
                    seen += [mean, variance]
            else:
                mean, variance = params[f"mean.{block}"], params[f"variance.{block}"]
            scale = params[f"scale.{block}"] * torch.rsqrt(variance + EPS)
            shift = params[f"shift.{block}"] - mean * scale
            x = torch.relu(x * scale[:, None, None] + shift[:, None, None])
        return x.flatten(1)

    def facts(self) -> dict[str, Any]:
        """What a file must say to build it again."""
        return {"kind": "conv4", **asdict(self)}

    def portable(self, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
        """Arrays and values of ``features`` under kept statistics, as ``standalone.heads.convolved`` takes them."""
        parts = ("conv.", "scale.", "shift.", *STATISTICS)
        arrays = {name: value.detach().numpy() for name, value in params.items() if name.startswith(parts)}
        return arrays, {"side": self.side, "down": self.down}


@dataclass(frozen=True, slots=True)
class Projection:
    """Vectors (n, d) of a frozen encoder to features (n, d): g (x + x A B), of low rank and with B = 0 at first."""

    item_dims: ClassVar[int] = 1
    d: int
    rank: int = 64

    @property
    def dim(self) -> int:
        """Length of a feature vector."""
        return self.d

    def init(self, generator: torch.Generator) -> Params:
        """The features are the vectors themselves, g times as long, until something is learned."""
        import torch

        rank = min(self.rank, self.d)
        return {
            "down": torch.randn(self.d, rank, generator=generator) * self.d**-0.5,
            "up": torch.zeros(rank, self.d),
            "gain": torch.tensor(GAIN),
        }

    def features(
        self, params: Params, images: Tensor, norm: Norm = "batch", seen: list[Tensor] | None = None
    ) -> Tensor:
        """Shape (n, d)."""
        return params["gain"] * (images + images @ params["down"] @ params["up"])

    def facts(self) -> dict[str, Any]:
        """What a file must say to build it again."""
        return {"kind": "projection", **asdict(self)}

    def portable(self, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
        """The arrays of ``features``."""
        return {name: params[name].detach().numpy() for name in ("down", "up", "gain")}, {}


@dataclass(frozen=True, slots=True)
class Identity:
    """Features that were computed before."""

    item_dims: ClassVar[int] = 1
    d: int

    @property
    def dim(self) -> int:
        """Length of a feature vector."""
        return self.d

    def init(self, generator: torch.Generator) -> Params:
        """Nothing to learn."""
        return {}

    def features(
        self, params: Params, images: Tensor, norm: Norm = "batch", seen: list[Tensor] | None = None
    ) -> Tensor:
        """Shape (n, d), as given."""
        return images

    def facts(self) -> dict[str, Any]:
        """What a file must say to build it again."""
        return {"kind": "identity", **asdict(self)}

    def portable(self, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
        """Nothing."""
        return {}, {}


Backbone = Conv4 | Projection | Identity
STATISTICS = ("mean.", "variance.")


def from_facts(facts: dict[str, Any]) -> Backbone:
    """The backbone that ``facts`` describes."""
    values = {name: value for name, value in facts.items() if name != "kind"}
    kinds: dict[str, type[Backbone]] = {"conv4": Conv4, "projection": Projection, "identity": Identity}
    return kinds[facts["kind"]](**values)


def statistics(backbone: Backbone, params: Params, inputs: Tensor) -> Params:
    """Mean and variance of each block over ``inputs``, to be kept; nothing where a backbone has none."""
    seen: list[Tensor] = []
    backbone.features(params, inputs, "batch", seen)
    names = [f"{kind}{block}" for block in range(len(seen) // 2) for kind in STATISTICS]
    return dict(zip(names, seen, strict=True))


def trainable(params: Params) -> Params:
    """Those that a gradient moves."""
    return {name: value for name, value in params.items() if not name.startswith(STATISTICS)}


def read(file: Path, device: str = "cpu") -> tuple[dict[str, Any], Params]:
    """What a file of a trained network says of itself, and its tensors. Raises DataError for a file that is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt", device=device) as opened:
            header = json.loads(opened.metadata()["handful"])
            return header, {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # not a dict
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise no_model(file, error) from error


def no_model(file: Path, problem: Exception) -> DataError:
    """The error for a file that holds no trained network."""
    return DataError(
        "{file} holds no meta-trained model ({problem}).",
        "Choose a file that meta-training wrote.",
        file=file.name,
        problem=problem,
    )
