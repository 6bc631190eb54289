"""EfficientNet-Lite0 from its published file to safetensors, batch norms folded in."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

from fsl_core.base.errors import DataError

if TYPE_CHECKING:
    import torch

EPS = 1e-3
# (kernel, stride of the first, expansion, channels out, how many) of each stage, Table 1 of the paper.
STAGES = (
    (3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3), (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)  # fmt: skip


def convert(file: Path, folder: Path) -> None:
    """Write ``folder``/model.safetensors. Raises DataError for another file; no code of it can run."""
    import torch
    from safetensors.torch import save_file

    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
        save_file(folded(weights), folder / "model.safetensors")
    except (KeyError, TypeError, AttributeError, RuntimeError, pickle.UnpicklingError) as error:
        raise DataError(
            "This is no EfficientNet-Lite0: {problem}", "Fetch it again.", problem=str(error)[:200]
        ) from error


def folded(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The published weights with every batch norm inside its convolution. Raises KeyError for other weights."""
    found: dict[str, torch.Tensor] = {}

    def fold(conv: str, norm: str, name: str) -> None:
        scale = weights[f"{norm}.weight"] / (weights[f"{norm}.running_var"] + EPS).sqrt()
        found[f"{name}.weight"] = (weights[f"{conv}.weight"] * scale[:, None, None, None]).contiguous()
        found[f"{name}.bias"] = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale

    fold("_conv_stem", "_bn0", "stem")
    for number, (_kernel, _stride, expansion, _out, _n) in enumerate(blocks()):
        block = f"_blocks.{number}"
        if expansion != 1:
            fold(f"{block}._expand_conv", f"{block}._bn0", f"{number}.expand")
        fold(f"{block}._depthwise_conv", f"{block}._bn1", f"{number}.depth")
        fold(f"{block}._project_conv", f"{block}._bn2", f"{number}.project")
    fold("_conv_head", "_bn1", "head")
    return found


def blocks() -> list[tuple[int, int, int, int, bool]]:
    """Kernel, stride, expansion, channels out, whether the input is added, of each block."""
    return [
        (kernel, stride if i == 0 else 1, expansion, out, i > 0)
        for kernel, stride, expansion, out, n in STAGES
        for i in range(n)
    ]
