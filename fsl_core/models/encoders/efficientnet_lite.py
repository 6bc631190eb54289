"""EfficientNet-Lite0 for photographs, from the shelf of models, with a picture seen whole and mirrored.

Two layers stand side by side, each in unit length: that of the head, which knows the objects of ImageNet, and the one
before it, which still knows looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import EncoderInfo, Role, only_images
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.data import images
from fsl_core.models.backends.lite_net import SIDE, LiteNet, as_onnx
from fsl_core.models.backends.shelf_encoder import ShelfEncoder, ShelfSettings
from fsl_core.models.shelf import places

DIM = 1280 + 320
BATCH = 16


class EfficientNetLiteSettings(ShelfSettings):
    """Settings of the encoder of photographs."""

    mirrored: bool = setting(
        True,
        "Reads each picture a second time as in a mirror and takes the mean: a little better, half as fast. "
        "Off where left and right mean something, as in signs of one hand.",
        title="Also as in a mirror",
    )


class EfficientNetLite(ShelfEncoder[EfficientNetLiteSettings, LiteNet]):
    """The mean over the picture of two layers of the network."""

    model = "efficientnet-lite0"

    info = EncoderInfo(
        name="efficientnet-lite",
        title="Photographs (EfficientNet-Lite0)",
        summary="Objects, animals, plants and textures as ImageNet taught them; fetched once, then offline.",
        languages="reads no words",
        offline=True,
        modality="image",
        order=40,
    )
    settings = EfficientNetLiteSettings

    @property
    def key(self) -> str:
        """Checksum of what the weights were made from, the layers, and how a picture is seen."""
        seen = "mirrored" if self.config.mirrored else "plain"
        return f"{self._fingerprint}:1:{SIDE}:{seen}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 1600), float32; each of the two layers has length 1.

        Raises MissingBackend, which says how to get it, when it is not here; DataError for what is no picture.
        """
        report, paths = progress or silent, only_images(self.info, items)
        vectors = np.zeros((len(paths), DIM), dtype=np.float32)
        if not paths:
            return vectors
        report(0.0, "Loading the encoder")
        net = self._loaded()
        for start in range(0, len(paths), BATCH):
            report(start / len(paths), "Encoding")
            vectors[start : start + BATCH] = self._batch(net, paths[start : start + BATCH])
        report(1.0, "Encoding")
        return vectors

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The network as one graph. Raises MissingBackend when it is not here."""
        from safetensors.numpy import load_file

        weights = load_file(places.need(self.model) / "model.safetensors")
        return self._from_shelf(
            "lite-net", {"mirrored": self.config.mirrored}, contents={"model.onnx": as_onnx(weights)}
        )

    def _batch(self, net: LiteNet, paths: Sequence[Path]) -> Vectors:
        import torch

        pixels = torch.from_numpy(np.stack([_seen(path) for path in paths]))
        layers = [layer.float().cpu().numpy() for layer in net.forward(pixels)]
        if self.config.mirrored:
            again = net.forward(pixels.flip(-1))
            layers = [(one + two.float().cpu().numpy()) / 2 for one, two in zip(layers, again, strict=True)]
        return np.concatenate([ops.unit(layer) for layer in layers], axis=1)

    def _load(self, folder: Path, on: str) -> LiteNet:
        from safetensors.torch import load_file

        return LiteNet(load_file(folder / "model.safetensors"), on)


def _seen(path: Path) -> Vectors:
    """Shape (3, 224, 224) in -1..1: the whole picture, its sides made equal, as all of it may matter."""
    from PIL import Image

    image = images.pixels(path).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    values = np.asarray(image, dtype=np.float32)
    return np.ascontiguousarray(((values - 127.0) / 128.0).transpose(2, 0, 1))


ENCODER = EfficientNetLite
