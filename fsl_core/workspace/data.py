"""The items, vectors and labels of a project, kept up to date with the store."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.types import Codes, Item, LabeledSet, Progress, Vectors
from fsl_core.contracts.method import Context
from fsl_core.data import images
from fsl_core.data.store import ClassInfo, ItemTable, Label, LabelState, Project, Store
from fsl_core.data.store.records import FLOORS, PERSONAL, UNSURE_BELOW
from fsl_core.evaluation import streams
from fsl_core.evaluation.streams import AuditStream
from fsl_core.learning.choosing.search import TextIndex
from fsl_core.models.vector_cache import CachedEncoder
from fsl_core.workspace.records import Support

DEFAULT_METHOD = "prototype"


class ProjectData:
    """What is there, before any model. Safe to share between threads."""

    def __init__(self, store: Store, project_id: int, encoder: CachedEncoder) -> None:
        self.store = store
        self.project_id = project_id
        self.encoder = encoder
        self.version = 0
        self.ids: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.items: list[Item] = []
        """What is encoded: the texts themselves, or the files of images."""
        self.texts: list[str] = []
        """The texts, or the captions of images, for searching and for the eye."""
        self.digests: list[str] = []
        self.position: dict[int, int] = {}
        self.classes: list[ClassInfo] = []
        self.labels: dict[int, LabelState] = {}
        self.flags: set[int] = set()
        self.vectors: Vectors | None = None
        self.units: Vectors | None = None
        """The vectors in unit length."""
        self.missing = 0
        self._pool_mean: NDArray[np.float32] | None = None
        self._names: tuple[tuple[str, ...], Vectors] | None = None
        self._last_entry = -1
        self._index: TextIndex | None = None
        self._audit: tuple[AuditStream, Codes] | None = None
        self._opinions: tuple[int, dict[int, dict[str, Label]]] | None = None
        self._kept: OrderedDict[tuple[object, ...], object] = OrderedDict()
        self._lock = threading.RLock()
        self.project: Project = store.projects.get(project_id)
        self.sync()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in their order: the columns of every probability."""
        return tuple(c.name for c in self.classes)

    @property
    def ready(self) -> bool:
        """Whether every item has its vector."""
        return self.vectors is not None

    @property
    def can_answer(self) -> bool:
        """Whether a model can be fitted: two classes, and an example or class names that the encoder reads."""
        if not self.ready or len(self.classes) < 2:
            return False
        return any(class_ids(state.label) for state in self.labels.values()) or bool(self.name_vectors().any())

    @property
    def of_images(self) -> bool:
        """Whether the items are images."""
        return self.project.kind == "image"

    @property
    def multi_label(self) -> bool:
        """Whether an item may have several classes."""
        return bool(self.project.settings.get("multi_label"))

    def sync(self) -> bool:
        """Pick up items, classes and labels written by anyone; whether anything changed."""
        with self._lock:
            project = self.store.projects.get(self.project_id)
            changed = _common(project.settings) != _common(self.project.settings)
            self.project = project
            changed |= self._sync_items()
            last = self.store.journal.last_id(self.project_id)
            classes = self.store.classes.list(self.project_id)
            if classes != self.classes:
                self.classes, changed = classes, True
            if last != self._last_entry:
                self.labels = self.store.journal.labels(self.project_id)
                self.flags = self.store.journal.flags(self.project_id)
                self._last_entry, changed = last, True
            if changed:
                self.version += 1
            if self.vectors is None and len(self.ids):
                self._load_if_cached()
            return changed

    def encode(self, progress: Progress | None = None) -> Vectors:
        """Vectors (n, d) of all items, through the cache. A page with many items leaves this to a job."""
        with self._lock:
            items = list(self.items)
        vectors = self.encoder.encode(items, progress=progress)
        with self._lock:
            if len(vectors) == len(self.ids):
                self._take(vectors)
        return vectors

    def counts(self) -> dict[str, int]:
        """Labelled items of each class, and of "none of these" under None's name ''."""
        names = {c.id: c.name for c in self.classes}
        counts = dict.fromkeys(self.class_names, 0)
        for state in self.labels.values():
            found = [names[c] for c in class_ids(state.label) if c in names]
            for name in found or [""]:
                counts[name] = counts.get(name, 0) + 1
        return counts

    def chosen_method(self) -> tuple[str, dict[str, Any]]:
        """Name and settings of the method that the project uses for its suggestions."""
        return self.method_of(self.project.settings.get("method"))

    @staticmethod
    def method_of(choice: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
        """Name and settings of such a choice; those of the default where it names none."""
        choice = choice or {}
        name = registry.methods().canonical(choice.get("name") or DEFAULT_METHOD)
        return name, dict(choice.get("settings") or {})

    def label_codes(self) -> Codes:
        """Shape (n,): class position of each item, -1 without a label, -2 for "none of these".

        Of several classes the first one in the order of the project; ``label_matrix`` has them all.
        """
        place = {c.id: i for i, c in enumerate(self.classes)}
        codes = np.full(len(self.ids), -1, dtype=np.int64)
        for item_id, state in self.labels.items():
            if (row := self.position.get(item_id)) is not None:
                places = [place[c] for c in class_ids(state.label) if c in place]
                codes[row] = -2 if state.label == "none" else min(places, default=-1)
        return codes

    def label_matrix(self) -> NDArray[np.bool_]:
        """Shape (n, n_way): which classes people gave to each item; a row of False without any."""
        place = {c.id: i for i, c in enumerate(self.classes)}
        matrix = np.zeros((len(self.ids), len(self.classes)), dtype=bool)
        for item_id, state in self.labels.items():
            if (row := self.position.get(item_id)) is not None:
                matrix[row, [place[c] for c in class_ids(state.label) if c in place]] = True
        return matrix

    def labeled_rows(self) -> Codes:
        """Rows of the items that have a label, "none of these" too, in project order."""
        return np.array(sorted(self.position[i] for i in self.labels if i in self.position), dtype=np.int64)

    def taught_rows(self) -> Codes:
        """Rows of the items whose label may teach and score a model, in project order: all but those a model set."""
        return np.flatnonzero(self.labeled_by_people()).astype(np.int64)

    def labeled_by_people(self) -> NDArray[np.bool_]:
        """Shape (n,): which items have a label that no model set.

        What a model said of itself proves nothing and teaches nothing, even where a person accepted many such answers
        at once; who else said it makes no difference.
        """
        found = np.zeros(len(self.ids), dtype=bool)
        found[[self.position[i] for i, s in self.labels.items() if s.source != "model" and i in self.position]] = True
        return found

    def support(self) -> Support:
        """The items that carry a class; "none of these" is no class and stays out, and so does what a model said."""
        matrix, names = self.label_matrix() & self.labeled_by_people()[:, None], self.class_names
        rows, codes = np.nonzero(matrix)
        items = tuple(self.items[row] for row in rows)
        return Support(rows.astype(np.int64), LabeledSet(items, tuple(names[c] for c in codes), names))

    def fresh(self, rows: Codes) -> NDArray[np.bool_]:
        """Shape (len(rows),): which of the items the encoder was not tuned on."""
        learned = self.encoder.trained_on()
        return np.array([self.digests[row] not in learned for row in rows], dtype=bool)

    def by_author(self) -> dict[int, dict[str, Label]]:
        """Item id -> author -> the last label of their own, for agreement and conflicts."""
        with self._lock:
            if self._opinions is None or self._opinions[0] != self._last_entry:
                self._opinions = (self._last_entry, self.store.journal.by_author(self.project_id))
            return self._opinions[1]

    def audit_rows(self) -> Codes:
        """Rows of the audit stream in their fixed random order (see ``fsl_core.evaluation.streams``)."""
        stream = streams.stream_of(self.project.settings)
        with self._lock:
            if self._audit is None or self._audit[0] != stream:
                self._audit = (stream, stream.order(self.digests))
            return self._audit[1]

    def context(self, seed: int = 0) -> Context:
        """Encoder, words for the classes and the mean of the project, for any method."""
        texts = {c.name: c.description for c in self.classes if c.description}
        return Context(
            encoder=self.encoder, class_texts=texts, pool_mean=self._pool_mean, seed=seed, create=registry.create_method
        )

    def name_vectors(self) -> Vectors:
        """Shape (n_way, d): one vector for the words of each class, encoded once; see ``Context.name_vectors``."""
        context = self.context()
        words = tuple(context.text_of(name) for name in self.class_names)
        with self._lock:
            if self._names is None or self._names[0] != words:
                self._names = (words, context.name_vectors(self.class_names))
            return self._names[1]

    def query_vector(self, query: str) -> Vectors | None:
        """Shape (d,), unit length: typed words in the space of the items; None where the encoder reads no words."""
        if not query.strip() or self.units is None:
            return None
        found = self.encoder.encode_words([query]) if self.of_images else self.encoder.encode([query], role="query")
        return None if found is None else ops.unit(found)[0]

    def text_index(self) -> TextIndex:
        """The texts ready for searching, made once for the same items."""
        with self._lock:
            if self._index is None:
                self._index = TextIndex(self.texts)
            return self._index

    def sames(self) -> list[str]:
        """For each item what it shares with its equals: its words without case and spaces, or its picture."""
        return self.digests if self.of_images else self.text_index().folded

    def _sync_items(self) -> bool:
        if self.store.items.count(self.project_id) == len(self.ids):
            return False
        table = self.store.items.all(self.project_id)
        self.ids, self.texts, self.digests, self.items = table.ids, table.texts, table.digests, items_of(table)
        self.position = {int(item): row for row, item in enumerate(table.ids)}
        self.vectors, self.units, self._pool_mean, self._index, self._audit = None, None, None, None, None
        self.missing = self.encoder.missing(self.items)
        return True

    def _load_if_cached(self) -> None:
        self.missing = self.encoder.missing(self.items)
        if self.missing == 0:
            self._take(self.encoder.encode(self.items))

    def _take(self, vectors: Vectors) -> None:
        self.vectors, self.missing = vectors, 0
        self.units = ops.unit(vectors)
        self._pool_mean = self.units.mean(axis=0) if len(vectors) else None
        self.version += 1


def items_of(table: ItemTable) -> list[Item]:
    """What an encoder reads of each item: its text, or the file of its image."""
    pairs = zip(table.texts, table.blobs, strict=True)
    return [text if blob is None else images.path_of(blob) for text, blob in pairs]


def _common(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings that decide what a model learns, for everybody."""
    others = (UNSURE_BELOW, FLOORS)
    return {name: value for name, value in settings.items() if not name.startswith(PERSONAL) and name not in others}


def class_ids(label: Label) -> tuple[int, ...]:
    """The classes in a label: none, one or several."""
    if label is None or label == "none":
        return ()
    return label if isinstance(label, tuple) else (int(label),)
