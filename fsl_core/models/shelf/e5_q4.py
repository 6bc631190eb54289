"""multilingual-e5-small from its packed 4-bit file to a folder that sentence-transformers loads.

The file is one table after the other: a header, the unigram pieces of the tokenizer with their scores, a map of
characters to what they are normalised to, and a directory of tensors, in float32 or in Q4_0: blocks of 32 weights, a
float16 scale and 16 bytes, byte j holding weight j in its low and weight j + 16 in its high half, each shifted by 8.
Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", arXiv:2402.05672.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import DataError

MAGIC = b"E5S1"
BLOCK = 32
FLOAT32, Q4_0 = 0, 1
PROMPT = "query: "
LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
TILDE, STAND_IN = "\uff5e", "\ue000"
"""The full-width tilde stays itself where the model was trained, though NFKC folds it: Chinese texts use it often."""


@dataclass(frozen=True)
class Packed:
    """What the file holds; ``sizes``: width, layers, heads, inner width, vocabulary, positions."""

    sizes: dict[str, int]
    eps: float
    pieces: list[tuple[str, float]]
    special: dict[str, int]
    dropped: list[str]
    spaces: list[str]
    tensors: dict[str, NDArray[np.float32]]


def convert(file: Path, folder: Path) -> None:
    """Write ``folder`` (which is there and empty): config, tokenizer, weights in float16, the modules.

    Raises DataError when the file is no such file.
    """
    from safetensors.numpy import save_file

    packed = read(file.read_bytes())
    save_file(weights(packed), folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer(packed).save(str(folder / "tokenizer.json"))
    for name, content in _jsons(packed).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (folder / "2_Normalize").mkdir(exist_ok=True)


def read(data: bytes) -> Packed:
    """Parse the file. Raises DataError when it is damaged."""
    try:
        return _read(data)
    except (struct.error, ValueError, IndexError, KeyError) as error:
        raise DataError("This is no packed E5 model: {problem}", "Fetch it again.", problem=error) from error


def _read(data: bytes) -> Packed:
    if data[:4] != MAGIC:
        raise ValueError("it does not begin with E5S1")
    names = ("width", "layers", "heads", "inner", "vocabulary", "positions", "types")
    sizes = dict(zip(names, struct.unpack_from("<7i", data, 8), strict=True))
    (eps,) = struct.unpack_from("<f", data, 36)
    n, *special = struct.unpack_from("<5i", data, 44)
    (length,) = struct.unpack_from("<Q", data, 64)
    at = 72
    ends = np.frombuffer(data, "<u4", n + 1, at)
    scores = np.frombuffer(data, "<f4", n, at + 4 * (n + 1))
    at += 4 * (2 * n + 1)
    blob = data[at : at + length]
    pieces = [(blob[ends[i] : ends[i + 1]].decode("utf-8"), float(scores[i])) for i in range(n)]
    dropped, spaces, at = _normalised(data, at + length)
    named = dict(zip(("bos", "eos", "pad", "unk"), special, strict=True))
    return Packed(sizes, float(eps), pieces, named, dropped, spaces, _tensors(data, at))


def _normalised(data: bytes, at: int) -> tuple[list[str], list[str], int]:
    """The characters that vanish and those that become a space; the others of the map are what NFKC makes of them."""
    n, length = struct.unpack_from("<iI", data, at)
    at += 8
    end, dropped, spaces = at + length, [], []
    for _one in range(n):
        code, parts = struct.unpack_from("<IB", data, at)
        out = struct.unpack_from(f"<{parts}I", data, at + 5)
        at += 5 + 4 * parts
        if not out:
            dropped.append(chr(code))
        elif out == (0x20,) and chr(code) != " ":
            spaces.append(chr(code))
    return dropped, spaces, end


def _tensors(data: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    (n,) = struct.unpack_from("<i", data, at)
    at += 4
    found: dict[str, NDArray[np.float32]] = {}
    for _one in range(n):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        kind, count, offset, _bytes = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 23 + length
        if kind == FLOAT32:
            found[name] = np.frombuffer(data, "<f4", count, offset)
        elif kind == Q4_0:
            found[name] = unpacked(np.frombuffer(data, np.uint8, count // BLOCK * 18, offset))
        else:
            raise ValueError(f"tensor {name} is of an unknown kind {kind}")
    return found


def unpacked(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Q4_0 blocks of 18 bytes each to their 32 weights each."""
    rows = blocks.reshape(-1, 18)
    scale = rows[:, :2].copy().view("<f2").astype(np.float32)
    half = rows[:, 2:]
    codes = np.concatenate([half & 0x0F, half >> 4], axis=1).astype(np.float32) - 8.0
    return np.asarray(codes * scale, dtype=np.float32).reshape(-1)


def weights(packed: Packed) -> dict[str, NDArray[np.float16]]:
    """The tensors by their names in transformers. A 4-bit code times a float16 fits a float16 but for rounding."""
    width, inner = packed.sizes["width"], packed.sizes["inner"]
    t = packed.tensors
    found: dict[str, NDArray[Any]] = {
        "embeddings.word_embeddings.weight": t["emb.word"].reshape(-1, width),
        "embeddings.position_embeddings.weight": t["emb.pos"].reshape(-1, width),
        "embeddings.token_type_embeddings.weight": t["emb.type"].reshape(-1, width),
        "embeddings.LayerNorm.weight": t["emb.ln.w"],
        "embeddings.LayerNorm.bias": t["emb.ln.b"],
    }
    for layer in range(packed.sizes["layers"]):
        for short, long in LAYER.items():
            weight, bias = t[f"l{layer}.{short}.w"], t[f"l{layer}.{short}.b"]
            if not short.endswith("ln"):
                weight = weight.reshape(len(bias), inner if short == "fo" else width)
            found[f"encoder.layer.{layer}.{long}.weight"] = weight
            found[f"encoder.layer.{layer}.{long}.bias"] = bias
    # No vector depends on the pooler; without one, transformers would make one up and warn of it.
    found |= {"pooler.dense.weight": np.zeros((width, width)), "pooler.dense.bias": np.zeros(width)}
    return {name: np.ascontiguousarray(array, dtype=np.float16) for name, array in found.items()}


def tokenizer(packed: Packed) -> Any:  # noqa: ANN401  # tokenizers.Tokenizer, which has no types
    """XLM-R's: unigram pieces behind a mark for each space, after the same folding of characters."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    names = [piece for piece, _score in packed.pieces]
    bos, eos, pad, unk = (names[packed.special[name]] for name in ("bos", "eos", "pad", "unk"))
    made = Tokenizer(models.Unigram(packed.pieces, packed.special["unk"], False))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(_any_of(packed.dropped)), ""),
            normalizers.Replace(Regex(_any_of(packed.spaces)), " "),
            normalizers.Replace(TILDE, STAND_IN),
            normalizers.NFKC(),
            normalizers.Replace(STAND_IN, TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, packed.special["bos"]), (eos, packed.special["eos"])],
    )
    made.add_special_tokens([AddedToken(name, normalized=False) for name in (bos, pad, eos, unk)])
    return made


def _any_of(characters: list[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(one):x}}}" for one in characters) + "]"


def _jsons(packed: Packed) -> dict[str, Any]:
    sizes = packed.sizes
    names = {name: packed.pieces[place][0] for name, place in packed.special.items()}
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": sizes["width"],
            "intermediate_size": sizes["inner"],
            "num_hidden_layers": sizes["layers"],
            "num_attention_heads": sizes["heads"],
            "vocab_size": sizes["vocabulary"],
            "max_position_embeddings": sizes["positions"],
            "type_vocab_size": sizes["types"],
            "layer_norm_eps": 1e-12,
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "pad_token_id": packed.special["pad"],
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": sizes["positions"],
            "bos_token": names["bos"],
            "eos_token": names["eos"],
            "cls_token": names["bos"],
            "sep_token": names["eos"],
            "pad_token": names["pad"],
            "unk_token": names["unk"],
        },
        "sentence_bert_config.json": {"max_seq_length": sizes["positions"], "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": PROMPT, "document": PROMPT},
            "default_prompt_name": "query",
            "similarity_fn_name": "cosine",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": sizes["width"],
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
        },
    }
