"""Look for label mistakes: what the model doubts, and twins with different labels."""

from __future__ import annotations

from typing import Any

from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.models import chosen
from fsl_core.workspace import Workspace

MOST = 2_000
"""Findings that are kept of each kind, the worst first."""


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Result: the id of the saved run, with the findings by item and class id."""
    assert job.project_id is not None
    workspace = Workspace(store, job.project_id, chosen.encoder_of(store.projects.get(job.project_id)))
    workspace.encode(span(report, 0.0, 0.2))
    last = store.journal.last_id(job.project_id)
    found = suspects(workspace, span(report, 0.2, 0.9))
    report(0.9, "")
    payload = {"suspects": found, "twins": twins(workspace), "last_entry": last, "n_labeled": len(workspace.labels)}
    return {"run": store.runs.save(job.project_id, "label_check", payload)}


def suspects(workspace: Workspace, report: Progress | None = None) -> list[list[Any]]:
    """Rows of item, class given, class suggested (ids, None where a set lacks or has it), and both probabilities."""
    doubts = workspace.suspects(progress=report)
    ids = [one.id for one in workspace.classes]
    return [
        [
            int(workspace.ids[one.row]),
            ids[one.given] if one.given >= 0 else None,
            ids[one.suggested] if one.suggested >= 0 else None,
            one.p_given,
            one.p_suggested,
        ]
        for one in doubts[:MOST]
    ]


def twins(workspace: Workspace) -> list[list[Any]]:
    """Rows of items (ids), cosine and whether they are equal but for case and spaces; equal ones in one group."""
    folded, labeled = workspace.sames(), workspace.labeled_rows().tolist()
    same: dict[str, list[int]] = {}
    for row in labeled:
        same.setdefault(folded[row], []).append(int(workspace.ids[row]))
    groups: dict[tuple[int, ...], list[Any]] = {}
    for pair in workspace.twins():
        if pair.exact:
            items = same[folded[pair.row_a]]
        else:
            items = [int(workspace.ids[pair.row_a]), int(workspace.ids[pair.row_b])]
        groups.setdefault(tuple(items), [items, pair.similarity, pair.exact])
    return list(groups.values())[:MOST]
