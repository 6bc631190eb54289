"""Loading a transformers model of images from a folder without any request, pickle, foreign code or torchvision."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fsl_core.base.errors import MissingBackend
from fsl_core.models.backends.model_files import check_safe

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

Prepare = Callable[[Sequence["Image"]], dict[str, "torch.Tensor"]]
"""RGB pictures in, the named inputs of a model out."""


class VisionModel(NamedTuple):
    """A model at rest and what goes before it. ``pools`` says whether its pooled output was trained."""

    model: Any
    prepare: Prepare
    pools: bool


def load(folder: Path, on: str, dtype: torch.dtype) -> VisionModel:
    """The model in ``folder`` on the device ``on``.

    Raises MissingBackend when the folder holds a pickle, foreign code, or no complete model of images.
    """
    check_safe(folder)
    from transformers import AutoModel
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, info = AutoModel.from_pretrained(
            str(folder),
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # whatever a broken folder makes the library raise
        raise _broken(folder, str(error)) from error
    missing = sorted(info["missing_keys"])
    others = [name for name in missing if "pooler" not in name.split(".")]
    if others:
        raise _broken(folder, f"no weights for {', '.join(others[:3])}")
    if getattr(model, "main_input_name", "") != "pixel_values" and not hasattr(model, "get_image_features"):
        raise _broken(folder, "it does not read images")
    return VisionModel(model.to(on).eval(), preparing(folder), not missing)


def preparing(folder: Path) -> Prepare:
    """What the folder says of sizes and pixel values, by the library's own code without torchvision or by ours."""
    from transformers import AutoImageProcessor

    try:
        processor: Any = AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            str(folder), backend="pil", trust_remote_code=False, local_files_only=True
        )
    except Exception as error:  # some models have a processor for torchvision alone
        try:
            config = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))
        except (OSError, ValueError):
            raise _broken(folder, f"its preprocessor_config.json cannot be used ({error})") from error
        return lambda pictures: _prepared(pictures, config, folder)
    return lambda pictures: dict(processor(images=list(pictures), return_tensors="pt"))


def _prepared(pictures: Sequence[Image], config: dict[str, Any], folder: Path) -> dict[str, torch.Tensor]:
    """Resize to a fixed size, scale to 0..1, take off mean and deviation: shape (n, 3, height, width)."""
    import torch
    from PIL import Image

    try:
        size = (int(config["size"]["width"]), int(config["size"]["height"]))
        mean, deviation = (np.array(config[name], dtype=np.float32) for name in ("image_mean", "image_std"))
    except (KeyError, TypeError, ValueError) as error:
        raise _broken(folder, f"its preprocessor_config.json has no {error}") from error
    smooth = Image.Resampling(config.get("resample", Image.Resampling.BILINEAR))
    rows = [np.asarray(picture.resize(size, smooth), dtype=np.float32) / np.float32(255.0) for picture in pictures]
    values = (np.stack(rows) - mean) / deviation
    return {"pixel_values": torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))}


def reads_words(folder: Path) -> bool:
    """Whether the model has a text side beside that for images; loads nothing."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return "text_config" in config and "vision_config" in config


def tokenizer(folder: Path) -> Any:  # noqa: ANN401  # a transformers tokenizer
    """That of the text side. Raises MissingBackend when it cannot be loaded."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        if (folder / "tokenizer.json").is_file():  # complete in itself: needs no sentencepiece
            return PreTrainedTokenizerFast.from_pretrained(str(folder), local_files_only=True)
        return AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except Exception as error:  # whatever a broken folder makes the library raise
        raise _broken(folder, f"its tokenizer cannot be used ({error})") from error


def _broken(folder: Path, problem: str) -> MissingBackend:
    return MissingBackend(
        "The model in {folder} cannot be loaded: {problem}",
        "The folder must hold a complete model of images with safetensors that needs no code of its own.",
        folder=folder,
        problem=problem[:500],
    )
