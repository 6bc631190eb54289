"""Generating with models of transformers: batches, streaming, stop words, and stopping when asked to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fsl_core.base.types import Progress, silent
from fsl_core.contracts.generator import Generation, OnDone, OnText, Sampling
from fsl_core.models.language.language_models import LanguageModel, padded, too_long


def generate(
    lm: LanguageModel,
    rows: Sequence[Sequence[int]],
    sampling: Sampling,
    *,
    on_text: OnText | None = None,
    on_done: OnDone | None = None,
    progress: Progress | None = None,
) -> list[Generation]:
    """One text for each row of prompt tokens. Raises Cancelled through ``progress`` or ``on_text``, token by token."""
    import torch

    report = progress or silent
    longest = max((len(row) for row in rows), default=0)
    if lm.kind == "causal" and longest + sampling.max_tokens > lm.room():
        raise too_long(lm.config.model, longest + sampling.max_tokens, lm.room())
    found: dict[int, Generation] = {}
    order = sorted(range(len(rows)), key=lambda row: -len(rows[row]))
    with lm.lock, torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(sampling.seed)

        def compute(part: Sequence[int]) -> list[Generation]:
            return _batch(lm, [rows[row] for row in part], part, sampling, on_text, report, len(found) / len(rows))

        for part, texts in lm.batches.over(order, compute, report):
            found.update(zip(part, texts, strict=True))
            if on_done is not None:
                for row in part:
                    on_done(row, found[row])
    return [found[row] for row in range(len(rows))]


def _batch(
    lm: LanguageModel,
    rows: Sequence[Sequence[int]],
    numbers: Sequence[int],
    sampling: Sampling,
    on_text: OnText | None,
    report: Progress,
    done: float,
) -> list[Generation]:
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList

    tokenizer, model = lm.load()
    end = model.generation_config.eos_token_id
    ends = set(end if isinstance(end, list) else [end]) | {tokenizer.eos_token_id}
    fill = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else next(iter(ends - {None}), 0)
    tokens, there = padded(rows, fill, lm.device, behind=lm.kind == "seq2seq")
    start = tokens.shape[1] if lm.kind == "causal" else 1
    heard = [""] * len(rows)

    def written(output: Any, row: int) -> tuple[str, int, bool]:  # noqa: ANN401  # a tensor of tokens
        """The text of a row so far, its tokens, and whether it ended by itself."""
        own = [int(token) for token in output[row, start:]]
        ended = next((place for place, token in enumerate(own) if token in ends), len(own))
        text = tokenizer.decode(own[:ended], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        stop = min((place for word in sampling.stop if (place := text.find(word)) >= 0), default=-1)
        return (text[:stop] if stop >= 0 else text), ended, ended < len(own) or stop >= 0

    class Listener(StoppingCriteria):
        """Hears of every new token: tells of it, ends rows at a stop word, and lets the person stop."""

        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ANN401
            report(done, "Generating")
            finished = torch.zeros(len(rows), dtype=torch.bool, device=input_ids.device)
            for row, number in enumerate(numbers):
                text, _tokens, finished[row] = written(input_ids, row)
                # Half a character is shown as a replacement sign until its other half comes.
                if on_text and text.startswith(heard[row]) and len(text) > len(heard[row]) and text[-1] != "\ufffd":
                    on_text(number, text[len(heard[row]) :])
                    heard[row] = text
            return finished

    heat: dict[str, Any] = {"do_sample": False}
    if sampling.temperature > 0:
        heat = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
    output = model.generate(
        tokens,
        attention_mask=there.long(),
        max_new_tokens=sampling.max_tokens,
        pad_token_id=fill,
        stopping_criteria=StoppingCriteriaList([Listener()]),
        **heat,
    )
    found = []
    for row, ids in enumerate(rows):
        text, n, stopped = written(output, row)
        found.append(Generation(text, "stop" if stopped else "length", len(ids), n))
    return found
