"""How far the suggested probabilities are from the truth, before and after calibration, at few shots.

Each draw takes k examples a class from the training texts, fits a method with its default settings and
answers up to 1,000 test texts; the project's mean is that of all these texts, as in the app. "Before"
is what the method says, "after" what a project shows: ``fsl_core.evaluation.calibration`` with the answers to the
examples themselves, each left out. TREC, AG News, BANKING77 and CLINC150 taught the calibration
nothing: its priors were learned on other sets (``--learn`` does it again).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.common import Row, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Vectors
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.evaluation import calibration
from fsl_core.evaluation.calibration import brier_score, calibrated, calibration_error, fit_temperature, log_loss
from fsl_core.evaluation.cross_validation import has_second, left_out_probabilities
from fsl_core.models import chosen

MEASURED = ("trec6", "agnews", "banking77", "clinc150")
LEARNED = (
    "tweet_emotion", "subj", "sms_spam", "mr", "financial_phrasebank_allagree", "medical_abstracts", "fewrel_val_wiki",
)  # fmt: skip
SHOTS = (0, 1, 2, 5, 10)
METHODS = ("prototype", "ridge", "knn", "matching", "logistic")
METRICS: dict[str, Callable[[Probabilities, Codes], float]] = {
    "ECE": calibration_error,
    "NLL": log_loss,
    "Brier": brier_score,
}
MOST_QUERIES = 1_000
SLOW = "logistic"
"""Fitted again for every fold: on the sets of many classes it is measured on one draw."""


class Draws:
    """One data set, encoded: queries, and for each seed ten examples a class, of which the first k are the support."""

    def __init__(self, data: Path, name: str, encoder: Encoder, seeds: int) -> None:
        self.name = name
        pool, query = _read(data / "text" / name)
        self.classes = query.classes
        asked = np.random.default_rng(0).permutation(len(query))[:MOST_QUERIES]
        self.codes = query.codes[asked]
        self.seeds = [_ten_of_each(pool.codes, len(self.classes), seed) for seed in range(seeds)]
        used, places = np.unique(np.stack(self.seeds), return_inverse=True)
        self.places = places.reshape(np.shape(self.seeds))
        self.vectors: Vectors = encoder.encode(pool.take(used).items)
        self.queries: Vectors = encoder.encode(query.take(asked).items)
        mean = ops.unit(np.concatenate([self.vectors, self.queries])).mean(axis=0)
        self.context = Context(encoder=encoder, pool_mean=mean, create=registry.create_method)

    def answers(self, name: str, shots: int, seed: int) -> tuple[Probabilities, Probabilities, Codes]:
        """Of the queries, of the left-out examples that can be judged, and the classes of these."""
        rows = self.places[seed][:, :shots].reshape(-1)
        codes = np.repeat(np.arange(len(self.classes)), shots)
        method = registry.create_method(name, None, self.context)
        assert isinstance(method, VectorMethod)
        names = method.encode_names(self.classes)
        method.fit_vectors(self.vectors[rows], codes, self.classes, names)
        said = method.predict_vectors(self.queries)
        if shots < 2:
            return said, said[:0], codes[:0]
        support = LabeledSet(tuple(map(str, rows)), tuple(self.classes[c] for c in codes), self.classes)
        left_out = left_out_probabilities(
            method, None, support, self.context, vectors=self.vectors[rows], name_vectors=names
        )
        return said, left_out[has_second(codes)], codes[has_second(codes)]

    def seeds_for(self, name: str, shots: int) -> int:
        if shots == 0:
            return 1
        return 1 if name == SLOW and len(self.classes) > 20 else len(self.seeds)


def _ten_of_each(codes: Codes, n_way: int, seed: int) -> Codes:
    """Rows (n_way, 10), drawn at random."""
    rng = np.random.default_rng(100 + seed)
    return np.stack([rng.permutation(np.flatnonzero(codes == c))[: max(SHOTS)] for c in range(n_way)])


def _read(folder: Path) -> tuple[LabeledSet, LabeledSet]:
    """Training texts and test texts; a set in one file is cut in half."""
    if (folder / "test.csv").exists():
        (texts, labels), (test_texts, test_labels) = (
            read_labeled(folder / f"{part}.csv") for part in ("train", "test")
        )
    else:
        every, said = read_labeled(folder / "all.csv")
        order = np.random.default_rng(5).permutation(len(every)).tolist()
        half = len(order) // 2
        test_texts, test_labels = zip(*((every[i], said[i]) for i in order[:half]), strict=True)
        texts, labels = zip(*((every[i], said[i]) for i in order[half:]), strict=True)
    classes = tuple(sorted(set(test_labels)))
    return LabeledSet(texts, labels, classes), LabeledSet(test_texts, test_labels, classes)


def measure(draws: Draws) -> Iterator[Row]:
    n_way = len(draws.classes)
    for name in METHODS:
        for shots in SHOTS:
            prior = calibration.prior_temperature(name, shots, n_way)
            found: dict[tuple[str, str], list[float]] = {}
            for seed in range(draws.seeds_for(name, shots)):
                said, left_out, codes = draws.answers(name, shots, seed)
                temperature = fit_temperature(left_out, codes, prior=prior)
                best = fit_temperature(said, draws.codes, strength=1e-6)
                for when, answers in (
                    ("before", said),
                    ("after", calibrated(said, temperature)),
                    ("best", calibrated(said, best)),
                ):
                    for metric, score in METRICS.items():
                        found.setdefault((when, metric), []).append(score(answers, draws.codes))
                found.setdefault(("after", "T"), []).append(temperature)
                found.setdefault(("best", "T"), []).append(best)
            for (when, metric), values in found.items():
                mean = float(np.mean(values))
                half = 1.96 * float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else None
                low, high = (None, None) if half is None else (mean - half, mean + half)
                yield Row(
                    "calibration", draws.name, f"{shots}-shot", name, f"{metric} {when}", mean, low, high, len(values)
                )


def learn(draws: list[Draws]) -> Iterator[str]:
    """The priors: least absolute deviations of the best log T over shots and the number of classes."""
    for name in METHODS:
        rows, wanted = [], []
        for one in draws:
            for shots in SHOTS:
                seeds = range(one.seeds_for(name, shots))
                best = [fit_temperature(one.answers(name, shots, seed)[0], one.codes, strength=1e-6) for seed in seeds]
                rows.append((1.0, np.log1p(shots), np.log(min(len(one.classes), calibration.MOST_WAYS))))
                wanted.append(float(np.log(best).mean()))
        x, y = np.array(rows), np.array(wanted)
        root = np.ones(len(y))
        for _again in range(50):
            found = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
            root = np.maximum(np.abs(y - x @ found), 0.05) ** -0.5
        yield f'    "{name}": ({", ".join(f"{value:.2f}" for value in found)}),'


def markdown(rows: list[Row]) -> str:
    found = {(row.dataset, row.method, row.setting, row.metric): row for row in rows}
    lines = []
    for name in METHODS:
        for dataset in dict.fromkeys(row.dataset for row in rows):
            for shots in SHOTS:
                key = (dataset, name, f"{shots}-shot")
                cells = [
                    f"{found[(*key, f'{metric} before')].value:.3f} → {found[(*key, f'{metric} after')].value:.3f}"
                    for metric in METRICS
                ]
                best = f"{found[(*key, 'NLL best')].value:.3f}"
                warm = f"{found[(*key, 'T after')].value:.2f} / {found[(*key, 'T best')].value:.2f}"
                lines.append([name, dataset, str(shots), *cells, best, warm])
    means = []
    for name in METHODS:
        for shots in SHOTS:
            cells = []
            for metric in METRICS:
                pairs = [
                    (found[d, name, f"{shots}-shot", f"{metric} before"].value,
                     found[d, name, f"{shots}-shot", f"{metric} after"].value)
                    for d in dict.fromkeys(row.dataset for row in rows)
                ]  # fmt: skip
                before, after = np.mean(pairs, axis=0)
                cells.append(f"{before:.3f} → {after:.3f}")
            means.append([name, str(shots), *cells])
    draws = max(row.n or 0 for row in rows)
    note = (
        f"Means over {draws} draws of the examples (one for logistic beyond 20 classes, and at 0 shots), bundled "
        f"encoder, at most {MOST_QUERIES:,} test texts. ECE: ten bins of equally many texts, so that 0.02 to 0.05 "
        "remain by chance alone. Brier: sum over classes, 0 to 2. 'Best' is the one temperature that fits the test "
        "texts themselves: no temperature scaling can do better. The strength of the prior (10 answers) was chosen "
        "with these sets in view as well; the priors were not."
    )
    head = ["Method", "Shots", *(f"{metric}: before → after" for metric in METRICS)]
    full = ["Method", "Data", *head[1:], "NLL best", "T / best T"]
    return f"# Calibration\n\n{note}\n\nMean of the sets:\n\n{table(head, means)}\n\nEach set:\n\n{table(full, lines)}"


def main() -> None:
    made = parser("calibration", __doc__ or "", quick="two draws of the examples instead of five")
    made.add_argument(
        "--learn", action="store_true", help="print the priors for fsl_core/evaluation/calibration.py instead"
    )
    arguments = made.parse_args()
    encoder = chosen.cached_encoder(chosen.DEFAULT_ENCODER)
    seeds = 2 if arguments.quick else 5
    if arguments.learn:
        for line in learn([Draws(arguments.data, name, encoder, seeds) for name in LEARNED]):
            print(line, flush=True)
        return
    rows = []
    for name in MEASURED:
        rows += measure(Draws(arguments.data, name, encoder, seeds))
        print(name, "measured", flush=True)
    text = markdown(rows)
    write("calibration", rows, text, arguments.out)
    print(text)


if __name__ == "__main__":
    main()
