"""Intent accuracy of every method with the bundled encoder, on the published few-shot splits.

BANKING77 (Casanueva et al. 2020, arXiv:2003.04807) and CLINC150 (Larson et al. 2019, D19-1131); the
published rows are those of the Few-Shot-Intent-Detection list. Training texts alone are used: no
validation texts, no unlabelled pool, so nothing is centred. The setting "5-shot-half" gives 5
examples to every other class and none to the rest, which then have only their names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.common import Row, machine, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base.intervals import wilson
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.models import chosen

DATASETS = ("banking77", "clinc150")
SETTINGS = ("0-shot", "5-shot-half", "5-shot", "10-shot")
PUBLISHED = {
    # method: BANKING77 5- and 10-shot, CLINC150 5- and 10-shot
    "USE+ConveRT, 2020": (77.75, 85.19, 90.49, 93.26),
    "DNNC (RoBERTa-base)": (80.40, 86.71, 91.02, 93.76),
    "CPFT (RoBERTa-base)": (80.86, 87.20, 92.34, 94.18),
    "ICDA (RoBERTa, generated data)": (84.01, 89.79, 92.62, 94.84),
}


def support_of(data: Path, dataset: str, setting: str, classes: tuple[str, ...]) -> LabeledSet:
    if setting == "0-shot":
        return LabeledSet((), (), classes)
    shots = "10" if setting == "10-shot" else "5"
    texts, labels = read_labeled(data / "text" / dataset / f"train_{shots}shot.csv")
    support = LabeledSet(texts, labels, classes)
    return support.take(np.flatnonzero(support.codes % 2 == 0)) if setting == "5-shot-half" else support


def measure(data: Path, encoder: Encoder, repeats: int) -> Iterator[Row]:
    for dataset in DATASETS:
        texts, labels = read_labeled(data / "text" / dataset / "test.csv")
        classes = tuple(sorted(set(labels)))
        query = LabeledSet(texts, labels, classes)
        query_vectors = encoder.encode(query.items)
        for setting in SETTINGS:
            support = support_of(data, dataset, setting, classes)
            vectors = encoder.encode(support.items) if len(support) else None
            for name in registry.live_methods():
                yield one(
                    name, dataset, setting, support, vectors, query, query_vectors, Context(encoder=encoder), repeats
                )


def one(name, dataset, setting, support, vectors, query, query_vectors, context, repeats) -> Row:
    fit, predict = [], []
    for _ in range(repeats):
        method = registry.create_method(name, None, context)
        assert isinstance(method, VectorMethod)
        names = method.encode_names(support.classes)
        start = time.perf_counter()
        method.fit_vectors(vectors, support.codes, support.classes, names)
        fitted = time.perf_counter()
        predicted = method.predict_vectors(query_vectors).argmax(axis=1)
        predict.append(time.perf_counter() - fitted)
        fit.append(fitted - start)
    hits, n = int((predicted == query.codes).sum()), len(query)
    low, high = wilson(hits, n)
    return Row(
        "intents", dataset, setting, name, "accuracy", hits / n, low, high, n,
        float(np.median(fit)), float(np.median(predict)),
    )  # fmt: skip


def markdown(rows: list[Row]) -> str:
    columns = [(dataset, setting) for dataset in DATASETS for setting in SETTINGS]
    found = {(row.method, row.dataset, row.setting): row for row in rows}
    lines = []
    for name, method in registry.live_methods().items():
        cells = []
        for dataset, setting in columns:
            row = found[name, dataset, setting]
            half = 50 * (row.high - row.low)
            cells.append(f"{100 * row.value:.2f} ± {half:.1f}")
        full = found[name, "clinc150", "10-shot"]
        lines.append([method.info.title, *cells, f"{full.fit_seconds:.2f} / {full.predict_seconds:.2f}"])
    for name, (b5, b10, c5, c10) in PUBLISHED.items():
        lines.append([f"*{name}*", "", "", f"{b5:.2f}", f"{b10:.2f}", "", "", f"{c5:.2f}", f"{c10:.2f}", ""])
    short = {"banking77": "B77", "clinc150": "CLINC"}
    header = ["Method", *(f"{short[dataset]} {setting}" for dataset, setting in columns), "fit / predict s"]
    note = (
        "Accuracy in % ± half the 95 % Wilson interval; frozen bundled encoder; published rows in italics tune "
        "their encoder. Seconds: median, CLINC150 10-shot (1,500 examples, 4,500 answers), encoding not counted; "
        f"{machine()}."
    )
    return f"# Intents\n\n{table(header, lines)}\n\n{note}"


def main() -> None:
    made = parser("intents", __doc__ or "", quick="time each fit once instead of five times")
    arguments = made.parse_args()
    encoder = chosen.cached_encoder(chosen.DEFAULT_ENCODER)
    rows = list(measure(arguments.data, encoder, 1 if arguments.quick else 5))
    text = markdown(rows)
    write("intents", rows, text, arguments.out)
    print(text)


if __name__ == "__main__":
    main()
