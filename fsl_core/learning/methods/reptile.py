"""Reptile: train on a task for a while, then move a little towards where that led.

Paper: Nichol et al., "On First-Order Meta-Learning Algorithms" (2018), arXiv:1803.02999.
"""

from __future__ import annotations

from typing import Any

from fsl_core.base.config import setting
from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import reptile
from fsl_core.learning.meta.method import MetaMethod, MetaSettings, own_steps


class ReptileSettings(MetaSettings):
    """Settings of Reptile."""

    steps: int = own_steps(0)
    inner_lr: float = setting(0.002, "Step size on a task.", title="Inner step size", ge=1e-5, le=1.0, log_scale=True)
    test_steps: int = setting(100, "Steps on the support when answering.", title="Steps when answering", ge=1, le=200)


class ReptileMethod(MetaMethod[ReptileSettings]):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="reptile",
        title="Reptile",
        summary="Trains on one task after another and moves a little towards where each led.",
        paper="Nichol et al. 2018, arXiv:1803.02999",
        order=65,
        fast={"steps": 5},
    )
    settings = ReptileSettings
    learner = reptile.Reptile

    def _learner_settings(self) -> dict[str, Any]:
        return {"inner_lr": self.config.inner_lr, "test_steps": self.config.test_steps}

    def _training(self) -> dict[str, Any]:
        return {"lr": 0.5, "optimizer": "sgd"}


METHOD = ReptileMethod
