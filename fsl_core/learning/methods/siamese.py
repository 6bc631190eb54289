"""Siamese networks: a projection that draws pairs of one class together; the nearest support example answers.

Papers: Koch et al., "Siamese Neural Networks for One-shot Image Recognition" (2015); contrastive loss: Hadsell et
al., "Dimensionality Reduction by Learning an Invariant Mapping" (CVPR 2006).
"""

from __future__ import annotations

from typing import Any

from fsl_core.base.config import setting
from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import siamese
from fsl_core.learning.meta.method import MetaMethod, MetaSettings, own_steps


class SiameseSettings(MetaSettings):
    """Settings of Siamese networks."""

    steps: int = own_steps(30)
    margin: float = setting(
        2.0, "Examples of different classes are pushed apart until this distance.", title="Margin", ge=0.05, le=2.0
    )


class Siamese(MetaMethod[SiameseSettings]):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="siamese",
        title="Siamese networks",
        summary="Draws examples of a class together, pushes others apart to a margin; the nearest answers.",
        paper="Koch et al. 2015; Hadsell et al. 2006",
        order=60,
        fast={"steps": 5},
    )
    settings = SiameseSettings
    learner = siamese.Siamese

    def _learner_settings(self) -> dict[str, Any]:
        return {"margin": self.config.margin}


METHOD = Siamese
