"""A sentence encoder whose weights can be trained.

It is a sentence-transformers model, so that pooling, prompts and projection stay the model's own and
the tuned folder can be used anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsl_core.base import device
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.models.backends import sentence_models

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BatchEncoding

BATCH_TOKENS = {"cpu": 512, "cuda": 65536}
"""Tokens computed together, padding included: more does not fit a processor's cache and is slower there."""
Tokens = list[int]
Module = Callable[[Mapping[str, "torch.Tensor"]], "torch.Tensor"]
"""Padded texts (input_ids, attention_mask) in, one row for each out."""


class Backbone:
    """Tokens in, unit vectors out, with gradients where they are wanted."""

    def __init__(self, model: SentenceTransformer) -> None:
        self.model = model

    @classmethod
    def load(cls, folder: Path, on: str, max_tokens: int = 0) -> Backbone:
        """The model of ``folder`` in float32 on ``on``; MissingBackend when it cannot be loaded."""
        import torch

        return cls(sentence_models.load(folder, on, torch.float32, max_tokens))

    @property
    def on(self) -> str:
        """'cpu' or 'cuda'."""
        return str(self.model.device.type)

    @property
    def prompt(self) -> str:
        """What the model puts before every text; usually nothing."""
        return self.model.prompts.get(self.model.default_prompt_name or "document") or ""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that the model reads."""
        return int(self.model.max_seq_length or 512)

    @property
    def transformer(self) -> Any:  # noqa: ANN401  # a transformers PreTrainedModel
        """The transformer inside, without pooling."""
        return self.model.transformers_model

    def trainable(self, words: bool = False) -> list[torch.nn.Parameter]:
        """Make the weights trainable and return them; the table of ``words`` only when asked.

        A handful of texts touches few words: training the table costs most of the time and teaches little.
        """
        self.model.requires_grad_(True)
        if not words:
            self.transformer.get_input_embeddings().requires_grad_(False)
        return [weight for weight in self.model.parameters() if weight.requires_grad]

    def without_dropout(self) -> None:
        """Train from here on without dropout, which blurs a handful of examples more than it guards.

        That of LoRA adapters stays: who wants none sets it to 0.
        """
        self.model.eval()
        for name, module in self.model.named_modules():
            if "lora_dropout" in name:
                module.train()

    def blend(self, weights: Sequence[torch.nn.Parameter], before: Sequence[torch.Tensor], share: float) -> None:
        """Set the weights to (1 - share) times what they were ``before`` plus share times what they are."""
        import torch

        with torch.no_grad():
            for weight, old in zip(weights, before, strict=True):
                weight.lerp_(old, 1.0 - share)

    def tokenize(self, texts: Sequence[Item]) -> list[Tokens]:
        """Token numbers of each text, cut at the length that the model reads."""
        return [list(ids) for ids in self._tokenized(texts)["input_ids"]] if texts else []

    def truncated(self, texts: Sequence[Item]) -> int:
        """How many of the texts are longer than the model reads."""
        return sum(bool(one.overflowing) for one in self._tokenized(texts).encodings or []) if texts else 0

    def _tokenized(self, texts: Sequence[Item]) -> BatchEncoding:
        found: BatchEncoding = self.model.tokenizer(
            [self.prompt + str(text) for text in texts], truncation=True, max_length=self.max_tokens
        )
        return found

    def forward(self, tokens: Sequence[Tokens]) -> torch.Tensor:
        """Shape (b, d), float32, rows of length 1; bfloat16 inside on a GPU that has it."""
        return self.through(tokens, self._vectors)

    def through(self, tokens: Sequence[Tokens], module: Module) -> torch.Tensor:
        """Shape (b, ...), float32: what ``module`` makes of the padded texts, in the order given.

        Texts of like length are computed together, so that little is spent on padding.
        """
        import torch

        groups = list(by_length(tokens, BATCH_TOKENS[self.on]))
        found = torch.cat([self._computed([tokens[row] for row in rows], module) for rows in groups])
        order = torch.tensor([row for rows in groups for row in rows], device=found.device)
        return found[torch.argsort(order)]

    def _vectors(self, features: Mapping[str, torch.Tensor]) -> torch.Tensor:
        import torch

        vectors = self.model({**features, "modality": "text"})["sentence_embedding"]
        return torch.nn.functional.normalize(vectors.float(), dim=1)

    def _computed(self, tokens: Sequence[Tokens], module: Module) -> torch.Tensor:
        import torch

        features = self.model.tokenizer.pad({"input_ids": list(tokens)}, return_tensors="pt", padding_side="right")
        features = {name: tensor.to(self.model.device) for name, tensor in features.items()}
        precision = device.inference_dtype(self.on)
        with torch.autocast(self.on, dtype=precision, enabled=precision != torch.float32):
            return module(features).float()

    def encode(self, texts: Sequence[Item], progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32, rows of length 1, without gradients and without dropout."""
        report = progress or silent
        tokens = self.tokenize(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        done = 0
        with self.at_rest():
            for rows in by_length(tokens, BATCH_TOKENS[self.on]):
                report(done / max(1, len(tokens)), "Encoding")
                vectors[rows] = self._computed([tokens[row] for row in rows], self._vectors).cpu().numpy()
                done += len(rows)
        return vectors

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    def at_rest(self) -> Any:  # noqa: ANN401  # a context manager
        """No gradients and no dropout inside the block; as before after it."""
        return _AtRest(self.model)

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers folder with safetensors."""
        self.model.save_pretrained(str(folder), create_model_card=False, safe_serialization=True)


class _AtRest:
    def __init__(self, model: SentenceTransformer) -> None:
        import torch

        self._model, self._guard = model, torch.inference_mode()

    def __enter__(self) -> None:
        self._training = [module for module in self._model.modules() if module.training]
        self._model.eval()
        self._guard.__enter__()

    def __exit__(self, *error: object) -> None:
        self._guard.__exit__(*error)
        for module in self._training:
            module.training = True


def by_length(tokens: Sequence[Tokens], budget: int) -> Iterator[list[int]]:
    """Row numbers from long to short texts, at most ``budget`` tokens (padding included) together."""
    order = sorted(range(len(tokens)), key=lambda row: -len(tokens[row]))
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, len(tokens[order[start]])))
        yield order[start : start + size]
        start += size
