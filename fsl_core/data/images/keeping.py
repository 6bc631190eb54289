"""Images on disk, each once, under the sha256 of its file."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path, PurePath

from PIL import Image, ImageChops

from fsl_core.base import paths
from fsl_core.base.errors import DataError, StoreError
from fsl_core.data.images.bare import bare
from fsl_core.data.images.decoding import Decoded, decode
from fsl_core.data.images.whole import write_whole

_SUFFIX = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept image: the sha256 of its file, the file, its size, and sentences on what was changed."""

    blob: str
    path: Path
    width: int
    height: int
    notes: tuple[str, ...] = ()


def keep(data: bytes, name: str) -> Kept:
    """Check an uploaded file and keep its picture, upright, without metadata, at most 2048 on a side.

    A sound JPEG keeps its picture bit for bit; what has to be changed is stored as PNG, photos as
    JPEG or WebP. The same content gives the same blob, and a kept file kept again gives itself.
    Raises DataError that names the fix, StoreError when the disk refuses.
    """
    found = decode(data, PurePath(name).name)
    content, kind = _file_of(data, found)
    blob = hashlib.sha256(content).hexdigest()
    path = _place(blob, _SUFFIX[kind])
    _write(path, content)
    return Kept(blob, path, *found.image.size, tuple(found.notes))


def keep_exactly(data: bytes, blob: str) -> Path:
    """Keep a file that another Handful kept, as it is.

    Raises DataError when it is not the file of that name, or not as ``keep`` would have left it.
    """
    if hashlib.sha256(data).hexdigest() != blob:
        raise DataError("The image {blob} is not what it was.", "Take an undamaged copy of the file.", blob=blob[:12])
    found = decode(data, blob[:12])
    if found.format not in _SUFFIX or not found.plain:
        raise DataError(
            "The image {blob} is not as Handful keeps images.", "Import the picture itself instead.", blob=blob[:12]
        )
    path = _place(blob, _SUFFIX[found.format])
    _write(path, data)
    return path


def path_of(blob: str) -> Path:
    """Where the image of that blob is; where it would be as PNG when it is gone.

    ``pixels`` says so in a sentence when it is asked for such a file.
    """
    folder = paths.images_dir() / blob[:2]
    places = [folder / f"{blob}.{suffix}" for suffix in _SUFFIX.values()]
    return next((place for place in places if place.exists()), places[0])


def blob_of(path: Path) -> str | None:
    """The sha256 of a kept file, which it carries in its name; None for any other file."""
    return path.stem if len(path.stem) == 64 and path.parent.name == path.stem[:2] else None


def _place(blob: str, suffix: str) -> Path:
    return paths.images_dir() / blob[:2] / f"{blob}.{suffix}"


def _file_of(data: bytes, found: Decoded) -> tuple[bytes, str]:
    if found.plain and (content := bare(data, found.format)) is not None:
        return content, found.format
    image, out = found.image, io.BytesIO()
    if found.format == "JPEG":
        image.save(out, "JPEG", quality=_QUALITY, subsampling=0, optimize=True)
        return out.getvalue(), "JPEG"
    if found.format in ("WEBP", "AVIF"):
        image.save(out, "WEBP", quality=_QUALITY, method=4)
        return out.getvalue(), "WEBP"
    _without_needless_colour(image).save(out, "PNG", optimize=True)
    return out.getvalue(), "PNG"


def _without_needless_colour(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    same = not ImageChops.difference(red, green).getbbox() and not ImageChops.difference(red, blue).getbbox()
    return red if same else Image.frombytes("RGB", image.size, image.tobytes())


def _write(path: Path, content: bytes) -> None:
    """A file that is there is right: it was written whole."""
    try:
        if path.exists() and path.stat().st_size == len(content):
            return
        write_whole(path, content, durable=True)
    except OSError as error:
        raise StoreError(
            "The image cannot be kept in {folder}: {problem}.",
            "Check free space and permissions, then try again.",
            folder=path.parent.parent,
            problem=error.strerror or str(error),
        ) from error
