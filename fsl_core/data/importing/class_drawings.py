"""Folders of drawings, one for each class, as one tensor: what a meta-learner learns from."""

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
from fsl_core.data.images.ink import ink
from fsl_core.data.importing.picture_files import PictureFile, list_pictures, named_like_picture

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class ClassImages:
    """Images (n, 1, side, side) uint8, their codes (n,) and the names of the classes."""

    images: Tensor
    codes: Codes
    names: tuple[str, ...]


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
