"""Any transformers model of images, from the hub or from a folder: CLIP, SigLIP, DINOv2 and 3, ViT, ConvNeXt.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (ICML 2021) and Zhai et
al., "Sigmoid Loss for Language Image Pre-Training" (ICCV 2023) read class names too; Oquab et al., "DINOv2" (TMLR
2024) and its like read images alone. Several descriptions of a class are averaged, as in Menon and Vondrick,
"Visual Classification via Description from Large Language Models" (ICLR 2023).
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fsl_core.base import device, ops
from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import ConfigError, MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_images
from fsl_core.data import images
from fsl_core.models.backends import vision_models
from fsl_core.models.backends.model_files import folder_of, identity
from fsl_core.models.backends.vision_models import VisionModel

if TYPE_CHECKING:
    import torch

NAME_WORDS = 5
"""A longer text is a sentence of its own and does not go into the prompt."""


class VisionSettings(Settings):
    """Settings of a transformers model of images."""

    model: str = setting(
        "openai/clip-vit-base-patch16",
        "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made).",
    )
    revision: str = setting("", "Branch, tag or commit on the hub; empty is the main branch.", advanced=True)
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
    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class Vision(Encoder[VisionSettings]):
    """The pooled output where the file has weights for it, else the first token.

    No code from a model is run and no pickle is read: weights must be safetensors.
    """

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

    def __init__(self, config: VisionSettings) -> None:
        super().__init__(config)
        self._lock = threading.RLock()
        self._model: VisionModel | None = None
        self._tokenizer: Any = None
        self._identity = ""
        self._batches = device.Batches(
            config.batch_size,
            "images",
            lambda: MissingBackend(
                "One image alone does not fit into the memory of the GPU with the model {model}.",
                "Choose a smaller model, or set the device to cpu.",
                model=config.model,
            ),
        )

    @property
    def key(self) -> str:
        """Model with commit (or digest of the folder), pooling and precision.

        A hub model that was never used is looked up on the hub. Raises MissingBackend when that fails.
        """
        with self._lock:
            if not self._identity:
                self._identity = identity(self.config.model, self.config.revision)
        precision = str(device.inference_dtype(device.resolve(self.config.device))).removeprefix("torch.")
        return f"vision:{self._identity}:{self.config.pooling}:{precision}"

    @property
    def words_key(self) -> str:
        """The key and the prompt, which changes no image."""
        return f"{self.key}:words:{hashlib.sha256(self.config.prompt.encode()).hexdigest()[:12]}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32. An empty list runs one blank image, to know d.

        Raises MissingBackend when the model is not there, cannot be loaded, or does not fit into memory.
        """
        report, paths = progress or silent, only_images(self.info, items)
        report(0.0, "Loading the model")
        loaded = self._loaded(report)

        def compute(rows: Sequence[int]) -> Vectors:
            from PIL import Image

            blank = [Image.new("RGB", (64, 64))]
            return self._computed(loaded, [images.pixels(paths[row]) for row in rows] if paths else blank)

        parts = [found for _, found in self._batches.over(range(max(1, len(paths))), compute, report)]
        return np.concatenate(parts)[: len(paths)]

    def encode_words(self, texts: Sequence[str]) -> Vectors | None:
        """Shape (n, d), rows of length 1: the mean over the prompts of each text. None without a text side."""
        if self.config.pooling != "auto" or not vision_models.reads_words(self._folder(silent)):
            return None
        loaded = self._loaded(silent)
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
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = vision_models.tokenizer(self._folder(silent))
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

    def _computed(self, loaded: VisionModel, pictures: list[Any]) -> Vectors:
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

    def _folder(self, report: Progress) -> Path:
        return folder_of(self.config.model, self.config.revision, report)

    def _loaded(self, report: Progress) -> VisionModel:
        with self._lock:
            if self._model is None:
                folder = self._folder(report)
                report(0.0, "Loading the model")
                on = device.resolve(self.config.device)
                self._model = vision_models.load(folder, on, device.inference_dtype(on))
            return self._model


def _array(tensor: torch.Tensor) -> Vectors:
    return np.asarray(tensor.float().cpu().numpy(), dtype=np.float32)


ENCODER = Vision
