"""MAML: a beginning from which a few gradient steps on the support lead to a good answer.

Paper: Finn et al., "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks" (ICML 2017),
arXiv:1703.03400.
"""

from __future__ import annotations

from typing import Any

from fsl_core.base.config import setting
from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import maml
from fsl_core.learning.meta.method import MetaMethod, MetaSettings, own_steps

MANY_SHOTS = 3
"""From so many examples a class on, the backbone trained on five takes over."""


class MamlSettings(MetaSettings):
    """Settings of MAML."""

    steps: int = own_steps(30)
    inner_lr: float = setting(
        0.3, "Step size on the support.", title="Inner step size", ge=1e-4, le=10.0, log_scale=True
    )
    inner_steps: int = setting(5, "Steps on the support while training.", title="Inner steps", ge=1, le=20)
    test_steps: int = setting(30, "Steps on the support when answering.", title="Steps when answering", ge=1, le=100)
    first_order: bool = setting(False, "Treat the inner gradient as a constant (FOMAML): quicker.", title="First order")


class MamlMethod(MetaMethod[MamlSettings]):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="maml",
        title="MAML",
        summary="Begins where a few gradient steps on your examples lead far; adapts the whole network.",
        paper="Finn et al. 2017, arXiv:1703.03400",
        order=63,
        fast={"steps": 5},
    )
    settings = MamlSettings
    learner = maml.Maml

    def _learner_settings(self) -> dict[str, Any]:
        return self.config.model_dump(include=set(self.learner.settings.model_fields))

    def _shipped(self, shots: int) -> str:
        if self.config.first_order:
            return "fomaml"
        return "maml-1-shot" if shots < MANY_SHOTS else "maml-5-shot"


METHOD = MamlMethod
