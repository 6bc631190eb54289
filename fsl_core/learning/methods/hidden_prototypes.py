"""Hidden-state prototypes: nearest class mean on the last hidden state of a language model behind the prompt.

Paper: Cho et al., "Token-based Decision Criteria Are Suboptimal in In-context Learning" (2024), arXiv:2406.16535:
better than reading label probabilities, since the state knows more than the words it puts forward. The same pass
gives label scores too; ``blend`` mixes them in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.errors import DataError
from fsl_core.base.types import Probabilities, Progress, Vectors, silent
from fsl_core.contracts.generator import Scores
from fsl_core.contracts.method import Info, temperature_setting
from fsl_core.learning.prompting import calibrating, template
from fsl_core.learning.prompting.method import Built, PromptMethod, PromptSettings


class HiddenSettings(PromptSettings):
    """Settings of hidden-state prototypes."""

    blend: float = setting(
        0.0, "Share of the label scores of the same pass in the answer.", title="Share of label scores", ge=0.0, le=1.0
    )
    temperature: float = temperature_setting(0.1)


class HiddenPrototypes(PromptMethod[HiddenSettings]):
    """The class whose examples leave the model in the most similar state."""

    info = Info(
        name="hidden-prototypes",
        title="Prompt: hidden-state prototypes",
        summary="Lets a language model read the item in a prompt and compares its inner state with those of your "
        "examples.",
        paper="Cho et al. 2024, arXiv:2406.16535",
        needs="generator",
        asks="hidden",
        fast={"n_demonstrations": 3, "choose": "by class"},
        order=210,
    )
    settings = HiddenSettings

    def _learn(self, progress: Progress) -> None:
        if not len(self.support):
            raise DataError(
                "There is no labelled example yet.", "Label one example of each class first, or take label scores."
            )
        built = self.build(list(self.support.items), without=range(len(self.support)))
        states = self._scores(built, progress, labels=False).hidden
        center = ops.unit(states).mean(axis=0)
        z = ops.centered(states, center)
        n_way = self.support.n_way
        # A class without an example stays at the origin: as near to everything as a right angle.
        nothing = np.zeros((n_way, z.shape[1]), dtype=np.float32)
        self.state = {"center": center, "prototypes": ops.prototypes(z, self.support.codes, nothing, 0.0)}

    def answer(self, built: Sequence[Built], progress: Progress | None = None) -> Probabilities:  # noqa: D102
        scores = self._scores(built, progress or silent, labels=self.config.blend > 0)
        near = self.near(scores.hidden)
        said = calibrating.softmax(near / self.config.temperature)
        if self.config.blend > 0:
            labels = calibrating.softmax(calibrating.normalised(scores.log_probs, scores.lengths, 1.0))
            mixed = (1 - self.config.blend) * np.log(said + 1e-12) + self.config.blend * np.log(labels + 1e-12)
            said = calibrating.softmax(mixed)
        return np.asarray(said, dtype=np.float32)

    def near(self, hidden: Vectors) -> NDArray[np.float64]:
        """Shape (n, n_way): cosine of each state with the mean state of each class."""
        z = ops.centered(hidden, self.state["center"])
        return np.asarray(z @ ops.unit(self.state["prototypes"]).T, dtype=np.float64)

    def _scores(self, built: Sequence[Built], progress: Progress, *, labels: bool) -> Scores:
        options = [template.option(label) for label in self.labels] if labels else []
        return self.generator.score([one.prompt for one in built], options, progress=progress)


METHOD = HiddenPrototypes
