"""Reviewing generated examples: one at a time beside its nearest real one, by key, every decision kept and undoable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.data.store.records import PERSONAL
from fsl_core.workspace.augmented import Example
from pages.ui.kit import feedback, resources
from pages.ui.kit.state import Value
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Run
    from fsl_core.jobs.tasks.augment import Batch, Candidate
    from fsl_core.workspace import Workspace

SETTING = f"{PERSONAL}augment_review"
"""No model depends on it: what is kept counts only once it is put to use."""
VISIBLE = 5
"""Examples on the screen at a time; "keep all" takes these and no others."""
_editing: Value[int] = Value("handful.augment_editing", -1)


@dataclass(frozen=True)
class Review:
    """The decisions on one run, in their order: (number of the candidate, its text, '' for rejected)."""

    run: int
    acts: tuple[tuple[int, str], ...]

    @property
    def decided(self) -> dict[int, str]:
        """Number -> text in the end."""
        return dict(self.acts)

    def kept(self, run: Run[Batch]) -> tuple[Example, ...]:
        """What was kept, as it was edited."""
        candidates = run.payload.candidates
        return tuple(
            Example(text=text, class_id=candidates[number].class_id, parents=candidates[number].parents)
            for number, text in sorted(self.decided.items())
            if text
        )


def review_of(workspace: Workspace, run: Run[Batch]) -> Review:
    """The decisions so far."""
    found = workspace.project.settings.get(SETTING)
    if not isinstance(found, dict) or found.get("run") != run.id:
        return Review(run.id, ())
    return Review(run.id, tuple((int(number), str(text)) for number, text in found["acts"]))


def draw(workspace: Workspace, run: Run[Batch]) -> None:
    """The card of the next undecided example, those after it, and the keys."""
    review = review_of(workspace, run)
    candidates = run.payload.candidates
    waiting = [number for number in range(len(candidates)) if number not in review.decided]
    kept = sum(bool(text) for text in review.decided.values())
    done = len(candidates) - len(waiting)
    st.progress(
        done / len(candidates),
        text=tr("{done} of {n} reviewed, {kept} kept", done=done, n=len(candidates), kept=kept),
    )
    if waiting:
        _card(workspace, run, review, waiting[0], candidates[waiting[0]])
        _following(workspace, candidates, waiting[1:VISIBLE])
    else:
        st.success(_("All are reviewed."), icon=":material/done_all:")
    with st.container(horizontal=True, key="augment-batch"):
        visible = waiting[:VISIBLE]
        st.button(
            ngettext("Keep this {n}", "Keep these {n}", len(visible)),
            key="augment-keep-visible",
            icon=":material/done_all:",
            disabled=not visible,
            help=_("Only those that you see."),
            on_click=_decide,
            args=(workspace, run, [(number, candidates[number].text) for number in visible]),
        )
        st.button(
            _("Undo"),
            key="augment-undo",
            shortcut="u",
            icon=":material/undo:",
            disabled=not review.acts,
            on_click=_undo,
            args=(workspace, run),
        )


def _card(workspace: Workspace, run: Run[Batch], review: Review, number: int, one: Candidate) -> None:
    names = {c.id: c.name for c in workspace.classes}
    with st.container(border=True, key="augment-card"):
        st.markdown(f":material/auto_awesome: **{_('Generated')}** · {feedback.plain(names.get(one.class_id, '?'))}")
        if one.class_id != one.intended:
            st.caption(tr("Asked for as {name}, labelled anew.", name=feedback.plain(names.get(one.intended, "?"))))
        left, right = st.columns(2, gap="medium")
        with left:
            if _editing.get() == number:
                _edit(workspace, run, number, one)
            else:
                st.text(one.text)
        with right:
            if one.nearest in workspace.position:
                row = workspace.position[one.nearest]
                st.caption(tr("The most similar real text (cosine {value}):", value=f"{one.similarity:.2f}"))
                st.text(workspace.texts[row])
        st.caption(
            tr(
                "Passed: {p} sure, {margin} ahead of the next class, {pvi} bits gained over an empty text.",
                p=f"{one.p:.0%}",
                margin=f"{100 * one.margin:.0f} points",
                pvi=f"{one.pvi:.1f}",
            )
        )
        with st.container(horizontal=True, key="augment-keys"):
            st.button(
                _("Keep"), type="primary", key="augment-keep", shortcut="k", icon=":material/check:",
                on_click=_decide, args=(workspace, run, [(number, one.text)]),
            )  # fmt: skip
            st.button(
                _("Edit"),
                key="augment-edit",
                shortcut="e",
                icon=":material/edit:",
                on_click=_editing.set,
                args=(number,),
            )
            st.button(
                _("Reject"), key="augment-reject", shortcut="x", icon=":material/close:",
                on_click=_decide, args=(workspace, run, [(number, "")]),
            )  # fmt: skip


def _edit(workspace: Workspace, run: Run[Batch], number: int, one: Candidate) -> None:
    with st.form("augment-edit-form", border=False):
        text = st.text_area(_("Text"), one.text, key=f"augment-text-{run.id}-{number}")
        if st.form_submit_button(_("Keep as edited"), type="primary"):
            clean = " ".join((text or "").split())
            if not clean:
                st.warning(_("An empty text is no example; reject it instead."))
                return
            _editing.clear()
            _decide(workspace, run, [(number, clean)])
            st.rerun()


def _following(workspace: Workspace, candidates: Sequence[Candidate], numbers: list[int]) -> None:
    """The next ones, small."""
    names = {c.id: c.name for c in workspace.classes}
    for number in numbers:
        with st.container(border=True, key=f"augment-next-{number}"):
            st.caption(f":material/auto_awesome: {feedback.plain(names.get(candidates[number].class_id, '?'))}")
            st.text(candidates[number].text)


@feedback.in_callback
def _decide(workspace: Workspace, run: Run[Batch], acts: list[tuple[int, str]]) -> None:
    review = review_of(workspace, run)
    _save(workspace, Review(run.id, (*review.acts, *acts)))


@feedback.in_callback
def _undo(workspace: Workspace, run: Run[Batch]) -> None:
    _editing.clear()
    _save(workspace, Review(run.id, review_of(workspace, run).acts[:-1]))


def _save(workspace: Workspace, review: Review) -> None:
    kept = {"run": review.run, "acts": [list(act) for act in review.acts]}
    resources.store().projects.update(workspace.project_id, settings={SETTING: kept})
    workspace.sync()
