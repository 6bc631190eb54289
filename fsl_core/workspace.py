"""One project seen through one encoder: its items, vectors and labels, and models that follow them.

Pages share one workspace a project. ``sync`` picks up what anybody wrote to the store; a snapshot is
fitted again only when something changed.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core import novelty, ops, registry
from fsl_core.errors import DataError
from fsl_core.evaluation import cross_validate, leave_one_out_report
from fsl_core.method import Context, Method, VectorMethod
from fsl_core.metrics import Report
from fsl_core.novelty import Novelty
from fsl_core.store import ClassInfo, LabelState, Project, Store
from fsl_core.strategy import Pool
from fsl_core.types import Codes, LabeledSet, Probabilities, Progress, Vectors
from fsl_core.vector_cache import CachedEncoder

KEPT_SNAPSHOTS = 12
DEFAULT_METHOD = "prototype"


@dataclass(frozen=True)
class Support:
    """The items with a class: their rows in the project, and the labelled set."""

    rows: Codes
    labeled: LabeledSet


@dataclass(frozen=True)
class Snapshot:
    """One fitted method and what it says of the whole project.

    ``probabilities`` (n, n_way), ``predicted`` (n,) and ``confidence`` (n,) run over all items;
    ``report`` scores the labelled items, each answered by a model that did not see it.
    """

    method: Method[Any]
    classes: tuple[str, ...]
    probabilities: Probabilities
    predicted: Codes
    confidence: NDArray[np.float32]
    report: Report | None
    n_labeled: int
    version: int


@dataclass(frozen=True)
class QueueItem:
    """An item to show next; ``reason`` is a template for ``values``."""

    item_id: int
    reason: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Neighbor:
    """A support example that speaks for its own class; ``weight`` is relative to the strongest."""

    item_id: int
    text: str
    label: str
    similarity: float
    weight: float


@dataclass(frozen=True)
class Explanation:
    """One answer with its reasons. ``similarity`` and ``threshold`` are cosines; unknown when below."""

    probabilities: Probabilities
    """Shape (n_way,)."""
    classes: tuple[str, ...]
    neighbors: tuple[Neighbor, ...]
    unknown: bool
    similarity: float
    threshold: float
    vector: Vectors
    """Shape (1, d), raw."""


@dataclass(frozen=True)
class Answers:
    """Answers for n texts: class position, its probability, and whether nothing known is near. Each (n,)."""

    predicted: Codes
    confidence: NDArray[np.float32]
    unknown: NDArray[np.bool_]


class Workspace:
    """See the module. Safe to share between threads."""

    def __init__(self, store: Store, project_id: int, encoder: CachedEncoder) -> None:
        self.store = store
        self.project_id = project_id
        self.encoder = encoder
        self.version = 0
        self.ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.texts: list[str] = []
        self.digests: list[str] = []
        self.position: dict[int, int] = {}
        self.classes: list[ClassInfo] = []
        self.labels: dict[int, LabelState] = {}
        self.vectors: Vectors | None = None
        self.missing = 0
        self._pool_mean: NDArray[np.float32] | None = None
        self._units: Vectors | None = None
        self._names: tuple[tuple[str, ...], Vectors] | None = None
        self._last_entry = -1
        self._snapshots: OrderedDict[tuple[int, str, str], Snapshot] = OrderedDict()
        self._novelty: tuple[int, Novelty | None] | None = None
        self._lock = threading.RLock()
        self.project: Project = store.projects.get(project_id)
        self.sync()

    # -- what is there ---------------------------------------------------------------------------

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in their order: the columns of every probability."""
        return tuple(c.name for c in self.classes)

    @property
    def ready(self) -> bool:
        """Whether every item has its vector."""
        return self.vectors is not None

    def sync(self) -> bool:
        """Pick up items, classes and labels written by anyone; whether anything changed."""
        with self._lock:
            self.project = self.store.projects.get(self.project_id)
            changed = self._sync_items()
            classes = self.store.classes.list(self.project_id)
            if classes != self.classes:
                self.classes, changed = classes, True
            last = self.store.journal.last_id(self.project_id)
            if last != self._last_entry:
                self.labels, self._last_entry, changed = self.store.journal.labels(self.project_id), last, True
            if changed:
                self.version += 1
            if self.vectors is None and len(self.ids):
                self._load_if_cached()
            return changed

    def encode(self, progress: Progress | None = None) -> Vectors:
        """Vectors (n, d) of all items, through the cache. A page with many items leaves this to a job."""
        with self._lock:
            texts = list(self.texts)
        vectors = self.encoder.encode(texts, progress=progress)
        with self._lock:
            if len(vectors) == len(self.ids):
                self._take(vectors)
        return vectors

    def counts(self) -> dict[str, int]:
        """Labelled items of each class, and of "none of these" under None's name ''."""
        names = {c.id: c.name for c in self.classes}
        counts = dict.fromkeys(self.class_names, 0)
        for state in self.labels.values():
            name = names.get(state.label, "") if state.label != "none" else ""
            counts[name] = counts.get(name, 0) + 1
        return counts

    def chosen_method(self) -> tuple[str, dict[str, Any]]:
        """Name and settings of the method that the project uses for its suggestions."""
        choice = self.project.settings.get("method") or {}
        return choice.get("name") or DEFAULT_METHOD, dict(choice.get("settings") or {})

    def label_codes(self) -> Codes:
        """Shape (n,): class position of each item, -1 without a label, -2 for "none of these"."""
        place = {c.id: i for i, c in enumerate(self.classes)}
        codes = np.full(len(self.ids), -1, dtype=np.int64)
        for item_id, state in self.labels.items():
            if item_id in self.position:
                codes[self.position[item_id]] = -2 if state.label == "none" else place.get(state.label, -1)
        return codes

    def support(self) -> Support:
        """The items that carry a class; "none of these" is no class and stays out."""
        names = {c.id: c.name for c in self.classes}
        rows, labels = [], []
        for item_id, state in self.labels.items():
            if state.label != "none" and (name := names.get(state.label)) and item_id in self.position:
                rows.append(self.position[item_id])
                labels.append(name)
        order = np.argsort(rows, kind="stable") if rows else np.zeros(0, dtype=np.int64)
        picked = np.array(rows, dtype=np.int64)[order]
        items = tuple(self.texts[row] for row in picked)
        return Support(picked, LabeledSet(items, tuple(labels[i] for i in order), self.class_names))

    def context(self, seed: int = 0) -> Context:
        """Encoder, words for the classes and the mean of the project, for any method."""
        texts = {c.name: c.description for c in self.classes if c.description}
        return Context(
            encoder=self.encoder, class_texts=texts, pool_mean=self._pool_mean, seed=seed, create=registry.create_method
        )

    def name_vectors(self) -> Vectors:
        """Shape (n_way, d): one vector for the words of each class, encoded once."""
        context = self.context()
        words = tuple(context.text_of(name) for name in self.class_names)
        with self._lock:
            if self._names is None or self._names[0] != words:
                self._names = (words, self.encoder.encode(words))
            return self._names[1]

    # -- models ----------------------------------------------------------------------------------

    def snapshot(self, method: str = DEFAULT_METHOD, settings: Mapping[str, Any] | None = None) -> Snapshot:
        """The method fitted on the present labels, with its answers for all items.

        Raises DataError with fewer than two classes, or before the items are encoded.
        """
        with self._lock:
            key = (self.version, method, json.dumps(dict(settings or {}), sort_keys=True))
            if key not in self._snapshots:
                self._snapshots[key] = self._fit(method, settings)
                while len(self._snapshots) > KEPT_SNAPSHOTS:
                    self._snapshots.popitem(last=False)
            return self._snapshots[key]

    def queue(
        self, strategy: str, n: int, *, skip: Collection[int] = (), snapshot: Snapshot | None = None
    ) -> list[QueueItem]:
        """At most ``n`` unlabelled items to show next, best first, without the ids in ``skip``."""
        skipped = {self.position[item] for item in skip if item in self.position}
        labeled = np.array([self.position[i] for i in self.labels if i in self.position], dtype=np.int64)
        free = np.ones(len(self.ids), dtype=bool)
        free[labeled] = False
        free[list(skipped)] = False
        pool = Pool(
            vectors=self._units,
            probabilities=snapshot.probabilities if snapshot and len(snapshot.predicted) == len(self.ids) else None,
            unlabeled=np.flatnonzero(free),
            labeled=labeled,
            classes=self.class_names,
            seed=self.project_id,
        )
        picks = registry.create_strategy(strategy).pick(pool, n)
        return [QueueItem(int(self.ids[pick.row]), pick.reason, pick.values) for pick in picks]

    def explain(self, text: str, snapshot: Snapshot, n_neighbors: int = 5) -> Explanation:
        """The answer for one text, the support examples behind it, and whether it is like nothing here."""
        vector = self.encoder.encode([text])
        method = snapshot.method
        if isinstance(method, VectorMethod):
            probabilities = method.predict_vectors(vector)[0]
            neighbors = self._neighbors(method, vector, int(probabilities.argmax()), n_neighbors)
        else:
            probabilities, neighbors = method.predict_proba([text])[0], ()
        known = self._known()
        z = ops.unit(vector)
        similarity = float(known.similarity(z)[0]) if known else 1.0
        threshold = known.threshold if known else -1.0
        return Explanation(
            probabilities, snapshot.classes, neighbors, similarity < threshold, similarity, threshold, vector
        )

    def answer(self, texts: list[str], snapshot: Snapshot, progress: Progress | None = None) -> Answers:
        """The answers for many texts at once."""
        vectors = self.encoder.encode(texts, progress=progress)
        method = snapshot.method
        if isinstance(method, VectorMethod):
            probabilities = method.predict_vectors(vectors)
        else:
            probabilities = method.predict_proba(texts)
        known = self._known()
        unknown = known.is_new(ops.unit(vectors)) if known else np.zeros(len(texts), dtype=bool)
        return Answers(probabilities.argmax(axis=1), probabilities.max(axis=1), unknown)

    # -- inside ----------------------------------------------------------------------------------

    def _sync_items(self) -> bool:
        if self.store.items.count(self.project_id) == len(self.ids):
            return False
        table = self.store.items.all(self.project_id)
        self.ids, self.texts, self.digests = table.ids, table.texts, table.digests
        self.position = {int(item): row for row, item in enumerate(table.ids)}
        self.vectors, self._units, self._pool_mean = None, None, None
        self.missing = self.encoder.missing(self.texts)
        return True

    def _load_if_cached(self) -> None:
        self.missing = self.encoder.missing(self.texts)
        if self.missing == 0:
            self._take(self.encoder.encode(self.texts))

    def _take(self, vectors: Vectors) -> None:
        self.vectors, self.missing = vectors, 0
        self._units = ops.unit(vectors)
        self._pool_mean = self._units.mean(axis=0) if len(vectors) else None
        self.version += 1

    def _fit(self, name: str, settings: Mapping[str, Any] | None) -> Snapshot:
        if self.vectors is None:
            raise DataError(
                "The texts of this project have not been read yet.", "Wait until the encoder has read them."
            )
        support = self.support()
        method = registry.create_method(name, settings, self.context())
        if isinstance(method, VectorMethod):
            method.fit_vectors(
                self.vectors[support.rows], support.labeled.codes, support.labeled.classes, self.name_vectors()
            )
            probabilities = method.predict_vectors(self.vectors)
        else:
            method.fit(support.labeled)
            probabilities = method.predict_proba(self.texts)
        return Snapshot(
            method=method,
            classes=support.labeled.classes,
            probabilities=probabilities,
            predicted=probabilities.argmax(axis=1),
            confidence=probabilities.max(axis=1),
            report=self._report(method, name, settings, support),
            n_labeled=len(support.labeled),
            version=self.version,
        )

    def _report(
        self, method: Method[Any], name: str, settings: Mapping[str, Any] | None, support: Support
    ) -> Report | None:
        counts = np.bincount(support.labeled.codes, minlength=support.labeled.n_way)
        if (counts >= 2).sum() < 2:
            return None
        if isinstance(method, VectorMethod) and (report := leave_one_out_report(method)) is not None:
            return report
        vectors = self.vectors[support.rows] if self.vectors is not None else None
        return cross_validate(
            name, settings, support.labeled, self.context(),
            vectors=vectors, name_vectors=self.name_vectors(), folds=5, repeats=1,
        ).report  # fmt: skip

    def _neighbors(self, method: VectorMethod[Any], vector: Vectors, answer: int, n: int) -> tuple[Neighbor, ...]:
        rows = self.support().rows
        if not len(rows) or len(rows) != len(method.state["support"]):
            return ()
        influence = method.influence(vector)[0]
        cosine = (method.features(vector) @ method.state["support"].T)[0]
        # Witnesses for the answer first, then the strongest for another class.
        mine = method.state["support_codes"] == answer
        order = sorted(range(len(rows)), key=lambda i: (not mine[i], -influence[i]))[: max(1, n - 1)]
        others = [i for i in np.argsort(-influence, kind="stable") if not mine[i]][:1]
        top = max(float(influence.max()), 1e-9)
        return tuple(
            Neighbor(
                item_id=int(self.ids[rows[i]]),
                text=self.texts[rows[i]],
                label=method.classes[int(method.state["support_codes"][i])],
                similarity=float(cosine[i]),
                weight=max(float(influence[i]) / top, 0.0),
            )
            for i in dict.fromkeys([*order, *others])
        )

    def _known(self) -> Novelty | None:
        with self._lock:
            if self._novelty is None or self._novelty[0] != self.version:
                support, found = self.support(), None
                if self._units is not None:
                    found = novelty.from_support(self._units[support.rows], support.labeled.codes, len(self.classes))
                    found = found or novelty.from_pool(self._units)
                self._novelty = (self.version, found)
            return self._novelty[1]


def moved(before: Snapshot, after: Snapshot) -> list[tuple[str, int]]:
    """How many items moved to each class between two snapshots of the same items, most first."""
    if len(before.predicted) != len(after.predicted) or before.classes != after.classes:
        return []
    arrived = after.predicted[before.predicted != after.predicted]
    counts = np.bincount(arrived, minlength=len(after.classes))
    return [(after.classes[i], int(counts[i])) for i in np.argsort(-counts, kind="stable") if counts[i]]
