"""Readers of texts: each turns a list of texts into vectors (n, d) as the encoder of that name does in Handful."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .heads import unit
from .problem import missing

Array = NDArray[Any]
Reader = Callable[[Sequence[str]], Array]
BATCH_TOKENS = 1024
"""Tokens computed together: more does not fit a processor's cache and is slower there."""

# Thai, Lao, Burmese, Khmer, kana, Han and Hangul: no spaces between words, or much in one character.
_DENSE = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]+"
_RUNS = re.compile(rf"(?P<dense>{_DENSE})|\w+?(?=[\W]|$|{_DENSE})|[^\w\s]+")


def onnx(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """``model.onnx`` (token numbers and their mask to unit vectors) behind ``tokenizer.json``."""
    try:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer
    except ImportError as error:
        raise missing(error.name or "onnxruntime", "The encoder of this model") from error
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Threads that wait by spinning only take time from whatever else runs here.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), sess_options=options, providers=["CPUExecutionProvider"]
    )
    prompt, pad = values["prompt"], values["pad"]

    def read(texts: Sequence[str]) -> Array:
        tokens = [found.ids for found in tokenizer.encode_batch([prompt + text for text in texts])]
        vectors = np.zeros((len(texts), values["dimension"]), dtype=np.float32)
        for rows in by_length([len(ids) for ids in tokens]):
            longest = max(len(tokens[row]) for row in rows)
            ids = np.full((len(rows), longest), pad, dtype=np.int64)
            mask = np.zeros_like(ids)
            for i, row in enumerate(rows):
                ids[i, : len(tokens[row])] = tokens[row]
                mask[i, : len(tokens[row])] = 1
            (vectors[rows],) = session.run(["sentence_embedding"], {"input_ids": ids, "attention_mask": mask})
        return vectors

    return read


def by_length(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows from long to short in batches of bounded size, so that little is spent on padding."""
    order, start = sorted(range(len(lengths)), key=lambda row: -lengths[row]), 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def sentence_transformers(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """A sentence-transformers folder; no code of the model is run and no pickle is read."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise missing("sentence-transformers", "The encoder of this model") from error
    model = SentenceTransformer(
        str(folder), device="cpu", trust_remote_code=False, local_files_only=True,
        model_kwargs={"use_safetensors": True},
    )  # fmt: skip
    if limit := values["max_tokens"]:
        own = model.max_seq_length
        model.max_seq_length = min(limit, own) if own else limit

    def read(texts: Sequence[str]) -> Array:
        prompt = values["prompt"] or None
        found = model.encode_document(list(texts), prompt=prompt, batch_size=32, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32)

    return read


def char_ngrams(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """Counts of character n-grams, hashed into ``dimensions`` places and damped by a logarithm."""
    low, high, dimensions = (int(values[name]) for name in ("low", "high", "dimensions"))

    def read(texts: Sequence[str]) -> Array:
        vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for gram in ngrams(text, low, high):
                place = murmur3(gram)
                vectors[row, abs(place) % dimensions] += 1.0 if place >= 0 else -1.0
        vectors = np.sign(vectors) * np.log1p(np.abs(vectors))
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(length > 0, length, 1.0), dtype=np.float32)

    return read


def ngrams(text: str, low: int, high: int) -> list[str]:
    """The n-grams of a text, lower case, one entry for each time they occur."""
    found: list[str] = []
    for run in _RUNS.finditer(text.lower()):
        dense = run["dense"]
        part, lengths = (dense, range(1, 3)) if dense else (f" {run[0]} ", range(low, high + 1))
        for n in lengths:
            found.extend(part[i : i + n] for i in range(len(part) - n + 1))
    return found


@lru_cache(maxsize=200_000)
def murmur3(text: str) -> int:
    """MurmurHash3 (x86, 32 bit, seed 0) of the UTF-8 bytes, as a signed number: the hash of scikit-learn's hashing."""
    data = text.encode("utf-8", "surrogatepass")
    h, whole = 0, len(data) // 4 * 4
    for i in range(0, whole, 4):
        h ^= _scrambled(int.from_bytes(data[i : i + 4], "little"))
        h = (_turned(h, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    if whole < len(data):
        h ^= _scrambled(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & 0xFFFFFFFF
    h = ((h ^ h >> 13) * 0xC2B2AE35) & 0xFFFFFFFF
    h ^= h >> 16
    return h - 2**32 if h & 0x80000000 else h


def _scrambled(k: int) -> int:
    return (_turned((k * 0xCC9E2D51) & 0xFFFFFFFF, 15) * 0x1B873593) & 0xFFFFFFFF


def _turned(x: int, bits: int) -> int:
    return ((x << bits) | (x >> (32 - bits))) & 0xFFFFFFFF


def pair(folder: Path, values: Mapping[str, Any], arrays: Mapping[str, Array]) -> Reader:
    """The vectors of several readers, each in unit length, one behind the other; each in a folder of its number."""
    readers = [
        READERS[part["reader"]](folder / str(number), part["values"], {}) for number, part in enumerate(values["parts"])
    ]

    def read(texts: Sequence[str]) -> Array:
        vectors = [unit(reader(texts)) for reader in readers]
        return np.asarray(np.concatenate(vectors, axis=1) / np.sqrt(len(vectors)), dtype=np.float32)

    return read


READERS: dict[str, Callable[[Path, Mapping[str, Any], Mapping[str, Array]], Reader]] = {
    "onnx": onnx, "sentence-transformers": sentence_transformers, "char-ngrams": char_ngrams, "pair": pair,
}  # fmt: skip
