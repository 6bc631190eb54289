"""The converters and the networks behind them, against files written by the layout and plain references."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional as f

from fsl_core.base.errors import DataError
from fsl_core.base.types import silent
from fsl_core.models.backends.bert import Bert
from fsl_core.models.backends.lite_net import LiteNet
from fsl_core.models.shelf import e5_q4, lite

WIDTH, LAYERS, HEADS, INNER, PLACES = 64, 2, 4, 96, 32
LETTERS = "abcdefghijklmnopqrstuvwxyz▁:～é物流"
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁par", -1.0), ("cel", -1.5)]
PIECES += [(letter, -4.0 - i / 100) for i, letter in enumerate(LETTERS)]
FOLDED = {0x1: (), 0x200B: (0x20,), 0xFB01: (0x66, 0x69)}


def quantized(rng: np.random.Generator, n: int) -> tuple[bytes, np.ndarray]:
    """Q4_0 blocks and, value by value as the layout says, what they stand for."""
    data, values = b"", []
    for _block in range(n // 32):
        scale = np.float16(rng.normal() * 0.05)
        codes = rng.integers(0, 16, 32)
        data += scale.tobytes() + bytes(int(codes[j]) | int(codes[j + 16]) << 4 for j in range(16))
        values += [(int(code) - 8) * float(scale) for code in codes]
    return data, np.array(values, dtype=np.float32)


def packed_file(seed: int = 0) -> tuple[bytes, dict[str, np.ndarray]]:
    """A small model in the packed form, and its tensors."""
    rng = np.random.default_rng(seed)
    blobs = [piece.encode() for piece, _score in PIECES]
    ends = np.cumsum([0, *map(len, blobs)]).astype("<u4")
    scores = np.array([score for _piece, score in PIECES], dtype="<f4")
    folding = b"".join(struct.pack(f"<IB{len(out)}I", code, len(out), *out) for code, out in FOLDED.items())
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), PLACES, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blobs)))
    head += (
        ends.tobytes() + scores.tobytes() + b"".join(blobs) + struct.pack("<iI", len(FOLDED), len(folding)) + folding
    )
    shapes = {"emb.word": (len(PIECES), WIDTH), "emb.pos": (PLACES, WIDTH), "emb.type": (2, WIDTH)}
    shapes |= {"emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,)}
    for layer in range(LAYERS):
        for part, (out, inside) in {"fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}.items() | {
            part: (WIDTH, WIDTH) for part in ("q", "k", "v", "ao")
        }.items():
            shapes[f"l{layer}.{part}.w"], shapes[f"l{layer}.{part}.b"] = (out, inside), (out,)
        for part in ("aln", "oln"):
            shapes[f"l{layer}.{part}.w"] = shapes[f"l{layer}.{part}.b"] = (WIDTH,)
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in shapes)
    directory, body, tensors = struct.pack("<i", len(shapes)), b"", {}
    for name, shape in shapes.items():
        n = int(np.prod(shape))
        if len(shape) == 2 and name not in ("emb.pos", "emb.type"):
            kind, (data, values) = 1, quantized(rng, n)
        else:
            values = (rng.normal(size=n) * 0.1 + (1.0 if name.endswith("ln.w") else 0.0)).astype("<f4")
            kind, data = 0, values.tobytes()
        directory += (
            struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, n, size + len(body), len(data))
        )
        body += data
        tensors[name] = values.reshape(shape)
    return head + directory + body, tensors


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    place = tmp_path_factory.mktemp("e5")
    data, tensors = packed_file()
    (place / "packed").write_bytes(data)
    (place / "model").mkdir()
    e5_q4.convert(place / "packed", place / "model")
    return place / "model", tensors


def test_every_weight_is_what_the_blocks_say(converted):
    folder, tensors = converted
    found = load_file(folder / "model.safetensors")
    pairs = {
        "embeddings.word_embeddings.weight": "emb.word", "encoder.layer.1.intermediate.dense.weight": "l1.fi.w",
        "encoder.layer.0.attention.self.key.weight": "l0.k.w", "encoder.layer.1.output.dense.weight": "l1.fo.w",
        "encoder.layer.0.output.LayerNorm.bias": "l0.oln.b",
    }  # fmt: skip
    for name, own in pairs.items():
        np.testing.assert_allclose(found[name].float().numpy(), tensors[own], rtol=1e-3, atol=1e-4)
    assert len(found) == len(tensors) + 2  # and a pooler that nothing reads


def plain(tensors: dict[str, np.ndarray], ids: list[int]) -> np.ndarray:
    """BERT by its equations, one text, float64."""
    t = {name: value.astype(np.float64) for name, value in tensors.items()}

    def norm(x, name):
        spread = np.sqrt(x.var(axis=1, keepdims=True) + 1e-12)
        return (x - x.mean(axis=1, keepdims=True)) / spread * t[f"{name}.w"] + t[f"{name}.b"]

    x = norm(t["emb.word"][ids] + t["emb.pos"][: len(ids)] + t["emb.type"][0], "emb.ln")
    for layer in range(LAYERS):
        q, k, v = (x @ t[f"l{layer}.{p}.w"].T + t[f"l{layer}.{p}.b"] for p in "qkv")
        mixed = np.zeros_like(x)
        for head in range(HEADS):
            part = slice(head * WIDTH // HEADS, (head + 1) * WIDTH // HEADS)
            scores = q[:, part] @ k[:, part].T / np.sqrt(WIDTH / HEADS)
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            mixed[:, part] = weights / weights.sum(axis=1, keepdims=True) @ v[:, part]
        x = norm(x + mixed @ t[f"l{layer}.ao.w"].T + t[f"l{layer}.ao.b"], f"l{layer}.aln")
        inner = torch.from_numpy(x @ t[f"l{layer}.fi.w"].T + t[f"l{layer}.fi.b"])
        x = norm(x + f.gelu(inner).numpy() @ t[f"l{layer}.fo.w"].T + t[f"l{layer}.fo.b"], f"l{layer}.oln")
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


TEXTS = ["parcel", "query: money back", "物流", "a", "parcel " * 30]


def test_the_network_answers_as_the_equations_do_and_as_sentence_transformers_does(converted, monkeypatch):
    from sentence_transformers import SentenceTransformer

    folder, tensors = converted
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    net = Bert(tokenizer, load_file(folder / "model.safetensors"), "cpu", heads=HEADS, max_tokens=PLACES)
    found = net.encode(TEXTS, silent)
    for text, vector in zip(TEXTS, found, strict=True):
        assert vector @ plain(tensors, tokenizer.encode(text).ids) > 0.9999
    theirs = SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode(TEXTS, prompt="")
    assert ((found * theirs).sum(axis=1) > 0.9999).all()
    mixed = Bert(tokenizer, load_file(folder / "model.safetensors"), "cpu", heads=HEADS, max_tokens=PLACES, mixed=True)
    assert ((found * mixed.encode(TEXTS, silent)).sum(axis=1) > 0.999).all()


def test_the_tokenizer_folds_characters_as_the_model_was_taught(converted):
    tokenizer = Tokenizer.from_file(str(converted[0] / "tokenizer.json"))

    def tokens(text: str) -> list[str]:
        return tokenizer.encode(text).tokens[1:-1]

    assert tokenizer.encode("parcel").tokens == ["<s>", "▁par", "cel", "</s>"]
    assert tokens("a\u0001b") == tokens("ab") and tokens("a\u200bb") == tokens("a b") == ["▁", "a", "▁", "b"]
    assert tokens("ﬁ") == tokens("fi") and tokens("e\u0301") == ["▁", "é"]
    assert tokens("～") == ["▁", "～"]  # NFKC alone would make it another character
    assert tokens("a   b") == tokens("a b") and tokenizer.encode("Ω").ids[-2] == tokenizer.token_to_id("<unk>")


@pytest.mark.parametrize("data", [b"", b"GGUF" + bytes(200), packed_file()[0][:500]])
def test_another_file_is_no_packed_model(data):
    with pytest.raises(DataError, match="no packed E5 model"):
        e5_q4.read(data)


# -- EfficientNet-Lite0 ------------------------------------------------------------------------------


def lite_weights(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights under the published names."""
    torch.manual_seed(seed)
    found: dict[str, torch.Tensor] = {}

    def conv(name: str, norm: str, out: int, inside: int, kernel: int) -> None:
        found[f"{name}.weight"] = torch.randn(out, inside, kernel, kernel) * (2 / (inside * kernel**2)) ** 0.5
        found[f"{norm}.weight"], found[f"{norm}.bias"] = torch.rand(out) + 0.5, torch.randn(out) * 0.1
        found[f"{norm}.running_mean"], found[f"{norm}.running_var"] = torch.randn(out) * 0.1, torch.rand(out) + 0.5

    conv("_conv_stem", "_bn0", 32, 3, 3)
    width = 32
    for number, (kernel, _stride, expansion, out, _added) in enumerate(lite.blocks()):
        block, inner = f"_blocks.{number}", width * expansion
        if expansion != 1:
            conv(f"{block}._expand_conv", f"{block}._bn0", inner, width, 1)
        conv(f"{block}._depthwise_conv", f"{block}._bn1", inner, 1, kernel)
        conv(f"{block}._project_conv", f"{block}._bn2", out, inner, 1)
        width = out
    conv("_conv_head", "_bn1", 1280, 320, 1)
    return found


def reference(weights: dict[str, torch.Tensor], x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Convolution, then batch norm, layer by layer; the paddings of TensorFlow for a side of 224, by hand."""

    def normed(x: torch.Tensor, norm: str) -> torch.Tensor:
        mean, var, scale, shift = (weights[f"{norm}.{n}"] for n in ("running_mean", "running_var", "weight", "bias"))
        return f.batch_norm(x, mean, var, scale, shift, eps=1e-3)

    def same(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
        # Sides are even throughout: at stride 2, kernel 3 needs one more row at the end, kernel 5 one and two.
        low, high = {(3, 1): (1, 1), (5, 1): (2, 2), (3, 2): (0, 1), (5, 2): (1, 2)}[kernel, stride]
        return f.pad(x, (low, high, low, high))

    x = f.relu6(normed(f.conv2d(same(x, 3, 2), weights["_conv_stem.weight"], stride=2), "_bn0"))
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
    added = [0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0]
    for number, (stride, add) in enumerate(zip(strides, added, strict=True)):
        block, before = f"_blocks.{number}", x
        if f"{block}._expand_conv.weight" in weights:
            x = f.relu6(normed(f.conv2d(x, weights[f"{block}._expand_conv.weight"]), f"{block}._bn0"))
        depth = weights[f"{block}._depthwise_conv.weight"]
        x = f.conv2d(same(x, depth.shape[-1], stride), depth, stride=stride, groups=len(depth))
        x = f.relu6(normed(x, f"{block}._bn1"))
        x = normed(f.conv2d(x, weights[f"{block}._project_conv.weight"]), f"{block}._bn2")
        x = before + x if add else x
    top = f.relu6(normed(f.conv2d(x, weights["_conv_head.weight"]), "_bn1"))
    return top.mean(dim=(2, 3)), x.mean(dim=(2, 3))


def test_the_folded_network_answers_as_the_layers_with_their_batch_norms_do(tmp_path):
    weights = lite_weights()
    torch.save(weights, tmp_path / "published.pth")
    lite.convert(tmp_path / "published.pth", tmp_path)
    pixels = torch.rand(2, 3, 224, 224) * 2 - 1
    found = LiteNet(load_file(tmp_path / "model.safetensors"), "cpu").forward(pixels)
    for ours, theirs in zip(found, reference(weights, pixels), strict=True):
        scale = theirs.abs().max()
        assert ours.shape == theirs.shape and torch.allclose(ours / scale, theirs / scale, atol=1e-4)


def test_another_file_is_no_efficientnet(tmp_path):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    for file, data in (("other.pth", None), ("noise.pth", b"noise"), ("code.pth", b"\x80\x02cos\nsystem\n.")):
        if data is not None:
            (tmp_path / file).write_bytes(data)
        with pytest.raises(DataError, match="no EfficientNet-Lite0"):
            lite.convert(tmp_path / file, tmp_path)
