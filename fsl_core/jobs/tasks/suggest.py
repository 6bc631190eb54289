"""Ask a language model about the next items of a project and about its check items."""

from __future__ import annotations

from typing import Any

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, llm_suggestions

DEFAULT_N = 50
AUDIT = 30
"""Check items that are asked about, from the beginning of their order."""
CHUNK = 8
"""Items between two looks at whether the person wants to stop."""


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: method, settings (of the prompt), n (items). Result: the id of the saved run.

    What was answered before a stop or a failure is kept.
    """
    assert job.project_id is not None
    project = store.projects.get(job.project_id)
    workspace = Workspace(store, job.project_id, chosen.encoder_of(project))
    workspace.encode(span(report, 0.0, 0.1))
    if workspace.multi_label or workspace.of_images:
        raise DataError("Language models suggest one class for each text.", "Use the suggestions of the other methods.")
    generator = registry.create_generator(*chosen.generator_choice(project.settings))
    name = job.params.get("method") or next(iter(registry.prompt_methods(generator.info.name)))
    settings = dict(job.params.get("settings") or {})
    method = workspace.prompted(
        name, settings, generator, span(report, 0.1, 0.3), support=llm_suggestions.support_without_audit(workspace)
    )
    picks = workspace.queue("order" if not workspace.can_answer else "typical", int(job.params.get("n", DEFAULT_N)))
    rows = llm_suggestions.next_rows(workspace, [pick.item_id for pick in picks], AUDIT)
    before = llm_suggestions.latest(store, job.project_id)
    kept = dict(before.said) if before and (before.model, before.method) == (generator.title, name) else {}
    try:
        for start in range(0, len(rows), CHUNK):
            report(0.3 + 0.7 * start / max(1, len(rows)), Note("{n} of {all}", n=start, all=len(rows)))
            part = llm_suggestions.said(workspace, method, rows[start : start + CHUNK])
            kept.update((item, (class_id, share)) for item, class_id, share in part)
    finally:
        said = [[item, class_id, share] for item, (class_id, share) in kept.items()]
        payload = {"model": generator.title, "method": name, "said": said, "key": generator.key}
        saved = store.runs.save(job.project_id, llm_suggestions.KIND, payload) if said else 0
    return {"run": saved, "n": len(rows)}
