"""Propose examples for the classes of a project, filter them, and keep the rest for people to review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from fsl_core import registry
from fsl_core.base.errors import DataError, FslError
from fsl_core.base.notes import packed
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record, SavedRun
from fsl_core.base.types import Codes, Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.jobs.tasks.tune import learnable
from fsl_core.learning.augment import filtering, found, judge
from fsl_core.learning.augment import source as sources
from fsl_core.learning.augment.filtering import Passed
from fsl_core.learning.augment.judge import Proposals
from fsl_core.learning.augment.source import Proposed
from fsl_core.models import chosen
from fsl_core.workspace import Workspace
from fsl_core.workspace.augmented import Example

CONFUSED = 4
"""Pairs of classes that are mixed up most, from whose boundary texts are asked for."""


class Params(BaseParams):
    """The source by its name, and how many examples it is asked for in each class."""

    kind: ClassVar[str] = "augment"
    source: str
    per_class: int = 10
    seed: int = 0


class Result(Record):
    """``run``: the id of the saved Batch, 0 when nothing came."""

    run: int


class Proposal(Example):
    """A text as a source proposed it; ``second`` is the other class of one from between two."""

    second: int | None = None


class Candidate(Example):
    """A proposal that passed the filters: labelled anew, beside the nearest real item, with what it passed by."""

    intended: int
    nearest: int | None = None
    p: float = 0.0
    margin: float = 0.0
    pvi: float = 0.0
    similarity: float = 0.0


class Batch(SavedRun):
    """What one generation brought, and how many fell to which rule."""

    kind: ClassVar[str] = "augment"
    source: str
    by: str
    proposed: int
    dropped: dict[str, int] = {}
    candidates: tuple[Candidate, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    partial: str = ""
    """Why it ended early."""


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Propose, filter, save.

    Audit items are neither shown to the source nor learned from by the judge. What was proposed before a stop or a
    failure is filtered and kept.
    """
    assert job.project_id is not None
    project = store.projects.get(job.project_id)
    workspace = Workspace(store, job.project_id, chosen.encoder_of(project))
    workspace.encode(span(report, 0.0, 0.1))
    if workspace.of_images or workspace.multi_label:
        raise DataError("Examples are generated for projects of texts with one class each.", "Open such a project.")
    rows, support = learnable(workspace)
    if len(np.unique(support.codes)) < 2:
        raise DataError("Generating needs an example of two classes at least.", "Label a few more items.")
    source = found.create(params.source)
    assert workspace.vectors is not None and workspace.units is not None
    vectors = workspace.vectors[rows]
    context = workspace.context()
    unseen = judge.left_out(support, vectors, context)
    task = sources.Task(
        support,
        {name: context.text_of(name) for name in support.classes},
        filtering.most_confused(unseen, support.codes, CONFUSED),
        params.seed,
        registry.create_generator(*chosen.generator_choice(project.settings)) if source.needs_generator else None,
    )
    proposed, failure = Proposed(), None
    try:
        source.propose(task, params.per_class, proposed, span(report, 0.1, 0.8))
    except FslError as error:
        failure = error
    proposals = encoded(workspace, proposed.candidates)
    passed, dropped = judge.accepted(
        support, vectors, context, proposals, known=workspace.units, known_folded=workspace.text_index().folded,
        unseen=unseen,
    )  # fmt: skip
    batch = Batch(
        source=source.name,
        by=task.generator.title if task.generator else source.title,
        proposed=len(proposed.candidates),
        dropped={**proposed.dropped, **dropped},
        candidates=tuple(_candidate(workspace, rows, one) for one in passed),
        proposals=tuple(_proposal(workspace, rows, one) for one in proposed.candidates),
        partial=packed(failure.message) if failure else "",
    )
    saved = store.runs.save(job.project_id, batch) if passed or failure is None else 0
    if failure is not None:
        raise failure
    return Result(run=saved)


def encoded(workspace: Workspace, candidates: Sequence[sources.Candidate]) -> Proposals:
    """The candidates with their vectors."""
    vectors = workspace.encoder.encode([*(one.text for one in candidates), ""])
    return Proposals(tuple(candidates), vectors[:-1], vectors[-1])


def _proposal(workspace: Workspace, rows: Codes, one: sources.Candidate) -> Proposal:
    """A proposal with classes and items by their ids."""
    ids = [c.id for c in workspace.classes]
    return Proposal(
        text=one.text,
        class_id=ids[one.code],
        second=ids[one.second] if one.second >= 0 else None,
        parents=_parents(workspace, rows, one),
    )


def _candidate(workspace: Workspace, rows: Codes, one: Passed) -> Candidate:
    """What passed, with classes and items by their ids."""
    ids = [c.id for c in workspace.classes]
    return Candidate(
        text=one.candidate.text,
        class_id=ids[one.code],
        intended=ids[one.candidate.code],
        parents=_parents(workspace, rows, one.candidate),
        nearest=int(workspace.ids[one.nearest]) if one.nearest >= 0 else None,
        p=round(one.p, 4),
        margin=round(one.margin, 4),
        pvi=round(one.pvi, 4),
        similarity=round(one.similarity, 4),
    )


def _parents(workspace: Workspace, rows: Codes, one: sources.Candidate) -> tuple[int, ...]:
    return tuple(int(workspace.ids[rows[parent]]) for parent in one.parents)


TASK = Task(Params, Result, run, title="Generating examples")
