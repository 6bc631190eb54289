"""How each learner is best trained on the vectors of a frozen encoder: where forms, commands and benchmarks begin.

Measured by ``benchmarks.meta_text``.
"""

from __future__ import annotations

from typing import Any

TRAINING: dict[str, dict[str, Any]] = {
    "protonet": {"n_way": 20, "k_shot": 1, "steps": 400, "lr": 1e-3},
    "matching-net": {"n_way": 20, "k_shot": 1, "steps": 400, "lr": 1e-3},
    "siamese": {"n_way": 20, "k_shot": 1, "steps": 400, "lr": 1e-3},
    "transfer": {"n_way": 20, "k_shot": 1, "steps": 400, "lr": 1e-3},
    "anil": {"n_way": 10, "k_shot": 2, "tasks": 4, "steps": 300, "lr": 1e-3},
    "maml": {"n_way": 10, "k_shot": 2, "tasks": 2, "steps": 300, "lr": 1e-3},
    "reptile": {"n_way": 5, "k_shot": 1, "n_query": 5, "tasks": 5, "steps": 200, "lr": 1.0, "optimizer": "sgd"},
}
SETTINGS: dict[str, dict[str, Any]] = {"reptile": {"test_steps": 20}}
"""Settings of the learners themselves, where the usual ones are those for images."""


def training(learner: str) -> dict[str, Any]:
    """Values for TrainingSettings; those left out take their defaults."""
    return dict(TRAINING.get(learner, {}))


def settings(learner: str) -> dict[str, Any]:
    """Values for the learner's own settings."""
    return dict(SETTINGS.get(learner, {}))
