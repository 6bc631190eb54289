"""What a language model suggests for items, and how far people agree with it where nobody chose the items.

Suggestions decide nothing: they stand beside the item. Agreement is taken on the audit stream alone, whose items the
prompt never shows and whose suggestions stay hidden until a person has labelled them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np

from fsl_core.base.intervals import wilson
from fsl_core.base.payloads import SavedRun
from fsl_core.base.types import LabeledSet
from fsl_core.data.store import Store
from fsl_core.evaluation.metrics import MINIMUM_N, Measure
from fsl_core.learning.prompting.method import PromptMethod
from fsl_core.workspace.data import ProjectData, class_ids


class Suggestion(NamedTuple):
    """For an item (id), a class (id) and its probability."""

    item: int
    class_id: int
    p: float


class Suggestions(SavedRun):
    """The model's title and key, the method by which it was asked, and what it answered."""

    kind: ClassVar[str] = "suggest"
    model: str
    method: str
    said: tuple[Suggestion, ...]
    key: str = ""

    @cached_property
    def by_item(self) -> Mapping[int, Suggestion]:
        """The suggestion for each item that was asked about."""
        return {one.item: one for one in self.said}


def latest(store: Store, project_id: int) -> Suggestions | None:
    """What the last job of this kind left; None when there was none."""
    run = store.runs.latest(project_id, Suggestions)
    return None if run is None else run.payload


def support_without_audit(data: ProjectData) -> LabeledSet:
    """The labelled items that a prompt may show: none of the audit stream."""
    support = data.support()
    inside = np.flatnonzero(~np.isin(support.rows, data.audit_rows()))
    return support.labeled.take(inside)


def next_rows(data: ProjectData, wanted: Sequence[int], n_audit: int) -> list[int]:
    """Rows to ask about: the items ``wanted`` (ids), and the first ``n_audit`` of the audit stream, labelled or not."""
    rows = [data.position[item] for item in wanted if item in data.position]
    return list(dict.fromkeys([*rows, *(int(row) for row in data.audit_rows()[:n_audit])]))


def suggest(data: ProjectData, method: PromptMethod[Any], rows: Sequence[int]) -> list[Suggestion]:
    """What the method suggests for each row."""
    ids = {one.name: one.id for one in data.classes}
    probabilities = method.predict_proba([data.texts[row] for row in rows])
    best = probabilities.argmax(axis=1)
    return [
        Suggestion(int(data.ids[row]), ids[method.classes[code]], round(float(shares[code]), 4))
        for row, code, shares in zip(rows, best, probabilities, strict=True)
    ]


def agreement(data: ProjectData, suggestions: Suggestions) -> Measure:
    """How often the people's label of an audit item is the one suggested, with the Wilson interval.

    An item that people called "none of these" counts as one on which they differ.
    """
    right = n = 0
    for row in data.audit_rows():
        item = int(data.ids[row])
        state = data.labels.get(item)
        if item in suggestions.by_item and state is not None and state.source == "person":
            n += 1
            right += suggestions.by_item[item].class_id in class_ids(state.label)
    low, high = wilson(right, n) if n else (0.0, 1.0)
    return Measure(right / n if n else 0.0, low, high, n, n >= MINIMUM_N)
