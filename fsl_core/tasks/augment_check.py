"""Check whether the generated examples that people kept help on real labels."""

from __future__ import annotations

from typing import Any

from fsl_core import registry
from fsl_core.augment import gate
from fsl_core.errors import DataError
from fsl_core.store import Job, Store
from fsl_core.tasks.tune import learnable, plain
from fsl_core.types import Progress, span
from fsl_core.workspace import Workspace, augmented

KIND = "augment_check"


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: examples (as in the project's setting 'augmented'), by. Result: the id of the run with the verdict."""
    assert job.project_id is not None
    workspace = Workspace(store, job.project_id, registry.encoder_of(store.projects.get(job.project_id)))
    workspace.encode(span(report, 0.0, 0.2))
    rows, support = learnable(workspace)
    kept = {"examples": job.params["examples"], "by": job.params.get("by", ""), "weight": augmented.MOST_WEIGHT}
    made = augmented.made(workspace, rows, kept)
    if made is None:
        raise DataError("There is no generated example to check.", "Keep some in the review first.")
    assert workspace.vectors is not None
    name, settings = workspace.chosen_method()
    verdict = gate.decide(
        name, settings, support, workspace.context(), made, vectors=workspace.vectors[rows],
        name_vectors=workspace.name_vectors(), progress=span(report, 0.2, 1.0),
    )  # fmt: skip
    payload = {
        "verdict": plain(verdict),
        "kept": kept,
        "method": name,
        "n_generated": len(made.codes),
        "last_entry": store.journal.last_id(job.project_id),
    }
    return {"run": store.runs.save(job.project_id, KIND, payload)}
