"""Networks that learned handwriting from Omniglot's 1,200 characters: for drawings, offline, in no time.

They came out of ``benchmarks.omniglot``; their figures stand in assets/backbones. Data: Lake et al., "Human-level
concept learning through probabilistic program induction" (Science 2015).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from fsl_core.base.config import Settings, setting
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_images
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.data import images
from fsl_core.data.images.ink import ink
from fsl_core.models.backends import shipped

CHUNK = 256
SIDE = 28
LICENCE = "own weights, trained on Omniglot (Lake et al. 2015, MIT licence)"


class OmniglotSettings(Settings):
    """Settings of the drawing encoder."""

    backbone: Literal["protonet", "transfer", "siamese", "matching", "pixels"] = setting(
        "protonet",
        "Which network reads the drawing. 'pixels' leaves it to the method: MAML, Reptile and the other "
        "meta-learning methods then adapt their own.",
        title="Network",
    )
    fit: bool = setting(
        True, "Move and scale the ink to where characters stand in Omniglot.", title="Centre and scale the ink"
    )


class Omniglot(Encoder[OmniglotSettings]):
    """Ink on paper, 28 x 28, through four convolutions to 64 numbers."""

    info = EncoderInfo(
        name="omniglot",
        title="Drawings (Omniglot)",
        summary="Small networks trained on handwritten characters: signs and sketches in lines, not photographs.",
        languages="reads no words",
        offline=True,
        modality="image",
        order=60,
    )
    settings = OmniglotSettings

    @property
    def key(self) -> str:
        """The network, the hash of its weights and whether the ink is moved."""
        name = self.config.backbone
        part = shipped.PIXELS if name == "pixels" else f"omniglot:{name}:{_digest(name)}"
        return f"{part}:{'fit' if self.config.fit else 'whole'}:1"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 64), float32; with 'pixels' (n, 784), ink from 0 to 1."""
        report, paths = progress or silent, only_images(self.info, items)
        found = []
        for start in range(0, len(paths), CHUNK):
            report(start / len(paths), "Encoding")
            part = paths[start : start + CHUNK]
            drawings = np.stack([ink(images.pixels(path), SIDE, fit=self.config.fit) for path in part])
            found.append(self._features(drawings.astype(np.float32) / 255.0))
        report(1.0, "Encoding")
        return np.concatenate(found) if found else np.zeros((0, self._width), dtype=np.float32)

    def _features(self, drawings: Vectors) -> Vectors:
        """Shape (n, d) from ink (n, 28, 28)."""
        import torch

        if self.config.backbone == "pixels":
            return drawings.reshape(len(drawings), -1)
        backbone, params = shipped.load(self.config.backbone)
        with torch.no_grad():
            return backbone.features(params, torch.from_numpy(drawings)[:, None], "kept").numpy()

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The arrays of the network; none with 'pixels'."""
        arrays: dict[str, Any] = {}
        values: dict[str, Any] = {"fit": self.config.fit}
        if self.config.backbone != "pixels":
            backbone, params = shipped.load(self.config.backbone)
            arrays, facts = backbone.portable(params)
            values |= facts
        return PortableEncoder("drawings", values, arrays, origin=f"omniglot-{self.config.backbone}", licence=LICENCE)

    @property
    def _width(self) -> int:
        return SIDE * SIDE if self.config.backbone == "pixels" else shipped.load(self.config.backbone)[0].dim


@lru_cache(maxsize=8)
def _digest(name: str) -> str:
    return hashlib.sha256(shipped.path(name).read_bytes()).hexdigest()[:12]


ENCODER = Omniglot
