"""Propose examples for the classes of a project, filter them, and keep the rest for people to review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from fsl_core import registry
from fsl_core.base.errors import DataError, FslError
from fsl_core.base.notes import packed
from fsl_core.base.types import Codes, Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.tasks.tune import learnable
from fsl_core.learning.augment import filtering, found, judge
from fsl_core.learning.augment.filtering import Passed
from fsl_core.learning.augment.judge import Proposals
from fsl_core.learning.augment.source import Candidate, Proposed, Task
from fsl_core.models import chosen
from fsl_core.workspace import Workspace

KIND = "augment"
CONFUSED = 4
"""Pairs of classes that are mixed up most, from whose boundary texts are asked for."""


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: source, per_class, seed. Result: the id of the run with what passed, and how many fell to which rule.

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
    source = found.create(job.params["source"])
    assert workspace.vectors is not None and workspace.units is not None
    vectors = workspace.vectors[rows]
    context = workspace.context()
    unseen = judge.left_out(support, vectors, context)
    task = Task(
        support,
        {name: context.text_of(name) for name in support.classes},
        filtering.most_confused(unseen, support.codes, CONFUSED),
        int(job.params.get("seed", 0)),
        registry.create_generator(*chosen.generator_choice(project.settings)) if source.needs_generator else None,
    )
    proposed, failure = Proposed(), None
    try:
        source.propose(task, int(job.params.get("per_class", 10)), proposed, span(report, 0.1, 0.8))
    except FslError as error:
        failure = error
    proposals = encoded(workspace, proposed.candidates)
    passed, dropped = judge.accepted(
        support, vectors, context, proposals, known=workspace.units, known_folded=workspace.text_index().folded,
        unseen=unseen,
    )  # fmt: skip
    payload = {
        "source": source.name,
        "by": task.generator.title if task.generator else source.title,
        "proposed": len(proposed.candidates),
        "dropped": {**proposed.dropped, **dropped},
        "candidates": [_plain(workspace, rows, one) for one in passed],
        "proposals": [_bare(workspace, rows, one) for one in proposed.candidates],
        "partial": packed(failure.message) if failure else "",
    }
    saved = store.runs.save(job.project_id, KIND, payload) if passed or failure is None else 0
    if failure is not None:
        raise failure
    return {"run": saved}


def encoded(workspace: Workspace, candidates: Sequence[Candidate]) -> Proposals:
    """The candidates with their vectors."""
    vectors = workspace.encoder.encode([*(one.text for one in candidates), ""])
    return Proposals(tuple(candidates), vectors[:-1], vectors[-1])


def _bare(workspace: Workspace, rows: Codes, one: Candidate) -> dict[str, Any]:
    """A proposal as JSON: classes and items by their ids."""
    ids = [c.id for c in workspace.classes]
    return {
        "text": one.text,
        "class": ids[one.code],
        "second": ids[one.second] if one.second >= 0 else None,
        "parents": [int(workspace.ids[rows[parent]]) for parent in one.parents],
    }


def _plain(workspace: Workspace, rows: Codes, one: Passed) -> dict[str, Any]:
    """A candidate as JSON: classes and items by their ids."""
    ids = [c.id for c in workspace.classes]
    found_ = asdict(one)
    return {
        "text": one.candidate.text,
        "class": ids[one.code],
        "intended": ids[one.candidate.code],
        "parents": [int(workspace.ids[rows[parent]]) for parent in one.candidate.parents],
        "nearest": int(workspace.ids[one.nearest]) if one.nearest >= 0 else None,
        **{name: round(found_[name], 4) for name in ("p", "margin", "pvi", "similarity")},
    }
