"""From vectors to probabilities: what each method of Handful comes down to once it is fitted.

A head is the name of a rule, arrays and values. Features are l2(l2(x) - center); where ``raw`` is set, the vectors
as they are. A network may stand between (``through.*``), and with ``unit`` its features are scaled to length 1.

linear      softmax(W z + b)
attention   softmax(z . key / temperature + log weight), summed over the keys of a class
neighbours  the same votes of the k nearest keys alone
cache       names and keys together (Tip-Adapter)
nearest     softmax(-sharpness * squared distance to the nearest key of a class)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
BLOCK = 512
"""Items compared with all keys at a time."""
EPS = 1e-5


class Head(NamedTuple):
    """One fitted method: ``arrays`` by name, ``values`` as JSON holds them."""

    rule: str
    arrays: Mapping[str, Array]
    values: Mapping[str, Any]


def probabilities(head: Head, vectors: Array) -> Array:
    """Shape (n, n_way) from vectors (n, d); rows sum to 1."""
    rule = RULES[head.rule]
    parts = [rule(head, features(head, vectors[start : start + BLOCK])) for start in range(0, len(vectors), BLOCK)]
    return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)


def features(head: Head, vectors: Array) -> Array:
    """What the rule reads of vectors (n, d)."""
    z = np.asarray(vectors, dtype=np.float32)
    if not head.values.get("raw"):
        z = unit(unit(z) - head.arrays["center"])
    if "through.conv.0" in head.arrays:
        side = int(head.values["side"])
        part = {name.removeprefix("through."): array for name, array in head.arrays.items()}
        z = convolved(part, z.reshape(-1, side, side), head.values["down"])
    elif "through.down" in head.arrays:
        down, up, gain = (head.arrays[f"through.{name}"] for name in ("down", "up", "gain"))
        z = gain * (z + z @ down @ up)
    if "context" in head.arrays:
        z = in_context(head, z)
    return unit(z) if head.values.get("unit") else z


# -- rules -----------------------------------------------------------------------------------------


def linear(head: Head, z: Array) -> Array:
    """Weights (n_way, d) and a bias, -inf for a class that cannot be chosen."""
    return softmax(_possible(head, z @ head.arrays["weight"].T + head.arrays["bias"]))


def attention(head: Head, z: Array) -> Array:
    """Keys (m, d), their class and weight; no class gets less than ``floor``."""
    keys, weights = head.arrays["keys"], head.arrays["weights"]
    shares = softmax(z @ keys.T / np.float32(head.values["temperature"]) + np.log(weights))
    found = shares @ one_hot(head.arrays["codes"], head.values["n_way"])
    if floor := head.values.get("floor"):
        found = softmax(_possible(head, np.log(np.maximum(found, floor))))
    return found


def neighbours(head: Head, z: Array) -> Array:
    """The k best keys vote exp((cos - 1) / T), and every class has the vote of a key at right angles besides."""
    heat, n_way = head.values["temperature"], int(head.values["n_way"])
    similarity = z @ head.arrays["keys"].T
    best = top_rows(similarity, int(head.values["k"]))
    votes = np.exp((np.take_along_axis(similarity, best, axis=1) - 1.0) / heat) * head.arrays["weights"][best]
    places = np.arange(len(z))[:, None] * n_way + head.arrays["codes"][best]
    totals = np.bincount(places.reshape(-1), votes.reshape(-1), minlength=len(z) * n_way).reshape(len(z), n_way)
    totals = totals + np.exp(-1.0 / heat)
    return np.asarray(totals / totals.sum(axis=1, keepdims=True), dtype=np.float32)


def cache(head: Head, z: Array) -> Array:
    """Logits p z . name + a * mean over the keys of a class of exp(-b (1 - z . key)); its name without any."""
    values, names, codes = head.values, head.arrays["names"], head.arrays["codes"]
    beta = np.float32(values["beta"])
    words, counts = z @ names.T, np.bincount(codes, minlength=len(names))
    sums = np.exp(beta * (z @ head.arrays["keys"].T - 1.0)) @ one_hot(codes, len(names))
    votes = np.where(counts > 0, sums / np.maximum(counts, 1), np.exp(beta * (words - 1.0)))
    logits = np.float32(values["prior"]) * words + np.float32(values["alpha"]) * votes
    if values["prior"] <= 0:
        logits = np.where(counts > 0, logits, -np.inf)
    return softmax(logits / np.float32(values["temperature"]))


def nearest(head: Head, z: Array) -> Array:
    """By the one nearest key of each class."""
    keys, codes = head.arrays["keys"], head.arrays["codes"]
    apart = np.maximum((z * z).sum(1)[:, None] + (keys * keys).sum(1)[None, :] - 2.0 * (z @ keys.T), 0.0)
    best = np.full((len(z), int(head.values["n_way"])), np.inf, dtype=np.float32)
    for code in np.unique(codes):
        best[:, code] = apart[:, codes == code].min(axis=1)
    return softmax(-np.float32(head.values["sharpness"]) * best)


RULES: dict[str, Callable[[Head, Array], Array]] = {
    "linear": linear, "attention": attention, "neighbours": neighbours, "cache": cache, "nearest": nearest,
}  # fmt: skip


# -- networks --------------------------------------------------------------------------------------


def convolved(arrays: Mapping[str, Array], images: Array, down: str) -> Array:
    """Four blocks of a 3 x 3 convolution, normalisation and ReLU: (n, side, side) in 0..1 to (n, d)."""
    x = images[..., None].astype(np.float32)  # (n, height, width, channels)
    block = 0
    while f"conv.{block}" in arrays:
        filters = arrays[f"conv.{block}"]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        if down == "stride":
            windows = windows[:, ::2, ::2]
        # Both as (channels in, 3, 3) behind one another.
        x = windows.reshape(*windows.shape[:3], -1) @ filters.reshape(len(filters), -1).T
        if down == "pool":
            height, width = x.shape[1] // 2, x.shape[2] // 2
            x = x[:, : 2 * height, : 2 * width].reshape(len(x), height, 2, width, 2, -1).max(axis=(2, 4))
        mean, variance = arrays[f"mean.{block}"], arrays[f"variance.{block}"]
        scale = arrays[f"scale.{block}"] / np.sqrt(variance + np.float32(EPS))
        x = np.maximum(x * scale + (arrays[f"shift.{block}"] - mean * scale), 0.0)
        block += 1
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)).reshape(len(x), -1)


def in_context(head: Head, queries: Array) -> Array:
    """The queries in the light of the support: ``n_reads`` steps of an LSTM that attends to ``context`` (m, d)."""
    known = head.arrays["context"]
    entry, again, bias = (head.arrays[f"read.{name}"] for name in ("input", "hidden", "bias"))
    hidden, read, cell = queries, np.zeros_like(queries), np.zeros_like(queries)
    for _ in range(int(head.values["n_reads"])):
        gates = queries @ entry.T + np.concatenate([hidden, read], axis=1) @ again.T + bias
        let_in, forget, let_out, new = np.split(gates, 4, axis=1)
        cell = _sigmoid(forget) * cell + _sigmoid(let_in) * np.tanh(new)
        hidden = _sigmoid(let_out) * np.tanh(cell) + queries
        read = softmax(hidden @ known.T * np.float32(hidden.shape[1] ** -0.5)) @ known
    return hidden


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))  # no overflow at either end


# -- small pieces ----------------------------------------------------------------------------------


def unit(vectors: Array) -> Array:
    """Rows scaled to length 1; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def softmax(logits: Array) -> Array:
    """Row by row; a row of -inf alone becomes uniform."""
    top = logits.max(axis=1, keepdims=True)
    shifted = np.where(np.isfinite(top), logits - np.where(np.isfinite(top), top, 0.0), 0.0)
    weights = np.exp(shifted)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def one_hot(codes: Array, n_way: int) -> Array:
    """Shape (n, n_way)."""
    return np.eye(int(n_way), dtype=np.float32)[codes]


def top_rows(scores: Array, k: int) -> Array:
    """Indices of the k largest entries of each row, best first, ties by lower index."""
    k = min(k, scores.shape[1])
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def _possible(head: Head, logits: Array) -> Array:
    """A class with neither example nor name cannot be chosen."""
    known = head.arrays.get("known")
    return logits if known is None else np.where(known, logits, -np.inf)
