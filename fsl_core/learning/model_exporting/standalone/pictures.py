"""Readers of pictures: each turns a list of picture files into vectors (n, d) as the encoder does in Handful."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from .heads import convolved, unit
from .problem import ModelError, missing

Array = NDArray[Any]
Picture = Path | bytes
Reader = Callable[[Sequence[Picture]], Array]

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"))
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 64_000_000
MAX_SIDE = 2048
INK_SHARE = 0.65
"""How much of the square the longer side of a character takes."""
FAINT = 64
"""Grey levels from the paper at which a pixel counts as ink."""
DRAWING = 28
LITE_SIDE = 224
BATCH = 16
ORIENTATIONS, CELLS, BLOCK = 9, 8, 2
COLOURS = (12, 4, 4)
"""Parts of hue, saturation and brightness."""


def pixels(source: Picture) -> Image.Image:
    """The picture in mode RGB: upright, transparency on white, at most 2048 pixels a side.

    Raises ModelError for what is no sound picture.
    """
    name = "The picture" if isinstance(source, bytes) else source.name
    try:
        data = source if isinstance(source, bytes) else source.read_bytes()
        if len(data) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES // 2**20} MB")
        image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        image.draft(None, (MAX_SIDE, MAX_SIDE))
        image.load()
        image = _coloured(_upright(image))
    except Exception as error:  # whatever a damaged file makes the library raise
        raise ModelError(
            "{name} cannot be read as a picture: {problem}",
            "Save it as PNG or JPEG.",
            name=name,
            problem=str(error)[:200] or type(error).__name__,
        ) from error
    if max(image.size) > MAX_SIDE:
        image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001  # a damaged mark must not cost the picture
        return image
    return ImageOps.exif_transpose(image) if orientation in range(2, 9) else image


def _coloured(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    profile = image.info.get("icc_profile")
    if profile is not None and (image.mode == "L" or b"sRGB" in profile.replace(b"\0", b"")):
        profile = None
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        white.alpha_composite(layer)
        image = white.convert("RGB")
    if profile:
        try:
            own, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, own, target, outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a damaged profile: the plain numbers are the best guess
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    values = np.asarray(image).astype(np.float64)
    if image.mode.startswith("I;16"):
        scaled = values / 257.0
    else:
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        scaled = np.nan_to_num((values - low) * (255.0 / (high - low) if high > low else 0.0))
    return Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))


# -- readers ---------------------------------------------------------------------------------------


def hog(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """Edge directions in 8 x 8 cells, normalised in blocks, and one histogram of colours behind them."""
    try:
        from skimage.feature import hog as edges_of
    except ImportError as error:
        raise missing("scikit-image", "The encoder of this model") from error
    side, weight = int(values["side"]), np.float32(values["colour"])

    def described(picture: Picture) -> Array:
        image = pixels(picture).resize((side, side), Image.Resampling.BILINEAR)
        edges = edges_of(
            np.asarray(image, dtype=np.float32) / 255.0, orientations=ORIENTATIONS,
            pixels_per_cell=(side // CELLS, side // CELLS), cells_per_block=(BLOCK, BLOCK), channel_axis=-1,
        )  # fmt: skip
        parts = np.asarray(image.convert("HSV"), dtype=np.int64) * np.array(COLOURS) // 256
        places = np.ravel_multi_index(tuple(parts.reshape(-1, 3).T), COLOURS)
        counts = np.bincount(places, minlength=int(np.prod(COLOURS)))
        return np.concatenate([unit(edges[None])[0], weight * np.sqrt(counts / side**2)])

    return lambda pictures: np.stack([described(one) for one in pictures]).astype(np.float32)


def drawings(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """Ink on paper, 28 x 28, through four convolutions; without arrays the ink itself."""

    def read(pictures: Sequence[Picture]) -> Array:
        small = np.stack([ink(pixels(one), fit=bool(values["fit"])) for one in pictures]).astype(np.float32) / 255.0
        return convolved(arrays, small, values["down"]) if arrays else small.reshape(len(small), -1)

    return read


def ink(image: Image.Image, *, fit: bool) -> Array:
    """Shape (28, 28): 0 is paper, 255 ink; ``fit`` moves and scales the ink to where a character stands."""
    grey = np.asarray(image.convert("L"), dtype=np.uint8)
    if np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])) > 127:
        grey = 255 - grey
    rows, columns = np.nonzero(grey > FAINT)
    if fit and len(rows):
        cut = grey[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        size = max(round(max(cut.shape) / INK_SHARE), 1)
        canvas = np.zeros((size, size), dtype=np.uint8)
        y, x = (size - cut.shape[0]) // 2, (size - cut.shape[1]) // 2
        canvas[y : y + cut.shape[0], x : x + cut.shape[1]] = cut
        grey = canvas
    return np.asarray(Image.fromarray(grey).resize((DRAWING, DRAWING), Image.Resampling.BOX), dtype=np.uint8)


def onnx_pictures(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """One output of an ONNX graph; a map of features or tokens becomes its mean."""
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise missing("onnxruntime", "The encoder of this model") from error
    session = onnxruntime.InferenceSession(str(folder / values["file"]), providers=["CPUExecutionProvider"])
    size, fixed = (int(values["width"]), int(values["height"])), int(values["batch"])
    mean, deviation = (np.array(values[name], dtype=np.float32) for name in ("mean", "deviation"))

    def prepared(picture: Picture) -> Array:
        image, smooth = pixels(picture), Image.Resampling.BILINEAR
        image = ImageOps.fit(image, size, smooth) if values["fit"] == "crop" else image.resize(size, smooth)
        return np.asarray(image, dtype=np.float32) / np.float32(255.0)

    def run(part: Sequence[Picture]) -> Array:
        batch = (np.stack([prepared(one) for one in part]) - mean) / deviation
        if fixed:  # a graph of fixed size wants its last batch filled up
            batch = np.concatenate([batch, np.zeros((fixed - len(part), *batch.shape[1:]), dtype=np.float32)])
        if values["channels_first"]:
            batch = batch.transpose(0, 3, 1, 2)
        if values["type"] == "uint8":
            batch = batch.round().clip(0, 255)
        batch = np.ascontiguousarray(batch.astype(values["type"]))
        (found,) = session.run([values["output"]], {values["input"]: batch})
        return flat(np.asarray(found, dtype=np.float32)[: len(part)], bool(values["channels_first"]))

    step = fixed or BATCH
    return lambda pictures: np.concatenate([run(pictures[i : i + step]) for i in range(0, len(pictures), step)])


def lite_net(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """EfficientNet-Lite0: two layers, each of length 1; with ``mirrored`` the mean of the picture and its mirror."""
    try:
        import onnxruntime
    except ImportError as error:
        raise missing("onnxruntime", "The encoder of this model") from error
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])

    def seen(picture: Picture) -> Array:
        image = pixels(picture).resize((LITE_SIDE, LITE_SIDE), Image.Resampling.BICUBIC)
        return np.asarray((np.asarray(image, dtype=np.float32) - 127.0) / 128.0).transpose(2, 0, 1)

    def run(part: Sequence[Picture]) -> Array:
        batch = np.ascontiguousarray(np.stack([seen(one) for one in part]))
        layers = session.run(["top", "looks"], {"pixels": batch})
        if values["mirrored"]:
            again = session.run(["top", "looks"], {"pixels": np.ascontiguousarray(batch[..., ::-1])})
            layers = [(one + two) / 2 for one, two in zip(layers, again, strict=True)]
        return np.concatenate([unit(layer) for layer in layers], axis=1)

    return lambda pictures: np.concatenate([run(pictures[i : i + BATCH]) for i in range(0, len(pictures), BATCH)])


def flat(found: Array, channels_first: bool) -> Array:
    """(n, ...) to (n, d): of a map of features the mean over its places, of tokens the mean over them."""
    if found.ndim == 4:
        return np.asarray(found.mean(axis=(2, 3) if channels_first else (1, 2)))
    return np.asarray(found.mean(axis=1)) if found.ndim == 3 else found.reshape(len(found), -1)


READERS: dict[str, Callable[[Path, Mapping[str, Any], Mapping[str, Array]], Reader]] = {
    "hog": hog, "drawings": drawings, "onnx-pictures": onnx_pictures, "lite-net": lite_net,
}  # fmt: skip
