"""How a tuning went, what to do with it, and the tunings before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from fsl_core.models.backends import tuned_models
from pages.ui.kit import feedback, measures, resources, state, times
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, say, size, tr
from pages.ui.labelling import live
from pages.ui.tuning import live as tune_live
from pages.ui.tuning import sentences, use

if TYPE_CHECKING:
    from fsl_core.data.store import Run
    from fsl_core.jobs.tasks.tune import Tuning
    from fsl_core.models.backends.tuned_models import TunedModel


def in_use(project_id: int) -> None:
    """A banner while the project reads with a tuned encoder, with the way back."""
    choice = use.choice_of(resources.store().projects.get(project_id))
    if not use.model_of(choice):
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="tune-in-use"):
        st.markdown(f":material/check_circle: **{_('This project reads with a tuned encoder.')}**", width="stretch")
        _back_button(project_id)


def _back_button(project_id: int) -> None:
    st.button(
        _("Back to the encoder as it was"),
        key="tune-back",
        icon=":material/undo:",
        on_click=use.go_back,
        args=(project_id,),
    )


def draw(project_id: int, run: Run[Tuning]) -> None:
    """The latest result: verdict, figures, what to do, notes and curves."""
    payload = run.payload
    headline, words = sentences.verdict(payload)
    st.subheader(_("How it went"), anchor=False)
    _changed_since(project_id, payload)
    with st.container(border=True, key="tune-result"):
        icon = _icon(payload)
        st.markdown(f"### {icon} {plain(headline)}", anchors=False)
        st.markdown(plain(words))
        _measures(project_id, payload)
        if payload.model is None:
            st.markdown("\n".join(f"- {plain(tip)}" for tip in sentences.advice(payload)))
            # What was not kept is no loss: the model in use leaves all the same.
            st.page_link(
                "pages/export.py",
                label=_("Take the model in use away"),
                icon=":material/download:",
                query_params=state.query(),
            )
        _buttons(project_id, run)
        for note in payload.notes:
            st.caption(f":material/info: {plain(say(note))}")
        st.caption(_facts(run))
    with st.container(key="tune-curves"):
        tune_live.curves(payload.curve, "done")


def kept(run: Run[Tuning]) -> str:
    """The name of the model that a run left, as long as it is on the disk; else empty."""
    model = run.payload.model or ""
    return model if model in {one.name for one in tuned_models.models()} else ""


def _icon(payload: Tuning) -> str:
    found = payload.verdict
    if found is None or not found.difference.enough:
        return ":material/hourglass_empty:"
    return ":material/trending_up:" if found.keep else ":material/block:"


def _changed_since(project_id: int, payload: Tuning) -> None:
    if resources.store().journal.last_id(project_id) > payload.last_entry:
        st.info(_("Labels changed since this tuning. Tune again to learn from them, too."), icon=":material/update:")


def _measures(project_id: int, payload: Tuning) -> None:
    found = payload.verdict
    if found is None or not found.difference.enough:
        return
    rows = []
    for scores, title in ((found.tuned, _("Tuned")), (found.frozen, _("Encoder as it is"))):
        rows.append(live.measure_row(title, _("How often the first guess is right."), scores.accuracy))
    st.html(f'{live.STYLE}<div class="hf-live">{"".join(rows)}</div>')
    workspace = resources.workspace(project_id)
    workspace.sync()
    measures.beside(workspace, _("These figures compare two encoders on the same left-out parts of the labels."))


def _buttons(project_id: int, run: Run[Tuning]) -> None:
    if run.payload.model is None:
        return
    if not (model := kept(run)):
        st.caption(_("The tuned encoder was deleted since."))
        return
    current = use.model_of(use.choice_of(resources.store().projects.get(project_id)))
    with st.container(horizontal=True, key="tune-use-row"):
        st.button(
            _("In use") if current == model else _("Use the tuned encoder"),
            type="primary",
            key="tune-use",
            icon=":material/check:" if current == model else ":material/push_pin:",
            disabled=current == model,
            help=_("Suggestions, map, search and scores then read with it. One click goes back."),
            on_click=use.use,
            args=(project_id, model),
        )


def _facts(run: Run[Tuning]) -> str:
    payload = run.payload
    parts = [
        method_title(payload.method),
        ngettext("learned from {n} label", "learned from {n} labels", payload.n),
        tr("took {time}", time=sentences.duration(payload.seconds)),
        times.ago(run.created_at),
    ]
    if n := payload.left_for_score:
        parts.insert(2, ngettext("{n} check item kept out", "{n} check items kept out", n))
    return plain(" · ".join(parts))


def method_title(name: str) -> str:
    """The title of a method; its name where it is no longer there."""
    known = registry.methods()
    return _(known[name].info.title) if name in known else name


# -- earlier runs ----------------------------------------------------------------------------------


def earlier(project_id: int, runs: list[Run[Tuning]]) -> None:
    """All tunings of the project with their figures and their models."""
    st.subheader(_("All tunings"), anchor=False)
    models = {one.name: one for one in tuned_models.models()}
    current = use.model_of(use.choice_of(resources.store().projects.get(project_id)))
    for run in runs:
        _row(project_id, run, models.get(run.payload.model or ""), current)


def _row(project_id: int, run: Run[Tuning], model: TunedModel | None, current: str) -> None:
    payload = run.payload
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"tune-run-{run.id}"):
        with st.container(gap="xxsmall", width="stretch"):
            headline, _words = sentences.verdict(payload)
            st.markdown(f"**{plain(method_title(payload.method))}** · {plain(headline)}")
            st.caption(plain(" · ".join(_line(run, model))))
        if model is None:
            return
        if model.name == current:
            st.badge(_("in use"), width="content")
        else:
            st.button(_("Use"), key=f"tune-use-{run.id}", on_click=use.use, args=(project_id, model.name))
        with st.popover(_("Delete"), type="tertiary", icon=":material/delete:", key=f"tune-more-{run.id}"):
            st.markdown(tr("The tuned encoder takes {size}. It cannot be brought back.", size=size(model.size_bytes)))
            st.button(
                _("Delete for good"),
                key=f"tune-delete-{run.id}",
                icon=":material/delete_forever:",
                on_click=use.delete,
                args=(model.name,),
            )


def _line(run: Run[Tuning], model: TunedModel | None) -> list[str]:
    payload, found = run.payload, run.payload.verdict
    parts = [times.ago(run.created_at)]
    if found is not None and found.difference.enough:
        parts.append(
            tr(
                "{tuned} against {frozen}, n = {n}",
                tuned=sentences.percent(found.tuned.accuracy.value),
                frozen=sentences.percent(found.frozen.accuracy.value),
                n=found.difference.n,
            )
        )
    parts.append(ngettext("{n} label", "{n} labels", payload.n))
    parts.append(sentences.duration(payload.seconds))
    if model is not None:
        parts.append(size(model.size_bytes))
    elif payload.model:
        parts.append(_("deleted"))
    return parts


def gone(project_id: int) -> None:
    """The tuned encoder of the project is not on this machine: the way back."""
    feedback.empty_state(
        _("The tuned encoder is not on this machine"),
        _(
            "It was deleted, or the project came from another machine. "
            "Labels are safe; go back to the encoder of before."
        ),
    )
    _back_button(project_id)
