"""The words and tables of ``benchmarks.augmentation``."""

from __future__ import annotations

import numpy as np
from scipy.stats import t

from benchmarks.common import Row, machine, table
from fsl_core.workspace.augmented import MOST_WEIGHT

SOURCES = ("edits", "substitution")
SHOTS = {"trec6": "16-shot", "banking77": "5-shot", "trec6-drawn": "16-shot"}
PER_CLASS = {"trec6": 10, "banking77": 10, "trec6-drawn": 32}
"""Proposals for each class."""
ALONE, FILTERED, ALL, AGAIN = "real alone", "filtered", "unfiltered", "originals again"
STRICTER = ("refiltered", "nested")
TITLES = {"check": "filtered once", "refiltered": "refiltered (the app)", "nested": "nested"}
CHECKS, CONTROL = ("check", *STRICTER), "check of originals again"
GAINED = "log-loss gained"


class Found:
    """The rows by what they are."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = {(row.dataset, row.setting, row.method, row.metric): row for row in rows}
        self.settings = list(dict.fromkeys((row.dataset, row.setting) for row in rows))
        self.datasets = list(dict.fromkeys(row.dataset for row in rows))

    def of(self, dataset: str, method: str, metric: str) -> list[float]:
        """One value for each draw; a count that is missing is 0."""
        keys = [(*one, method, metric) for one in self.settings if one[0] == dataset]
        return [self.rows[key].value if key in self.rows else 0.0 for key in keys]

    def mean(self, dataset: str, method: str, metric: str, digits: int = 1, scale: float = 100.0) -> str:
        """The mean over the draws with Student's 95 % interval."""
        values = np.array(self.of(dataset, method, metric)) * scale
        sign, n = "+" if metric.endswith(("difference", GAINED)) else "", len(values)
        half = f" ± {t.ppf(0.975, n - 1) * values.std(ddof=1) / n**0.5:.{digits}f}" if n > 1 else ""
        return f"{values.mean():{sign}.{digits}f}{half}"

    def keeps(self, dataset: str, setting: str, source: str, name: str) -> bool:
        return self.rows[dataset, setting, source, f"{name}: keeps"].value > 0

    def truth(self, dataset: str, setting: str, source: str) -> str:
        """What the test texts say of the filtered ones: 'better', 'worse', or 'open' where the interval holds 0."""
        row = self.rows[dataset, setting, f"{source}, {FILTERED}", GAINED]
        assert row.low is not None and row.high is not None
        return "better" if row.low > 0 else "worse" if row.high < 0 else "open"


def markdown(rows: list[Row]) -> str:
    known = Found(rows)
    head = (
        f"Measured with `python -m benchmarks.augmentation` on {machine()}: logistic head, bundled encoder, "
        f"weight {MOST_WEIGHT}. Accuracy in %, differences in points; the mean over the "
        "draws ± its 95 % interval (Student's t over the draws). 'log-loss gained' is that of the real examples alone "
        "minus this one, each at its best temperature: above 0 is better."
    )
    legend = (
        "Differences in accuracy are in points, with the paired 95 % interval (Agresti and Min). 'keeps' is decided as "
        "in the app, by the log-loss at the best temperature. 'control keeps': the first check on the originals again. "
        "'truth' is the log-loss gained on the test texts: better or worse where its paired 95 % interval leaves out 0."
    )
    parts = ["# Generated examples: the baselines without a language model", head]
    parts += ["## On the test texts", scores(known), "## What the filters left out, means over the draws", fates(known)]
    told = (
        "Log-loss gained on the test texts, and as each check estimates it from the real examples (mean over the draws "
        "± 95 % interval), with how often it keeps. 'truth': in how many draws the test texts say better, worse, or "
        "leave it open."
    )
    parts += ["## Whether the checks tell the truth", told, summary(known)]
    parts += ["## What the checks said, draw by draw", legend, checks(known)]
    return "\n\n".join(parts)


def scores(known: Found) -> str:
    lines = []
    for dataset in known.datasets:
        draws = len(known.of(dataset, ALONE, "accuracy"))
        first = [
            f"{dataset}, {SHOTS[dataset]}, {draws} draws, {PER_CLASS[dataset]} proposals a class",
            ALONE,
            known.mean(dataset, ALONE, "accuracy"),
            "",
            "",
        ]
        lines.append(first)
        for method in (f"{source}, {kind}" for source in SOURCES for kind in (FILTERED, ALL, AGAIN)):
            accuracy, gained = known.mean(dataset, method, "accuracy"), known.mean(dataset, method, GAINED, 4, 1.0)
            lines.append(["", method, accuracy, known.mean(dataset, method, "difference", 2), gained])
    return table(["data", "learned from", "accuracy", "paired difference", "log-loss gained"], lines)


def fates(known: Found) -> str:
    reasons = sorted({key[3] for key in known.rows if key[3].startswith("dropped: ")})
    metrics = ["proposed", *reasons, "accepted", "accepted in a fold"]
    lines = [
        [dataset, source, *(f"{np.mean(known.of(dataset, source, metric)):.0f}" for metric in metrics)]
        for dataset in known.datasets
        for source in SOURCES
    ]
    return table(["data", "source", *(metric.removeprefix("dropped: ") for metric in metrics)], lines)


def checks(known: Found) -> str:
    lines = []
    for dataset, setting in known.settings:
        for source in SOURCES:
            cells = [dataset, setting.partition(":")[2], source]
            for name in CHECKS:
                shown = apart(known.rows[dataset, setting, source, f"{name}: difference"])
                cells += [shown, yes(known.keeps(dataset, setting, source, name))]
            cells.append(yes(known.keeps(dataset, setting, source, CONTROL)))
            cells.append(apart(known.rows[dataset, setting, f"{source}, {FILTERED}", "difference"]))
            gained = known.rows[dataset, setting, f"{source}, {FILTERED}", GAINED].value
            cells += [f"{gained:+.4f}", known.truth(dataset, setting, source)]
            lines.append(cells)
    head = [
        "data",
        "draw",
        "source",
        *(word for name in CHECKS for word in (TITLES.get(name, name), "keeps")),
        "control keeps",
        "test",
    ]
    return table([*head, "log-loss gained", "truth"], lines)


def summary(known: Found) -> str:
    """What each check expects and does, beside what the test texts say."""
    lines = []
    for dataset in known.datasets:
        settings = [setting for where, setting in known.settings if where == dataset]
        for source in SOURCES:
            said = [known.truth(dataset, setting, source) for setting in settings]
            cells = [dataset, source, known.mean(dataset, f"{source}, {FILTERED}", GAINED, 3, 1.0)]
            cells.append(" / ".join(f"{said.count(one)}" for one in ("better", "worse", "open")))
            for name in CHECKS:
                kept = sum(known.keeps(dataset, setting, source, name) for setting in settings)
                estimate = known.mean(dataset, source, f"{name}: {GAINED}", 3, 1.0)
                cells.append(f"{estimate}; keeps {kept} of {len(settings)}")
            lines.append(cells)
    return table(["data", "source", "test", "truth: better / worse / open", *TITLES.values()], lines)


def apart(row: Row) -> str:
    assert row.low is not None and row.high is not None
    return f"{100 * row.value:+.1f} ({100 * row.low:+.1f} to {100 * row.high:+.1f}), n = {row.n}"


def yes(value: bool) -> str:
    return "yes" if value else "no"
