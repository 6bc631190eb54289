"""Siamese networks: a projection that draws pairs of one class together; the nearest support example answers.

Papers: Koch et al., "Siamese Neural Networks for One-shot Image Recognition" (2015); contrastive loss: Hadsell et
al., "Dimensionality Reduction by Learning an Invariant Mapping" (CVPR 2006).
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import siamese
from fsl_core.learning.meta.method import MetaMethod


class Siamese(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="siamese",
        title="Siamese networks",
        summary="Draws examples of a class together, pushes others apart to a margin; the nearest answers.",
        paper="Koch et al. 2015; Hadsell et al. 2006",
        slow=True,
        order=60,
        fast={"steps": 5},
    )
    learner = siamese.Siamese


METHOD = Siamese
