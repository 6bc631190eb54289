"""LoRA: leave the encoder's weights alone and train small matrices beside them, then add these in.

Paper: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models" (2021), arXiv:2106.09685. A linear
layer W becomes W + (alpha / r) B A with A (r, d_in) and B (d_out, r), B zero at first; only A and B learn.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fsl_core.base.config import setting
from fsl_core.base.errors import ConfigError
from fsl_core.base.types import LabeledSet, Progress
from fsl_core.contracts.method import Info
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.contrast import contrast
from fsl_core.learning.tuning.loop import Trace
from fsl_core.learning.tuning.tuned import Head, TunedMethod, TuningSettings

if TYPE_CHECKING:
    from peft import LoraModel

    from fsl_core.learning.tuning.classifier import Classifier, Reads


class LoraSettings(TuningSettings):
    """Settings of LoRA."""

    target: Literal["embedding", "classifier", "transformer"] = setting(
        "embedding",
        "'embedding' moves examples of one class together and puts a head on it, like contrastive tuning; "
        "'classifier' trains a layer on the sentence vector, like fine-tuning; 'transformer' trains the "
        "classifier that belongs to the architecture, which needs far more examples.",
        title="What is trained",
    )  # fmt: skip
    learning_rate: float = setting(
        2e-3, "Size of a step. Lower it when the loss jumps.", ge=1e-7, le=1e-1, log_scale=True, advanced=True
    )
    rank: int = setting(8, "Size of the small matrices. More can learn more, and overfit more.", ge=1, le=256)
    alpha: int = setting(
        16, "How strongly the small matrices count: their product times alpha / rank.", ge=1, le=1024, advanced=True
    )
    dropout: float = setting(
        0.0, "Share of their inputs that is left out at random while training.", ge=0.0, le=0.9, advanced=True
    )
    layers: Literal["all", "attention"] = setting(
        "all", "Which layers get small matrices: all linear ones, or only those of the attention.", advanced=True
    )


class Lora(TunedMethod[LoraSettings]):
    """Low-rank adapters on the encoder, merged into its weights after the training."""

    info = Info(
        name="lora",
        title="LoRA",
        summary="Trains small matrices beside the encoder's weights: little memory, so it suits large encoders.",
        paper="Hu et al. 2021, arXiv:2106.09685",
        trains=True,
        fast={"epochs": 30, "learning_rate": 1e-2, "batch_size": 9},
        order=64,
    )
    settings = LoraSettings
    _classifier: Classifier | None = None

    def _tune(self, backbone: Backbone, support: LabeledSet, progress: Progress) -> Trace:
        adapters = attach(backbone, self.config)
        if self.config.target == "embedding":
            backbone.without_dropout()
            weights = [weight for weight in backbone.model.parameters() if weight.requires_grad]
            score = self._scorer(backbone, support)
            trace = contrast(backbone, weights, support, self.config, self.context, score=score, progress=progress)
        else:
            from fsl_core.learning.tuning.classifier import Classifier
            from fsl_core.learning.tuning.trainer import tune_classifier

            self._classifier = Classifier.fresh(backbone, support, self._reads)
            trace = tune_classifier(self._classifier, support, self.config, self.context, progress=progress)
        adapters.merge_and_unload()
        return trace

    def _fit_head(self, support: LabeledSet, report: Progress) -> Head:
        return self._classifier or super()._fit_head(support, report)

    def _load_head(self, folder: Path) -> Head:
        if self.config.target == "embedding":
            return super()._load_head(folder)
        from fsl_core.learning.tuning.classifier import Classifier

        assert self._backbone is not None
        return Classifier.load(folder, self._backbone, self._reads)

    @property
    def _reads(self) -> Reads:
        return "sentence" if self.config.target == "classifier" else "transformer"


def attach(backbone: Backbone, config: LoraSettings) -> LoraModel:
    """Put untrained adapters into the transformer; nothing else of the backbone stays trainable."""
    from peft import LoraConfig, LoraModel

    backbone.model.requires_grad_(False)
    places = "all-linear" if config.layers == "all" else None  # None: what peft knows of the architecture
    wanted = LoraConfig(r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout, target_modules=places)
    try:
        return LoraModel(backbone.transformer, wanted, "default")
    except ValueError as error:
        raise ConfigError(
            "No place for adapters is known in the architecture {name}.",
            "Set 'Layers' to all.",
            name=backbone.transformer.config.model_type,
        ) from error


METHOD = Lora
