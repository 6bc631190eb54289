"""Check whether the generated examples that people kept help on real labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from fsl_core.base.errors import DataError
from fsl_core.base.types import Codes, Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.tasks.augment import encoded
from fsl_core.jobs.tasks.tune import learnable, plain
from fsl_core.learning.augment import gate
from fsl_core.learning.augment.source import Candidate
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, augmented

KIND = "augment_check"


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: run (of kind 'augment'), examples (those kept, as in the project's setting 'augmented'), refused (their
    numbers among the candidates), by. Result: the id of the run with the verdict.
    """
    assert job.project_id is not None
    workspace = Workspace(store, job.project_id, chosen.encoder_of(store.projects.get(job.project_id)))
    workspace.encode(span(report, 0.0, 0.2))
    rows, support = learnable(workspace)
    kept = {"examples": job.params["examples"], "by": job.params.get("by", ""), "weight": augmented.MOST_WEIGHT}
    if not kept["examples"]:
        raise DataError("There is no generated example to check.", "Keep some in the review first.")
    run = next((one for one in store.runs.list(job.project_id, "augment") if one.id == job.params["run"]), None)
    if run is None:
        raise DataError("The examples of this review are gone.", "Generate new ones, then check those.")
    proposals = encoded(workspace, _candidates(workspace, rows, run.payload, kept["examples"], job.params["refused"]))
    assert workspace.vectors is not None
    name, settings = workspace.chosen_method()
    verdict = gate.decide(
        name, settings, support, workspace.context(), proposals, weight=augmented.MOST_WEIGHT,
        vectors=workspace.vectors[rows], name_vectors=workspace.name_vectors(), progress=span(report, 0.2, 1.0),
    )  # fmt: skip
    payload = {
        "verdict": plain(verdict),
        "kept": kept,
        "method": name,
        "n_generated": len(kept["examples"]),
        "last_entry": store.journal.last_id(job.project_id),
    }
    return {"run": store.runs.save(job.project_id, KIND, payload)}


def _candidates(
    workspace: Workspace, rows: Codes, run: dict[str, Any], kept: list[dict[str, Any]], refused: list[int]
) -> list[Candidate]:
    """What a fold may choose from: the kept ones as they were edited, and of what the filters hid from the person
    the share that was kept of what was shown.
    """
    place = {one.id: code for code, one in enumerate(workspace.classes)}
    known = {int(workspace.ids[row]): number for number, row in enumerate(rows)}

    def made(one: dict[str, Any]) -> Candidate | None:
        if one["class"] not in place or any(item not in known for item in one["parents"]):
            return None
        second = place.get(one.get("second") or 0, -1)
        return Candidate(one["text"], place[one["class"]], tuple(known[item] for item in one["parents"]), second)

    shown = {one["text"] for one in run["candidates"]}
    hidden = [one for one in run["proposals"] if one["text"] not in shown]
    share = len(kept) / max(1, len(kept) + len(refused))
    chosen = np.random.default_rng(0).random(len(hidden)) < share
    found = [made(one) for one in [*kept, *(one for one, taken in zip(hidden, chosen, strict=True) if taken)]]
    return [one for one in found if one is not None]
