"""Masked language models of transformers (BERT, RoBERTa ...): they fill the gap in a sentence.

A word of several tokens gets as many masks; its log-probability is the sum over them, as in training PET (Schick
and Schuetze, "It's Not Just Size That Matters", NAACL 2021, arXiv:2009.07118).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.config import setting
from fsl_core.base.errors import ConfigError, MissingBackend
from fsl_core.base.types import Progress, silent, span
from fsl_core.contracts.generator import GAP, GeneratorInfo
from fsl_core.models.language.language_models import LanguageModelSettings, LocalGenerator, padded, too_long

if TYPE_CHECKING:
    import torch


class MaskedSettings(LanguageModelSettings):
    """Settings of a masked language model."""

    model: str = setting(
        "FacebookAI/roberta-base",
        "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made).",
    )


class Masked(LocalGenerator[MaskedSettings]):
    """A masked language model on this machine."""

    info = GeneratorInfo(
        name="masked",
        title="Masked language model",
        summary="BERT, RoBERTa and their like from the Hugging Face hub or a folder, for cloze prompts: they fill a "
        "gap, and cannot write.",
        abilities=frozenset({"cloze"}),
        offline=True,
        order=30,
    )
    settings = MaskedSettings
    kind = "masked"

    def room(self) -> int:
        """Tokens of a text; the two that stand around it are taken off."""
        return self._lm.room() - 2

    def cloze(
        self, texts: Sequence[str], words: Sequence[str], *, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Shape (n, k), one pass for each length of word in tokens. Raises ConfigError for a text without one gap."""
        import torch

        if wrong := [text for text in texts if text.count(GAP) != 1]:
            raise ConfigError(
                "A cloze text has {n} gaps: {text}",
                "Give it one gap ({gap}).",
                n=wrong[0].count(GAP),
                text=wrong[0][:80],
                gap=GAP,
            )
        report = progress or silent
        with self._lm.lock, torch.inference_mode():
            self._lm.load(report)
            ids = self._lm.option_ids([f" {word}" for word in words], before="a")
            lengths = sorted({len(word) for word in ids})
            found = np.zeros((len(texts), len(words)))
            read = 0
            for step, length in enumerate(lengths):
                rows, gaps = self._rows(texts, length)
                read += sum(len(row) for row in rows)
                columns = [column for column, word in enumerate(ids) if len(word) == length]
                wanted = torch.tensor([ids[column] for column in columns])

                def compute(
                    part: Sequence[int], rows: list[list[int]] = rows, gaps: list[int] = gaps, n: int = length
                ) -> torch.Tensor:
                    return self._gap([rows[row] for row in part], [gaps[row] for row in part], n)

                inside = span(report, step / len(lengths), (step + 1) / len(lengths))
                for part, said in self._lm.batches.over(range(len(texts)), compute, inside):
                    # (b, length, vocabulary) -> (b, words of this length)
                    each = torch.stack([said[:, place, wanted[:, place]] for place in range(length)]).sum(0)
                    found[np.ix_(list(part), columns)] = each.double().numpy()
        self.spent(len(texts) * len(lengths), read, 0)
        return found

    def _rows(self, texts: Sequence[str], length: int) -> tuple[list[list[int]], list[int]]:
        """Tokens of each text with that many masks in its gap, and where they begin."""
        tokenizer = self._lm.tokenizer
        mask = tokenizer.mask_token_id
        if mask is None:
            raise MissingBackend(
                "The tokenizer of {model} has no mask token.", "Choose a masked model.", model=self.title
            )
        first = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
        last = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
        rows, gaps = [], []
        for text in texts:
            before, _, after = text.partition(GAP)
            start = ([first] if first is not None else []) + self._lm.ids(before.rstrip())
            row = start + [mask] * length + self._lm.ids(after) + ([last] if last is not None else [])
            if len(row) > self._lm.room():
                raise too_long(self.title, len(row), self._lm.room())
            rows.append(row)
            gaps.append(len(start))
        return rows, gaps

    def _gap(self, rows: list[list[int]], gaps: list[int], length: int) -> torch.Tensor:
        """Shape (b, length, vocabulary): log-probabilities at the masks."""
        import torch

        tokens, there = padded(rows, int(self._lm.tokenizer.pad_token_id or 0), self._lm.device, behind=True)
        logits = self._lm.model(tokens, attention_mask=there.long()).logits
        places = torch.tensor(gaps, device=tokens.device)[:, None] + torch.arange(length, device=tokens.device)
        chosen: torch.Tensor = logits[torch.arange(len(rows), device=tokens.device)[:, None], places]
        return chosen.float().log_softmax(-1).cpu()


GENERATOR = Masked
