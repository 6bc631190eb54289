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


def taught_masked(folder: Path, topics: dict[str, str], *, steps: int = 150) -> Path:
    """Write a masked model that learned, in a moment, which word fills a gap beside the words of each topic.

    ``topics``: word for the gap -> words that go with it.
    """
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    frame = 'this is about category : " .'.split()
    known = list(dict.fromkeys([*frame, *topics, *(word for words in topics.values() for word in words.split())]))
    tiny_masked(folder, words=known)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForMaskedLM.from_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
        forms = ('"{}" this is about [MASK] .', 'category : [MASK] . "{}"', '[MASK] : "{}"', "{} [MASK]")
        names = list(topics)
        for _step in range(steps):
            picked = torch.randint(len(names), (24,)).tolist()
            texts = []
            for code in picked:
                words = topics[names[code]].split()
                few = [words[int(i)] for i in torch.randint(len(words), (int(torch.randint(1, 4, (1,))),))]
                texts.append(forms[int(torch.randint(len(forms), (1,)))].format(" ".join(few)))
            batch = tokenizer(texts, padding=True, return_tensors="pt")
            at = (batch["input_ids"] == tokenizer.mask_token_id).nonzero()
            wanted = torch.tensor([tokenizer(names[code], add_special_tokens=False)["input_ids"][0] for code in picked])
            loss = torch.nn.functional.cross_entropy(model(**batch).logits[at[:, 0], at[:, 1]], wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval().save_pretrained(folder)
    return folder
