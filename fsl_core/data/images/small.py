"""Small copies for the page, made once."""

from __future__ import annotations

import base64
import hashlib
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image

from fsl_core.base import paths
from fsl_core.data.images.decoding import pixels
from fsl_core.data.images.keeping import blob_of
from fsl_core.data.images.whole import write_whole

_QUALITY = 82
_LIGHT = 6_000
"""Bytes up to which a copy without loss is taken, however much smaller the other one is."""


def thumbnail(path: Path, side: int = 96) -> bytes:
    """A WebP file of the picture within ``side`` x ``side`` pixels, from a cache on disk where it is there.

    Raises DataError when the image file is gone and there is no small copy either.
    """
    place = paths.cache_dir() / "thumbnails" / f"{_name(path)}-{side}.webp"
    try:
        return place.read_bytes()
    except OSError:
        pass
    image = pixels(path)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    content = _encoded(image)
    try:
        write_whole(place, content, durable=False)
    except OSError:
        pass  # a full disk costs time the next time, not the picture
    return content


def _encoded(image: Image.Image) -> bytes:
    """Without loss where that costs little, as for drawings, whose lines smear; photos as photos."""
    exact, usual = io.BytesIO(), io.BytesIO()
    image.save(exact, "WEBP", lossless=True, method=4)
    if len(exact.getvalue()) <= max(_LIGHT, image.width * image.height // 8):
        return exact.getvalue()
    image.save(usual, "WEBP", quality=_QUALITY, method=4)
    return min(exact.getvalue(), usual.getvalue(), key=len)


@lru_cache(maxsize=4096)
def data_url(path: Path, side: int = 96) -> str:
    """The small copy as a ``data:`` address, so that no path ever reaches the browser."""
    return "data:image/webp;base64," + base64.b64encode(thumbnail(path, side)).decode("ascii")


def _name(path: Path) -> str:
    if (blob := blob_of(path)) is not None:
        return blob
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
