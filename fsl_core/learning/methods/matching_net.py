"""Matching networks: attention over the support in a space trained on episodes, with or without full context.

Paper: Vinyals et al., "Matching Networks for One Shot Learning" (NeurIPS 2016), arXiv:1606.04080.
"""

from __future__ import annotations

from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import matching
from fsl_core.learning.meta.method import MetaMethod


class MatchingNet(MetaMethod):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="matching-net",
        title="Matching networks",
        summary="Matching whose similarity is trained on tasks; examples may be read in the light of the others.",
        paper="Vinyals et al. 2016, arXiv:1606.04080",
        slow=True,
        order=61,
        fast={"steps": 5},
    )
    learner = matching.Matching

    def _shipped(self, shots: int) -> str:
        return "matching-fce" if self._learner_settings()["full_context"] else "matching"


METHOD = MatchingNet
