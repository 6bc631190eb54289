"""Ask a language model about the next items of a project and about its check items."""

from __future__ import annotations

from typing import Any, ClassVar

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.jobs.task import Task
from fsl_core.models import chosen
from fsl_core.workspace import Workspace, llm_suggestions
from fsl_core.workspace.llm_suggestions import Suggestions

DEFAULT_N = 50
AUDIT = 30
"""Check items that are asked about, from the beginning of their order."""
CHUNK = 8
"""Items between two looks at whether the person wants to stop."""


class Params(BaseParams):
    """How many items to ask about, by which method (the first that the model can do, unless one is named)."""

    kind: ClassVar[str] = "suggest"
    n: int = DEFAULT_N
    method: str = ""
    settings: dict[str, Any] = {}


class Result(Record):
    """``run``: the id of the saved Suggestions, 0 without any; ``n`` items were asked about."""

    run: int
    n: int = 0


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Ask about the next items and the check items.

    What was answered before a stop or a failure is kept.
    """
    assert job.project_id is not None
    project = store.projects.get(job.project_id)
    workspace = Workspace(store, job.project_id, chosen.encoder_of(project))
    workspace.encode(span(report, 0.0, 0.1))
    if workspace.multi_label or workspace.of_images:
        raise DataError("Language models suggest one class for each text.", "Use the suggestions of the other methods.")
    generator = registry.create_generator(*chosen.generator_choice(project.settings))
    name = params.method or next(iter(registry.prompt_methods(generator.info.name)))
    method = workspace.prompted(
        name,
        params.settings,
        generator,
        span(report, 0.1, 0.3),
        support=llm_suggestions.support_without_audit(workspace),
    )
    picks = workspace.queue("order" if not workspace.can_answer else "typical", params.n)
    rows = llm_suggestions.next_rows(workspace, [pick.item_id for pick in picks], AUDIT)
    before = llm_suggestions.latest(store, job.project_id)
    kept = dict(before.by_item) if before and (before.model, before.method) == (generator.title, name) else {}
    try:
        for start in range(0, len(rows), CHUNK):
            report(0.3 + 0.7 * start / max(1, len(rows)), Note("{n} of {all}", n=start, all=len(rows)))
            part = llm_suggestions.suggest(workspace, method, rows[start : start + CHUNK])
            kept.update((one.item, one) for one in part)
    finally:
        found = Suggestions(model=generator.title, method=name, said=tuple(kept.values()), key=generator.key)
        saved = store.runs.save(job.project_id, found) if kept else 0
    return Result(run=saved, n=len(rows))


TASK = Task(Params, Result, run, title="Asking the language model")
