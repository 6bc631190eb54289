"""MAML: a beginning from which a few gradient steps on the support lead to a good answer.

Paper: Finn et al., "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks" (ICML 2017),
arXiv:1703.03400.
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import maml
from fsl_core.learning.meta.method import MetaMethod

MANY_SHOTS = 3
"""From so many examples a class on, the backbone trained on five takes over."""


class Maml(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="maml",
        title="MAML",
        summary="Begins where a few gradient steps on your examples lead far; adapts the whole network.",
        paper="Finn et al. 2017, arXiv:1703.03400",
        slow=True,
        order=63,
        fast={"steps": 5},
    )
    learner = maml.Maml

    def _shipped(self, shots: int) -> str:
        if self._learner_settings()["first_order"]:
            return "fomaml"
        return "maml-1-shot" if shots < MANY_SHOTS else "maml-5-shot"


METHOD = Maml
