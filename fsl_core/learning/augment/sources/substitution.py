"""Words replaced by others that fit between their neighbours, by a trigram model of the project's own texts.

A baseline without a downloaded model. The trigram model is interpolated with absolute discounting (Ney, Essen and
Kneser 1994); a word is drawn by how well it follows the two before it and leads to the one after it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from fsl_core.base.errors import DataError
from fsl_core.base.types import Progress
from fsl_core.learning.augment.source import Candidate, Proposed, Source, Task

SHARE = 0.2
DISCOUNT = 0.7
START, END = "<s>", "</s>"
FEWEST_WORDS = 30


class Trigrams:
    """p(word | two before it), from a list of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.counts: list[dict[tuple[str, ...], Counter[str]]] = [defaultdict(Counter) for _ in range(3)]
        for text in texts:
            words = [START, START, *text.split(), END]
            for place in range(2, len(words)):
                for n in range(3):
                    self.counts[n][tuple(words[place - n : place])][words[place]] += 1
        self.words = sorted(word for word in self.counts[0][()] if word != END)

    def probability(self, word: str, before: tuple[str, str]) -> float:
        """Interpolated from trigram over bigram to unigram; an unseen word has half a count."""
        total = sum(self.counts[0][()].values())
        found = (self.counts[0][()].get(word, 0) or 0.5) / (total + 0.5)
        for n in (1, 2):
            seen = self.counts[n].get(before[2 - n :])
            if seen:
                n_seen = sum(seen.values())
                found = max(seen.get(word, 0) - DISCOUNT, 0.0) / n_seen + DISCOUNT * len(seen) / n_seen * found
        return found


class Substitution(Source):
    """Other words that fit in, by counting."""

    name = "substitution"
    title = "Word substitution (n-gram model, a baseline)"
    summary = "Replaces some words by others that fit between their neighbours, learned from your examples alone."
    order = 40

    def propose(self, task: Task, per_class: int, into: Proposed, progress: Progress) -> None:  # noqa: D102
        texts = [str(item) for item in task.support.items]
        model = Trigrams(texts)
        if len(model.words) < FEWEST_WORDS:
            raise DataError(
                "The examples hold only {n} different words; the n-gram model needs {wanted}.",
                "Label more items, or take another source.",
                n=len(model.words),
                wanted=FEWEST_WORDS,
            )
        rng = np.random.default_rng(task.seed)
        for code in range(task.support.n_way):
            progress(code / task.support.n_way, task.support.classes[code])
            rows = np.flatnonzero(task.support.codes == code)
            for turn in range(per_class if len(rows) else 0):
                row = int(rows[turn % len(rows)])
                if text := substituted(texts[row].split(), model, rng):
                    # The counts know nothing of classes: the label of no other example is in this text.
                    into.candidates.append(Candidate(text, code, (row,)))
                else:
                    into.drop("nothing else fits")


def substituted(words: list[str], model: Trigrams, rng: np.random.Generator) -> str:
    """Some words of a text drawn anew; empty when that changed nothing."""
    if not words:
        return ""
    n = max(1, round(SHARE * len(words)))
    found = list(words)
    for place in rng.choice(len(words), min(n, len(words)), replace=False):
        around = [START, START, *found, END]
        at = int(place) + 2
        before, after = (around[at - 2], around[at - 1]), around[at + 1]
        seen = model.counts[1].get((before[1],), Counter())
        options = [word for word in seen if word not in (END, found[place])]
        options = options or [word for word in model.words if word != found[place]]
        fit = np.array(
            [model.probability(word, before) * model.probability(after, (before[1], word)) for word in options]
        )
        found[place] = options[int(rng.choice(len(options), p=fit / fit.sum()))]
    return "" if found == words else " ".join(found)


SOURCE = Substitution
