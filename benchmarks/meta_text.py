"""Does meta-training pay on texts? Learners on the bundled encoder against plain heads, on classes never trained on.

Meta-training on 75 of the 150 intents of CLINC150 (Larson et al. 2019, D19-1131), chosen by seed; tasks from the
other 75, and from all 77 of BANKING77 (Casanueva et al. 2020, arXiv:2003.04807), another data set with finer
classes. Everybody answers the same tasks on the same vectors, which are centred as the app centres them; the plain
heads have learned nothing before a task. Settings were chosen on tasks from the training classes alone.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from benchmarks.common import Row, machine, parser, read_labeled, table, write
from fsl_core.base.config import make_settings
from fsl_core.learning.meta import heldout, pairing, recipes
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.heldout import HeldOutSettings, Source
from fsl_core.learning.meta.learners import learner_class
from fsl_core.learning.meta.training import TrainingSettings, train
from fsl_core.models import chosen
from fsl_core.models.backends.backbone import Projection

SEED = 0
TASKS = ((5, 1), (5, 5), (20, 1), (20, 5))
QUERIES = 5
LEARNERS = ("protonet", "matching-net", "siamese", "anil", "maml", "reptile")


def source(data: Path, dataset: str) -> Source:
    """A data set as the bundled encoder reads it, centred on the mean of its own texts."""
    texts, labels = read_labeled(data / "text" / dataset / "train.csv")
    encoder = chosen.cached_encoder(chosen.DEFAULT_ENCODER)
    return Source(dataset, heldout.features(encoder.encode(texts)), labels)


def pools(data: Path) -> tuple[ClassPool, dict[str, ClassPool]]:
    """75 classes of CLINC150 to train on, and what is asked: the other 75, and BANKING77."""
    import torch

    parts = heldout.split([source(data, "clinc150")], HeldOutSettings(share=0.5, k_shot=5, seed=SEED))
    banking = source(data, "banking77")
    names = sorted(set(banking.labels))
    codes = np.array([names.index(label) for label in banking.labels])
    counts = np.bincount(codes)
    keep = np.isin(codes, np.flatnonzero(counts >= 5 + QUERIES))
    kept = np.unique(codes[keep])
    other = ClassPool(
        torch.from_numpy(banking.vectors[keep]), np.searchsorted(kept, codes[keep]), [names[c] for c in kept]
    )
    return parts.training, {"CLINC150": parts.held_out, "BANKING77": other}


def answers(pool: ClassPool) -> tuple[dict[str, pairing.Answer], dict[str, float]]:
    """Every learner, trained, and the plain heads; the seconds of each training."""
    found: dict[str, pairing.Answer] = {}
    seconds: dict[str, float] = {}
    for name in LEARNERS:
        kind = learner_class(name)
        learner = kind(Projection(int(pool.inputs.shape[1])), make_settings(kind.settings, recipes.settings(name)))
        trained = train(learner, pool, make_settings(TrainingSettings, {**recipes.training(name), "seed": SEED}))
        found[name], seconds[name] = pairing.of_learner(learner, trained.params), trained.seconds
        print(f"{name}: trained in {trained.seconds:.0f} s, loss {trained.loss:.3f}", flush=True)
    return {**found, **pairing.PLAIN}, seconds


def measure(data: Path, episodes: int) -> tuple[list[Row], str]:
    """All rows, and the tables."""
    training, asked = pools(data)
    everybody, seconds = answers(training)
    rows: list[Row] = []
    parts = []
    for dataset, pool in asked.items():
        duels = {}
        for n_way, k_shot in TASKS:
            start = time.monotonic()
            duels[n_way, k_shot] = pairing.duel(
                everybody, pool, n_way=n_way, k_shot=k_shot, n_query=QUERIES, episodes=episodes, seed=SEED
            )
            found = {name: round(100 * duels[n_way, k_shot].accuracy(name).value, 1) for name in everybody}
            print(f"{dataset} {n_way}-way {k_shot}-shot: {found}, {time.monotonic() - start:.0f} s", flush=True)
        lines = []
        for name in everybody:
            cells = []
            for (n_way, k_shot), found in duels.items():
                setting = f"{n_way}-way {k_shot}-shot"
                score = found.accuracy(name)
                rows.append(
                    Row(
                        "meta_text",
                        dataset,
                        setting,
                        name,
                        "accuracy",
                        score.value,
                        score.low,
                        score.high,
                        score.n,
                        seconds.get(name),
                    )  # fmt: skip
                )
                cells.append(f"{100 * score.value:.1f}")
                if name in pairing.PLAIN:
                    continue
                for plain in pairing.PLAIN:
                    apart = found.difference(name, plain)
                    rows.append(
                        Row(
                            "meta_text",
                            dataset,
                            setting,
                            name,
                            f"difference to {plain}",
                            apart.value,
                            apart.low,
                            apart.high,
                            apart.n,
                        )  # fmt: skip
                    )
                    mark = {"beat": "**", "did not beat": "", "not enough to say": "*"}[pairing.verdict(apart)]
                    half = 50 * (apart.high - apart.low)
                    cells[-1] += f" / {mark}{100 * apart.value:+.1f} ± {half:.1f}{mark}"
            lines.append([name, *cells, f"{seconds[name]:.0f} s" if name in seconds else ""])
        header = [dataset, *(f"{n}-way {k}-shot" for n, k in TASKS), "training"]
        parts.append(table(header, lines))
    note = (
        f"Accuracy in % over {episodes:,} tasks with {QUERIES} queries a class, then the paired difference to nearest "
        "mean and to logistic regression in points, ± half the 95 % interval over the held-out classes. **Bold**: beat "
        "the plain head. *Italic*: the interval leaves it open. Plain: did not beat it (the interval ends below one "
        f"point). {machine()}, one of them used."
    )
    return rows, "# Meta-training on texts\n\n" + "\n\n".join(parts) + f"\n\n{note}"


def main() -> None:
    """Train, ask, write."""
    made = parser("meta_text", __doc__ or "", quick="40 tasks of each setting instead of 500")
    made.add_argument("--episodes", type=int, default=500, help="tasks of each setting")
    asked = made.parse_args()
    rows, text = measure(asked.data, 40 if asked.quick else asked.episodes)
    if not asked.quick:
        write("meta_text", rows, text, asked.out)
    print(text)


if __name__ == "__main__":
    main()
