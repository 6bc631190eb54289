"""ANIL: MAML whose inner loop moves the head alone.

Paper: Raghu et al., "Rapid Learning or Feature Reuse? Towards Understanding the Effectiveness of MAML" (ICLR
2020), arXiv:1909.09157.
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import maml
from fsl_core.learning.meta.method import MetaMethod


class Anil(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="anil",
        title="ANIL",
        summary="MAML that adapts the head alone: nearly as good, and quick.",
        paper="Raghu et al. 2020, arXiv:1909.09157",
        slow=True,
        order=64,
        fast={"steps": 5},
    )
    learner = maml.Anil


METHOD = Anil
