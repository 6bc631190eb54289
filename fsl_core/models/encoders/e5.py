"""Multilingual E5, small: about 100 languages in one space, from the shelf of models.

Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", arXiv:2402.05672. Every text is read behind
"query: ", as its authors advise where texts are compared with texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import EncoderInfo, Role, only_texts
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.models.backends.bert import Bert
from fsl_core.models.backends.shelf_encoder import ShelfEncoder, ShelfSettings
from fsl_core.models.shelf import places

DIM = 384
HEADS = 12
MAX_TOKENS = 512
PROMPT = "query: "


class E5(ShelfEncoder[ShelfSettings, Bert]):
    """Mean over the tokens of the last layer, unit length."""

    model = "e5"
    info = EncoderInfo(
        name="e5",
        title="Multilingual E5 (small)",
        summary="About 100 languages, Chinese among them; fetched once from the page Models, then offline.",
        languages="about 100",
        offline=True,
        order=15,
    )
    settings = ShelfSettings

    @property
    def key(self) -> str:
        """Checksum of what the weights were made from, prompt, pooling and length.

        The same in float32 and bfloat16, whose vectors have a cosine above 0.9999.
        """
        return f"{self._fingerprint}:query:mean:unit:{MAX_TOKENS}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 384), float32, rows of length 1; documents and queries are treated alike.

        Text beyond 512 tokens is not seen. Raises MissingBackend, which says how to get it, when it is not here.
        """
        texts = only_texts(self.info, items)
        report = progress or silent
        if not items:
            return np.empty((0, DIM), dtype=np.float32)
        report(0.0, "Loading the encoder")
        return self._loaded().encode([PROMPT + text for text in texts], report)

    def trainable_folder(self, progress: Progress | None = None) -> Path:
        """The folder on the shelf, as sentence-transformers loads it. Raises MissingBackend when it is not here."""
        return places.need(self.model)

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The folder on the shelf. Raises MissingBackend when it is not here."""
        values = {"prompt": PROMPT, "max_tokens": MAX_TOKENS}
        return self._from_shelf("sentence-transformers", values, folder=places.need(self.model))

    def _load(self, folder: Path, on: str) -> Bert:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        weights = load_file(folder / "model.safetensors")
        return Bert(tokenizer, weights, on, heads=HEADS, max_tokens=MAX_TOKENS, mixed=True)


ENCODER = E5
