"""Any sentence-transformers model, from the hub or from a folder; embedding LLMs included.

Reimers and Gurevych, "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks" (EMNLP 2019).
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base import device
from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_texts
from fsl_core.models.backends import tuned_models
from fsl_core.models.backends.model_files import folder_of, identity, local_folder
from fsl_core.models.backends.sentence_models import load

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceTransformersSettings(Settings):
    """Settings of a sentence-transformers model."""

    model: str = setting(
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made).",
    )
    revision: str = setting("", "Branch, tag or commit on the hub; empty is the main branch.", advanced=True)
    document_prompt: str = setting("", "Text put before every item; empty is the model's own, if it has one.")
    query_prompt: str = setting("", "Text put before what is searched for; empty is the model's own, if it has one.")
    max_tokens: int = setting(
        0, "Tokens read of each text; 0 is the model's own limit.", ge=0, le=131072, advanced=True
    )
    batch_size: int = setting(
        32, "Texts computed together; halved when GPU memory runs out.", ge=1, le=1024, advanced=True
    )
    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class SentenceTransformers(Encoder[SentenceTransformersSettings]):
    """Vectors as the model's own modules (pooling, normalisation) give them.

    No code from a model is run and no pickle is read: weights must be safetensors.
    """

    info = EncoderInfo(
        name="sentence-transformers",
        title="Sentence Transformers",
        summary="Any embedding model of the Hugging Face hub or of a folder, multilingual and large ones included.",
        languages="depends on the model",
        offline=False,
        order=20,
    )
    settings = SentenceTransformersSettings

    def __init__(self, config: SentenceTransformersSettings) -> None:
        super().__init__(config)
        self._lock = threading.RLock()
        self._model: SentenceTransformer | None = None
        self._identity = ""
        self._trained_on: frozenset[str] | None = None
        self._batches = device.Batches(
            config.batch_size,
            "texts",
            lambda: MissingBackend(
                "One text alone does not fit into the memory of the GPU with the model {model}.",
                "Lower 'Max tokens', choose a smaller model, or set the device to cpu.",
                model=config.model,
            ),
        )

    @property
    def key(self) -> str:
        """Model with commit (or digest of the folder), prompts, token limit and precision.

        A hub model that was never used is looked up on the hub. Raises MissingBackend when that fails.
        """
        config = self.config
        with self._lock:
            if not self._identity:
                self._identity = identity(config.model, config.revision)
        prompts = json.dumps([config.document_prompt, config.query_prompt])
        precision = str(device.inference_dtype(device.resolve(config.device))).removeprefix("torch.")
        tail = hashlib.sha256(prompts.encode()).hexdigest()[:12]
        return f"sentence-transformers:{self._identity}:{tail}:{config.max_tokens}:{precision}"

    def trainable_folder(self, progress: Progress | None = None) -> Path:
        """The folder given, or the one fetched from the hub; MissingBackend when it is not to be had."""
        return folder_of(self.config.model, self.config.revision, progress or silent)

    def trained_on(self) -> frozenset[str]:
        """What a tuned model says of itself; nothing for others."""
        with self._lock:
            if self._trained_on is None:
                folder = local_folder(self.config.model)
                self._trained_on = tuned_models.trained_on(folder) if folder else frozenset()
            return self._trained_on

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32. An empty list loads the model, to know d.

        Raises MissingBackend when the model is not there, cannot be loaded, or does not fit into memory.
        """
        texts = only_texts(self.info, items)
        report = progress or silent
        report(0.0, "Loading the model")
        model = self._loaded(report)
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        vectors = np.zeros((len(texts), model.get_embedding_dimension() or 0), dtype=np.float32)

        def compute(rows: Sequence[int]) -> Vectors:
            return self._computed(model, [texts[row] for row in rows], role)

        for rows, found in self._batches.over(order, compute, report):
            vectors[list(rows)] = found
        return vectors

    def _computed(self, model: SentenceTransformer, texts: list[str], role: Role) -> Vectors:
        """Shape (n, d)."""
        encode = model.encode_query if role == "query" else model.encode_document
        prompt = (self.config.query_prompt if role == "query" else self.config.document_prompt) or None
        with self._lock:  # fast tokenizers refuse two threads that set their truncation
            found = encode(texts, prompt=prompt, batch_size=len(texts), show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)

    def _loaded(self, report: Progress) -> SentenceTransformer:
        with self._lock:
            if self._model is None:
                folder = self.trainable_folder(report)
                report(0.0, "Loading the model")
                on = device.resolve(self.config.device)
                self._model = load(folder, on, device.inference_dtype(on), self.config.max_tokens)
            return self._model


ENCODER = SentenceTransformers
