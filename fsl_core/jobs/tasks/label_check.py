"""Look for label mistakes: what the model doubts, and twins with different labels."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record, SavedRun
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models import chosen
from fsl_core.workspace import Workspace

MOST = 2_000
"""Findings that are kept of each kind, the worst first."""


class Suspect(NamedTuple):
    """A label that the model doubts: item, class given, class suggested (ids), and the probabilities of both.

    One of the classes is None in a multi-label project, where the set has a class too many or too few.
    """

    item: int
    given: int | None
    suggested: int | None
    p_given: float
    p_suggested: float


class Twins(NamedTuple):
    """Items (ids) that should have one label: their cosine, and whether they are equal but for case and spaces."""

    items: tuple[int, ...]
    similarity: float
    exact: bool


class Params(BaseParams):
    """Nothing to choose: all labels are checked."""

    kind: ClassVar[str] = "label_check"


class Result(Record):
    """``run``: the id of the saved Findings."""

    run: int


class Findings(SavedRun):
    """What was found, the worst first; ``last_entry`` is that of the journal whose labels were checked."""

    kind: ClassVar[str] = "label_check"
    suspects: tuple[Suspect, ...]
    twins: tuple[Twins, ...]
    last_entry: int
    n_labeled: int = 0


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Judge every label by models that did not see it, and look for twins."""
    assert job.project_id is not None
    workspace = Workspace(store, job.project_id, chosen.encoder_of(store.projects.get(job.project_id)))
    workspace.encode(span(report, 0.0, 0.2))
    last = store.journal.last_id(job.project_id)
    found = suspects(workspace, span(report, 0.2, 0.9))
    report(0.9, "")
    findings = Findings(suspects=found, twins=twins(workspace), last_entry=last, n_labeled=len(workspace.labels))
    return Result(run=store.runs.save(job.project_id, findings))


def suspects(workspace: Workspace, report: Progress | None = None) -> tuple[Suspect, ...]:
    """The labels that the model doubts."""
    doubts = workspace.suspects(progress=report)
    ids = [one.id for one in workspace.classes]
    return tuple(
        Suspect(
            int(workspace.ids[one.row]),
            ids[one.given] if one.given >= 0 else None,
            ids[one.suggested] if one.suggested >= 0 else None,
            one.p_given,
            one.p_suggested,
        )
        for one in doubts[:MOST]
    )


def twins(workspace: Workspace) -> tuple[Twins, ...]:
    """Twins with different labels; of equal items all in one group."""
    folded, labeled = workspace.sames(), workspace.labeled_rows().tolist()
    same: dict[str, list[int]] = {}
    for row in labeled:
        same.setdefault(folded[row], []).append(int(workspace.ids[row]))
    groups: dict[tuple[int, ...], Twins] = {}
    for pair in workspace.twins():
        if pair.exact:
            items = same[folded[pair.row_a]]
        else:
            items = [int(workspace.ids[pair.row_a]), int(workspace.ids[pair.row_b])]
        groups.setdefault(tuple(items), Twins(tuple(items), pair.similarity, pair.exact))
    return tuple(groups.values())[:MOST]


TASK = Task(Params, Result, run, title="Checking the labels")
