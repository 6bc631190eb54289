"""Fine-tuning: train the whole encoder together with a classification layer, by Hugging Face's Trainer.

Papers: Howard and Ruder, "Universal Language Model Fine-tuning for Text Classification" (2018),
arXiv:1801.06146; Devlin et al., "BERT" (2019), arXiv:1810.04805, for the layer on top of the transformer.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fsl_core.base.config import setting
from fsl_core.base.types import LabeledSet, Progress
from fsl_core.contracts.method import Info
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.loop import Trace
from fsl_core.learning.tuning.tuned import Head, TunedMethod, TuningSettings

if TYPE_CHECKING:
    from fsl_core.learning.tuning.classifier import Classifier


class FinetuneSettings(TuningSettings):
    """Settings of fine-tuning."""

    epochs: int = setting(8, "How often each example is seen. More fits closer and takes longer.", ge=1, le=200)
    head_rate: float = setting(
        1e-2, "Size of a step of the classification layer, which starts from nothing.",
        title="Learning rate of the layer", ge=1e-7, le=1.0, log_scale=True, advanced=True,
    )  # fmt: skip
    reads: Literal["sentence", "transformer"] = setting(
        "sentence",
        "'sentence' puts a layer on the encoder's sentence vector; 'transformer' takes the classifier that belongs "
        "to the architecture (AutoModelForSequenceClassification), which needs far more examples.",
        title="What the layer reads", advanced=True,
    )  # fmt: skip
    words: bool = setting(
        False, "Train the table of words too: slower, rarely better.", title="Train word vectors", advanced=True
    )


class Finetune(TunedMethod[FinetuneSettings]):
    """The classic full fine-tune with a classification layer."""

    info = Info(
        name="finetune",
        title="Fine-tuning",
        summary="Trains the encoder and a classification layer together, the classic way.",
        paper="Howard and Ruder 2018, arXiv:1801.06146; Devlin et al. 2019, arXiv:1810.04805",
        trains=True,
        fast={"epochs": 30, "learning_rate": 3e-3, "batch_size": 9},
        order=62,
    )
    settings = FinetuneSettings
    _classifier: Classifier

    def _tune(self, backbone: Backbone, support: LabeledSet, progress: Progress) -> Trace:
        from fsl_core.learning.tuning.classifier import Classifier
        from fsl_core.learning.tuning.trainer import tune_classifier

        backbone.trainable(self.config.words)
        self._classifier = Classifier.fresh(backbone, support, self.config.reads)
        return tune_classifier(
            self._classifier, support, self.config, self.context, head_rate=self.config.head_rate, progress=progress
        )

    def _fit_head(self, support: LabeledSet, report: Progress) -> Head:
        return self._classifier

    def _load_head(self, folder: Path) -> Head:
        from fsl_core.learning.tuning.classifier import Classifier

        assert self._backbone is not None
        return Classifier.load(folder, self._backbone, self.config.reads)


METHOD = Finetune
