"""What to show next: a strategy's picks, mixed with the audit stream, and second opinions."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from fsl_core import registry
from fsl_core.base.notes import N_
from fsl_core.base.types import Codes
from fsl_core.contracts.strategy import Pool, seeded_order
from fsl_core.evaluation import streams
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import QueueItem, Snapshot

AUDIT_REASON = N_("Drawn at random, so that the scores are honest")
SECOND_REASON = N_("Somebody else has labelled this; a second opinion shows how far you agree")


def queue(
    data: ProjectData, strategy: str, n: int, skip: Collection[int], snapshot: Snapshot | None, query: str
) -> list[QueueItem]:
    """See ``Workspace.queue``."""
    labeled = data.labeled_rows()
    free = np.ones(len(data.ids), dtype=bool)
    free[labeled] = False
    free[[data.position[item] for item in skip if item in data.position]] = False
    audit = data.audit_rows()
    others = free.copy()
    others[audit] = False
    audit = audit[free[audit]]
    turn = sum(state.source == "person" for state in data.labels.values())
    share = streams.share_of(data.project.settings)
    planned = streams.turns(turn, n, share, len(audit), int(others.sum()))
    pool = _pool(data, np.flatnonzero(others), labeled, snapshot, query)
    picks = iter(registry.create_strategy(strategy).pick(pool, planned.count(False)))
    drawn = iter(audit.tolist())
    shown: list[QueueItem] = []
    for from_audit in planned:
        if from_audit:
            shown.append(QueueItem(int(data.ids[next(drawn)]), AUDIT_REASON, {}, "audit"))
        elif (pick := next(picks, None)) is not None:
            shown.append(QueueItem(int(data.ids[pick.row]), pick.reason, pick.values))
    return shown


def second_opinions(data: ProjectData, author: str, n: int, skip: Collection[int]) -> list[QueueItem]:
    """See ``Workspace.second_opinions``."""
    skipped = set(skip)
    rows = [
        data.position[item]
        for item, labels in data.by_author().items()
        if item in data.position
        and item in data.labels
        and item not in skipped
        # A taken-back label is no opinion.
        and labels.get(author) is None
        and any(label is not None for label in labels.values())
    ]
    order = seeded_order(np.array(sorted(rows), dtype=np.int64), data.project_id)
    return [QueueItem(int(data.ids[row]), SECOND_REASON, {}, "second") for row in order[:n]]


def _pool(data: ProjectData, unlabeled: Codes, labeled: Codes, snapshot: Snapshot | None, query: str) -> Pool:
    return Pool(
        vectors=data.units,
        probabilities=snapshot.probabilities if snapshot and len(snapshot.predicted) == len(data.ids) else None,
        unlabeled=unlabeled,
        labeled=labeled,
        classes=snapshot.classes if snapshot else data.class_names,
        seed=data.project_id,
        counts=tuple(data.label_matrix().sum(axis=0).tolist()),
        query=data.query_vector(query),
        query_text=query.strip(),
        multi_label=data.multi_label,
    )
