"""The defaults of every meta-learner in one place: on pictures, on texts and in a project's own method, side by side.

On pictures a whole network is trained (the usual values of the papers). On texts it is a projection on the vectors of
a frozen encoder; measured by ``benchmarks.meta_text``. There a projection begins as nothing and a head at zero, so MAML
needs long inner steps, and outer steps so short that the beginning is not lost. A project's own method begins with a
kept or shipped model, or with the vectors as they are, and trains on the labelled classes alone; measured on BANKING77
at 10 shots.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Usual(NamedTuple):
    """The default of one setting of a learner in each place; None where a person cannot set it."""

    pictures: Any
    texts: Any
    own: Any = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings of the learner, and how it is trained: on texts, and on a project's own classes."""

    settings: dict[str, Usual]
    training: dict[str, Any]
    """Values for TrainingSettings on texts; those left out take their defaults."""
    own_steps: int
    """Training tasks drawn from a project's own classes before answering."""
    own_training: dict[str, Any] = field(default_factory=lambda: {"lr": 1e-3})


RECIPES = {
    "protonet": Recipe({}, {"n_way": 30, "k_shot": 1, "steps": 800, "lr": 1e-4}, own_steps=100),
    "matching-net": Recipe(
        {"full_context": Usual(pictures=False, texts=False, own=False), "n_reads": Usual(pictures=5, texts=5)},
        {"n_way": 30, "k_shot": 1, "steps": 200, "lr": 1e-4},
        own_steps=100,
    ),
    "siamese": Recipe(
        {"margin": Usual(pictures=1.0, texts=2.0, own=2.0)},
        {"n_way": 30, "k_shot": 1, "steps": 200, "lr": 1e-4},
        own_steps=30,
    ),
    "transfer": Recipe(
        {"scale": Usual(pictures=20.0, texts=20.0)}, {"n_way": 30, "k_shot": 1, "steps": 300, "lr": 1e-4}, own_steps=100
    ),
    "maml": Recipe(
        {
            "inner_lr": Usual(pictures=0.4, texts=5.0, own=0.3),
            "inner_steps": Usual(pictures=1, texts=2, own=5),
            "test_steps": Usual(pictures=3, texts=3, own=30),
            "first_order": Usual(pictures=False, texts=False, own=False),
        },
        {"n_way": 20, "k_shot": 1, "tasks": 2, "steps": 150, "lr": 1e-4},
        own_steps=30,
    ),
    "anil": Recipe(
        {
            "inner_lr": Usual(pictures=0.1, texts=5.0, own=0.3),
            "inner_steps": Usual(pictures=5, texts=5, own=5),
            "test_steps": Usual(pictures=10, texts=5, own=30),
        },
        {"n_way": 20, "k_shot": 1, "tasks": 4, "steps": 200, "lr": 1e-4},
        own_steps=30,
    ),
    "reptile": Recipe(
        {
            "inner_lr": Usual(pictures=0.001, texts=0.005, own=0.002),
            "inner_steps": Usual(pictures=5, texts=5),
            "test_steps": Usual(pictures=50, texts=30, own=100),
            "batch": Usual(pictures=10, texts=10),
        },
        {"n_way": 20, "k_shot": 1, "tasks": 4, "steps": 60, "lr": 0.02, "optimizer": "sgd"},
        own_steps=0,
        own_training={"lr": 0.5, "optimizer": "sgd"},
    ),
}


def on_pictures(learner: str, name: str) -> Any:  # noqa: ANN401
    """The default of one setting of a learner: what it has where nobody says otherwise."""
    return RECIPES[learner].settings[name].pictures


def settings(learner: str) -> dict[str, Any]:
    """Values for the learner's own settings on texts."""
    return {name: usual.texts for name, usual in RECIPES[learner].settings.items()}


def training(learner: str) -> dict[str, Any]:
    """Values for TrainingSettings on texts; those left out take their defaults."""
    return dict(RECIPES[learner].training)


def own_settings(learner: str) -> dict[str, Any]:
    """Values for those settings of the learner that a project's own method offers."""
    return {name: usual.own for name, usual in RECIPES[learner].settings.items() if usual.own is not None}
