"""all-mpnet-base-v2: the stronger English encoder, from the shelf of models.

Song et al., "MPNet: Masked and Permuted Pre-training for Language Understanding", NeurIPS 2020, arXiv:2004.09297;
trained for sentences by the sentence-transformers authors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fsl_core.base import device
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import EncoderInfo, Role, only_texts
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.models.backends import sentence_models
from fsl_core.models.backends.bert import batches
from fsl_core.models.backends.shelf_encoder import ShelfEncoder, ShelfSettings
from fsl_core.models.shelf import places

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DIM = 768
MAX_TOKENS = 384
BATCH_SIGNS = 4_096
"""Characters computed together."""


class MPNet(ShelfEncoder[ShelfSettings, "SentenceTransformer"]):
    """As the model's own modules say: mean over the tokens, unit length."""

    model = "mpnet"
    info = EncoderInfo(
        name="mpnet",
        title="MPNet (English, stronger)",
        summary="Fewer mistakes than MiniLM on fine intents, and many times slower; fetched once, then offline.",
        languages="English",
        offline=True,
        order=12,
    )
    settings = ShelfSettings

    @property
    def key(self) -> str:
        """Checksum of what the weights were made from, pooling and length."""
        return f"{self._fingerprint}:mean:unit:{MAX_TOKENS}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 768), float32, rows of length 1; documents and queries are treated alike.

        Text beyond 384 tokens is not seen. Raises MissingBackend, which says how to get it, when it is not here.
        """
        texts, report = only_texts(self.info, items), progress or silent
        vectors = np.empty((len(texts), DIM), dtype=np.float32)
        if not texts:
            return vectors
        report(0.0, "Loading the encoder")
        model, done = self._loaded(), 0
        for rows in batches([max(1, len(text)) for text in texts], BATCH_SIGNS):
            report(done / len(texts), "Encoding")
            with self._lock:  # fast tokenizers refuse two threads that set their truncation
                found = model.encode([texts[row] for row in rows], batch_size=len(rows), show_progress_bar=False)
            vectors[rows] = np.asarray(found, dtype=np.float32)
            done += len(rows)
        report(1.0, "Encoding")
        return vectors

    def trainable_folder(self, progress: Progress | None = None) -> Path:
        """The folder on the shelf. Raises MissingBackend when it is not here."""
        return places.need(self.model)

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The folder on the shelf. Raises MissingBackend when it is not here."""
        values = {"prompt": "", "max_tokens": MAX_TOKENS}
        return self._from_shelf("sentence-transformers", values, folder=places.need(self.model))

    def _load(self, folder: Path, on: str) -> SentenceTransformer:
        return sentence_models.load(folder, on, device.inference_dtype(on), MAX_TOKENS)


ENCODER = MPNet
