"""The reader of pictures by a transformers model: CLIP, SigLIP, DINO, ViT, ConvNeXt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .pictures import Picture, Reader, pixels
from .problem import missing

Array = NDArray[Any]
BATCH = 16


def transformers_pictures(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """The pooled output where the file has weights for it, else the first token or the mean of all."""
    try:
        import torch
        from transformers import AutoModel
    except ImportError as error:
        raise missing(error.name or "transformers", "The encoder of this model") from error
    model, info = AutoModel.from_pretrained(
        str(folder), dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True,
        output_loading_info=True,
    )  # fmt: skip
    model.eval()
    prepare, pools = _preparing(folder), not info["missing_keys"]

    def run(part: Sequence[Picture]) -> Array:
        inputs = prepare([pixels(one) for one in part])
        with torch.inference_mode():
            found = model.get_image_features(**inputs) if hasattr(model, "get_image_features") else model(**inputs)
        if isinstance(found, torch.Tensor):
            return np.asarray(found.float().numpy())
        pooled = getattr(found, "pooler_output", None)
        if values["pooling"] == "auto" and pools and pooled is not None:
            return np.asarray(pooled.flatten(1).float().numpy())
        hidden = found.last_hidden_state.float()
        if hidden.dim() == 4:
            return np.asarray(hidden.mean(dim=(2, 3)).numpy())
        return np.asarray((hidden.mean(dim=1) if values["pooling"] == "mean" else hidden[:, 0]).numpy())

    return lambda pictures: np.concatenate([run(pictures[i : i + BATCH]) for i in range(0, len(pictures), BATCH)])


def _preparing(folder: Path) -> Callable[[Sequence[Image.Image]], dict[str, Any]]:
    from transformers import AutoImageProcessor

    try:
        processor: Any = AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            str(folder), backend="pil", trust_remote_code=False, local_files_only=True
        )
    except Exception:  # noqa: BLE001  # some models have a processor for torchvision alone
        return _by_hand(json.loads((folder / "preprocessor_config.json").read_text("utf-8")))
    return lambda pictures: dict(processor(images=list(pictures), return_tensors="pt"))


def _by_hand(config: Mapping[str, Any]) -> Callable[[Sequence[Image.Image]], dict[str, Any]]:
    """Resize to a fixed size, scale to 0..1, take off mean and deviation."""
    import torch

    size = (int(config["size"]["width"]), int(config["size"]["height"]))
    mean, deviation = (np.array(config[name], dtype=np.float32) for name in ("image_mean", "image_std"))
    smooth = Image.Resampling(config.get("resample", Image.Resampling.BILINEAR))

    def prepare(pictures: Sequence[Image.Image]) -> dict[str, Any]:
        rows = [np.asarray(one.resize(size, smooth), dtype=np.float32) / np.float32(255.0) for one in pictures]
        values = (np.stack(rows) - mean) / deviation
        return {"pixel_values": torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))}

    return prepare
