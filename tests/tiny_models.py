"""Tiny real models on disk, made with random weights from a seed: no download, loaded in a blink.

Each builder writes a folder in the layout of the hub and returns it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WORDS = (
    "a the my is not was card money lost stolen where how when bank pay good bad great awful film story food service "
    "cat dog bird river blue red green quick slow late early open close query passage :"
).split()
LETTERS = [chr(c) for c in range(ord("a"), ord("z") + 1)]


def tiny_tokenizer(folder: Path, words: Sequence[str] = WORDS) -> Any:  # noqa: ANN401  # a transformers tokenizer
    """Write a word-piece tokenizer that knows ``words`` and falls back to letters."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = dict.fromkeys([*special, *words, *LETTERS, *(f"##{letter}" for letter in LETTERS)])
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )
    fast.save_pretrained(folder)
    return fast


def tiny_bert(folder: Path, *, dim: int = 16, seed: int = 0, words: Sequence[str] = WORDS) -> Path:
    """Write a two-layer BERT with its tokenizer: a plain transformers folder."""
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = tiny_tokenizer(folder, words)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = BertModel(
            BertConfig(
                vocab_size=len(tokenizer),
                hidden_size=dim,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=2 * dim,
                max_position_embeddings=64,
            )
        )
    model.save_pretrained(folder)
    return folder


def tiny_llm(folder: Path, *, dim: int = 16, seed: int = 0, words: Sequence[str] = WORDS) -> Path:
    """Write a two-layer Qwen2 without a head, as embedding LLMs have it, with its tokenizer."""
    import torch
    from transformers import Qwen2Config, Qwen2Model

    tokenizer = tiny_tokenizer(folder, words)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Qwen2Model(
            Qwen2Config(
                vocab_size=len(tokenizer),
                hidden_size=dim,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=1,
                intermediate_size=2 * dim,
                max_position_embeddings=64,
                pad_token_id=0,
            )
        )
    model.save_pretrained(folder)
    return folder


def tiny_sentence_model(
    folder: Path,
    *,
    kind: str = "bert",
    pooling: str = "mean",
    prompts: Mapping[str, str] | None = None,
    dim: int = 16,
    seed: int = 0,
    words: Sequence[str] = WORDS,
) -> Path:
    """Write a sentence-transformers model: 'bert' or 'llm' inside, pooling 'mean', 'cls' or 'lasttoken'."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    inner = folder.with_name(folder.name + "-inner")
    inner.mkdir(parents=True)
    (tiny_bert if kind == "bert" else tiny_llm)(inner, dim=dim, seed=seed, words=words)
    transformer = Transformer(str(inner), max_seq_length=32)
    model = SentenceTransformer(
        modules=[transformer, Pooling(dim, pooling_mode=pooling)], prompts=dict(prompts or {}), device="cpu"
    )
    model.save_pretrained(str(folder), create_model_card=False)
    return folder


VISION_KINDS = ("clip", "siglip", "dinov2", "dinov3", "vit", "convnext")
SIDE = 32


def tiny_vision(folder: Path, kind: str, *, seed: int = 0) -> Path:
    """Write a two-layer model of images, with its processor, and with its tokenizer where it reads words."""
    import torch
    import transformers as hf
    from transformers import AutoModel

    own = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    seen = {**own, "image_size": SIDE, "patch_size": 8}
    folder.mkdir(parents=True, exist_ok=True)
    if kind in ("clip", "siglip"):
        tokens = len(tiny_tokenizer(folder))
        read = {**own, "vocab_size": tokens, "max_position_embeddings": 24, "eos_token_id": 3, "pad_token_id": 0}
        made = hf.CLIPConfig if kind == "clip" else hf.SiglipConfig
        config = made(text_config={**read, "projection_size": 16}, vision_config=seen)
        if kind == "clip":
            config.projection_dim = 12
    else:
        config = {
            "dinov2": lambda: hf.Dinov2Config(**seen, mlp_ratio=2),
            "dinov3": lambda: hf.DINOv3ViTConfig(**seen),
            "vit": lambda: hf.ViTConfig(**seen),
            "convnext": lambda: hf.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, image_size=SIDE),
        }[kind]()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        AutoModel.from_config(config).save_pretrained(folder)
    processor = {
        "image_processor_type": {
            "clip": "CLIPImageProcessor",
            "siglip": "SiglipImageProcessor",
            "dinov2": "BitImageProcessor",
            "dinov3": "DINOv3ViTImageProcessor",
            "vit": "ViTImageProcessor",
            "convnext": "ConvNextImageProcessor",
        }[kind],
        "size": {"shortest_edge": SIDE} if kind in ("clip", "dinov2", "convnext") else {"height": SIDE, "width": SIDE},
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.25, 0.3],
        **({"crop_size": {"height": SIDE, "width": SIDE}} if kind in ("clip", "dinov2") else {}),
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder
