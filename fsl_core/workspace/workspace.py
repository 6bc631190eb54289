"""The one object that pages talk to."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from fsl_core import registry
from fsl_core.base.types import Item, LabeledSet, Progress
from fsl_core.contracts.generator import Generator
from fsl_core.data.store import Store
from fsl_core.evaluation import agreement, label_check
from fsl_core.evaluation.agreement import Agreement
from fsl_core.evaluation.cross_validation import Evaluation
from fsl_core.evaluation.label_check import Dispute, Suspect, Twins
from fsl_core.evaluation.novelty import Novelty
from fsl_core.evaluation.trusting import Floor
from fsl_core.learning.choosing import search
from fsl_core.learning.choosing.search import Facts, Filters, SearchResult
from fsl_core.learning.model_exporting.in_use import InUse
from fsl_core.learning.prompting.method import PromptMethod
from fsl_core.models.vector_cache import CachedEncoder
from fsl_core.workspace import explaining, finding, fits, leaving, models, queueing, standing
from fsl_core.workspace.data import DEFAULT_METHOD, ProjectData
from fsl_core.workspace.records import Answers, Explanation, LeftOut, QueueItem, Snapshot, TrueNeighbors
from fsl_core.workspace.sorting import Here
from fsl_core.workspace.standing import Score, Standing, Trust

KEPT = 24
NEIGHBORS = 10
JUDGES = ("prototype", "ridge", "knn")
"""Methods of different kinds that check labels together."""
LONG_S = 1.0
"""So much time of a processor a page may spend on a fit."""
T = TypeVar("T")


class Workspace(ProjectData):
    """Items, labels and models of one project. Safe to share between threads."""

    def __init__(self, store: Store, project_id: int, encoder: CachedEncoder) -> None:
        self._long: dict[tuple[str, str], int] = {}
        """Methods (with settings) that turned out to take long, with the number of labels they did so at."""
        self._last: tuple[NDArray[np.int64], Snapshot] | None = None
        """The last snapshot of the method in use that a page got, and the items it was of."""
        super().__init__(store, project_id, encoder)

    # -- models ----------------------------------------------------------------------------------

    def snapshot(self, method: str = DEFAULT_METHOD, settings: Mapping[str, Any] | None = None) -> Snapshot:
        """The method fitted on the present labels, with its answers for all items.

        Raises DataError with fewer than two classes, or before the items are encoded.
        """
        return self._once(("snapshot", *_key(method, settings)), lambda: models.fit(self, method, settings))

    def fitted(self, method: str = DEFAULT_METHOD, settings: Mapping[str, Any] | None = None) -> Snapshot | None:
        """``snapshot`` where it is at hand or takes a moment; None where fitting may take over a second.

        Then a job has to (``fsl_core.jobs.tasks.fit``), so that nobody waits for it who wants something else; once
        that is done, the snapshot is here, with its ``audit``. Long are the methods that say so (``info.slow``), and
        those that turned out to be: a fit that is not through within a second of the processor is given up, and with
        as many labels or more it is not tried again. Raises as ``snapshot``.
        """
        with self._lock:
            full = (self.version, "snapshot", *_key(method, settings))
            if full not in self._kept and (made := self._quick(method, settings)) is not None:
                self._keep(full, made)
            found = cast(Snapshot | None, self._kept.get(full))
            if found is not None and full[2:] == _key(*self.chosen_method()):
                self._last = (self.ids, found)
            return found

    def stand_in(self) -> Snapshot | None:
        """The answer to show until ``fitted`` has the present one: the last one it gave for the method in use.

        Where there is none, or items or classes have changed since, that of the default method; None where that too
        takes long.
        """
        with self._lock:
            if self._last is not None and self._last[0] is self.ids:
                found = self._last[1]
                if found.classes == self.class_names and (found.sets is not None) == self.multi_label:
                    return found
            return self.fitted(DEFAULT_METHOD)

    def revision(self, method: str = DEFAULT_METHOD, settings: Mapping[str, Any] | None = None) -> str:
        """What decides the outcome of this fit, as a short text: the same labels and settings have the same one."""
        return self._once(("revision", *_key(method, settings)), lambda: fits.revision(self, method, settings))

    def fit_apart(self, method: str, settings: Mapping[str, Any] | None, progress: Progress) -> str:
        """Fit, and keep it for ``fitted`` in every process. Returns its ``revision``; a job's part of the work."""
        return fits.make(self, method, settings, progress)

    def left_out(self, method: str = DEFAULT_METHOD, settings: Mapping[str, Any] | None = None) -> LeftOut | None:
        """The labelled items as the method answers them without their own label; None with too few."""

        def find() -> LeftOut | None:
            snapshot = self.snapshot(method, settings)
            return snapshot.left_out or models.left_out(self, snapshot.method, method, settings)

        return self._once(("left_out", *_key(method, settings)), find)

    def standing(self, snapshot: Snapshot) -> Standing:
        """What a snapshot says of every item, with what is unsure and what is "none of these"."""
        return self._once(
            ("standing", id(snapshot), standing.unsure_below(self.project.settings, len(snapshot.classes))),
            lambda: (snapshot, standing.standing(self, snapshot, self._known())),  # kept, so that its id stays its own
        )[1]

    def score(self, snapshot: Snapshot) -> Score | None:
        """The one score of the method in use: on the check items when there are ten, else on left-out answers."""
        return standing.score(self, snapshot)

    def trust(self, snapshot: Snapshot, threshold: float, floors: Sequence[Floor] = ()) -> Trust:
        """What may be taken without looking at this threshold, and how much of it is expected to be wrong."""
        return standing.trust(self, self.standing(snapshot), snapshot, self._known(), threshold, floors)

    def in_use(self, snapshot: Snapshot) -> InUse:
        """The model of a snapshot as it is exported, so that it answers elsewhere as here.

        Raises ExportError where the method or the encoder cannot leave.
        """
        return leaving.in_use(self, snapshot, self._known(), self.score(snapshot))

    def sorter(self, snapshot: Snapshot) -> Here:
        """The model of a snapshot as it sorts files that are no items of the project."""
        return Here(self, snapshot, self._known())

    def evaluate(
        self,
        method: str,
        settings: Mapping[str, Any] | None = None,
        *,
        folds: int = 5,
        repeats: int = 2,
        progress: Progress | None = None,
        generator: Generator[Any] | None = None,
    ) -> Evaluation:
        """Cross-validation of one method on the labelled items, for one class an item or several.

        ``generator`` is asked by the methods that need a language model.
        """
        return models.evaluate(
            self, method, settings, folds=folds, repeats=repeats, progress=progress, generator=generator
        )

    def parts(self, folds: int, repeats: int) -> tuple[int, int]:
        """The folds and repeats that ``evaluate`` makes where so many are asked for."""
        return models.parts(self, folds, repeats)

    def explain(self, item: Item, snapshot: Snapshot, n_neighbors: int = 5) -> Explanation:
        """The answer for one item, the support examples behind it, and whether it is like nothing here."""
        return explaining.explain(self, item, snapshot, self._known(), n_neighbors)

    def moving_words(self, text: str, snapshot: Snapshot) -> list[tuple[int, int, float]]:
        """The words that moved the answer to a short text: from where to where, and how much; see ``explaining``."""
        return explaining.moving_words(self, text, snapshot)

    def answer(self, items: Sequence[Item], snapshot: Snapshot, progress: Progress | None = None) -> Answers:
        """The answers for many items at once."""
        return explaining.answer(self, items, snapshot, self._known(), progress)

    def prompted(
        self,
        method: str,
        settings: Mapping[str, Any] | None,
        generator: Generator[Any],
        progress: Progress | None = None,
        *,
        support: LabeledSet | None = None,
    ) -> PromptMethod[Any]:
        """A method that asks ``generator``, fitted on the present labels (or on ``support``).

        Raises DataError with fewer than two classes, several classes an item, or pictures, and what the generator
        raises.
        """

        def fit(data: ProjectData) -> PromptMethod[Any]:
            return models.fit_prompted(data, method, settings, generator, progress, support)

        if support is not None:
            return fit(self)
        return self._apart(("prompted", generator.key, *_key(method, settings)), fit)

    # -- what next -------------------------------------------------------------------------------

    def queue(
        self,
        strategy: str,
        n: int,
        *,
        skip: Collection[int] = (),
        snapshot: Snapshot | None = None,
        query: str = "",
    ) -> list[QueueItem]:
        """At most ``n`` unlabelled items to show next, best first, without the ids in ``skip``.

        The project's ``audit_share`` of them comes from the audit stream, whatever the strategy;
        ``query`` is what a strategy looks for that needs it.
        """
        return queueing.queue(self, strategy, n, skip, snapshot, query)

    def second_opinions(self, author: str, n: int, *, skip: Collection[int] = ()) -> list[QueueItem]:
        """At most ``n`` items that others have labelled and ``author`` has not, in a fixed random order."""
        return queueing.second_opinions(self, author, n, skip)

    # -- finding ---------------------------------------------------------------------------------

    def search(
        self,
        query: str = "",
        filters: Filters | None = None,
        *,
        snapshot: Snapshot | None = None,
        left_out: LeftOut | None = None,
        limit: int = search.LIMIT,
    ) -> SearchResult:
        """Items by meaning and words that pass the filters; ``snapshot`` serves those about the model.

        Disagreement is judged by ``left_out``, or without it by the snapshot itself, which has seen
        the labels.
        """
        vector = self.query_vector(query)
        return search.search(
            self.text_index(),
            query,
            query_vector=vector,
            vectors=self.units,
            facts=self.facts(snapshot, left_out),
            filters=filters,
            limit=limit,
        )

    def facts(self, snapshot: Snapshot | None = None, left_out: LeftOut | None = None) -> Facts:
        """What the filters of a search look at."""
        return finding.facts(self, snapshot, left_out)

    def true_neighbors(self, ids: Sequence[int], k: int = NEIGHBORS) -> TrueNeighbors:
        """How many of the selected items are neighbours in the full space, by cosine.

        Each is asked for its ``k`` nearest items of the project, or as many as others are selected.
        """
        return finding.true_neighbors(self, ids, k)

    # -- checking --------------------------------------------------------------------------------

    def suspects(self, methods: Sequence[str] = JUDGES, progress: Progress | None = None) -> list[Suspect]:
        """Labels that the methods doubt without having seen them, most doubtful first; rows of the project.

        Their probabilities are averaged; the default ones are quick, as they have a closed form for it.
        Others can use the workspace meanwhile; what they change comes too late for this answer.
        """
        found = self._apart(("judged", *methods), lambda data: models.judged(data, methods, progress))
        if found is None:
            return []
        if self.multi_label:
            return label_check.suspect_sets(found.probabilities, found.members, found.rows)
        return label_check.suspects(found.probabilities, found.codes, found.rows)

    def twins(self, threshold: float = label_check.NEAR) -> list[Twins]:
        """Nearly equal labelled items with different labels, most similar first; rows of the project."""

        def find() -> list[Twins]:
            rows, folded = self.labeled_rows(), self.sames()
            units = models.needed_vectors(self) if self.units is None else self.units
            pairs = label_check.twins(units[rows], self.label_matrix()[rows], [folded[r] for r in rows], threshold)
            return [Twins(int(rows[p.row_a]), int(rows[p.row_b]), p.similarity, p.exact) for p in pairs]

        return self._once(("twins", threshold), find)

    def disputes(self) -> list[Dispute]:
        """Items on which people differ."""
        return label_check.disputes(self.by_author())

    def agreement(self) -> Agreement:
        """How far people agree where they overlap."""
        return self._once(("agreement",), lambda: agreement.agreement(self.by_author()))

    # -- inside ----------------------------------------------------------------------------------

    def _quick(self, method: str, settings: Mapping[str, Any] | None) -> Snapshot | None:
        """The fit that a job left, or one made here where that takes a moment; else None."""
        own = _key(method, settings)
        if not registry.get_method(method).info.slow and len(self.labels) < self._long.get(own, np.inf):
            allowance = _Allowance(LONG_S)
            try:
                made = models.fit(self, method, settings, allowance)
            except _TooLongError:
                made = None
            if allowance.spent:
                self._long[own] = len(self.labels)
            if made is not None:
                return made
        kept = fits.load(self, self.revision(method, settings), method)
        if kept is not None and kept.seconds < LONG_S:
            self._long.pop(own, None)
        return None if kept is None else kept.snapshot

    def _known(self) -> Novelty | None:
        return self._once(("known",), lambda: explaining.known(self))

    def _once(self, key: tuple[object, ...], make: Callable[[], T]) -> T:
        """What ``make`` gives, kept until something changes."""
        with self._lock:
            full = (self.version, *key)
            if full not in self._kept:
                self._keep(full, make())
            return cast(T, self._kept[full])

    def _apart(self, key: tuple[object, ...], make: Callable[[ProjectData], T]) -> T:
        """The same for long work: ``make`` gets the data as they are now, and nobody waits for it."""
        with self._lock:
            full = (self.version, *key)
            if full in self._kept:
                return cast(T, self._kept[full])
            # Changes replace what the fields hold, never alter it: a shallow copy stands still.
            still = copy.copy(self)
        made = make(still)
        with self._lock:
            self._keep(full, made)
        return made

    def _keep(self, full: tuple[object, ...], made: object) -> None:
        self._kept[full] = made
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


class _TooLongError(Exception):
    """A fit has used up its allowance."""


class _Allowance:
    """The Progress of a fit that may take so many seconds of a processor.

    Not of the clock: a fit that only has to wait for a busy machine is as short as before.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.thread_time() + seconds

    @property
    def spent(self) -> bool:
        """Whether more than that was used."""
        return time.thread_time() > self._end

    def __call__(self, fraction: float, message: str) -> None:
        if self.spent and fraction < 1.0:
            raise _TooLongError


def _key(method: str, settings: Mapping[str, Any] | None) -> tuple[str, str]:
    return method, json.dumps(dict(settings or {}), sort_keys=True)
