"""A classifier on a trainable encoder. Importing this loads torch and transformers."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Literal, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoModelForSequenceClassification

from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Item, LabeledSet, Probabilities
from fsl_core.learning.tuning.backbone import Backbone, Tokens

Reads = Literal["sentence", "transformer"]
"""What the classification layer stands on: the encoder's sentence vector, or the transformer's own head."""
STATE = "classifier.safetensors"


class Classifier(nn.Module):
    """Tokens in, logits out; a class that ``present`` (n_way,) leaves out has the logit -inf.

    Sentence vectors are moved by ``center`` (d,) and divided by ``spread``, so that those of an encoder that
    puts all texts into one corner can be told apart from the first step on.
    """

    accepts_loss_kwargs = False  # the Trainer asks
    present: torch.Tensor
    center: torch.Tensor
    spread: torch.Tensor

    def __init__(self, backbone: Backbone, present: torch.Tensor, reads: Reads) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("present", present)
        self.register_buffer("center", torch.zeros(backbone.dimension))
        self.register_buffer("spread", torch.ones(1))
        if reads == "sentence":
            self.encoder: nn.Module = backbone.model
            self.layer: nn.Module = nn.Linear(backbone.dimension, len(present))
        else:
            self.layer = _sequence_classifier(backbone, len(present))
        self.reads = reads
        self.to(backbone.model.device)

    @classmethod
    def fresh(cls, backbone: Backbone, support: LabeledSet, reads: Reads) -> Classifier:
        """One with untrained weights outside the encoder, for the classes that have an example."""
        present = torch.zeros(support.n_way, dtype=torch.bool)
        present[torch.from_numpy(support.codes)] = True
        found = cls(backbone, present, reads)
        if reads == "sentence":
            vectors = torch.from_numpy(backbone.encode(support.items)).to(found.center.device)
            found.center.copy_(vectors.mean(0))
            found.spread.copy_((vectors - found.center).norm(dim=1).mean().clamp_min(1e-6))
        return found

    def forward(self, tokens: Sequence[Tokens]) -> torch.Tensor:
        """Shape (b, n_way), float32."""
        logits: torch.Tensor
        if self.reads == "sentence":
            logits = self.layer((self.backbone.forward(tokens) - self.center) / self.spread)
        else:
            logits = self.backbone.through(tokens, lambda features: self.layer(**features).logits)
        return logits.masked_fill(~self.present, float("-inf"))

    def train(self, mode: bool = True) -> Self:
        """What the Trainer calls before each step."""
        super().train(False)
        if mode:
            self.backbone.without_dropout()
        return self

    def head(self) -> dict[str, nn.Parameter]:
        """The weights that lie outside the encoder, by name."""
        shared = {id(weight) for weight in self.backbone.model.parameters()}
        return {name: weight for name, weight in self.named_parameters() if id(weight) not in shared}

    def predict_proba(self, items: Sequence[Item]) -> Probabilities:
        """Shape (n, n_way), without dropout and gradients."""
        tokens = self.backbone.tokenize(items)
        with self.backbone.at_rest():
            self.layer.eval()
            found = [self(tokens[start : start + 256]).softmax(1).cpu() for start in range(0, len(tokens), 256)]
        return np.asarray(torch.cat(found).numpy(), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write what lies outside the encoder."""
        folder.mkdir(parents=True, exist_ok=True)
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in self._own().items()}, folder / STATE)

    @classmethod
    def load(cls, folder: Path, backbone: Backbone, reads: Reads) -> Classifier:
        """The classifier that ``save`` wrote, on the encoder as it was then."""
        state = load_file(folder / STATE)
        found = cls(backbone, state["present"], reads)
        with torch.no_grad():
            for name, tensor in found._own().items():
                tensor.copy_(state[name])
        return found

    def _own(self) -> dict[str, torch.Tensor]:
        return {**self.head(), "present": self.present, "center": self.center, "spread": self.spread}


def _sequence_classifier(backbone: Backbone, n_way: int) -> nn.Module:
    """The classifier that transformers has for the architecture, its body shared with the backbone."""
    config = deepcopy(backbone.transformer.config)
    config.num_labels = n_way
    if config.pad_token_id is None:
        config.pad_token_id = backbone.model.tokenizer.pad_token_id
    try:
        model: nn.Module = AutoModelForSequenceClassification.from_config(config)  # type: ignore[no-untyped-call]
    except ValueError as error:
        raise ConfigError(
            "The architecture {name} has no classifier of its own.",
            "Let the classifier read the sentence vector instead.",
            name=config.model_type,
        ) from error
    setattr(model, str(model.base_model_prefix), backbone.transformer)
    return model
