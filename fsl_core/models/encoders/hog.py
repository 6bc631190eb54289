"""Histograms of edges and of colours: no weights, no training, any picture.

The floor that every model of images should beat. Edges: Dalal and Triggs, "Histograms of Oriented Gradients
for Human Detection" (CVPR 2005). Colours: the square root of a histogram over hue, saturation and brightness,
so that the dot product of two is the Bhattacharyya coefficient.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from fsl_core.base import ops
from fsl_core.base.config import Settings, setting
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_images
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.data import images

ORIENTATIONS, CELLS, BLOCK = 9, 8, 2
COLOURS = (12, 4, 4)
"""Parts of hue, saturation and brightness."""


class HogSettings(Settings):
    """Settings of the edge and colour histograms."""

    side: Literal["64", "96", "128"] = setting(
        "96", "Pictures are scaled to this many pixels a side; more sees finer edges.", title="Size"
    )
    colour: float = setting(
        0.5, "How much colours count beside edges; 0 leaves them out, as for drawings.", title="Weight of colours",
        ge=0.0, le=2.0,
    )  # fmt: skip


class Hog(Encoder[HogSettings]):
    """Edge directions in 8 x 8 cells, normalised in blocks of 2 x 2, and one histogram of colours behind them."""

    info = EncoderInfo(
        name="hog",
        title="Edges and colours (the floor)",
        summary="Histograms of edges (HOG) and colours: any picture, no model, instant; knows looks, not meaning.",
        languages="reads no words",
        offline=True,
        modality="image",
        order=50,
    )
    settings = HogSettings

    @property
    def key(self) -> str:
        """Size and weight of colours."""
        return f"hog:1:{self.config.side}:{self.config.colour:g}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 1956), float32; both parts have length 1, then colours are weighted."""
        report, paths = progress or silent, only_images(self.info, items)
        edges = (CELLS - BLOCK + 1) ** 2 * BLOCK**2 * ORIENTATIONS
        vectors = np.zeros((len(paths), edges + int(np.prod(COLOURS))), dtype=np.float32)
        for row, path in enumerate(paths):
            report(row / len(paths), "Encoding")
            vectors[row] = self._described(path)
        report(1.0, "Encoding")
        return vectors

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """Size and weight of colours."""
        values = {"side": int(self.config.side), "colour": self.config.colour}
        return PortableEncoder("hog", values, origin=self.info.title)

    def _described(self, path: Path) -> Vectors:
        """Shape (d,)."""
        from PIL import Image
        from skimage.feature import hog

        side = int(self.config.side)
        image = images.pixels(path).resize((side, side), Image.Resampling.BILINEAR)
        edges = hog(
            np.asarray(image, dtype=np.float32) / 255.0,
            orientations=ORIENTATIONS,
            pixels_per_cell=(side // CELLS, side // CELLS),
            cells_per_block=(BLOCK, BLOCK),
            channel_axis=-1,
        )
        parts = np.asarray(image.convert("HSV"), dtype=np.int64) * np.array(COLOURS) // 256
        counts = np.bincount(np.ravel_multi_index(tuple(parts.reshape(-1, 3).T), COLOURS), minlength=np.prod(COLOURS))
        colours = np.sqrt(counts / side**2)
        return np.concatenate([ops.unit(edges[None])[0], np.float32(self.config.colour) * colours])


ENCODER = Hog
