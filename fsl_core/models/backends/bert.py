"""BERT for inference, computed here: importing transformers takes longer than everything else together.

Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", arXiv:1810.04805. The
mean over the tokens of the last layer, in unit length, is the vector of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import device
from fsl_core.base.types import Progress, Vectors

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

BATCH_TOKENS = {"cpu": 1024, "cuda": 32768}
"""Tokens computed together: more does not fit a processor's cache and is slower there."""
EPS = 1e-12
Tokens = NDArray[np.int32]


class Bert:
    """The layers of ``weights`` (names as in transformers), float32; texts are cut at ``max_tokens``.

    With ``mixed``, products are computed in bfloat16 on a processor that has it: 1.6 times as fast.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        weights: dict[str, torch.Tensor],
        on: str,
        *,
        heads: int,
        max_tokens: int,
        mixed: bool = False,
    ) -> None:
        import torch

        def tensor(name: str) -> torch.Tensor:
            return weights[name].to(on, torch.float32)

        def pair(name: str) -> tuple[torch.Tensor, torch.Tensor]:
            return tensor(f"{name}.weight"), tensor(f"{name}.bias")

        def layer(name: str) -> _Layer:
            parts = [pair(f"{name}.attention.self.{part}") for part in ("query", "key", "value")]
            return _Layer(
                qkv=(torch.cat([weight for weight, _ in parts]), torch.cat([bias for _, bias in parts])),
                attended=pair(f"{name}.attention.output.dense"),
                norm1=pair(f"{name}.attention.output.LayerNorm"),
                inner=pair(f"{name}.intermediate.dense"),
                outer=pair(f"{name}.output.dense"),
                norm2=pair(f"{name}.output.LayerNorm"),
            )

        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        self.tokenizer, self.on, self.heads = tokenizer, on, heads
        self.mixed = mixed and on == "cpu" and device.has_bfloat16()
        # A large vocabulary stays as small as it came: only the rows that are looked up are widened.
        self.words = weights["embeddings.word_embeddings.weight"].to(on)
        self.width = self.words.shape[1]
        token_type = tensor("embeddings.token_type_embeddings.weight")[0]
        self.positions = tensor("embeddings.position_embeddings.weight")[:max_tokens] + token_type
        self.norm = pair("embeddings.LayerNorm")
        n_layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
        self.layers = [layer(f"encoder.layer.{i}") for i in range(n_layers)]

    def encode(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """Shape (n, width), rows of length 1."""
        vectors = np.empty((len(texts), self.width), dtype=np.float32)
        tokens = [np.array(found.ids, dtype=np.int32) for found in self.tokenizer.encode_batch(list(texts))]
        done = 0
        for rows in batches([len(ids) for ids in tokens], BATCH_TOKENS[self.on]):
            progress(done / len(texts), "Encoding")
            vectors[rows] = self.forward([tokens[row] for row in rows])
            done += len(rows)
        progress(1.0, "Encoding")
        return vectors

    def forward(self, tokens: Sequence[Tokens]) -> Vectors:
        """Token numbers of b texts, longest first -> shape (b, width), rows of length 1."""
        import torch
        from torch.nn import functional as f

        longest = len(tokens[0])
        ids = np.zeros((len(tokens), longest), dtype=np.int32)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = text
        lengths = torch.tensor([len(text) for text in tokens], device=self.on)
        real = torch.arange(longest, device=self.on) < lengths[:, None]
        # Without padding there is nothing to mask, and the kernel without a mask is faster.
        mask = None if len(tokens[-1]) == longest else real[:, None, None, :]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.mixed):
            hidden = f.embedding(torch.from_numpy(ids).to(self.on), self.words).float() + self.positions[:longest]
            hidden = f.layer_norm(hidden, (self.width,), *self.norm, eps=EPS)
            for layer in self.layers:
                hidden = _block(layer, hidden, mask, self.heads)
            total = (hidden.float() * real[:, :, None]).sum(dim=1)
            vectors: Vectors = f.normalize(total, dim=1).cpu().numpy()  # the length removes the division by n
        return vectors


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Rows from long to short in batches of bounded size, so that little is spent on padding."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    start = 0
    while start < len(order):
        size = max(1, budget // lengths[order[start]])
        yield order[start : start + size]
        start += size


class _Layer(NamedTuple):
    qkv: tuple[torch.Tensor, torch.Tensor]
    attended: tuple[torch.Tensor, torch.Tensor]
    norm1: tuple[torch.Tensor, torch.Tensor]
    inner: tuple[torch.Tensor, torch.Tensor]
    outer: tuple[torch.Tensor, torch.Tensor]
    norm2: tuple[torch.Tensor, torch.Tensor]


def _block(layer: _Layer, hidden: torch.Tensor, mask: torch.Tensor | None, heads: int) -> torch.Tensor:
    """One transformer layer: shape (b, t, width) -> (b, t, width); mask (b, 1, 1, t), True where a token is."""
    from torch.nn import functional as f

    b, t, width = hidden.shape
    query, key, value = f.linear(hidden, *layer.qkv).view(b, t, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
    mixed = f.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    mixed = f.linear(mixed.transpose(1, 2).reshape(b, t, width), *layer.attended)
    hidden = f.layer_norm(hidden + mixed, (width,), *layer.norm1, eps=EPS)
    inner = f.gelu(f.linear(hidden, *layer.inner))
    return f.layer_norm(hidden + f.linear(inner, *layer.outer), (width,), *layer.norm2, eps=EPS)
