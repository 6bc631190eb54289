"""Check whether the generated examples that people kept help on real labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from fsl_core.base.errors import DataError
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record, SavedRun
from fsl_core.base.types import Codes, Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.scores import Verdict, verdict_of
from fsl_core.jobs.task import Task
from fsl_core.jobs.tasks.augment import Batch, Proposal, encoded
from fsl_core.jobs.tasks.tune import learnable
from fsl_core.learning.augment import gate
from fsl_core.learning.augment.source import Candidate
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, augmented
from fsl_core.workspace.augmented import Augmented, Example


class Params(BaseParams):
    """The Batch (id of its run), the examples of it that were kept, and the numbers of the candidates refused."""

    kind: ClassVar[str] = "augment_check"
    run: int
    examples: tuple[Example, ...]
    refused: tuple[int, ...] = ()
    by: str = ""


class Result(Record):
    """``run``: the id of the saved Check."""

    run: int


class Check(SavedRun):
    """Whether the examples in ``kept`` help: ``frozen`` of the verdict is without them, ``tuned`` with them."""

    kind: ClassVar[str] = "augment_check"
    verdict: Verdict
    kept: Augmented
    method: str
    n_generated: int
    last_entry: int


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Raises DataError when nothing was kept, or its batch is gone."""
    assert job.project_id is not None
    workspace = Workspace(store, job.project_id, chosen.encoder_of(store.projects.get(job.project_id)))
    workspace.encode(span(report, 0.0, 0.2))
    rows, support = learnable(workspace)
    if not params.examples:
        raise DataError("There is no generated example to check.", "Keep some in the review first.")
    batch = next((one.payload for one in store.runs.list(job.project_id, Batch) if one.id == params.run), None)
    if batch is None:
        raise DataError("The examples of this review are gone.", "Generate new ones, then check those.")
    proposals = encoded(workspace, _candidates(workspace, rows, batch, params))
    assert workspace.vectors is not None
    name, settings = workspace.chosen_method()
    verdict = gate.decide(
        name, settings, support, workspace.context(), proposals, weight=augmented.MOST_WEIGHT,
        vectors=workspace.vectors[rows], name_vectors=workspace.name_vectors(), progress=span(report, 0.2, 1.0),
    )  # fmt: skip
    check = Check(
        verdict=verdict_of(verdict),
        kept=Augmented(examples=params.examples, by=params.by),
        method=name,
        n_generated=len(params.examples),
        last_entry=store.journal.last_id(job.project_id),
    )
    return Result(run=store.runs.save(job.project_id, check))


def _candidates(workspace: Workspace, rows: Codes, batch: Batch, params: Params) -> list[Candidate]:
    """What a fold may choose from: the kept ones as they were edited, and of what the filters hid from the person
    the share that was kept of what was shown.
    """
    place = {one.id: code for code, one in enumerate(workspace.classes)}
    known = {int(workspace.ids[row]): number for number, row in enumerate(rows)}

    def made(one: Example) -> Candidate | None:
        if one.class_id not in place or any(item not in known for item in one.parents):
            return None
        second = one.second if isinstance(one, Proposal) else None
        parents = tuple(known[item] for item in one.parents)
        return Candidate(one.text, place[one.class_id], parents, place.get(second or 0, -1))

    shown = {one.text for one in batch.candidates}
    hidden = [one for one in batch.proposals if one.text not in shown]
    share = len(params.examples) / max(1, len(params.examples) + len(params.refused))
    taken = np.random.default_rng(0).random(len(hidden)) < share
    wanted: Sequence[Example] = [*params.examples, *(one for one, yes in zip(hidden, taken, strict=True) if yes)]
    return [candidate for one in wanted if (candidate := made(one)) is not None]


TASK = Task(Params, Result, run, title="Checking the generated examples")
