"""Transfer: train one classifier on all classes, then a nearest-mean head on its features; the control.

Paper: Chen et al., "A Closer Look at Few-shot Classification" (ICLR 2019), arXiv:1904.04232.
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import transfer
from fsl_core.learning.meta.method import MetaMethod


class Transfer(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="transfer",
        title="Transfer (the control)",
        summary="Trains one classifier, then a nearest-mean head on its features: what meta-learning must beat.",
        paper="Chen et al. 2019, arXiv:1904.04232",
        slow=True,
        order=66,
        fast={"steps": 5},
    )
    learner = transfer.Transfer


METHOD = Transfer
