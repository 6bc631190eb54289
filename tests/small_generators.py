"""Language models that can be worked out by hand: real implementations of the contract, no networks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.config import Settings
from fsl_core.base.types import Progress
from fsl_core.contracts.generator import Generation, Generator, GeneratorInfo, OnDone, OnText, Prompt, Sampling, Scores

DEMONSTRATION = re.compile(r'text: "(.*)"\nclass: (.+)')


class Nothing(Settings):
    """None."""


class WordCounter(Generator[Nothing]):
    """Tokens are words, and scores can be worked out by hand.

    An option scores 1 for each time its word stands in the text that is asked about, 1 for each word that the text
    shares with a demonstration of it, and its ``habit`` whatever the text says. Generated texts come from
    ``answers``, and without any are the best of the choices.
    """

    info = GeneratorInfo(
        "counter", "Counter", "Counts words.", frozenset({"generate", "score", "hidden"}), offline=True
    )
    settings = Nothing
    key = "counter:1"

    def __init__(self, habit: dict[str, float] | None = None, answers: Sequence[str] = (), room: int = 1000) -> None:
        super().__init__(Nothing())
        self.habit, self.answers, self._room = habit or {}, list(answers), room
        self.heard: list[Prompt | str] = []
        self.sampled: list[Sampling] = []

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def room(self) -> int:
        return self._room

    def score(self, prompts: Sequence[Prompt], options: Sequence[str], *, progress: Progress | None = None) -> Scores:
        self.heard += prompts
        asked = [prompt.text.rsplit("Text: ", 1)[-1].lower() for prompt in prompts]
        names = [option.strip().lower() for option in options]
        found = np.array([[text.count(n) + self.habit.get(n, 0.0) - 5.0 for n in names] for text in asked])
        found = found.reshape(len(asked), len(names))
        for row, prompt in enumerate(prompts):
            for text, label in DEMONSTRATION.findall(prompt.text.lower()):
                if label in names:
                    found[row, names.index(label)] += len(set(text.split()) & set(asked[row].strip('\n"clas:').split()))
        lengths = np.array([len(name.split()) for name in names], dtype=np.int64)
        words = ("refund", "money", "parcel", "late", "login", "password")
        hidden = np.array([[text.count(word) for word in words] for text in asked], dtype=np.float32)
        return Scores(
            found.reshape(len(asked), len(names)), lengths, hidden, np.array(self.count([p.text for p in prompts]))
        )

    def generate(
        self,
        prompts: Sequence[str],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        on_done: OnDone | None = None,
        progress: Progress | None = None,
    ) -> list[Generation]:
        self.heard += prompts
        self.sampled.append(sampling)
        if self.answers:
            found = [Generation(self.answers.pop(0), "stop", 1, 1) for _ in prompts]
            for number, one in enumerate(found):
                if on_done is not None:
                    on_done(number, one)
            return found
        best = self.score([Prompt("", prompt) for prompt in prompts], sampling.choices).log_probs.argmax(1)
        return [Generation(sampling.choices[place], "stop", 1, 1) for place in best]


class GapFiller(Generator[Nothing]):
    """A word in the gap scores 1 for each time it, or a word of its meaning, stands in the text, plus its habit."""

    info = GeneratorInfo("filler", "Filler", "Fills gaps.", frozenset({"cloze"}), offline=True)
    settings = Nothing
    key = "filler:1"

    def __init__(self, habit: dict[str, float], meanings: dict[str, str] | None = None) -> None:
        super().__init__(Nothing())
        self.habit, self.meanings = habit, meanings or {}

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def cloze(
        self, texts: Sequence[str], words: Sequence[str], *, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        def fits(text: str, word: str) -> float:
            return sum(text.lower().count(one) for one in self.meanings.get(word, word).split())

        return np.array([[fits(text, word) + self.habit.get(word, 0.0) for word in words] for text in texts])
