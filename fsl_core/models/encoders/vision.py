"""Any transformers model of images, from the hub or from a folder: CLIP, SigLIP, DINOv2 and 3, ViT, ConvNeXt.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (ICML 2021) and Zhai et
al., "Sigmoid Loss for Language Image Pre-Training" (ICCV 2023) read class names too; Oquab et al., "DINOv2" (TMLR
2024) and its like read images alone. Several descriptions of a class are averaged, as in Menon and Vondrick,
"Visual Classification via Description from Large Language Models" (ICLR 2023).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fsl_core.base import device, ops
from fsl_core.base.config import setting
from fsl_core.base.errors import ConfigError, MissingBackend
from fsl_core.base.types import Item, Progress, Vectors
from fsl_core.contracts.encoder import EncoderInfo, Role
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.data import images
from fsl_core.models.backends import vision_models
from fsl_core.models.backends.hub import HubEncoder, HubSettings
from fsl_core.models.backends.model_files import licence_of
from fsl_core.models.backends.vision_models import VisionModel

if TYPE_CHECKING:
    import torch

NAME_WORDS = 5
"""A longer text is a sentence of its own and does not go into the prompt."""


class VisionSettings(HubSettings):
    """Settings of a transformers model of images."""

    model: str = setting(
        "openai/clip-vit-base-patch16",
        "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made).",
    )
    prompt: str = setting(
        "a photo of a {}.",
        "What a class name is put into where the model reads words (CLIP, SigLIP). Descriptions of more than five "
        "words go in as they are; several, with ';' or on lines of their own, are averaged.",
        title="Prompt for class names",
    )
    pooling: Literal["auto", "cls", "mean"] = setting(
        "auto", "Which vector stands for the image: the model's own, its first token, or the mean of all.",
        advanced=True,
    )  # fmt: skip
    batch_size: int = setting(
        16, "Images computed together; halved when GPU memory runs out.", ge=1, le=1024, advanced=True
    )


class Vision(HubEncoder[VisionSettings, VisionModel]):
    """The pooled output where the file has weights for it, else the first token; weights must be safetensors."""

    info = EncoderInfo(
        name="vision",
        title="Transformers (images)",
        summary="Any image model of the Hugging Face hub or of a folder; CLIP and SigLIP read the class names too.",
        languages="depends on the model",
        offline=False,
        modality="image",
        order=70,
    )
    settings = VisionSettings
    things = "images"

    def __init__(self, config: VisionSettings) -> None:
        super().__init__(config)
        self._tokenizer: Any = None

    def _too_large(self) -> MissingBackend:
        return MissingBackend(
            "One image alone does not fit into the memory of the GPU with the model {model}.",
            "Choose a smaller model, or set the device to cpu.",
            model=self.config.model,
        )

    def _details(self) -> tuple[str, ...]:
        return (self.config.pooling,)

    def _load(self, folder: Path, on: str) -> VisionModel:
        return vision_models.load(folder, on, device.inference_dtype(on))

    def _width(self, model: VisionModel) -> int:
        from PIL import Image

        return int(self._features(model, [Image.new("RGB", (64, 64))]).shape[1])

    def _compute(self, model: VisionModel, items: Sequence[Item], role: Role) -> Vectors:
        return self._features(model, [images.pixels(Path(item)) for item in items])

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The model's folder and the vector that stands for an image."""
        folder = self._hub.folder(progress)
        return PortableEncoder(
            "transformers-pictures", {"pooling": self.config.pooling}, folder=folder, origin=self._hub.origin,
            licence=licence_of(folder),
        )  # fmt: skip

    @property
    def words_key(self) -> str:
        """The key and the prompt, which changes no image."""
        return f"{self.key}:words:{hashlib.sha256(self.config.prompt.encode()).hexdigest()[:12]}"

    def encode_words(self, texts: Sequence[str]) -> Vectors | None:
        """Shape (n, d), rows of length 1: the mean over the prompts of each text. None without a text side."""
        if self.config.pooling != "auto" or not vision_models.reads_words(self._hub.folder()):
            return None
        loaded = self._hub.load()
        if not hasattr(loaded.model, "get_text_features"):
            return None
        listed = [self.prompts(text) for text in texts]
        vectors = ops.unit(self._read(loaded, [prompt for prompts in listed for prompt in prompts]))
        ends = np.cumsum([len(prompts) for prompts in listed])[:-1]
        means = [part.mean(axis=0) for part in np.split(vectors, ends)] if listed else []
        return ops.unit(np.stack(means)) if means else np.zeros((0, vectors.shape[1]), dtype=np.float32)

    def prompts(self, text: str) -> list[str]:
        """'a tabby; a small animal with ...' -> what the model reads: names in the prompt, sentences as they are."""
        if "{}" not in self.config.prompt:
            raise ConfigError(
                "The prompt '{prompt}' has no place for the class name.",
                "Put {{}} where the name belongs, as in 'a photo of a {{}}.'",
                prompt=self.config.prompt,
            )
        parts = [part.strip() for part in re.split(r"[;\n]+", text) if part.strip()] or [text]
        return [part if len(part.split()) > NAME_WORDS else self.config.prompt.replace("{}", part) for part in parts]

    def _read(self, loaded: VisionModel, prompts: list[str]) -> Vectors:
        """Shape (n, d)."""
        import torch

        text = loaded.model.config.text_config
        # SigLIP learned from texts filled up to one length, padding not masked; CLIP masks it.
        sigmoid = str(loaded.model.config.model_type).startswith("siglip")
        with self._hub.lock:
            if self._tokenizer is None:
                self._tokenizer = vision_models.tokenizer(self._hub.folder())
            inputs = self._tokenizer(
                prompts or [""],
                padding="max_length" if sigmoid else True,
                truncation=True,
                max_length=text.max_position_embeddings,
                return_tensors="pt",
            )
        names = ("input_ids",) if sigmoid else ("input_ids", "attention_mask")
        with torch.inference_mode():
            found = loaded.model.get_text_features(**{name: inputs[name].to(loaded.model.device) for name in names})
        return _array(getattr(found, "pooler_output", found))[: len(prompts)]

    def _features(self, loaded: VisionModel, pictures: list[Any]) -> Vectors:
        """Shape (n, d)."""
        import torch

        model, pooling = loaded.model, self.config.pooling
        inputs = {name: value.to(model.device) for name, value in loaded.prepare(pictures).items()}
        inputs["pixel_values"] = inputs["pixel_values"].to(model.dtype)
        with torch.inference_mode():
            if hasattr(model, "get_image_features"):
                found = model.get_image_features(**inputs)
            else:
                found = model(**inputs)
        if isinstance(found, torch.Tensor):
            return _array(found)
        pooled = getattr(found, "pooler_output", None)
        if pooling == "auto" and loaded.pools and pooled is not None:
            return _array(pooled.flatten(1))
        hidden = found.last_hidden_state
        if hidden.dim() == 4:
            return _array(hidden.mean(dim=(2, 3)))
        return _array(hidden.mean(dim=1) if pooling == "mean" else hidden[:, 0])


def _array(tensor: torch.Tensor) -> Vectors:
    return np.asarray(tensor.float().cpu().numpy(), dtype=np.float32)


ENCODER = Vision
