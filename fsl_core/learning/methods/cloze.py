"""Cloze prompts: a masked language model fills the gap of several patterns; words stand for the classes.

Paper: Schick and Schuetze, "Exploiting Cloze Questions for Few Shot Text Classification" (PET, EACL 2021),
arXiv:2001.07676: patterns, verbalizers and their ensemble, each pattern weighted by how well it answers the
examples. The model itself is not trained here; instead each word is measured against what the pattern says of an
empty text, and each class against its share over the examples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.config import setting
from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Probabilities, Progress, silent, span
from fsl_core.contracts.generator import GAP
from fsl_core.contracts.method import Info, readable
from fsl_core.learning.prompting import calibrating, template
from fsl_core.learning.prompting.method import Built, PromptMethod, PromptSettings

Floats = NDArray[np.float64]
PATTERNS = f"TEXT This is about {GAP}. | Category: {GAP}. TEXT | {GAP}: TEXT"


class ClozeSettings(PromptSettings):
    """Settings of cloze prompts."""

    patterns: str = setting(
        PATTERNS, "Sentences with TEXT for the item and ____ for the word, separated by |; all of them are asked."
    )
    words: str = setting(
        "",
        "Words for a class: 'class: word, word; other class: word'. Classes without any use their own name.",
        title="Words of the classes",
    )


class Cloze(PromptMethod[ClozeSettings]):
    """The class whose words fit the gap best."""

    info = Info(
        name="cloze",
        title="Prompt: cloze (PET)",
        summary="Lets a masked language model fill the gap in several sentences; your words stand for the classes.",
        paper="Schick and Schuetze 2021, arXiv:2001.07676",
        needs="generator",
        asks="cloze",
        fast={"n_demonstrations": 0},
        order=230,
    )
    settings = ClozeSettings

    @property
    def patterns(self) -> list[str]:
        """The patterns. Raises ConfigError for one without a text or a gap."""
        found = [part.strip() for part in self.config.patterns.split("|") if part.strip()]
        for pattern in found:
            if pattern.count(GAP) != 1 or pattern.count("TEXT") != 1:
                raise ConfigError(
                    "The pattern '{pattern}' needs TEXT and {gap}, once each.",
                    "Write patterns such as: {example}",
                    pattern=pattern,
                    gap=GAP,
                    example=PATTERNS,
                )
        if not found:
            raise ConfigError("There is no pattern.", "Write one such as: {example}", example=PATTERNS)
        return found

    def verbalizers(self) -> list[list[str]]:
        """The words of each class. Raises ConfigError for a class that is not there."""
        own: dict[str, list[str]] = {}
        for part in filter(None, (part.strip() for part in self.config.words.split(";"))):
            name, colon, words = part.partition(":")
            if not colon or name.strip() not in self.classes:
                raise ConfigError(
                    "'{part}' does not begin with a class and a colon.",
                    "The classes are: {classes}.",
                    part=part,
                    classes=", ".join(self.classes),
                )
            own[name.strip()] = [word.strip() for word in words.split(",") if word.strip()]
        return [own.get(name) or [readable(name).lower()] for name in self.classes]

    def asked(self, built: Built) -> list[str]:  # noqa: D102
        return [self.filled(pattern, built.item) for pattern in self.patterns]

    def _learn(self, progress: Progress) -> None:
        n = len(self.patterns)
        empty = np.stack([self._words([pattern.replace("TEXT", "").strip()], progress)[0] for pattern in self.patterns])
        self.state = {"empty": empty, "weights": np.full(n, 1 / n), "prior": np.ones((n, len(self.classes)))}
        if len(self.support):
            built = self.build(list(self.support.items))
            said = self._by_pattern(built, progress)
            prior, codes = said.mean(axis=1), self.support.codes
            accuracy = (_corrected(said, prior).argmax(axis=2) == codes).mean(axis=1)
            # One example more, half right: a pattern that knew none of two examples may still be good.
            weights = (accuracy * len(codes) + 0.5) / (len(codes) + 1)
            self.state |= {"prior": prior, "weights": weights / weights.sum()}

    def answer(self, built: Sequence[Built], progress: Progress | None = None) -> Probabilities:  # noqa: D102
        said = self._by_pattern(built, progress or silent)
        each = _corrected(said, self.state["prior"])
        mixed = np.einsum("p,pnk->nk", self.state["weights"], np.log(each + 1e-12))
        return np.asarray(calibrating.softmax(mixed), dtype=np.float32)

    def _by_pattern(self, built: Sequence[Built], progress: Progress) -> Floats:
        """Shape (n_patterns, n, n_way): shares of the classes, each word against the empty text."""
        patterns, found = self.patterns, []
        for place, pattern in enumerate(patterns):
            texts = [self.filled(pattern, one.item) for one in built]
            inside = span(progress, place / len(patterns), (place + 1) / len(patterns))
            found.append(calibrating.softmax(self._words(texts, inside) - self.state["empty"][place]))
        return np.stack(found)

    def filled(self, pattern: str, text: str) -> str:
        """The pattern with the item in quotation marks, cut where the model would not read it whole."""
        room = min(self.generator.room(), self.config.budget) - 8
        whole = pattern.replace("TEXT", template.quoted(text))
        keep = 1.0
        while self.generator.count([whole])[0] > room and keep > 0.01:
            keep *= 0.8
            whole = pattern.replace("TEXT", template.quoted(template.shortened(text, keep)))
        return whole

    def _words(self, texts: Sequence[str], progress: Progress) -> Floats:
        """Shape (n, n_way): mean log-probability of the words of each class in the gap."""
        words = self.verbalizers()
        flat = [word for own in words for word in own]
        said = self.generator.cloze(texts, flat, progress=progress)
        starts = np.cumsum([0, *(len(own) for own in words)])
        return np.stack([said[:, a:b].mean(axis=1) for a, b in zip(starts, starts[1:], strict=False)], axis=1)


def _corrected(said: Floats, prior: Floats) -> Floats:
    """Shape (n_patterns, n, n_way): each pattern's shares against its own prior (n_patterns, n_way)."""
    return np.stack([calibrating.divided(*pair) for pair in zip(said, prior, strict=True)])


METHOD = Cloze
