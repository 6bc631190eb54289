"""Tiny real language models with random weights, each in the layout of the hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.tiny_models import WORDS, tiny_tokenizer

CAUSAL = ("llama", "gpt2", "qwen2", "mistral", "bloom")
"""Kinds of causal models: rotary, learned and ALiBi positions; mistral has a window of 24 tokens."""
CHAT_TEMPLATE = (
    "{% for message in messages %}[CLS] {{ message['role'] }} : {{ message['content'] }} [SEP]{% endfor %}"
    "{% if add_generation_prompt %}[CLS] close :{% endif %}"
)
_SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}


def tiny_causal(
    folder: Path, kind: str = "llama", *, seed: int = 0, chat: bool = False, words: Sequence[str] = WORDS
) -> Path:
    """Write a causal model of one of the kinds in ``CAUSAL``, with a chat template if asked."""
    import transformers as t

    makers = {
        "llama": lambda n: t.LlamaForCausalLM(t.LlamaConfig(vocab_size=n, **_SMALL)),
        "qwen2": lambda n: t.Qwen2ForCausalLM(t.Qwen2Config(vocab_size=n, **_SMALL)),
        "mistral": lambda n: t.MistralForCausalLM(t.MistralConfig(vocab_size=n, sliding_window=24, **_SMALL)),
        "gpt2": lambda n: t.GPT2LMHeadModel(
            t.GPT2Config(vocab_size=n, n_embd=32, n_layer=3, n_head=4, n_positions=256)
        ),
        "bloom": lambda n: t.BloomForCausalLM(t.BloomConfig(vocab_size=n, hidden_size=32, n_layer=3, n_head=4)),
    }
    return _write(folder, makers[kind], seed, words, CHAT_TEMPLATE if chat else "")


def tiny_t5(folder: Path, *, seed: int = 0, words: Sequence[str] = WORDS) -> Path:
    """Write an encoder-decoder model."""
    import transformers as t

    def make(n: int) -> Any:  # noqa: ANN401
        config = t.T5Config(
            vocab_size=n, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0
        )
        return t.T5ForConditionalGeneration(config)

    return _write(folder, make, seed, words, "")


def tiny_masked(folder: Path, *, seed: int = 0, words: Sequence[str] = WORDS) -> Path:
    """Write a masked model."""
    import transformers as t

    def make(n: int) -> Any:  # noqa: ANN401
        small = {name: value for name, value in _SMALL.items() if name != "num_key_value_heads"}
        return t.BertForMaskedLM(t.BertConfig(vocab_size=n, **small))

    return _write(folder, make, seed, words, "")


def _write(folder: Path, make: Any, seed: int, words: Sequence[str], template: str) -> Path:  # noqa: ANN401
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tiny_tokenizer(folder, words)
    if template:
        tokenizer.chat_template = template
        tokenizer.save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make(len(tokenizer))
        # Weights as drawn make all answers nearly alike; larger ones make them differ, as in a trained model.
        for weights in model.parameters():
            weights.data.mul_(3)
    model.config.eos_token_id = tokenizer.sep_token_id
    if model.can_generate():
        model.generation_config.eos_token_id = tokenizer.sep_token_id
    model.save_pretrained(folder)
    return folder
