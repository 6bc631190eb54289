"""Do the kept examples help on real labels? The check, its verdict, the way in and the one-click way out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.jobs.tasks.augment_check import Check, Params
from fsl_core.workspace import augmented
from pages.ui.augmenting import review as augment_review
from pages.ui.kit import feedback, measures, resources, state
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.labelling import live

if TYPE_CHECKING:
    from fsl_core.data.store import Run
    from fsl_core.jobs.tasks.augment import Batch
    from fsl_core.workspace import Workspace
    from fsl_core.workspace.augmented import Augmented

KIND = Params.kind


def in_use(workspace: Workspace) -> None:
    """A banner while generated examples are learned from, with the way out."""
    n = augmented.count(workspace)
    if not n:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="augment-in-use"):
        words = ngettext(
            "The model learns from {n} generated example.", "The model learns from {n} generated examples.", n
        )
        st.markdown(f":material/auto_awesome: **{words}** {_('None of them is in any score.')}", width="stretch")
        st.button(
            _("Take them out"),
            key="augment-out",
            icon=":material/undo:",
            on_click=_use,
            args=(workspace.project_id, None),
        )


def draw(workspace: Workspace, run: Run[Batch]) -> None:
    """The check of what is kept now."""
    review = augment_review.review_of(workspace, run)
    kept, refused = review.kept(run), tuple(number for number, text in review.decided.items() if not text)
    st.subheader(_("Do they help?"), anchor=False)
    name, _settings = workspace.chosen_method()
    info = registry.get_method(name).info
    if not info.weighs:
        able = ", ".join(_(kind.info.title) for kind in registry.methods().values() if kind.info.weighs)
        st.info(
            tr(
                "{method} cannot let an example count less than another. Those that can: {able}.",
                method=_(info.title),
                able=able,
            ),
            icon=":material/info:",
        )
        return
    running = any(job.kind == KIND for job in resources.store().jobs.live(workspace.project_id))
    st.button(
        _("Check on real labels"),
        type="primary",
        key="augment-check",
        icon=":material/fact_check:",
        disabled=running or not kept,
        on_click=_check,
        args=(workspace.project_id, Params(run=run.id, examples=kept, refused=refused, by=run.payload.by)),
        help=_("Your labels answered by models that did not see them, with and without the generated examples."),
    )
    if not kept:
        st.caption(_("Keep some examples first."))
    feedback.job_progress(project_id=workspace.project_id, kind=KIND)
    feedback.last_problem(workspace.project_id, KIND)
    found = resources.store().runs.latest(workspace.project_id, Check)
    if found is not None:
        _verdict(workspace, found, current=found.payload.kept.examples == kept)


def _verdict(workspace: Workspace, found: Run[Check], *, current: bool) -> None:
    payload = found.payload
    verdict = payload.verdict
    difference = verdict.difference
    with st.container(border=True, key="augment-verdict"):
        if verdict.keep and verdict.wins > verdict.losses:
            st.markdown(f"### :material/trending_up: {_('They help')}", anchors=False)
        elif verdict.keep:
            st.markdown(f"### :material/trending_flat: {_('Surer, but not more often right')}", anchors=False)
            st.markdown(_("The probabilities on your real labels got better, the answers did not."))
        else:
            st.markdown(f"### :material/trending_flat: {_('They do not help')}", anchors=False)
            st.markdown(_("On your real labels the model answers no better with them. They are not used."))
        rows = [
            live.measure_row(title, "", scores.accuracy)
            for scores, title in ((verdict.frozen, _("Without them")), (verdict.tuned, _("With them")))
        ]
        st.html(live.STYLE + f'<div class="hf-live">{"".join(rows)}</div>')
        measures.beside(workspace, _("These figures compare the model with and without them, on the same real labels."))
        points = f"{100 * difference.value:+.1f}"
        interval = f"{100 * difference.low:+.1f} … {100 * difference.high:+.1f}"
        st.markdown(
            tr(
                "Difference in accuracy: **{points} points** (95 % interval {interval}, n = {n}); {wins} items right "
                "only with them, {losses} only without.",
                points=points,
                interval=interval,
                n=difference.n,
                wins=verdict.wins,
                losses=verdict.losses,
            )
        )
        st.caption(
            tr(
                "Mean log-loss {before} without, {after} with {n} generated examples at weight {weight}; paired, "
                "{folds} folds, by {method}.",
                before=f"{verdict.frozen_loss:.3f}",
                after=f"{verdict.tuned_loss:.3f}",
                n=payload.n_generated,
                weight=payload.kept.weight,
                folds=verdict.folds,
                method=_(registry.get_method(payload.method).info.title),
            )
        )
        if not difference.enough:
            st.caption(tr("Not enough to say: only {n} labelled items are scored.", n=difference.n))
        changes = resources.store().journal.last_id(workspace.project_id) - payload.last_entry
        if not current or changes > 0:
            st.info(_("The labels or the kept examples changed since. Check again."), icon=":material/update:")
        used = payload.kept.examples == augmented.in_use(workspace.project).examples
        st.button(
            _("In use") if used else _("Use them"),
            key="augment-use",
            icon=":material/check:",
            disabled=used or not verdict.keep or not current or changes > 0,
            on_click=_use,
            args=(workspace.project_id, payload.kept),
        )


@feedback.in_callback
def _check(project_id: int, params: Params) -> None:
    jobs.start(resources.store(), params, project_id)


@feedback.in_callback
def _use(project_id: int, kept: Augmented | None) -> None:
    chosen = None if kept is None else kept.model_copy(update={"at": time.time()}).plain()
    resources.store().projects.update(project_id, settings={augmented.SETTING: chosen})
    state.forget_belief()
    state.notice.set(
        _("Generated examples are taken out.") if kept is None else _("The model now learns from them too.")
    )
