"""Edits of words, a baseline without a model: swap two, leave some out, put in words of the same class.

After Wei and Zou, "EDA" (EMNLP 2019), arXiv:1901.11196; words to put in come from the examples of the class, for
there is no thesaurus here.
"""

from __future__ import annotations

import numpy as np

from fsl_core.base.types import Progress
from fsl_core.learning.augment.source import Candidate, Proposed, Source, Task

SHARE = 0.15
"""Of the words of a text that change; at least one does."""


class Edits(Source):
    """Random edits of the examples."""

    name = "eda"
    aliases = ("edits",)
    title = "Word edits (EDA, a baseline)"
    summary = "Swaps, drops and inserts words of your own examples. No model, no new ideas; often of little use."
    order = 30

    def propose(self, task: Task, per_class: int, into: Proposed, progress: Progress) -> None:  # noqa: D102
        rng = np.random.default_rng(task.seed)
        codes = task.support.codes
        for code in range(task.support.n_way):
            progress(code / task.support.n_way, task.support.classes[code])
            rows = np.flatnonzero(codes == code)
            for turn in range(per_class if len(rows) else 0):
                row, donor = int(rows[turn % len(rows)]), int(rows[rng.integers(len(rows))])
                own, others = (str(task.support.items[one]).split() for one in (row, donor))
                if text := edited(own, others or own, rng):
                    into.candidates.append(Candidate(text, code, tuple(dict.fromkeys((row, donor)))))
                else:
                    into.drop("too short to edit")


def edited(words: list[str], others: list[str], rng: np.random.Generator) -> str:
    """One edit of one kind; empty for a text that is too short."""
    if len(words) < 2:
        return ""
    n = max(1, round(SHARE * len(words)))
    found = list(words)
    kind = rng.integers(3)
    if kind == 0:
        for _ in range(n):
            a, b = rng.choice(len(found), 2, replace=False)
            found[a], found[b] = found[b], found[a]
    elif kind == 1 and len(words) > n + 1:
        out = set(rng.choice(len(found), n, replace=False).tolist())
        found = [word for place, word in enumerate(found) if place not in out]
    else:
        for _ in range(n):
            found.insert(int(rng.integers(len(found) + 1)), others[rng.integers(len(others))])
    return " ".join(found)


SOURCE = Edits
