"""EfficientNet-Lite0: the layers, in plain torch, for its ImageNet weights.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019, arXiv:1905.11946; the
Lite variants (TensorFlow TPU project, 2020) leave out squeeze-and-excitation and take ReLU6 for swish. The weights are
those that ``models.shelf.lite`` writes, batch norms folded into the convolutions before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsl_core.models.shelf import lite

if TYPE_CHECKING:
    import torch

SIDE = 224
WIDTH = 1280
Folded = tuple["torch.Tensor", "torch.Tensor"]


class LiteNet:
    """Pictures (b, 3, 224, 224), RGB in -1..1, to two layers: (b, 1280) of the head and (b, 320) before it."""

    def __init__(self, weights: dict[str, torch.Tensor], on: str) -> None:
        def pair(name: str) -> Folded:
            return weights[f"{name}.weight"].to(on), weights[f"{name}.bias"].to(on)

        self.on = on
        self.stem, self.head = pair("stem"), pair("head")
        self.blocks = []
        for number, (kernel, stride, expansion, _out, n) in enumerate(lite.blocks()):
            parts = {name: pair(f"{number}.{name}") for name in ("expand", "depth", "project")[expansion == 1 :]}
            self.blocks.append((parts, kernel, stride, n))

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The two layers, each a mean over the picture."""
        import torch
        from torch.nn import functional as f

        with torch.inference_mode():
            x = f.relu6(_same(pixels.to(self.on), *self.stem, 2))
            for parts, _kernel, stride, residual in self.blocks:
                inside = x
                if "expand" in parts:
                    inside = f.relu6(f.conv2d(inside, *parts["expand"]))
                weight, bias = parts["depth"]
                inside = f.relu6(_same(inside, weight, bias, stride, groups=len(weight)))
                inside = f.conv2d(inside, *parts["project"])
                x = x + inside if residual else inside
            top = f.relu6(f.conv2d(x, *self.head))
            return top.mean(dim=(2, 3)), x.mean(dim=(2, 3))


def _same(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, stride: int, groups: int = 1) -> torch.Tensor:
    """Convolution padded as TensorFlow does it: more at the end where the padding is odd."""
    from torch.nn import functional as f

    kernel, side = weight.shape[-1], x.shape[-1]
    pad = max(0, (-(-side // stride) - 1) * stride + kernel - side)
    low, high = pad // 2, pad - pad // 2
    return f.conv2d(f.pad(x, (low, high, low, high)), weight, bias, stride=stride, groups=groups)


def as_onnx(weights: Mapping[str, NDArray[np.float32]]) -> bytes:
    """The network as one ONNX graph: ``pixels`` (b, 3, 224, 224) to ``top`` (b, 1280) and ``looks`` (b, 320)."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, side = [], SIDE
    given = [numpy_helper.from_array(np.array(value, dtype=np.float32), name) for name, value in weights.items()]
    given += [numpy_helper.from_array(np.array(value, dtype=np.float32), f"limit.{value}") for value in (0, 6)]
    given.append(numpy_helper.from_array(np.array([2, 3]), "axes"))

    def conv(x: str, name: str, stride: int = 1, *, groups: int = 1, bounded: bool = True) -> str:
        nonlocal side
        kernel, out = weights[f"{name}.weight"].shape[-1], f"{name}.out"
        pad = max(0, (-(-side // stride) - 1) * stride + kernel - side)
        low, high = pad // 2, pad - pad // 2
        side = -(-side // stride)
        inputs, around = [x, f"{name}.weight", f"{name}.bias"], [low, low, high, high]
        nodes.append(helper.make_node("Conv", inputs, [out], strides=[stride] * 2, pads=around, group=groups))
        if bounded:
            nodes.append(helper.make_node("Clip", [out, "limit.0", "limit.6"], [f"{out}.bounded"]))
        return f"{out}.bounded" if bounded else out

    x = conv("pixels", "stem", 2)
    for number, (_kernel, stride, expansion, _out, added) in enumerate(lite.blocks()):
        inside = conv(x, f"{number}.expand") if expansion != 1 else x
        inside = conv(inside, f"{number}.depth", stride, groups=len(weights[f"{number}.depth.weight"]))
        inside = conv(inside, f"{number}.project", bounded=False)
        if added:
            nodes.append(helper.make_node("Add", [x, inside], [f"{number}.sum"]))
        x = f"{number}.sum" if added else inside
    for source, name in ((conv(x, "head"), "top"), (x, "looks")):
        nodes.append(helper.make_node("ReduceMean", [source, "axes"], [name], keepdims=0))
    graph = helper.make_graph(
        nodes,
        "efficientnet-lite0",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["b", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", None]) for name in ("top", "looks")],
        given,
    )
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
    ).SerializeToString()
    return made
