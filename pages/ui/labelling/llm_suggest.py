"""What a language model suggests, beside the card: asked for by hand, measured on the check items, deciding nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.jobs.tasks import suggest as task
from fsl_core.models import chosen
from fsl_core.workspace import llm_suggestions
from pages.ui.kit import feedback, resources
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.labelling import live
from pages.ui.prompting import language_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.workspace import Workspace

ASKED = 50
KIND = task.Params.kind


def words(workspace: Workspace, found: llm_suggestions.Suggestions | None, ids: Sequence[int]) -> dict[int, str]:
    """Item id -> the sentence for its card, where a language model was asked about it."""
    if found is None:
        return {}
    names = {one.id: one.name for one in workspace.classes}
    return {
        item: tr("{model} suggests {name} ({share})", model=found.model, name=names[one.class_id], share=f"{one.p:.0%}")
        for item in ids
        if (one := found.by_item.get(item)) is not None and one.class_id in names
    }


def draw(workspace: Workspace) -> None:
    """The panel under the scores: ask, progress, agreement with people."""
    if workspace.multi_label or workspace.of_images or not workspace.ready:
        return
    kind, _settings = chosen.generator_choice(workspace.project.settings)
    if not registry.prompt_methods(kind):
        return
    found = llm_suggestions.latest(resources.store(), workspace.project_id)
    with st.expander(_("Language model"), icon=":material/smart_toy:", key="label-llm", expanded=found is not None):
        st.caption(_("It suggests; you decide. Its answers stand beside the items and are never taken as labels."))
        language_model.line(workspace.project)
        running = any(job.kind == KIND for job in resources.store().jobs.live(workspace.project_id))
        st.button(
            tr("Ask about the next {n}", n=ASKED),
            key="label-llm-ask",
            icon=":material/live_help:",
            disabled=running,
            on_click=_ask,
            args=(workspace.project_id,),
            help=_("Also asks about some check items, to see how far it agrees with you; those answers stay hidden."),
        )
        feedback.job_progress(project_id=workspace.project_id, kind=KIND)
        feedback.last_problem(workspace.project_id, KIND)
        if found is not None:
            _agreement(workspace, found)


def _agreement(workspace: Workspace, found: llm_suggestions.Suggestions) -> None:
    measure = llm_suggestions.agreement(workspace, found)
    n = len(found.by_item)
    st.caption(ngettext("Asked about {n} item so far.", "Asked about {n} items so far.", n))
    if measure.enough:
        help_ = _("On check items, which were drawn at random and whose suggestions you could not see.")
        st.html(f'<div class="hf-live">{live.measure_row(_("Agrees with people"), help_, measure)}</div>')
        st.caption(ngettext("On {n} check item.", "On {n} check items.", measure.n))
    else:
        st.caption(tr("How far it agrees with people: not enough to say ({n} check items).", n=measure.n))


@feedback.in_callback
def _ask(project_id: int) -> None:
    jobs.start(resources.store(), task.Params(n=ASKED), project_id)
