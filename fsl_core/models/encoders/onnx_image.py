"""Any ONNX file that turns an image into a vector: exported backbones, from MobileNet to DINO."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_images
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.data import images
from fsl_core.models.backends.onnx_files import looked_through, parts

if TYPE_CHECKING:
    from onnx import ModelProto, ValueInfoProto

PIXELS = {
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "CLIP": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "-1 to 1": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "0 to 1": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "0 to 255": ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
}
"""Mean and standard deviation that are taken off values from 0 to 1."""
WANTED = ("embedding", "embeddings", "image_embeds", "pooler_output", "features", "feature", "last_hidden_state")
TYPES = {1: np.float32, 10: np.float16, 2: np.uint8}
"""Of the numbers that an ONNX input may have, those that an image fits into."""
USUAL_SIDE = 224


class OnnxImageSettings(Settings):
    """Settings of an ONNX file for images."""

    path: str = setting("", "The .onnx file on this machine.", title="ONNX file")
    pixels: Literal["ImageNet", "CLIP", "-1 to 1", "0 to 1", "0 to 255"] = setting(
        "ImageNet", "What the model takes for pixel values: a range, or the usual mean and spread of a data set."
    )
    fit: Literal["stretch", "crop"] = setting(
        "stretch", "How a picture becomes the shape of the input: stretched, or the middle cut out."
    )
    output: str = setting("", "Name of the output to use; empty finds the embedding.", advanced=True)
    side: int = setting(
        0, "Pixels a side, where the file leaves the size open; 0 is 224.", title="Size", ge=0, le=2048, advanced=True
    )
    batch_size: int = setting(16, "Images computed together.", ge=1, le=1024, advanced=True)
    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class OnnxImage(Encoder[OnnxImageSettings]):
    """One output of the graph; a map of features or tokens becomes its mean.

    Size and layout are those of the graph's input.
    """

    info = EncoderInfo(
        name="onnx-image",
        title="ONNX file (images)",
        summary="Any exported image model in one ONNX file on this machine.",
        languages="reads no words",
        offline=True,
        modality="image",
        order=80,
    )
    settings = OnnxImageSettings

    def __init__(self, config: OnnxImageSettings) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._plan: _Plan | None = None
        self._session: Any = None  # an onnxruntime.InferenceSession, a library without types

    @property
    def key(self) -> str:
        """Digest of the file and its weights, output, size, pixel values and fit. MissingBackend without a file."""
        config, plan = self.config, self._looked()
        return f"onnx-image:{plan.digest}:{plan.output}:{plan.height}x{plan.width}:{config.pixels}:{config.fit}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32. An empty list runs one blank image, to know d.

        Raises MissingBackend when the file is absent, unsafe, or takes no image.
        """
        report, paths = progress or silent, only_images(self.info, items)
        report(0.0, "Loading the model")
        plan, session = self._looked(), self._loaded()
        if not paths:
            return self._run(session, plan, np.zeros((1, plan.height, plan.width, 3), dtype=np.float32))[:0]
        size, parts = plan.batch or self.config.batch_size, []
        for start in range(0, len(paths), size):
            report(start / len(paths), "Encoding")
            batch = np.stack([self._prepared(path, plan) for path in paths[start : start + size]])
            parts.append(self._run(session, plan, batch))
        report(1.0, "Encoding")
        return np.concatenate(parts)

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The file with all that lies beside it and belongs to it, and how an image goes in."""
        plan = self._looked()
        mean, deviation = PIXELS[self.config.pixels]
        values = {
            **{name: getattr(plan, name) for name in ("input", "output", "height", "width", "batch", "channels_first")},
            "type": np.dtype(plan.type).name, "mean": mean, "deviation": deviation, "fit": self.config.fit,
            "file": plan.file.name,
        }  # fmt: skip
        files = {path.relative_to(plan.file.resolve().parent).as_posix(): path for path in parts(plan.file)}
        return PortableEncoder("onnx-pictures", values, files=files, origin=plan.file.name)

    def _prepared(self, path: Path, plan: _Plan) -> NDArray[np.float32]:
        """Shape (height, width, 3), values from 0 to 1."""
        from PIL import Image, ImageOps

        image, size, smooth = images.pixels(path), (plan.width, plan.height), Image.Resampling.BILINEAR
        image = ImageOps.fit(image, size, smooth) if self.config.fit == "crop" else image.resize(size, smooth)
        return np.asarray(image, dtype=np.float32) / np.float32(255.0)

    def _run(self, session: Any, plan: _Plan, batch: NDArray[np.float32]) -> Vectors:  # noqa: ANN401
        mean, deviation = (np.array(values, dtype=np.float32) for values in PIXELS[self.config.pixels])
        n, values = len(batch), (batch - mean) / deviation
        if plan.batch:  # a graph of fixed size wants its last batch filled up
            values = np.concatenate([values, np.zeros((plan.batch - n, *values.shape[1:]), dtype=np.float32)])
        if plan.channels_first:
            values = values.transpose(0, 3, 1, 2)
        if plan.type is np.uint8:
            values = values.round().clip(0, 255)
        feed = {plan.input: np.ascontiguousarray(values, dtype=plan.type)}
        try:
            found = np.asarray(session.run([plan.output], feed)[0], dtype=np.float32)[:n]
        except Exception as error:  # onnxruntime has a dozen of its own
            raise MissingBackend(
                "The model {file} does not run on images of {width} x {height}: {problem}",
                "Set the size that it was made for.",
                file=plan.file.name,
                width=plan.width,
                height=plan.height,
                problem=str(error)[:300],
            ) from error
        if found.ndim == 4:
            return np.asarray(found.mean(axis=(2, 3) if plan.channels_first else (1, 2)), dtype=np.float32)
        return np.asarray(found.mean(axis=1), dtype=np.float32) if found.ndim == 3 else found.reshape(n, -1)

    def _looked(self) -> _Plan:
        with self._lock:
            if self._plan is None:
                file = Path(self.config.path).expanduser()
                model, digest = looked_through(file)
                self._plan = _planned(file, digest, model, self.config)
            return self._plan

    def _loaded(self) -> Any:  # noqa: ANN401
        plan = self._looked()
        with self._lock:
            if self._session is None:
                import onnxruntime  # type: ignore[import-untyped]

                able = onnxruntime.get_available_providers()
                wanted = {"cpu": [], "cuda": ["CUDAExecutionProvider"], "auto": ["CUDAExecutionProvider"]}
                gpu = [name for name in wanted[self.config.device] if name in able]
                try:
                    self._session = onnxruntime.InferenceSession(
                        str(plan.file), providers=[*gpu, "CPUExecutionProvider"]
                    )
                except Exception as error:  # whatever a broken graph makes the library raise
                    raise MissingBackend(
                        "The model {file} cannot be loaded: {problem}",
                        "Export it to ONNX again.",
                        file=plan.file.name,
                        problem=str(error)[:500],
                    ) from error
            return self._session


@dataclass(frozen=True, slots=True)
class _Plan:
    """How an image goes in and which output comes out. ``batch`` is 0 where any number may go in at once."""

    file: Path
    digest: str
    input: str
    type: Any
    height: int
    width: int
    batch: int
    channels_first: bool
    output: str


def _planned(file: Path, digest: str, model: ModelProto, config: OnnxImageSettings) -> _Plan:
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in given]
    shapes = [_shape(value) for value in inputs]
    if len(inputs) != 1 or len(shapes[0]) != 4 or inputs[0].type.tensor_type.elem_type not in TYPES:
        raise MissingBackend(
            "The model {file} takes {inputs}, not one batch of images.",
            "Choose a file with one input of shape [n, 3, height, width] or [n, height, width, 3].",
            file=file.name,
            inputs=", ".join(f"{v.name} {s}" for v, s in zip(inputs, shapes, strict=True)) or "nothing",
        )
    batch, *rest = shapes[0]
    if 3 not in (rest[0], rest[2]) and 0 not in (rest[0], rest[2]):
        raise MissingBackend(
            "The input of the model {file} has the shape {shape}: no axis holds three colours.",
            "Choose a model of colour images.",
            file=file.name,
            shape=shapes[0],
        )
    first = rest[0] == 3 or rest[2] != 3
    height, width = rest[1:] if first else rest[:2]
    side = config.side or USUAL_SIDE
    kind = TYPES[inputs[0].type.tensor_type.elem_type]
    name = _output([value.name for value in model.graph.output], config.output, model, file)
    return _Plan(file, digest[:16], inputs[0].name, kind, height or side, width or side, batch, first, name)


def _output(names: list[str], wanted: str, model: ModelProto, file: Path) -> str:
    """The output named, else one with a usual name, else the first."""
    if wanted and wanted not in names:
        raise MissingBackend(
            "The model {file} has no output '{wanted}'.",
            "It has: {names}.",
            file=file.name,
            wanted=wanted,
            names=", ".join(names),
        )
    return wanted or next((name for name in WANTED if name in names), names[0])


def _shape(value: ValueInfoProto) -> list[int]:
    """Sizes of the axes, 0 where the file leaves them open."""
    return [int(axis.dim_value) for axis in value.type.tensor_type.shape.dim]


ENCODER = OnnxImage
