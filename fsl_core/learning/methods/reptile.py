"""Reptile: train on a task for a while, then move a little towards where that led.

Paper: Nichol et al., "On First-Order Meta-Learning Algorithms" (2018), arXiv:1803.02999.
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import reptile
from fsl_core.learning.meta.method import MetaMethod


class Reptile(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="reptile",
        title="Reptile",
        summary="Trains on one task after another and moves a little towards where each led.",
        paper="Nichol et al. 2018, arXiv:1803.02999",
        slow=True,
        order=65,
        fast={"steps": 5},
    )
    learner = reptile.Reptile


METHOD = Reptile
