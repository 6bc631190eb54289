"""Omniglot: train every classic, or score the shipped backbones, against their papers.

    python -m benchmarks.omniglot --data FOLDER --train protonet     trains one recipe into assets/backbones
    python -m benchmarks.omniglot --data FOLDER                      scores all of them, 1,000 episodes each
    python -m benchmarks.omniglot --data FOLDER --quick              the same with fewer episodes

The split is that of Vinyals et al.: of the 1,623 characters, background alphabets first and each set in
alphabetical order, the first 1,200 are for training and the last 423 for testing, each in four rotations that
count as classes of their own.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common import Row, earlier, machine, parser, table, write
from fsl_core.base import paths
from fsl_core.base.config import make_settings
from fsl_core.data.importing.class_drawings import read_classes
from fsl_core.learning.meta import files
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.learners import learner_class
from fsl_core.learning.meta.scoring import embedded, score
from fsl_core.learning.meta.training import TrainingSettings, train
from fsl_core.models.backends.backbone import Conv4

TRAIN_CHARACTERS = 1200
ROTATIONS = 4
ASSETS = paths.ASSETS / "backbones"
QUICK = 40
"""Test episodes of each setting in a quick run, from every QUICK_STEP-th test class."""
QUICK_STEP = 5
QUICK_ADAPTING = 8
"""The same where each episode adapts the whole network and takes its time: 5-way and transductive alone."""
SETTINGS = ((5, 1), (5, 5), (20, 1), (20, 5))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one backbone is made. ``papers`` are accuracies in % as printed there, "" where the paper has none."""

    learner: str
    training: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    start: str = ""
    papers: tuple[str, ...] = ("", "", "", "")


MATCHING = ("98.1", "98.9", "93.8", "98.5")
MAML = ("98.7 ± 0.4", "99.9 ± 0.1", "95.8 ± 0.3", "98.9 ± 0.2")
REPTILE = ("97.68 ± 0.04", "99.48 ± 0.06", "89.43 ± 0.14", "97.12 ± 0.32")
PROTOTYPICAL = ("98.8", "99.7", "96.0", "98.9")
RECIPES = {
    "protonet": Recipe("protonet", {"n_way": 60, "n_query": 5, "steps": 9000, "lr": 2e-3}, papers=PROTOTYPICAL),
    "transfer": Recipe("transfer", {"n_way": 64, "n_query": 1, "steps": 2500, "lr": 5e-3}),
    "siamese": Recipe("siamese", {"n_way": 60, "n_query": 2, "steps": 6000, "lr": 2e-3}, papers=("", "", "92.0", "")),
    "matching": Recipe(
        "matching-net", {"n_way": 60, "n_query": 3, "steps": 800, "lr": 5e-4}, start="protonet", papers=MATCHING
    ),
    "matching-fce": Recipe(
        "matching-net",
        {"n_way": 20, "n_query": 5, "steps": 500, "lr": 1e-3},
        {"full_context": True},
        start="matching",
        papers=MATCHING,
    ),
    "maml-1-shot": Recipe(
        "maml",
        {"n_way": 20, "n_query": 3, "tasks": 1, "steps": 300, "lr": 1e-4},
        {"inner_steps": 3},
        start="protonet",
        papers=MAML,
    ),
    "maml-5-shot": Recipe(
        "maml",
        {"n_way": 5, "k_shot": 5, "n_query": 3, "tasks": 4, "steps": 150, "lr": 1e-4},
        {"inner_steps": 3},
        start="maml-1-shot",
        papers=MAML,
    ),
    "reptile": Recipe(
        "reptile",
        {"n_way": 5, "n_query": 9, "tasks": 5, "steps": 200, "lr": 0.1, "optimizer": "sgd"},
        {"inner_lr": 3e-3},
        start="protonet",
        papers=REPTILE,
    ),
    "anil": Recipe(
        "anil",
        {"n_way": 20, "n_query": 3, "tasks": 1, "steps": 300, "lr": 1e-4},
        {"inner_lr": 0.4},
        start="protonet",
        papers=MAML,
    ),
    "fomaml": Recipe(
        "maml",
        {"n_way": 20, "n_query": 3, "tasks": 1, "steps": 300, "lr": 1e-4},
        {"first_order": True, "inner_steps": 3},
        start="protonet",
        papers=MAML,
    ),
}


def main() -> None:
    """Train or score."""
    arguments = parser("omniglot", __doc__ or "", quick="fewer test episodes: under a minute")
    arguments.add_argument("--train", choices=list(RECIPES), help="make this backbone anew")
    arguments.add_argument("--work", type=Path, default=Path("omniglot-work"), help="folder of the checkpoints")
    arguments.add_argument("--episodes", type=int, default=1000, help="test episodes of each setting")
    arguments.add_argument("--only", nargs="*", choices=list(RECIPES), help="score these, keep the others' figures")
    names = [setting_name(*one) for one in SETTINGS]
    arguments.add_argument("--settings", nargs="*", choices=names, default=names, help="score these settings alone")
    asked = arguments.parse_args()
    pools = read_split(asked.data, step=QUICK_STEP if asked.quick else 1)
    if asked.train:
        make(asked.train, asked, *pools)
    else:
        compare(asked, pools[1])


def read_split(data: Path, device: str = "", step: int = 1) -> tuple[ClassPool, ClassPool]:
    """Training and test classes as pools on the best device; ``step`` keeps every so many of the test classes."""
    import torch

    from fsl_core.base.device import best_device

    folder = data / "images" / "omniglot"
    sources = [folder / "images_background.zip", folder / "images_evaluation.zip"]
    found = read_classes(sources, rotations=True)
    border = TRAIN_CHARACTERS * ROTATIONS
    device = device or best_device()
    for_training = found.codes < border
    for_test = ~for_training & ((found.codes - border) % step == 0)
    return (
        ClassPool(found.images[torch.from_numpy(for_training)], found.codes[for_training], device=device),
        ClassPool(found.images[torch.from_numpy(for_test)], (found.codes[for_test] - border) // step, device=device),
    )


def make(name: str, asked: argparse.Namespace, pool: ClassPool, held_out: ClassPool) -> None:
    """Train one recipe and write its file; the held-out classes only draw the curve."""
    recipe = RECIPES[name]
    kind = learner_class(recipe.learner)
    learner = kind(Conv4(), make_settings(kind.settings, recipe.settings), pool.n_classes)  # type: ignore[arg-type]
    config = make_settings(TrainingSettings, recipe.training)
    start = files.load(ASSETS / f"omniglot-{recipe.start}.safetensors").params if recipe.start else None

    def validate(params: Any) -> dict[str, float]:  # noqa: ANN401
        found = score(learner, params, held_out, n_way=5, k_shot=config.k_shot, episodes=100, transductive=True)
        return {"accuracy": found.mean}

    def watch(step: int, figures: Any) -> None:  # noqa: ANN401
        if "accuracy" in figures or step % 50 == 0:
            print(name, step, {key: round(value, 4) for key, value in figures.items()}, flush=True)

    trained = train(
        learner, pool, config, start=start, file=asked.work / f"{name}.safetensors", validate=validate, watch=watch
    )
    facts = {
        "trained on": "Omniglot, 1,200 characters in four rotations (Vinyals split)",
        "command": f"python -m benchmarks.omniglot --data FOLDER --train {name}",
        "training": config.model_dump(),
        "started from": recipe.start,
        "steps": trained.steps,
        "seconds": round(trained.seconds),
        "machine": machine(),
    }
    files.save(ASSETS / f"omniglot-{name}.safetensors", learner, trained.params, facts)
    print(name, "written after", round(trained.seconds), "s of training", flush=True)


def compare(asked: argparse.Namespace, test: ClassPool) -> None:
    """Score the backbones that are there, one after another, and write the table of all scored so far."""
    rows: list[Row] = []
    for name in RECIPES:
        file = ASSETS / f"omniglot-{name}.safetensors"
        if not file.exists() or (asked.only and name not in asked.only):
            continue
        model = files.load(file, str(test.inputs.device))
        learner, pool = model.learner, test
        if not learner.adapts_backbone:
            learner, pool = embedded(learner, model.params, test)
        episodes, settings, modes = asked.episodes, SETTINGS, (False, True) if learner.batch_statistics else (False,)
        if asked.quick:
            episodes = QUICK_ADAPTING if learner.adapts_backbone else QUICK
            settings, modes = SETTINGS[:2] if learner.adapts_backbone else SETTINGS, modes[-1:]
        for transductive in modes:
            for n_way, k_shot in settings:
                setting = setting_name(n_way, k_shot)
                if setting not in asked.settings:
                    continue
                found = score(
                    learner,
                    model.params,
                    pool,
                    n_way=n_way,
                    k_shot=k_shot,
                    episodes=episodes,
                    transductive=transductive,
                )
                value, half = 100 * found.mean, 100 * found.half_width
                mode = "transductive" if transductive else "inductive"
                rows.append(
                    Row("omniglot", mode, setting, name, "accuracy", value, value - half, value + half, episodes)
                )
                print(name, mode, setting, f"{value:.2f} ± {half:.2f}", flush=True)
    if asked.quick:
        print(shown(rows))
        return
    done = {(row.method, row.dataset, row.setting) for row in rows}
    kept = [row for row in earlier("omniglot", asked.out) if row.method in RECIPES]
    rows += [row for row in kept if (row.method, row.dataset, row.setting) not in done]
    write("omniglot", rows, shown(rows), asked.out)
    (ASSETS / "README.md").write_text(beside(rows), encoding="utf-8")
    print(shown(rows))


def setting_name(n_way: int, k_shot: int) -> str:
    """As results and the command line spell it."""
    return f"{n_way}-way-{k_shot}-shot"


def shown(rows: list[Row]) -> str:
    """The table: one line for each backbone and way of normalising."""
    found = {(row.method, row.dataset, row.setting): row for row in rows}
    lines = []
    for name, recipe in RECIPES.items():
        for mode in ("inductive", "transductive"):
            line = [name, "yes" if mode == "transductive" else "no"]
            for (n_way, k_shot), paper in zip(SETTINGS, recipe.papers, strict=True):
                row = found.get((name, mode, setting_name(n_way, k_shot)))
                figure = f"{row.value:.2f} ± {row.value - (row.low or 0):.2f}, n = {row.n:,}" if row else "-"
                line.append(figure + (f" ({paper})" if paper else ""))
            if any((name, mode, setting_name(n, k)) in found for n, k in SETTINGS):
                lines.append(line)
    header = ["backbone", "transductive", *(f"{n}-way {k}-shot" for n, k in SETTINGS)]
    return (
        "Accuracy in % over n test episodes with 15 queries a class, ± 1.96 standard errors over episodes; the paper's "
        "figure in brackets, with its ± where it prints one (those of MAML and Reptile are transductive). "
        f"{machine()}.\n\n" + table(header, lines)
    )


def beside(rows: list[Row]) -> str:
    """What lies beside the weights: how each file was made and what it reaches."""
    made = []
    for name in RECIPES:
        file = ASSETS / f"omniglot-{name}.safetensors"
        if file.exists():
            facts = files.load(file).facts
            start = facts["started from"] or "random weights"
            made.append(
                [name, f"`{facts['command']}`", start, f"{facts['steps']:,}", f"{facts['seconds'] / 60:.0f} min"]
            )
    header = ["backbone", "made by", "begun from", "steps", "wall time, cores shared"]
    return (
        "# Backbones for drawings\n\nTrained on Omniglot (Lake et al. 2015, MIT licence): the 1,200 training "
        "characters of Vinyals et al. in four rotations.\n\n" + table(header, made) + "\n\n" + shown(rows) + "\n"
    )


if __name__ == "__main__":
    main()
