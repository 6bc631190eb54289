"""Any sentence-transformers model, from the hub or from a folder; embedding LLMs included.

Reimers and Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks" (EMNLP 2019).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base import device
from fsl_core.base.config import setting
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors
from fsl_core.contracts.encoder import EncoderInfo, Role
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.models.backends import sentence_models, tuned_models
from fsl_core.models.backends.hub import HubEncoder, HubSettings
from fsl_core.models.backends.model_files import licence_of, local_folder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformersSettings(HubSettings):
    """Settings of a sentence-transformers model."""

    model: str = setting(
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made).",
    )
    document_prompt: str = setting("", "Text put before every item; empty is the model's own, if it has one.")
    query_prompt: str = setting("", "Text put before what is searched for; empty is the model's own, if it has one.")
    max_tokens: int = setting(
        0, "Tokens read of each text; 0 is the model's own limit.", ge=0, le=131072, advanced=True
    )
    batch_size: int = setting(
        32, "Texts computed together; halved when GPU memory runs out.", ge=1, le=1024, advanced=True
    )


class SentenceTransformers(HubEncoder[SentenceTransformersSettings, "SentenceTransformer"]):
    """Vectors as the model's own modules (pooling, normalisation) give them; weights must be safetensors."""

    info = EncoderInfo(
        name="sentence-transformers",
        title="Sentence Transformers",
        summary="Any embedding model of the Hugging Face hub or of a folder, multilingual and large ones included.",
        languages="depends on the model",
        offline=False,
        order=20,
    )
    settings = SentenceTransformersSettings
    things = "texts"

    def __init__(self, config: SentenceTransformersSettings) -> None:
        super().__init__(config)
        self._trained_on: frozenset[str] | None = None

    def trainable_folder(self, progress: Progress | None = None) -> Path:
        """The folder given, or the one fetched from the hub; MissingBackend when it is not to be had."""
        return self._hub.folder(progress)

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The model's folder with what was set about it."""
        values = {"prompt": self.config.document_prompt, "max_tokens": self.config.max_tokens}
        folder = self._hub.folder(progress)
        return PortableEncoder(
            "sentence-transformers", values, folder=folder, origin=self._hub.origin, licence=licence_of(folder)
        )

    def trained_on(self) -> frozenset[str]:
        """What a tuned model says of itself; nothing for others."""
        with self._hub.lock:
            if self._trained_on is None:
                folder = local_folder(self.config.model)
                self._trained_on = tuned_models.trained_on(folder) if folder else frozenset()
            return self._trained_on

    def _too_large(self) -> MissingBackend:
        return MissingBackend(
            "One text alone does not fit into the memory of the GPU with the model {model}.",
            "Lower 'Max tokens', choose a smaller model, or set the device to cpu.",
            model=self.config.model,
        )

    def _details(self) -> tuple[str, ...]:
        prompts = json.dumps([self.config.document_prompt, self.config.query_prompt])
        return hashlib.sha256(prompts.encode()).hexdigest()[:12], str(self.config.max_tokens)

    def _load(self, folder: Path, on: str) -> SentenceTransformer:
        return sentence_models.load(folder, on, device.inference_dtype(on), self.config.max_tokens)

    def _width(self, model: SentenceTransformer) -> int:
        return model.get_embedding_dimension() or 0

    def _compute(self, model: SentenceTransformer, items: Sequence[Item], role: Role) -> Vectors:
        encode = model.encode_query if role == "query" else model.encode_document
        prompt = (self.config.query_prompt if role == "query" else self.config.document_prompt) or None
        texts = [str(item) for item in items]
        with self._hub.lock:  # fast tokenizers refuse two threads that set their truncation
            found = encode(texts, prompt=prompt, batch_size=len(texts), show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)


ENCODER = SentenceTransformers
