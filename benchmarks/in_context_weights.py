"""First weights of the small in-context model: they answer from demonstrations before any training.

Four layers, of which three begin with a meaning. The first looks one and two tokens back, so that a token knows
whether it stands behind "Class:". The second means what was said nearby, rare words above all. The third looks for
what is alike among the tokens behind "Class:" and passes on what stands there; the output says the word that was passed
on: nearest neighbours, written as attention (Olsson et al. 2022, arXiv:2209.11895, find heads of this kind in trained
models). Training moves all of it but the embeddings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, LAYERS, HEADS, HEAD, INNER = 256, 4, 2, 128, 512
HALF = HEAD // 2
THETA = 1e8
"""Base of the rotations: slow enough that half of each head does not notice distance."""
WORDS, SUMMARY = 128, 80
"""Numbers of the stream for what a token is, and for what was said before it."""
SAID = WORDS
CONSTANT, RARE, COLON, CLASS, CONTENT, AFTER_COLON, AFTER_CLASS, AFTER_CLASS_2, FILL = range(WORDS + SUMMARY, 217)
"""Numbers with one meaning each; FILL makes all tokens equally long."""
LENGTH = math.sqrt(5.0)
NEARBY = (0.1, 0.056, 0.03, 0.018, 0.01)
"""Rotations that tell near from far: together they favour the last dozen tokens."""
SHARP_BACK, SHARP_NEAR, SHARP_ALIKE, SHARP_LABEL = 1.3, 0.84, 1.6, 3.0
"""How sharply heads look one token back, at what is near, at what is alike, and at labels."""
CONTENT_WEIGHT, RARE_WEIGHT = 3.0, 2.0
PASSED_ON, SUMMED = 3.0, 2.5
NOISE = 0.005
STRUCTURE = ('"', ":", "\n", "class", "text", ".", ",", "?", "!", "'", "[BOS]", "[PAD]", "-")
"""Tokens that say nothing of a text's class."""


def model(vocabulary: Mapping[str, int], vectors: NDArray[np.float32], counts: NDArray[np.int64]) -> Any:  # noqa: ANN401
    """A Llama of transformers; ``vectors`` (v, 384) are word vectors, ``counts`` (v,) how often each piece occurs."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    made = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=WIDTH,
            intermediate_size=INNER,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            max_position_embeddings=2048,
            tie_word_embeddings=True,
            bos_token_id=vocabulary["[BOS]"],
            eos_token_id=vocabulary["[EOS]"],
            pad_token_id=vocabulary["[PAD]"],
            rope_parameters={"rope_type": "default", "rope_theta": THETA},
        )
    )
    made.model.embed_tokens.weight.data.copy_(_embeddings(vocabulary, vectors, counts))
    for layer in made.model.layers:
        for part in (layer.self_attn.q_proj, layer.self_attn.k_proj, layer.self_attn.v_proj, layer.self_attn.o_proj):
            part.weight.data.normal_(0, NOISE)
        layer.mlp.down_proj.weight.data.normal_(0, NOISE)
    back, near, alike, _free = (layer.self_attn for layer in made.model.layers)
    _look_back(back)
    _sum_up(near)
    _match(alike)
    made.model.norm.weight.data.zero_()
    made.model.norm.weight.data[:WORDS] = 1.0
    return made


def _embeddings(vocabulary: Mapping[str, int], vectors: NDArray[np.float32], counts: NDArray[np.int64]) -> Any:  # noqa: ANN401
    """Shape (v, WIDTH): unit vectors of the main components of the word vectors, and the flags."""
    import torch

    known = vectors.any(axis=1)
    centered = vectors - vectors[known].mean(axis=0)
    _, _, axes = np.linalg.svd(centered[known], full_matrices=False)
    words = centered @ axes[:WORDS].T
    words[~known] = np.random.default_rng(0).normal(size=(int((~known).sum()), WORDS))
    words /= np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-6)
    table = np.zeros((len(vectors), WIDTH))
    table[:, :WORDS] = words
    structure = [vocabulary[piece] for piece in STRUCTURE if piece in vocabulary]
    table[:, CONSTANT] = table[:, CONTENT] = 1.0
    table[structure, CONTENT] = 0.0
    rare = -np.log((counts + 1) / counts.sum())
    table[:, RARE] = np.clip((rare - 3) / 6, 0, 1) * table[:, CONTENT]
    table[vocabulary[":"], COLON] = table[vocabulary["class"], CLASS] = 1.0
    table[:, FILL] = np.sqrt(np.maximum(0.0, LENGTH**2 - (table**2).sum(axis=1)))
    return torch.tensor(table, dtype=torch.float32)


def _turn(weight: Any, row: int, rotation: int, column: int, size: float, offset: float = 0.0) -> None:  # noqa: ANN401
    """Let a query or key hold ``size`` times the number ``column``, as if it stood ``offset`` tokens on."""
    angle = offset * _frequencies()[rotation]
    weight[row + rotation, column] += size * math.cos(angle)
    weight[row + HALF + rotation, column] += size * math.sin(angle)


def _frequencies() -> NDArray[np.float64]:
    return np.asarray(THETA ** (-np.arange(HALF) / HALF))


def _look_back(attention: Any) -> None:  # noqa: ANN401
    """Head 0 copies the flags of the token before, head 1 one flag of the token before that."""
    query, key, value, out = _weights(attention)
    for head, offset in ((0, 1), (1, 2)):
        for rotation in range(8):
            _turn(key, head * HEAD, rotation, CONSTANT, SHARP_BACK)
            _turn(query, head * HEAD, rotation, CONSTANT, SHARP_BACK, -offset)
    gain = LENGTH / math.sqrt(WIDTH)
    for place, flag, to in ((0, COLON, AFTER_COLON), (1, CLASS, AFTER_CLASS), (HEAD, CLASS, AFTER_CLASS_2)):
        value[place, flag] += 1.0
        out[to, place] += gain


def _sum_up(attention: Any) -> None:  # noqa: ANN401
    """Head 0 means the words nearby into SAID."""
    query, key, value, out = _weights(attention)
    for wanted in NEARBY:
        rotation = int(np.argmin(np.abs(np.log(_frequencies()) - np.log(wanted))))
        _turn(key, 0, rotation, CONSTANT, SHARP_NEAR)
        _turn(query, 0, rotation, CONSTANT, SHARP_NEAR)
    still = HALF - 1
    query[still, CONSTANT] += 1.0
    key[still, CONTENT] += CONTENT_WEIGHT
    key[still, RARE] += RARE_WEIGHT
    gain = SUMMED * LENGTH / math.sqrt(WIDTH)
    for place in range(SUMMARY):
        value[place, place] += 1.0
        out[SAID + place, place] += gain


def _match(attention: Any) -> None:  # noqa: ANN401
    """Head 0 looks at labels whose SAID is alike, and passes on the word that stands there."""
    query, key, value, out = _weights(attention)
    slow = [*range(24, HALF), *range(HALF + 24, HEAD)]
    for place, row in enumerate(slow):
        query[row, SAID + place] += SHARP_ALIKE
        key[row, SAID + place] += SHARP_ALIKE
    query[23, CONSTANT] += 1.0
    key[23, AFTER_COLON] += SHARP_LABEL
    key[23, AFTER_CLASS_2] += SHARP_LABEL
    gain = PASSED_ON * LENGTH / math.sqrt(WIDTH)
    for place in range(WORDS):
        value[place, place] += 1.0
        out[place, place] += gain


def _weights(attention: Any) -> Sequence[Any]:  # noqa: ANN401
    return [part.weight.data for part in (attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj)]
