"""Matching networks: attention over the support in a space trained on episodes, with or without full context.

Paper: Vinyals et al., "Matching Networks for One Shot Learning" (NeurIPS 2016), arXiv:1606.04080.
"""

from __future__ import annotations

from typing import Any

from fsl_core.base.config import setting
from fsl_core.contracts.method import Info
from fsl_core.learning.meta.learners import matching
from fsl_core.learning.meta.method import MetaMethod, MetaSettings


class MatchingNetSettings(MetaSettings):
    """Settings of Matching networks."""

    full_context: bool = setting(
        False, "Let every embedding depend on the whole support (LSTMs).", title="Full-context embeddings"
    )


class MatchingNet(MetaMethod[MatchingNetSettings]):
    """The learner of the same name on the vectors of the project."""

    info = Info(
        name="matching-net",
        title="Matching networks",
        summary="Matching whose similarity is trained on tasks; examples may be read in the light of the others.",
        paper="Vinyals et al. 2016, arXiv:1606.04080",
        order=61,
        fast={"steps": 5},
    )
    settings = MatchingNetSettings
    learner = matching.Matching

    def _learner_settings(self) -> dict[str, Any]:
        return {"full_context": self.config.full_context}

    def _shipped(self, shots: int) -> str:
        return "matching-fce" if self.config.full_context else "matching"


METHOD = MatchingNet
