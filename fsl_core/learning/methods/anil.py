"""ANIL: MAML whose inner loop moves the head alone.

Paper: Raghu et al., "Rapid Learning or Feature Reuse? Towards Understanding the Effectiveness of MAML" (ICLR
2020), arXiv:1909.09157.
"""

from __future__ import annotations

from typing import Any

from fsl_core.base.config import setting
from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import maml
from fsl_core.learning.meta.method import MetaMethod, MetaSettings, own_steps


class AnilSettings(MetaSettings):
    """Settings of ANIL."""

    steps: int = own_steps(30)
    inner_lr: float = setting(
        0.3, "Step size on the support.", title="Inner step size", ge=1e-4, le=10.0, log_scale=True
    )
    inner_steps: int = setting(5, "Steps on the support while training.", title="Inner steps", ge=1, le=50)
    test_steps: int = setting(30, "Steps on the support when answering.", title="Steps when answering", ge=1, le=200)


class AnilMethod(MetaMethod[AnilSettings]):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="anil",
        title="ANIL",
        summary="MAML that adapts the head alone: nearly as good, and quick.",
        paper="Raghu et al. 2020, arXiv:1909.09157",
        order=64,
        fast={"steps": 5},
    )
    settings = AnilSettings
    learner = maml.Anil

    def _learner_settings(self) -> dict[str, Any]:
        return self.config.model_dump(include=set(self.learner.settings.model_fields))


METHOD = AnilMethod
