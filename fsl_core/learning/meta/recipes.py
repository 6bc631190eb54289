"""How each learner is best trained on the vectors of a frozen encoder: where forms, commands and benchmarks begin.

Measured by ``benchmarks.meta_text``.
"""

from __future__ import annotations

from typing import Any

TRAINING: dict[str, dict[str, Any]] = {
    "protonet": {"n_way": 30, "k_shot": 1, "steps": 800, "lr": 1e-4},
    "matching-net": {"n_way": 30, "k_shot": 1, "steps": 200, "lr": 1e-4},
    "siamese": {"n_way": 30, "k_shot": 1, "steps": 200, "lr": 1e-4},
    "transfer": {"n_way": 30, "k_shot": 1, "steps": 300, "lr": 1e-4},
    "anil": {"n_way": 20, "k_shot": 1, "tasks": 4, "steps": 200, "lr": 1e-4},
    "maml": {"n_way": 20, "k_shot": 1, "tasks": 2, "steps": 150, "lr": 1e-4},
    "reptile": {"n_way": 20, "k_shot": 1, "tasks": 4, "steps": 60, "lr": 0.02, "optimizer": "sgd"},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "siamese": {"margin": 2.0},
    "anil": {"inner_lr": 5.0, "inner_steps": 5, "test_steps": 5},
    "maml": {"inner_lr": 5.0, "inner_steps": 2, "test_steps": 3},
    "reptile": {"inner_lr": 0.005, "test_steps": 30},
}
"""Settings of the learners themselves: the usual ones are those for images. Where a projection begins as nothing
and a head at zero, MAML needs long inner steps, and outer steps so short that the beginning is not lost."""


def training(learner: str) -> dict[str, Any]:
    """Values for TrainingSettings; those left out take their defaults."""
    return dict(TRAINING.get(learner, {}))


def settings(learner: str) -> dict[str, Any]:
    """Values for the learner's own settings."""
    return dict(SETTINGS.get(learner, {}))
