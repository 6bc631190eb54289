"""From the bytes of a file to upright RGB pixels, or a sentence that says why not."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from fsl_core.base.errors import DataError
from fsl_core.data.images.kinds import FORMATS, stranger

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 64_000_000
"""More than any camera's usual photo; a file of a few kilobytes can claim billions."""
MIN_SIDE = 8
MAX_SIDE = 2048
"""Larger pictures are scaled down to this: no encoder looks at more."""

_BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, struct.error, zlib.error)
_FIX = "Open it in a picture program and save it as PNG or JPEG."


@dataclass(slots=True)
class Decoded:
    """A picture in mode RGB, upright and at most MAX_SIDE on a side, with what had to be done to it.

    ``plain`` says that nothing was: the file shows these pixels as it is.
    """

    image: Image.Image
    format: str
    plain: bool
    notes: list[str] = field(default_factory=list)


def pixels(source: Path | bytes, name: str = "") -> Image.Image:
    """The picture in mode RGB: turned as its camera says, transparency on white, at most MAX_SIDE on a side.

    Raises DataError, which names the fix, for a missing file and for all that is no sound image.
    """
    if isinstance(source, bytes):
        return decode(source, name or "this file").image
    try:
        data = source.read_bytes()
    except OSError as error:
        raise DataError(
            "The image file {name} is not in its place any more ({problem}).",
            "Import the picture again, or put the folder of images back; labels are not lost.",
            name=name or source.name,
            problem=error.strerror or "unknown problem",
        ) from error
    return decode(data, name or source.name).image


def decode(data: bytes, name: str) -> Decoded:
    """Check by content, size and header, then decode all of it. Raises DataError, see ``pixels``."""
    if len(data) > MAX_BYTES:
        raise DataError(
            "'{name}' has {size} MB; an image may have {limit} MB.",
            "Save it smaller, for example as JPEG.",
            name=name,
            size=f"{len(data) / 2**20:,.0f}",
            limit=MAX_BYTES // 2**20,
        )
    if not data:
        raise DataError("'{name}' is empty.", "Choose a file with a picture in it.", name=name)
    image = _opened(data, name)
    _check_sides(image, name)
    notes: list[str] = []
    if getattr(image, "is_animated", False) and image.format != "MPO":
        notes.append("It holds several pictures; the first one is used.")
    plain = image.mode in ("RGB", "L") and not notes and not _rich_profile(image) and max(image.size) <= MAX_SIDE
    plain = plain and not image.has_transparency_data
    try:
        # A large JPEG is decoded at half or a quarter of its size, as no more is kept of it.
        image.draft(None, (MAX_SIDE, MAX_SIDE))
        image.load()
        upright = _turned(image)
        plain = plain and upright is image
        rgb = _to_rgb(upright, notes)
    except _BROKEN as error:
        raise _broken(name, error) from error
    if max(rgb.size) > MAX_SIDE:
        rgb.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    kind = "JPEG" if image.format == "MPO" else str(image.format)
    return Decoded(rgb, kind, plain, notes)


def _opened(data: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(name, "") from error
    except UnidentifiedImageError as error:
        kind = stranger(data)
        fix = _FIX
        if kind == "a HEIC photo":
            fix = "Save it as JPEG; a phone does so when its camera is set to 'most compatible'."
        elif kind == "a ZIP archive":
            fix = "Import the archive itself, or unpack it and choose the pictures inside."
        raise DataError("'{name}' is {kind}.", fix, name=name, kind=kind) from error
    except _BROKEN as error:
        raise _broken(name, error) from error


def _check_sides(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(name, f"{width:,} x {height:,}")
    if min(width, height) * min(1.0, MAX_SIDE / max(width, height)) < MIN_SIDE:
        raise DataError(
            "'{name}' is too small or too narrow: {width} x {height} pixels.",
            "Choose a picture of at least {side} pixels a side.",
            name=name,
            width=width,
            height=height,
            side=MIN_SIDE,
        )


def _too_many_pixels(name: str, size: str) -> DataError:
    return DataError(
        "'{name}' unpacks to too many pixels ({size}); {limit} million are the limit.",
        "Save it smaller, for example 2,000 pixels wide.",
        name=name,
        size=size or "hundreds of millions",
        limit=MAX_PIXELS // 1_000_000,
    )


def _broken(name: str, error: Exception) -> DataError:
    return DataError(
        "'{name}' is broken or cut off, so its picture cannot be read ({problem}).",
        "Copy or download the file again, or open it in a picture program and save it anew.",
        name=name,
        problem=str(error)[:100] or type(error).__name__,
    )


def _turned(image: Image.Image) -> Image.Image:
    """Upright as the camera's mark says; the same object where there is no turn or the mark is damaged."""
    try:
        orientation = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001  # a damaged mark must not cost the picture
        return image
    return ImageOps.exif_transpose(image) if orientation in range(2, 9) else image


def _rich_profile(image: Image.Image) -> bool:
    """Whether its colours are meant by another rule than the web's (sRGB)."""
    profile = image.info.get("icc_profile")
    return profile is not None and image.mode != "L" and b"sRGB" not in profile.replace(b"\0", b"")


def _to_rgb(image: Image.Image, notes: list[str]) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image, notes)
    profile = image.info.get("icc_profile") if _rich_profile(image) else None
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        white.alpha_composite(layer)
        image = _by_profile(white.convert("RGB"), profile)
    else:
        image = _by_profile(image, profile)
    return image.convert("RGB") if image.mode != "RGB" else image


def _by_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a damaged profile: the plain numbers are the best guess
    return turned if turned is not None else image


def _eight_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    if image.mode.startswith("I;16"):
        scaled = values / 257.0
    else:
        # 32 bits have no agreed white, so the darkest and the brightest point set the range.
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        scaled = np.nan_to_num((values - low) * (255.0 / (high - low) if high > low else 0.0))
        notes.append("Its brightness was stretched, as it has no fixed white.")
    return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))
