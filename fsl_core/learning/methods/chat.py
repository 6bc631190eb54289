"""Chat classification: a chat model is shown the task and answers with a class, nothing else.

The answer is constrained to the classes where the backend can do that, checked in any case, and asked for once more
when it is none of them. It is never trusted beyond that: what is still no class counts as no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fsl_core.base.config import setting
from fsl_core.base.types import Probabilities, Progress, silent, span
from fsl_core.contracts.generator import Sampling
from fsl_core.contracts.method import Info
from fsl_core.learning.prompting.method import Built, PromptMethod, PromptSettings

ONLY = "\n\nAnswer with one of the classes and nothing else."
LONGEST = 24
"""Tokens of an answer."""


class ChatSettings(PromptSettings):
    """Settings of chat classification."""

    votes: int = setting(
        1, "Times each item is asked about; the shares of the answers are its probabilities.", ge=1, le=25
    )
    temperature: float = setting(
        0.7,
        "How freely the model answers when it is asked more than once.",
        title="Temperature",
        ge=0.0,
        le=2.0,
        advanced=True,
    )


class Chat(PromptMethod[ChatSettings]):
    """The class that a chat model names."""

    info = Info(
        name="chat",
        title="Prompt: chat",
        summary="Asks a chat model, on this machine or on a server, to name the class; only your classes are accepted.",
        paper="Brown et al. 2020, arXiv:2005.14165",
        needs="generator",
        asks="generate",
        fast={"n_demonstrations": 9, "choose": "by class"},
        order=220,
    )
    settings = ChatSettings

    def answer(self, built: Sequence[Built], progress: Progress | None = None) -> Probabilities:
        """Shares of the votes, with one more vote spread over the classes that were listed."""
        report, votes = progress or silent, self.config.votes
        counts = np.zeros((len(built), len(self.classes)))
        for vote in range(votes):
            for row, code in enumerate(self.named(built, vote, span(report, vote / votes, (vote + 1) / votes))):
                if code >= 0:
                    counts[row, code] += 1
        for row, one in enumerate(built):
            counts[row, list(one.listed)] += 1 / len(one.listed)
        return np.asarray(counts / counts.sum(axis=1, keepdims=True), dtype=np.float32)

    def named(self, built: Sequence[Built], vote: int = 0, progress: Progress | None = None) -> list[int]:
        """The class number that the model names for each prompt; -1 where it names none, twice."""
        report = progress or silent
        codes = [-1] * len(built)
        for attempt, ending in enumerate(("", ONLY)):
            open_rows = [row for row, code in enumerate(codes) if code < 0]
            groups: dict[tuple[int, ...], list[int]] = {}
            for row in open_rows:
                groups.setdefault(built[row].listed, []).append(row)
            for listed, rows in groups.items():
                names = [self.labels[code] for code in listed]
                sampling = Sampling(
                    max_tokens=LONGEST,
                    temperature=self.config.temperature if self.config.votes > 1 else 0.0,
                    seed=self.context.seed + vote + 1000 * attempt,
                    stop=("\n",),
                    choices=tuple(names),
                )
                if self.config.votes > 1 and self.generator.info.offline:
                    # A local model held to the choices takes the likeliest one, every time alike.
                    sampling = replace(sampling, choices=())
                prompts = [_asked(built[row], ending) for row in rows]
                texts = self.generator.generate(
                    prompts, sampling, progress=span(report, attempt / 2, (attempt + 1) / 2)
                )
                for row, found in zip(rows, texts, strict=True):
                    place = named(found.text, names)
                    codes[row] = listed[place] if place >= 0 else -1
        return codes


def named(answer: str, names: Sequence[str]) -> int:
    """Which of ``names`` an answer gives, -1 for none: the name itself, or the only one that it contains whole."""
    said = _folded(answer)
    folded = [_folded(name) for name in names]
    if said in folded:
        return folded.index(said)
    inside = [place for place, name in enumerate(folded) if name and f" {name} " in f" {said} "]
    # "credit card" contains "card" as well: a name inside a longer one that was said does not count.
    longest = [a for a in inside if not any(a != b and f" {folded[a]} " in f" {folded[b]} " for b in inside)]
    return longest[0] if len(longest) == 1 else -1


def _folded(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _asked(built: Built, ending: str) -> str:
    if not ending:
        return built.prompt.text
    body = built.prompt.text.removesuffix("Class:").rstrip()
    return f"{body}{ending}\nClass:"


METHOD = Chat
