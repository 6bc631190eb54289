"""What searches and selections look at: the facts of every item, and whether a selection hangs together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fsl_core.evaluation import multilabel
from fsl_core.learning.choosing.search import Facts
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import LeftOut, Snapshot, TrueNeighbors

MOST_ASKED = 500
"""Selected items whose neighbours are looked up; of more, an even share."""


def facts(data: ProjectData, snapshot: Snapshot | None, left_out: LeftOut | None) -> Facts:
    """See ``Workspace.facts``."""
    labels, has_label = data.label_matrix(), np.zeros(len(data.ids), dtype=bool)
    has_label[data.labeled_rows()] = True
    flagged = np.isin(data.ids, np.array(sorted(data.flags), dtype=np.int64))
    sources = np.zeros(len(data.ids), dtype="U8")
    for item_id, state in data.labels.items():
        if item_id in data.position:
            sources[data.position[item_id]] = state.source
    if snapshot is None or len(snapshot.predicted) != len(data.ids) or snapshot.classes != data.class_names:
        return Facts(labels, has_label, flagged, sources)
    predicted = multilabel.predicted_sets(snapshot.probabilities, snapshot.sets is not None)
    believed = predicted
    if left_out is not None:
        believed = predicted.copy()
        believed[left_out.rows] = multilabel.predicted_sets(left_out.probabilities, snapshot.sets is not None)
    differs = has_label & (believed != labels).any(axis=1)
    return Facts(labels, has_label, flagged, sources, predicted, snapshot.confidence, differs)


def true_neighbors(data: ProjectData, ids: Sequence[int], k: int) -> TrueNeighbors:
    """See ``Workspace.true_neighbors``."""
    rows = np.unique(np.array([data.position[i] for i in ids if i in data.position], dtype=np.int64))
    if len(rows) < 2 or data.units is None:
        return TrueNeighbors(0, len(rows), 0, 0)
    asked = rows[:: -(-len(rows) // MOST_ASKED)]
    k = min(k, len(rows) - 1)
    selected = np.zeros(len(data.ids), dtype=bool)
    selected[rows] = True
    inside = np.zeros(len(asked), dtype=np.int64)
    for start in range(0, len(asked), 128):
        block = asked[start : start + 128]
        similarity = data.units[block] @ data.units.T
        similarity[np.arange(len(block)), block] = -np.inf
        nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
        inside[start : start + 128] = selected[nearest].sum(axis=1)
    return TrueNeighbors(int((2 * inside > k).sum()), len(asked), int(inside.sum()), len(asked) * k)
