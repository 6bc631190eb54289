"""Pictures of ink on paper as the small grey squares that the drawing backbones read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes
from fsl_core.data import images
from fsl_core.data.importing.picture_files import PictureFile, list_pictures, named_like_picture

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

INK_SHARE = 0.65
"""How much of the square the longer side of a character takes, as on average in Omniglot."""
FAINT = 64
"""Grey levels from the paper at which a pixel counts as ink."""


@dataclass(frozen=True, slots=True)
class ClassImages:
    """Images (n, 1, side, side) uint8, their codes (n,) and the names of the classes."""

    images: Tensor
    codes: Codes
    names: tuple[str, ...]


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


def read_classes(sources: Iterable[Path], side: int = 28, *, rotations: bool = False) -> ClassImages:
    """Class folders, or zips of them, as one tensor; the folder of a file is its class.

    Classes stand in the order of the sources and, in each, of the alphabet. ``rotations`` makes each class four:
    itself and its turns by 90, 180 and 270 degrees, class c becoming 4 c .. 4 c + 3. Raises DataError when there
    is nothing to read.
    """
    import torch

    found: dict[str, list[NDArray[np.uint8]]] = {}
    for source in sources:
        for file in sorted(_files(source), key=lambda file: file.path):
            found.setdefault("/".join(file.folders) or ".", []).append(ink(images.pixels(file.read(), file.name), side))
    if not found:
        raise DataError("There are no images in class folders here.", "Give folders or zips as class/picture.png.")
    turns = 4 if rotations else 1
    turned = [np.rot90(image, k) for group in found.values() for k in range(turns) for image in group]
    codes = [turns * c + k for c, group in enumerate(found.values()) for k in range(turns) for _ in group]
    names = [name + (f" turned {90 * k}" if k else "") for name in found for k in range(turns)]
    stacked = torch.from_numpy(np.stack(turned))[:, None].contiguous()
    return ClassImages(stacked, np.array(codes, dtype=np.int64), tuple(names))


def _files(source: Path) -> list[PictureFile]:
    if not source.is_dir():
        return [
            file for file in list_pictures([(source.name, source.read_bytes())]).files if named_like_picture(file.name)
        ]
    files = [file for file in source.rglob("*") if named_like_picture(file.name)]
    return [PictureFile(file.name, file.relative_to(source).parent.parts, file.read_bytes) for file in files]


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
