"""Does "accept 1,840, about 2 % wrong (0.8 to 4.1)" hold? The interval against the share that is really wrong.

A draw is a project: of at most 2,000 texts of one set, some are labelled for the model (5 of each class), some are
check items drawn at random (100, 200), and the rest is what is to be sorted. The method in use learns from both and
answers the rest; the check items are answered with their own label left out, as in the app, with calibration and "none
of these". At each share that is accepted without looking, the interval from the check items covers the share of wrong
answers among the accepted ones, or does not. Only texts are redrawn: all else is as in the app.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import Row, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.intervals import wilson
from fsl_core.base.types import Codes, LabeledSet, Probabilities, Vectors
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.evaluation import calibration, novelty, trusting
from fsl_core.evaluation.cross_validation import has_second, left_out_probabilities
from fsl_core.evaluation.trusting import Answered
from fsl_core.models import chosen

SETS = ("banking77", "clinc150", "trec6", "agnews", "tweet_emotion")
METHODS = ("prototype", "ridge")
SHOTS = 5
CHECKED = (100, 200)
SHARES = (0.3, 0.5, 0.7, 0.9, 1.0)
MOST = 2_000
DRAWS = 500


@dataclass
class Tally:
    """Over the draws of one setting: how often the interval covered, how wide it was, what was wrong."""

    covered: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    wrong: list[float] = field(default_factory=list)
    said: list[float] = field(default_factory=list)


class Project:
    """One set, encoded once; every draw deals its texts anew."""

    def __init__(self, data: Path, name: str, encoder: Encoder) -> None:
        texts, labels = read_labeled(data / "text" / name / "test.csv")
        more = read_labeled(data / "text" / name / "train.csv") if len(texts) < MOST else ((), ())
        texts, labels = texts + more[0], labels + more[1]
        rows = np.random.default_rng(3).permutation(len(texts))[: 2 * MOST]
        self.classes = tuple(sorted(set(labels)))
        place = {name: i for i, name in enumerate(self.classes)}
        self.codes: Codes = np.array([place[labels[row]] for row in rows], dtype=np.int64)
        self.vectors: Vectors = encoder.encode([texts[row] for row in rows])
        self.units = ops.unit(self.vectors)
        self.encoder = encoder
        self.names = Context(encoder=encoder, create=registry.create_method).name_vectors(self.classes)

    def deal(self, seed: int, n_checked: int) -> tuple[Codes, Codes, Codes]:
        """Rows of the examples, of the check items and of the rest."""
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(self.codes))[:MOST]
        checked, others = rows[:n_checked], rows[n_checked:]
        chosen_rows = [others[self.codes[others] == c][:SHOTS] for c in range(len(self.classes))]
        support = np.concatenate(chosen_rows)
        return support, checked, np.setdiff1d(others, support)

    def answers(self, method: str, support: Codes, asked: Codes, context: Context) -> tuple[Answered, Answered]:
        """What the app says of the rows ``asked``, and of the ``support`` without their own label."""
        codes = self.codes[support]
        model = registry.create_method(method, None, context)
        assert isinstance(model, VectorMethod)
        model.fit_vectors(self.vectors[support], codes, self.classes, self.names)
        labeled = LabeledSet(tuple(map(str, support)), tuple(self.classes[c] for c in codes), self.classes)
        unseen = left_out_probabilities(
            model, None, labeled, context, vectors=self.vectors[support], name_vectors=self.names
        )
        prior = calibration.prior_temperature(method, len(support) / len(self.classes), len(self.classes))
        scored = has_second(codes)
        heat = calibration.fit_temperature(unseen[scored], codes[scored], prior=prior)
        near = novelty.from_support(self.units[support], codes, len(self.classes))
        assert near is not None and near.left_out is not None
        said = calibration.calibrated(model.predict_vectors(self.vectors[asked]), heat)
        pool = self.answered(said, near.is_new(self.units[asked]))
        return pool, self.answered(calibration.calibrated(unseen, heat), near.left_out < near.threshold)

    def answered(self, p: Probabilities, new: NDArray[np.bool_]) -> Answered:
        sets = np.eye(len(self.classes), dtype=bool)[p.argmax(axis=1)] & ~new[:, None]
        return Answered(np.where(new, np.float32(-1), p.max(axis=1)).astype(np.float32), p, sets)


def draw(project: Project, method: str, seed: int, n_checked: int) -> Iterator[tuple[float, float, float, float]]:
    """For each share: what is said to be wrong with its interval, and what is."""
    support, checked, rest = project.deal(seed, n_checked)
    mean = project.units[np.concatenate([support, checked, rest])].mean(axis=0)
    context = Context(encoder=project.encoder, pool_mean=mean, create=registry.create_method)
    pool, labeled = project.answers(method, np.concatenate([support, checked]), rest, context)
    known = labeled.take(np.arange(len(support), len(labeled)))
    truth: NDArray[np.bool_] = np.eye(len(project.classes), dtype=bool)[project.codes]
    wrong = (pool.sets != truth[rest]).any(axis=1)
    weight = trusting.evidence(len(checked), len(labeled))
    for share in SHARES:
        found = trusting.accept(pool, trusting.threshold_at(pool.certainty, share), known, truth[checked], (), weight)
        really = float(wrong[found.rows].mean()) if found.n_accepted else 0.0
        yield found.wrong.value, found.wrong.low, found.wrong.high, really


def measure(project: Project, name: str, draws: int) -> Iterator[Row]:
    for method in METHODS:
        for n_checked in CHECKED:
            tallies = [Tally() for _share in SHARES]
            for seed in range(draws):
                found = draw(project, method, seed, n_checked)
                for tally, (said, low, high, really) in zip(tallies, found, strict=True):
                    tally.covered.append(low - 1e-9 <= really <= high + 1e-9)
                    tally.widths.append(high - low)
                    tally.wrong.append(really)
                    tally.said.append(said)
            for share, tally in zip(SHARES, tallies, strict=True):
                yield from _rows(name, method, f"{n_checked} checked, {share:.0%} accepted", tally)


def _rows(name: str, method: str, setting: str, tally: Tally) -> Iterator[Row]:
    n, hits = len(tally.covered), sum(tally.covered)
    yield Row("trusting", name, setting, method, "covered", hits / n, *wilson(hits, n), n=n)
    for metric, values in (("width", tally.widths), ("wrong", tally.wrong), ("said", tally.said)):
        yield Row("trusting", name, setting, method, metric, float(np.mean(values)), n=n)
    yield Row("trusting", name, setting, method, "narrowest", min(tally.widths), n=n)
    yield Row("trusting", name, setting, method, "widest", max(tally.widths), n=n)


def markdown(rows: Sequence[Row]) -> str:
    found = {(row.dataset, row.method, row.setting, row.metric): row for row in rows}
    lines = []
    for dataset, method, setting in dict.fromkeys((row.dataset, row.method, row.setting) for row in rows):
        covered, *others = (
            found[dataset, method, setting, m] for m in ("covered", "said", "wrong", "narrowest", "width", "widest")
        )
        lines.append(
            [dataset, method, setting, f"{covered.value:.1%} ({covered.low:.1%} to {covered.high:.1%})"]
            + [f"{100 * row.value:.1f}" for row in others]
        )
    least = min((row for row in rows if row.metric == "covered"), key=lambda row: row.value)
    head = ["Data", "Method", "Setting", "Covered", "Said wrong", "Really wrong", "Narrowest", "Mean width", "Widest"]
    note = (
        f"{rows[0].n} draws each; {SHOTS} examples a class, at most {MOST:,} texts; figures in % of what is accepted. "
        f"The lowest coverage is {least.value:.1%} ({least.dataset}, {least.method}, {least.setting}). Ranges: Wilson."
    )
    return f"# May one trust what is accepted without looking?\n\n{note}\n\n{table(head, lines)}"


def main() -> None:
    arguments = parser("trusting", __doc__ or "", quick="40 draws instead of 500").parse_args()
    encoder = chosen.cached_encoder(chosen.DEFAULT_ENCODER)
    rows: list[Row] = []
    for name in SETS:
        rows += measure(Project(arguments.data, name, encoder), name, 40 if arguments.quick else DRAWS)
        print(name, "measured", flush=True)
    text = markdown(rows)
    write("trusting", rows, text, arguments.out)
    print(text)


if __name__ == "__main__":
    main()
