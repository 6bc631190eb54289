"""Several classes for one item: one yes-or-no model a class, and the scores that go with sets.

One-vs-rest is the plain and strong baseline (binary relevance; Tsoumakas and Katakis, "Multi-Label
Classification: An Overview", IJDWM 2007). Any registered method on vectors serves: for each class it
learns "has it" against "has it not", where the name of the latter is the mean of the other names.
An item that was looked at and has no class ("none of these") is an example of "has it not" for all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.errors import ConfigError, DataError, NotFittedError
from fsl_core.base.intervals import percentile, wilson
from fsl_core.base.types import Codes, Progress, Vectors, silent, span
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.evaluation.metrics import MINIMUM_N, MINIMUM_PER_CLASS, ClassReport, Measure, Report
from fsl_core.registry import create_method, load_method

THRESHOLD = 0.5
SIDES = ("no", "yes")
DRAWS = 400

Members = NDArray[np.bool_]
"""Shape (n, n_way): which classes each item has."""


@dataclass(frozen=True, slots=True)
class LabeledSets:
    """What a support set is where an item may have several classes, or none: ``members`` (n, n_way)."""

    members: Members
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiLabelReport(Report):
    """The figures of sets of classes.

    ``accuracy`` is subset accuracy: the whole set is right. ``confusion`` holds on its diagonal how
    often each class was rightly found, and beside it pairs (missing class, wrongly added class).
    Bootstrap over items for every figure but accuracy, precision and recall of a class, which are
    proportions.
    """

    micro_f1: Measure

    @property
    def subset_accuracy(self) -> Measure:
        """The share of items whose whole set is right."""
        return self.accuracy


class MultiLabelModel:
    """One model of the named method for each class."""

    def __init__(self, method: str, settings: Mapping[str, Any] | None, context: Context) -> None:
        self.name = method
        self.values = dict(settings or {})
        self.context = context
        self.threshold = THRESHOLD
        self.support_members: Members = np.zeros((0, 0), dtype=bool)
        self._models: tuple[VectorMethod[Any], ...] = ()
        self._classes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The column order of ``predict_vectors``. Raises NotFittedError before fit."""
        if not self._classes:
            raise NotFittedError("The model has not been fitted.", "Call fit_vectors first.")
        return self._classes

    @property
    def models(self) -> tuple[VectorMethod[Any], ...]:
        """The model of each class, in their order. Raises NotFittedError before fit."""
        _ = self.classes
        return self._models

    def fit_vectors(
        self, vectors: Vectors | None, members: Members, classes: Sequence[str], name_vectors: Vectors
    ) -> Self:
        """Fit on raw encoder output (n, d) and sets of classes (n, n_way), with names (n_way, d).

        Raises DataError with fewer than two classes, ConfigError when the method is not one on vectors.
        """
        if len(classes) < 2:
            raise DataError(
                "A classifier needs at least two classes; there are {n}.", "Add another class.", n=len(classes)
            )
        names = ops.unit(name_vectors)
        models = []
        say = self.context.progress or silent
        for c in range(len(classes)):
            around = replace(self.context, progress=span(say, c / len(classes), (c + 1) / len(classes)))
            model = create_method(self.name, self.values, around)
            if not isinstance(model, VectorMethod):
                raise ConfigError(
                    "{title} cannot give several classes to one item.",
                    "Choose a method that works on vectors.",
                    title=model.info.title,
                )
            others = (names.sum(axis=0) - names[c]) / (len(classes) - 1)
            codes: Codes = members[:, c].astype(np.int64) if len(members) else np.zeros(0, dtype=np.int64)
            models.append(model.fit_vectors(vectors, codes, SIDES, np.stack([others, names[c]])))
        self._models, self._classes, self.support_members = tuple(models), tuple(classes), members
        return self

    def predict_vectors(self, vectors: Vectors) -> NDArray[np.float32]:
        """Shape (n, n_way): the probability of each class by itself; rows need not sum to 1."""
        _ = self.classes
        return np.stack([model.predict_vectors(vectors)[:, 1] for model in self._models], axis=1)

    def leave_one_out(self, *, progress: Progress | None = None) -> NDArray[np.float32] | None:
        """Shape (n_support, n_way), or None where the method has no closed form for it."""
        say, found = progress or silent, []
        for c, name in enumerate(self.classes):
            say(c / len(self.classes), name)
            if (column := self._models[c].leave_one_out()) is None:
                return None
            found.append(column[:, 1])
        return np.stack(found, axis=1)

    def save(self, folder: Path) -> None:
        """Write the model of each class as its method writes it, and what holds them together."""
        folder.mkdir(parents=True, exist_ok=True)
        for c, model in enumerate(self._models):
            model.save(folder / str(c))
        meta = {"method": self.name, "values": self.values, "classes": self.classes}
        (folder / "classes.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, context: Context, members: Members) -> Self:
        """The model that ``save`` wrote, with the sets of classes (n, n_way) it was fitted on."""
        meta = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
        found = cls(meta["method"], meta["values"], context)
        models = [load_method(folder / str(c), context) for c in range(len(meta["classes"]))]
        found._models = tuple(model for model in models if isinstance(model, VectorMethod))
        found._classes, found.support_members = tuple(meta["classes"]), members
        return found

    def influence(self, vectors: Vectors, c: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How much each support example pulls towards its own side of class ``c``, and its cosine; (n, n_support)."""
        model = self._models[c]
        cosine = model.features(vectors) @ model.state["support"].T
        return model.influence(vectors), np.asarray(cosine, dtype=np.float32)


def sets_of(probabilities: NDArray[np.float32], threshold: float = THRESHOLD) -> Members:
    """Shape (n, n_way): the classes whose own probability reaches the threshold; may be none."""
    return probabilities >= threshold


def predicted_sets(probabilities: NDArray[np.float32], several: bool) -> Members:
    """Shape (n, n_way): the predicted classes of each row, one or, with ``several``, as many as ``sets_of`` says."""
    if several:
        return sets_of(probabilities)
    sets = np.zeros(probabilities.shape, dtype=bool)
    if len(sets):
        sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return sets


def multilabel_report(true: Members, predicted: Members, classes: Sequence[str], *, seed: int = 0) -> MultiLabelReport:
    """All figures of predicted sets beside true ones, both (n, n_way).

    Macro means run over the classes that at least one item truly has.
    """
    n = len(true)
    hit, counts = true & predicted, true.sum(axis=0)
    parts = np.stack([hit, true, predicted]).astype(np.float64)
    once = parts.sum(axis=1)
    # One more item, right as often as the others are, keeps a perfect score from claiming certainty.
    drawn = _draws(parts, seed)
    scored = counts > 0

    def overall(value: float, draws: NDArray[np.float64]) -> Measure:
        if not n or not scored.any():
            return Measure(0.0, 0.0, 1.0, n, False)
        return Measure(value, *percentile(draws, value), n=n, enough=n >= MINIMUM_N)

    def macro(figure: Any) -> Measure:  # noqa: ANN401
        value = float(figure(once)[scored].mean()) if scored.any() else 0.0
        return overall(value, figure(drawn)[:, scored].mean(axis=1) if scored.any() else np.zeros(1))

    rows = []
    drawn_f1, f1 = _f1(drawn), _f1(once)
    for c, name in enumerate(classes):
        own, claimed, right = (int(x) for x in (counts[c], predicted[:, c].sum(), hit[:, c].sum()))
        low, high = percentile(drawn_f1[:, c], float(f1[c])) if own else (0.0, 1.0)
        rows.append(
            ClassReport(
                name,
                _share(right, claimed),
                _share(right, own),
                Measure(float(f1[c]), low, high, own, own >= MINIMUM_PER_CLASS),
                own,
            )
        )
    exact = int((true == predicted).all(axis=1).sum())
    return MultiLabelReport(
        classes=tuple(classes),
        accuracy=Measure(exact / n if n else 0.0, *wilson(exact, n), n=n, enough=n >= MINIMUM_N),
        macro_precision=macro(lambda p: _ratio(p[0], p[2])),
        macro_recall=macro(lambda p: _ratio(p[0], p[1])),
        macro_f1=macro(_f1),
        per_class=tuple(rows),
        confusion=_confusion(true, predicted),
        n=n,
        micro_f1=overall(float(_f1(once.sum(axis=1))), _f1(drawn.sum(axis=2))),
    )


def _draws(parts: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Shape (3, draws, n_way): hits, true and predicted counts when items are drawn anew.

    ``parts`` (3, n, n_way). One more item may be drawn: it has each class as often as the others do,
    and is right about it as often as all together are (half an item added to either side).
    """
    n = parts.shape[1]
    if n == 0:
        return np.zeros((3, 1, parts.shape[2]))
    hits, true, predicted = parts.sum(axis=(1, 2))
    right = 2 * (hits + 0.5) / (true + predicted + 2.0)
    mean_true, mean_predicted = parts[1].mean(axis=0), parts[2].mean(axis=0)
    extra = np.stack([right * np.minimum(mean_true, mean_predicted), mean_true, mean_predicted])
    weights = np.random.default_rng(seed).multinomial(n, np.full(n + 1, 1.0 / (n + 1)), size=DRAWS)
    return np.asarray(weights.astype(np.float64) @ np.concatenate([parts, extra[:, None]], axis=1))


def _confusion(true: Members, predicted: Members) -> NDArray[np.float64]:
    missing, added = (true & ~predicted).astype(np.float64), (predicted & ~true).astype(np.float64)
    confusion = missing.T @ added
    np.fill_diagonal(confusion, (true & predicted).sum(axis=0))
    return confusion


def _f1(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return _ratio(2.0 * parts[0], parts[1] + parts[2])


def _share(hit: int, total: int) -> Measure:
    return Measure(hit / total if total else 0.0, *wilson(hit, total), n=total, enough=total >= MINIMUM_PER_CLASS)


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.divide(top, bottom, out=np.zeros(np.shape(top)), where=np.asarray(bottom) > 0))
