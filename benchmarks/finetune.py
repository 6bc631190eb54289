"""Tuning against the frozen head and against SetFit, on the five published 16-shot seeds of five sets.

Every method learns from the 16 examples a class of one seed (Gao et al. 2021, arXiv:2012.15723) with its
defaults, on the bundled encoder; no validation texts, no unlabelled texts. 'frozen' is the logistic head
on the encoder as it is. 'gated' is contrastive tuning as the app does it: two folds of paired
cross-validation first, and the frozen head when tuning does not win; its seconds hold all three trainings.
The setting '10-shot' is BANKING77 and CLINC150. SetFit's rows come from benchmarks/finetune_setfit.py,
run beside it. With one thread the processor's seconds are what an idle core takes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.common import RESULTS, Row, machine, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base.intervals import wilson
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context
from fsl_core.learning.tuning import gate

DATASETS = ("trec6", "subj", "sst2", "mr", "agnews")
INTENTS = ("banking77", "clinc150")
SEEDS = ("13", "21", "42", "87", "100")
METHODS = ("frozen", "contrastive", "gated", "adapter", "finetune", "lora")
INTENT_METHODS = ("frozen", "contrastive")
UNHURRIED = {"seconds": 3600.0}
"""No time cap: on a busy machine it would leave steps out."""
SETFIT = RESULTS / "finetune_setfit.jsonl"
T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}
"""97.5 % points of Student's t for that many seeds."""


def task(data: Path, dataset: str, seed: str, most: int) -> tuple[LabeledSet, LabeledSet]:
    folder = data / "text" / dataset
    file = folder / ("train_10shot.csv" if seed == "10-shot" else f"fewshot/16-{seed}-train.csv")
    support = LabeledSet(*read_labeled(file))
    query = LabeledSet(*read_labeled(folder / "test.csv"), support.classes)
    if len(query) > most:
        query = query.take(np.sort(np.random.default_rng(0).permutation(len(query))[:most]))
    return support, query


def measure(data: Path, encoder: Encoder, datasets, seeds, methods, most: int) -> Iterator[Row]:
    for dataset in datasets:
        setting = "10-shot" if dataset in INTENTS else "16-shot"
        for seed in ["10-shot"] if dataset in INTENTS else seeds:
            support, query = task(data, dataset, seed, most)
            for name in methods:
                yield one(name, dataset, setting, seed, support, query, encoder)


def one(name, dataset, setting, seed, support, query, encoder) -> Row:
    context = Context(encoder=encoder, create=registry.create_method, seed=int(seed) if seed.isdigit() else 0)
    start, wall = time.process_time(), time.perf_counter()
    chosen = "logistic" if name == "frozen" else name
    settings = None if name == "frozen" else UNHURRIED
    if name == "gated":
        verdict = gate.decide("contrastive", settings, support, context, seed=context.seed)
        chosen, settings = ("contrastive", settings) if verdict.keep else ("logistic", None)
    method = registry.create_method(chosen, settings, context).fit(support)
    fit, wall = time.process_time() - start, time.perf_counter() - wall
    start = time.process_time()
    hits = int((method.predict_proba(query.items).argmax(1) == query.codes).sum())
    low, high = wilson(hits, len(query))
    print(f"{dataset} {seed} {name}: {100 * hits / len(query):.1f} in {fit:.1f} s ({wall:.1f} s)", flush=True)
    return Row(
        "finetune", dataset, f"{setting}:{seed}", name, "accuracy", hits / len(query), low, high, len(query),
        fit, time.process_time() - start,
    )  # fmt: skip


def setfit_rows() -> list[Row]:
    if not SETFIT.is_file():
        return []
    rows = []
    for line in SETFIT.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        low, high = wilson(found["right"], found["n"])
        rows.append(
            Row(
                "finetune",
                found["dataset"],
                f"16-shot:{found['seed']}",
                "SetFit 1.2",
                "accuracy",
                found["right"] / found["n"],
                low,
                high,
                found["n"],
                found["cpu_seconds"],
            )  # fmt: skip
        )
    return rows


def over_seeds(rows: list[Row]) -> str:
    values = np.array([row.value for row in rows]) * 100
    if len(values) < 2:
        return f"{values[0]:.1f} ± {50 * (rows[0].high - rows[0].low):.1f}" if len(values) else ""
    return f"{values.mean():.1f} ± {T95[len(values)] * values.std(ddof=1) / len(values) ** 0.5:.1f}"


def markdown(rows: list[Row]) -> str:
    names = list(dict.fromkeys(row.method for row in rows))
    blocks = []
    for setting, datasets in (("16-shot", DATASETS), ("10-shot", INTENTS)):
        mine = [row for row in rows if row.setting.startswith(setting)]
        present = [dataset for dataset in datasets if any(row.dataset == dataset for row in mine)]
        lines = []
        for name in names:
            cells, times = [], []
            for dataset in present:
                found = [row for row in mine if (row.method, row.dataset) == (name, dataset)]
                seconds = float(np.mean([row.fit_seconds for row in found])) if found else 0.0
                cells.append(f"{over_seeds(found)} ({seconds:.1f} s)" if found else "")
                times += [seconds] if found else []
            complete = present and all(cells)
            mean = np.mean([
                np.mean([row.value for row in mine if (row.method, row.dataset) == (name, dataset)]) * 100
                for dataset in present
            ]) if complete else 0.0  # fmt: skip
            whole = f"{mean:.2f} ({np.mean(times):.1f} s)" if complete else ""
            if any(cells):
                lines.append([name, *cells, whole])
        if lines:
            blocks.append(f"Setting {setting}\n\n" + table(["method", *present, "mean"], lines))
    return "\n\n".join(blocks)


def main() -> None:
    made = parser("finetune", "Tuning against the frozen head and SetFit.", quick="trec6 alone, two seeds")
    made.add_argument("--datasets", nargs="*", default=[*DATASETS, *INTENTS], help="none: only put parts together")
    made.add_argument("--methods", nargs="+", default=METHODS)
    made.add_argument("--most-queries", type=int, default=2000, help="test texts of a set at most, drawn once")
    made.add_argument("--threads", type=int, default=1)
    made.add_argument("--add", type=Path, nargs="*", default=[], help="JSON files of earlier parts to add")
    options = made.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    encoder = registry.create_encoder("minilm")
    datasets, seeds = (("trec6",), SEEDS[:2]) if options.quick else (options.datasets, SEEDS)
    rows = [Row(**row) for file in options.add for row in json.loads(file.read_text(encoding="utf-8"))]
    rows = [row for row in rows if row.method != "SetFit 1.2"]
    for dataset in datasets:
        methods = [name for name in options.methods if dataset not in INTENTS or name in INTENT_METHODS]
        rows += measure(options.data, encoder, [dataset], seeds, methods, options.most_queries)
    both = rows + [row for row in setfit_rows() if row.dataset in {one.dataset for one in rows}]
    head = (
        f"# Tuning\n\nMeasured with `python -m benchmarks.finetune` on {machine()}, {options.threads} thread. "
        f"Accuracy in %, the mean over the seeds with its 95 % interval (Student's t; one seed: Wilson), and the "
        f"processor's seconds for fitting. At most {options.most_queries} test texts a set for our rows, all of them "
        f"for SetFit.\n\n"
    )
    write("finetune", both, head + markdown(both), options.out)


if __name__ == "__main__":
    main()
