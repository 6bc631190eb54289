"""Encoder-decoder language models of transformers (T5, FLAN-T5, BART ...): they read the prompt and write the answer.

The prompt is read once for all labels; the decoder is given one row for each label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fsl_core.base.config import setting
from fsl_core.base.types import Progress, silent
from fsl_core.contracts.generator import Generation, GeneratorInfo, OnDone, OnText, Prompt, Sampling, Scores
from fsl_core.models.language.language_generation import generate
from fsl_core.models.language.language_models import LanguageModelSettings, LocalGenerator, padded


class Seq2SeqSettings(LanguageModelSettings):
    """Settings of an encoder-decoder model."""

    model: str = setting(
        "google/flan-t5-small",
        "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made).",
    )


class Seq2Seq(LocalGenerator[Seq2SeqSettings]):
    """An encoder-decoder language model on this machine."""

    info = GeneratorInfo(
        name="seq2seq",
        title="Encoder-decoder model",
        summary="T5, FLAN-T5 and their like from the Hugging Face hub or a folder: they follow short instructions well "
        "for their size.",
        abilities=frozenset({"generate", "score", "hidden"}),
        offline=True,
        order=20,
    )
    settings = Seq2SeqSettings
    kind = "seq2seq"

    def room(self) -> int:
        """Tokens of a prompt: these models place words by distance and have no limit of their own."""
        return 2048

    def score(self, prompts: Sequence[Prompt], options: Sequence[str], *, progress: Progress | None = None) -> Scores:
        """As the decoder answers; ``hidden`` is its state before the first word of the answer."""
        import torch

        with self._lm.lock, torch.inference_mode():
            self._lm.load(progress)
            labels = [self._lm.ids(option.strip()) for option in options]
            rows = [self._prompt(prompt.text) for prompt in prompts]
            found = np.zeros((len(prompts), len(options)))
            hidden = np.zeros((len(prompts), self._lm.model.config.hidden_size), dtype=np.float32)

            def compute(part: Sequence[int]) -> Any:  # noqa: ANN401
                return self._score([rows[row] for row in part], labels)

            order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
            for part, (log_probs, states) in self._lm.batches.over(order, compute, progress or silent):
                found[list(part)], hidden[list(part)] = log_probs, states
        counts = np.array([len(row) for row in rows], dtype=np.int64)
        self.spent(len(rows), int(counts.sum()), 0)
        return Scores(found, np.array([len(label) for label in labels], dtype=np.int64), hidden, counts)

    def _prompt(self, text: str) -> list[int]:
        end = self._lm.tokenizer.eos_token_id
        return self._lm.ids(text) + ([int(end)] if end is not None else [])

    def _score(self, prompts: list[list[int]], labels: list[list[int]]) -> tuple[Any, Any]:
        import torch

        model, on = self._lm.model, self._lm.device
        tokens, there = padded(prompts, int(model.config.pad_token_id or 0), on, behind=True)
        read = model.get_encoder()(tokens, attention_mask=there.long())
        k, longest = max(1, len(labels)), max((len(label) for label in labels), default=0)
        start = int(model.config.decoder_start_token_id or 0)
        rows = [([start, *label] + [0] * longest)[: longest + 1] for label in labels] or [[start]]
        output = model(
            encoder_outputs=(read.last_hidden_state.repeat_interleave(k, 0),),
            attention_mask=there.long().repeat_interleave(k, 0),
            decoder_input_ids=torch.tensor(rows, device=on).repeat(len(prompts), 1),
            output_hidden_states=True,
            use_cache=False,
        )
        said = output.logits.float().log_softmax(-1).unflatten(0, (len(prompts), k))
        found = np.zeros((len(prompts), len(labels)))
        for number, label in enumerate(labels):
            found[:, number] = said[:, number, range(len(label)), label].double().sum(-1).cpu().numpy()
        states = output.decoder_hidden_states[-1][::k, 0]
        return found, states.float().cpu().numpy()

    def generate(
        self,
        prompts: Sequence[str],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        on_done: OnDone | None = None,
        progress: Progress | None = None,
    ) -> list[Generation]:
        """One text for each prompt; with ``choices`` the likeliest of them."""
        if sampling.choices:
            return self.likeliest(prompts, sampling.choices, sampling.choices, progress)
        self._lm.load(progress)
        rows = [self._prompt(prompt) for prompt in prompts]
        found = generate(self._lm, rows, sampling, on_text=on_text, on_done=on_done, progress=progress)
        self.spent(len(rows), sum(one.prompt_tokens for one in found), sum(one.tokens for one in found))
        return found


GENERATOR = Seq2Seq
