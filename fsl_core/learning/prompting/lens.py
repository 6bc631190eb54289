"""Looking into a prompt: what was asked, what changes when its demonstrations do, and how often the answer flips."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fsl_core.base.types import Probabilities, Progress
from fsl_core.learning.prompting.method import Built, PromptMethod
from fsl_core.learning.prompting.template import Demonstration


@dataclass(frozen=True, slots=True)
class Look:
    """One prompt and what was answered to it. ``asked``: the exact texts that went to the model."""

    built: Built
    asked: tuple[str, ...]
    tokens: tuple[int, ...]
    """Tokens of each text in ``asked``."""
    demonstration_tokens: tuple[int, ...]
    probabilities: Probabilities
    """Shape (n_way,)."""

    @property
    def best(self) -> int:
        """The class number of the answer."""
        return int(self.probabilities.argmax())


@dataclass(frozen=True, slots=True)
class Repeats:
    """The same item asked again with its demonstrations in other orders."""

    answers: tuple[int, ...]
    """The class number of each repeat."""
    usual: int
    """The answer of the order that is asked about."""

    @property
    def flips(self) -> int:
        """Repeats with another answer."""
        return sum(answer != self.usual for answer in self.answers)


def look(method: PromptMethod[Any], text: str, demonstrations: Sequence[Demonstration] | None = None) -> Look:
    """The prompt of ``text`` and its answer; ``demonstrations`` are shown in that order instead of the chosen ones."""
    built = method.build([text])[0]
    if demonstrations is not None:
        built = method.build_one(text, demonstrations, built.listed)
    asked = method.asked(built)
    shown = method.shown_sizes(built.shown)
    tokens = method.generator.count(asked)
    return Look(built, tuple(asked), tuple(tokens), tuple(shown), method.answer([built])[0])


def repeats(method: PromptMethod[Any], seen: Look, n: int, seed: int = 0, progress: Progress | None = None) -> Repeats:
    """Ask ``n`` times, each with the demonstrations of ``seen`` in a random order."""
    rng = np.random.default_rng(seed)
    shown = seen.built.shown
    orders = [[shown[place] for place in rng.permutation(len(shown))] for _ in range(n)]
    built = [method.build_one(seen.built.item, order, seen.built.listed) for order in orders]
    return Repeats(tuple(int(code) for code in method.answer(built, progress).argmax(axis=1)), seen.best)


def difference(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """The lines of two prompts: (' ', line) in both, ('-', line) only before, ('+', line) only after."""
    first, second = "\n".join(before).split("\n"), "\n".join(after).split("\n")
    return [(line[0], line[2:]) for line in difflib.ndiff(first, second) if line[0] in " -+"]
