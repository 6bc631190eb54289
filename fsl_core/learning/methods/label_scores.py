"""Prompting by label scores: the model reads the task, examples and the item; the likeliest label answers.

Papers: Brown et al., "Language Models are Few-Shot Learners" (2020), arXiv:2005.14165; for the corrections see
``fsl_core.learning.prompting.calibrating``. Labels are scored in full, not by their first token.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.config import setting
from fsl_core.base.types import Probabilities, Progress, silent, span
from fsl_core.contracts.generator import Prompt
from fsl_core.contracts.method import Info
from fsl_core.learning.prompting import calibrating, template
from fsl_core.learning.prompting.calibrating import NULL_TEXTS, Calibration
from fsl_core.learning.prompting.method import Built, PromptMethod, PromptSettings, with_text

BATCH = 24
"""Support texts from which batch calibration learns how often the model says each label."""


class LabelScoreSettings(PromptSettings):
    """Settings of label scores."""

    calibration: Calibration = setting(
        "batch",
        "Takes out what the model says whatever the text: 'batch' asks about your examples, 'contextual' about a text "
        "that says nothing (three more questions for each answer), 'dc-pmi' about no text at all.",
    )
    length_power: float = setting(
        1.0,
        "A label's log-probability is divided by its number of tokens to this power: 0 favours short labels.",
        title="Length correction",
        ge=0.0,
        le=2.0,
        advanced=True,
    )


class LabelScores(PromptMethod[LabelScoreSettings]):
    """The likelihood of each label after the prompt."""

    info = Info(
        name="label-scores",
        title="Prompt: label scores",
        summary="Shows a language model your examples and asks how likely each label is to follow. Works from no "
        "example on.",
        paper="Brown et al. 2020, arXiv:2005.14165; Zhao et al. 2021, arXiv:2102.09690",
        needs="generator",
        asks="score",
        fast={"n_demonstrations": 9, "choose": "by class"},
        order=200,
    )
    settings = LabelScoreSettings

    def _learn(self, progress: Progress) -> None:
        if self.config.calibration == "dc-pmi":
            domain = self.generator.score([Prompt("", "Class:")], self._options(), progress=progress)
            self.state["domain"] = domain.log_probs[0]
        elif self.config.calibration == "batch" and len(self.support):
            rows = np.random.default_rng(self.context.seed).permutation(len(self.support))[:BATCH]
            built = self.build([self.support.items[row] for row in rows], without=[int(row) for row in rows])
            self.state["prior"] = self._raw(built, progress).mean(axis=0)

    def answer(self, built: Sequence[Built], progress: Progress | None = None) -> Probabilities:  # noqa: D102
        report = progress or silent
        if self.config.calibration != "contextual":
            said = self._raw(built, report)
            prior = self.state.get("prior")
            corrected = said if prior is None else calibrating.divided(said, prior)
        else:
            said = self._raw(built, span(report, 0.0, 0.5))
            corrected = calibrating.divided(said, self._null(built, span(report, 0.5, 1.0)))
        return calibrating.listed(corrected, [list(one.listed) for one in built])

    def _options(self) -> list[str]:
        return [template.option(label) for label in self.labels]

    def _raw(self, built: Sequence[Built], progress: Progress) -> NDArray[np.float64]:
        """Shape (n, n_way): what the model says, before it is corrected for what it says of nothing."""
        scores = self.generator.score([one.prompt for one in built], self._options(), progress=progress)
        if "domain" in self.state:
            return calibrating.softmax(calibrating.pmi(scores.log_probs, self.state["domain"]))
        return calibrating.softmax(calibrating.normalised(scores.log_probs, scores.lengths, self.config.length_power))

    def _null(self, built: Sequence[Built], progress: Progress) -> NDArray[np.float64]:
        """Shape (n, n_way): what it says of texts that say nothing, in the same prompts; each prompt asked once."""
        asked: dict[str, int] = {}
        empty: list[Built] = []
        rows = []
        for one in built:
            nulls = [with_text(one, text) for text in NULL_TEXTS]
            where = asked.setdefault(nulls[0].prompt.text, len(empty))
            if where == len(empty):
                empty += nulls
            rows.append(where)
        said = self._raw(empty, progress)
        return np.stack([said[row : row + len(NULL_TEXTS)].mean(axis=0) for row in rows])


METHOD = LabelScores
