"""Prototypical networks: nearest class mean in a space trained on episodes.

Paper: Snell et al., "Prototypical Networks for Few-shot Learning" (NeurIPS 2017), arXiv:1703.05175.
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import prototypical
from fsl_core.learning.meta.method import MetaMethod


class ProtoNet(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="protonet",
        title="Prototypical networks",
        summary="Nearest class mean in a space that was trained on tasks for just that.",
        paper="Snell et al. 2017, arXiv:1703.05175",
        slow=True,
        order=62,
        fast={"steps": 5},
    )
    learner = prototypical.Prototypical


METHOD = ProtoNet
