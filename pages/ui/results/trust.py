"""How much may be taken without looking: a share, what will be wrong with it, and what must not be missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fsl_core.data.store.records import FLOORS, UNSURE_BELOW
from fsl_core.evaluation import trusting
from fsl_core.workspace import standing as engine
from pages.ui.kit import feedback, fitting, resources, state
from pages.ui.kit.text import N_, _, ngettext, tr
from pages.ui.labelling import queue_bar
from pages.ui.results.desk import desks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fsl_core.data.store import Label
    from fsl_core.evaluation.metrics import Measure
    from fsl_core.evaluation.trusting import Kept
    from fsl_core.workspace import Snapshot, Workspace
    from fsl_core.workspace.standing import Standing, Trust

LABEL_PAGE = "pages/label.py"
LEAST, MOST = 0.1, 50.0
"""Percent that a floor may allow."""
USUAL = 1.0
MOST_FLOORS = 5
SPELLED_OUT = 3


@dataclass(frozen=True)
class Choice:
    """What the project trusts, and what follows from it."""

    standing: Standing
    trust: Trust
    threshold: float


def of(workspace: Workspace, snapshot: Snapshot) -> Choice:
    """What the present threshold and the floors accept."""
    standing = workspace.standing(snapshot)
    floors = engine.floors(workspace)
    return Choice(standing, workspace.trust(snapshot, standing.unsure_below, floors), standing.unsure_below)


def draw(workspace: Workspace, choice: Choice) -> None:
    """The slider, the sentence, and what to do with it."""
    free = choice.trust.rows
    if not len(free):
        st.caption(_("Every item has a label: there is nothing left to take without looking."))
        return
    _slider(workspace, choice)
    with st.container(key="results-sentence"):
        st.markdown(sentence(choice.trust))
    st.caption(judged(choice.trust).replace("%", r"\%"))
    if choice.trust.accepted.n_accepted:
        st.caption(will(choice))
    for kept in choice.trust.accepted.floors:
        st.caption(floor_sentence(workspace, kept).replace("%", r"\%"))
    with st.container(horizontal=True, vertical_alignment="center", key="results-trust-acts"):
        _accept(workspace, choice)
        left = len(free) - choice.trust.accepted.n_accepted
        st.button(
            ngettext("Look at {n}", "Look at {n}", left),
            key="results-work",
            icon=":material/checklist:",
            disabled=not left,
            help=_("Shows the work list below: what is left, the most doubtful first."),
            on_click=_show_work,
            args=(workspace.project_id,),
        )
        _missing(workspace, choice.trust)
        _floors(workspace)


# -- the sentences ---------------------------------------------------------------------------------


def sentence(trust: Trust) -> str:
    """'Accept **1,840** of 2,300, about **2 %** wrong (0.8 to 4.1); look at **460**.'"""
    accepted, of = trust.accepted.n_accepted, len(trust.rows)
    wrong = trust.accepted.wrong
    numbers = {"n": f"{accepted:,}", "of": f"{of:,}", "left": f"{of - accepted:,}"}
    if not accepted:
        return tr("Accept **none** of {of}; look at **{left}**.", numbers)
    if not wrong.enough:
        return tr(
            "Accept **{n}** of {of}, **not enough to say** how many of them are wrong; look at **{left}**.", numbers
        )
    return tr(
        "Accept **{n}** of {of}, about **{wrong}** wrong ({low} to {high}); look at **{left}**.", numbers | _of(wrong)
    )


def judged(trust: Trust) -> str:
    """What the share of wrong ones rests on."""
    wrong = trust.accepted.wrong
    n = f"{wrong.n:,}"
    if trust.how == "check":
        words = tr(
            "Judged on {n} check items that would be accepted too, drawn at random, each without its own label.",
            n=n,
        )
    elif trust.how == "left_out":
        words = tr(
            "Judged on {n} labelled items that would be accepted too, each left out once. These flatter: somebody "
            "chose them. Ten check items give an honest figure.",
            n=n,
        )
    else:
        words = _("Nothing can judge it yet.")
    if trust.how and not wrong.enough:
        words = tr("Only {n} items with a known label would be accepted too: ten are needed.", n=n)
    if new := trust.unlike:
        more = ngettext(
            "{n} is like nothing labelled here and is never accepted.",
            "{n} are like nothing labelled here and are never accepted.",
            new,
        )
        words = f"{words} {more}"
    return words


def floor_sentence(workspace: Workspace, kept: Kept) -> str:
    """What becomes of a class that must not be missed."""
    name = workspace.class_names[kept.floor.place]
    values = {
        "name": name,
        "limit": percent(kept.floor.limit),
        "n": f"{kept.missed.n:,}",
        "held": f"{kept.held:,}",
        **_of(kept.missed),
    }
    if not kept.within:
        needed = int(np.ceil(1.0 / kept.floor.limit - 1.0 - 1e-9))
        return tr(
            "{name}: {n} known items cannot promise to miss at most {limit}; {needed} without a miss could. "
            "Whatever was missed among them is looked at: {held} more.",
            values | {"needed": f"{needed:,}"},
        )
    return tr(
        "{name}: misses {wrong} ({low} to {high}) of its items, at most {limit} was wanted; measured on {n}. "
        "Because of it {held} more are looked at.",
        values,
    )


def percent(share: float) -> str:
    """'2 %', '0.8 %', '12 %'."""
    digits = f"{100 * share:.1f}" if share < 0.1 else f"{100 * share:.0f}"
    return f"{digits.removesuffix('.0')}\N{NO-BREAK SPACE}%"


def _of(measure: Measure) -> dict[str, str]:
    low = percent(measure.low).split("\N{NO-BREAK SPACE}", maxsplit=1)[0]
    return {"wrong": percent(measure.value), "low": low, "high": percent(measure.high)}


# -- the share -------------------------------------------------------------------------------------


def _slider(workspace: Workspace, choice: Choice) -> None:
    key = f"results-share-{workspace.project_id}"
    certainty = choice.standing.answered().certainty[choice.trust.rows]
    share = round(100 * float((certainty >= choice.threshold).mean()))
    # Labels and other people move the share under the same threshold: the slider shows what holds now.
    if st.session_state.get(key) != share:
        st.session_state[key] = share
    st.slider(
        _("How much to take without looking"),
        0,
        100,
        key=key,
        format="%d %%",
        label_visibility="collapsed",
        help=_("Of the items without a label, the surest predictions first. Nothing happens before you accept them."),
        on_change=_keep_share,
        args=(workspace.project_id, key, certainty),
    )


@feedback.in_callback
def _keep_share(project_id: int, key: str, certainty: NDArray[np.float32]) -> None:
    if (share := state.widget_value(key)) is state.GONE:
        return
    threshold = trusting.threshold_at(certainty, share / 100)
    resources.store().projects.update(project_id, settings={UNSURE_BELOW: float(threshold)})


# -- what must not be missed -----------------------------------------------------------------------


def _floors(workspace: Workspace) -> None:
    chosen = {one.place: one.limit for one in engine.floors(workspace)}
    names = workspace.class_names
    prefix = f"results-floor-{workspace.project_id}"
    with st.popover(
        ngettext("{n} class guarded", "{n} classes guarded", len(chosen)) if chosen else _("Guard a class"),
        icon=":material/shield:",
        help=_("Classes of which hardly any item may be accepted as something else."),
    ):
        places = st.multiselect(
            _("Classes that must not be missed"),
            list(range(len(names))),
            default=list(chosen),
            format_func=lambda place: names[place],
            max_selections=MOST_FLOORS,
            key=f"{prefix}-classes",
            on_change=_keep_floors,
            args=(workspace.project_id, prefix),
        )
        for place in places:
            st.number_input(
                tr("Miss at most this share of {name}, %", name=names[place]),
                LEAST,
                MOST,
                value=100 * chosen.get(place, USUAL / 100),
                step=0.5,
                key=f"{prefix}-{workspace.classes[place].id}",
                on_change=_keep_floors,
                args=(workspace.project_id, prefix),
            )


@feedback.in_callback
def _keep_floors(project_id: int, prefix: str) -> None:
    places = state.widget_value(f"{prefix}-classes")
    if places is state.GONE:
        return
    store = resources.store()
    classes = store.classes.list(project_id)
    kept = dict(store.projects.get(project_id).settings.get(FLOORS) or {})
    floors: dict[str, float] = {}
    for one in (classes[place] for place in places if place < len(classes)):
        before = 100 * float(kept.get(str(one.id), USUAL / 100))
        floors[str(one.id)] = float(state.widget_value(f"{prefix}-{one.id}", before)) / 100
    store.projects.update(project_id, settings={FLOORS: floors})


# -- accepting -------------------------------------------------------------------------------------


def _accept(workspace: Workspace, choice: Choice) -> None:
    n = choice.trust.accepted.n_accepted
    st.button(
        ngettext("Accept this {n}", "Accept these {n}", n),
        type="primary",
        key="results-accept",
        icon=":material/done_all:",
        disabled=not n,
        help=_("Undo takes all back."),
        on_click=accept,
        args=(workspace.project_id, state.author.get()),
    )


def will(choice: Choice) -> str:
    """What accepting changes."""
    members = choice.standing.members()[choice.trust.rows[choice.trust.accepted.rows]]
    named = [*zip(members.sum(axis=0).tolist(), choice.standing.classes, strict=True)]
    named.append((int((~members.any(axis=1)).sum()), _("None of these")))
    parts = [tr("{n} {name}", n=f"{n:,}", name=name) for n, name in sorted(named, key=lambda one: -one[0]) if n]
    shown = parts[:SPELLED_OUT] + ([_("and others")] if len(parts) > SPELLED_OUT else [])
    return tr(
        "Accepting labels them as predicted ({parts}), marked as accepted in bulk: no model learns from these labels.",
        parts=feedback.plain(", ".join(shown)),
    )


@feedback.in_callback
def accept(project_id: int, author: str) -> None:
    """Write what the model says of the items that the project trusts it with, as it stands now: one act, one undo."""
    workspace = resources.workspace(project_id)
    workspace.sync()
    snapshot = fitting.model(workspace).snapshot
    if snapshot is None:
        return
    choice = of(workspace, snapshot)
    labels = labels_of(workspace, choice.standing, choice.trust.rows[choice.trust.accepted.rows])
    if not labels:
        return
    entry = resources.store().journal.label_many(
        project_id, labels, author=author, source="model", expect=dict.fromkeys(labels)
    )
    desk = desks.of(project_id)
    desk.accepted = entry.id
    desk.say(ngettext("{n} prediction accepted", "{n} predictions accepted", entry.n_changes))
    desk.list_rows("work")


def labels_of(workspace: Workspace, standing: Standing, rows: NDArray[np.int64]) -> dict[int, Label]:
    """Item -> what the model says of it as a label."""
    ids = [one.id for one in workspace.classes]
    members = standing.members()[rows]
    found: dict[int, Label] = {}
    for row, own in zip(rows.tolist(), members, strict=True):
        places = np.flatnonzero(own).tolist()
        several = tuple(sorted(ids[place] for place in places))
        found[int(workspace.ids[row])] = "none" if not places else several if workspace.multi_label else several[0]
    return found


def _show_work(project_id: int) -> None:
    desks.of(project_id).list_rows("work")


def _missing(workspace: Workspace, trust: Trust) -> None:
    """The way to the check items that are still to be labelled."""
    if not trust.missing or not len(workspace.audit_rows()):
        return
    words = ngettext("Label {n} check item", "Label {n} check items", trust.missing)
    if st.button(words, key="results-check", icon=":material/casino:", help=_(MISSING)):
        queue_bar.ask_for(workspace.project_id, "check")
        st.switch_page(LABEL_PAGE, query_params=state.query())


MISSING = N_("Drawn at random, whatever the model thinks: ten of them tell honestly how many predictions are wrong.")
