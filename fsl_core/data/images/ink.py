"""Pictures of ink on paper as the small grey squares that the drawing backbones read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

INK_SHARE = 0.65
"""How much of the square the longer side of a character takes, as on average in Omniglot."""
FAINT = 64
"""Grey levels from the paper at which a pixel counts as ink."""


def ink(image: Image, side: int = 28, *, fit: bool = False) -> NDArray[np.uint8]:
    """Shape (side, side): 0 is paper, 255 ink, whichever of the two is dark in the picture.

    ``fit`` moves and scales the ink to where a character stands in Omniglot.
    """
    grey = np.asarray(image.convert("L"), dtype=np.uint8)
    if np.median(_border(grey)) > 127:
        grey = 255 - grey
    if fit:
        grey = _fitted(grey)
    return _small(grey, side)


def _border(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _fitted(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    rows, columns = np.nonzero(grey > FAINT)
    if not len(rows):
        return grey
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    size = max(round(max(bottom - top, right - left) / INK_SHARE), 1)
    canvas = np.zeros((size, size), dtype=np.uint8)
    cut = grey[top:bottom, left:right]
    y, x = (size - cut.shape[0]) // 2, (size - cut.shape[1]) // 2
    canvas[y : y + cut.shape[0], x : x + cut.shape[1]] = cut
    return canvas


def _small(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.fromarray(grey).resize((side, side), Image.Resampling.BOX), dtype=np.uint8)
