"""Contrastive tuning: pull examples of one class together, push the others away, then put a head on it.

Papers: Khosla et al., "Supervised Contrastive Learning" (2020), arXiv:2004.11362, for the loss; Tunstall
et al., "Efficient Few-Shot Learning Without Prompts" (SetFit, 2022), arXiv:2209.11055, for tuning a
sentence encoder in this way from a handful of examples; Yehudai and Bandel, "When LLMs are Unfit Use
FastFit" (2024), arXiv:2404.12365, for class names as anchors. A batch holds several examples of each of
its classes, so every example is encoded once a step where SetFit encodes it once for each of its pairs.
The weights end between the frozen and the tuned ones: Wortsman et al., "Robust Fine-Tuning of Zero-Shot
Models" (2022), arXiv:2109.01903.
"""

from __future__ import annotations

from fsl_core.base.config import setting
from fsl_core.base.types import LabeledSet, Progress
from fsl_core.contracts.method import Info
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.contrast import contrast
from fsl_core.learning.tuning.loop import Trace
from fsl_core.learning.tuning.tuned import TunedMethod, TuningSettings


class ContrastiveSettings(TuningSettings):
    """Settings of contrastive tuning."""

    temperature: float = setting(
        0.1, "How strongly the closest wrong pairs count; lower looks at them alone.", ge=0.01, le=1.0, advanced=True
    )
    anchors: bool = setting(
        True, "The name of each class is one more example of it while training.", title="Class names as anchors"
    )
    blend: float = setting(
        0.6, "How far to go from the frozen weights to the tuned ones; below 1 keeps more of what the encoder knew.",
        title="Share of the tuned weights", ge=0.1, le=1.0, advanced=True,
    )  # fmt: skip
    words: bool = setting(
        False, "Train the table of words too: slower, rarely better.", title="Train word vectors", advanced=True
    )


class Contrastive(TunedMethod[ContrastiveSettings]):
    """Supervised contrastive tuning of the sentence encoder."""

    info = Info(
        name="contrastive",
        title="Contrastive tuning",
        summary="Trains the encoder so that examples of one class move together. The largest gain where the "
        "classes are new to it.",
        paper="Khosla et al. 2020, arXiv:2004.11362; Tunstall et al. 2022, arXiv:2209.11055",
        trains=True,
        sets=True,
        fast={"epochs": 30, "learning_rate": 3e-3, "batch_size": 9},
        order=60,
    )
    settings = ContrastiveSettings

    def _tune(self, backbone: Backbone, support: LabeledSet, progress: Progress) -> Trace:
        weights = backbone.trainable(self.config.words)
        backbone.without_dropout()
        before = [weight.detach().clone() for weight in weights]
        trace = contrast(
            backbone, weights, support, self.config, self.context, temperature=self.config.temperature,
            anchors=self.config.anchors, score=self._scorer(backbone, support), progress=progress,
        )  # fmt: skip
        backbone.blend(weights, before, self.config.blend)
        return trace


METHOD = Contrastive
