"""The controls above the card: what comes next, and which items at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry, streams
from pages.ui import outbox, queueing, resources
from pages.ui.text import N_, _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

STATES: dict[queueing.State, str] = {
    "missing": N_("Without a label"),
    "any": N_("With a label"),
    "": N_("All"),
}
MOST_SHARE = 30


def wish(workspace: Workspace, desk: outbox.Desk) -> queueing.Wish:
    """Draw the controls and read them."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="label-queue"):
        strategy = _strategy()
        with st.popover(_filter_title(), icon=":material/filter_list:"):
            state, predicted, flagged, unsure = _filters(workspace)
            st.divider()
            _share(workspace)
    return queueing.Wish(strategy, desk.search, state, predicted, flagged, unsure)


def _strategy() -> str:
    kinds = {name: (kind.info.title, kind.info.summary) for name, kind in registry.strategies().items()}
    for name in [name for name, kind in registry.strategies().items() if kind.info.needs_query]:
        del kinds[name]  # the search of the card does that
    kinds[queueing.SECOND] = (N_("Second opinion"), N_("Shows items that others have labelled and you have not."))
    first = next(iter(kinds))
    return str(
        st.selectbox(
            _("What comes next"),
            list(kinds),
            format_func=lambda name: _(kinds[name][0]),
            key="label-strategy",
            help="\n\n".join(f"**{_(title)}**: {_(summary)}" for title, summary in kinds.values()),
            persist_state="session",
        )
        or first
    )


def _filter_title() -> str:
    kept = st.session_state
    on = (kept.get("label-state") or "missing") != "missing"
    n = on + bool(kept.get("label-predicted")) + bool(kept.get("label-flagged")) + bool(kept.get("label-unsure"))
    return ngettext("{n} filter", "{n} filters", n) if n else _("Filter")


def _filters(workspace: Workspace) -> tuple[queueing.State, int | None, bool, bool]:
    state = st.segmented_control(
        _("Items"),
        list(STATES),
        default="missing",
        required=True,
        format_func=lambda one: _(STATES[one]),
        key="label-state",
        persist_state="session",
    )
    names = {one.id: one.name for one in workspace.classes}
    kept = st.session_state.get("label-predicted")
    if kept is not None and kept not in names:
        st.session_state["label-predicted"] = None
    predicted = st.selectbox(
        _("The model expects"),
        list(names),
        index=None,
        placeholder=_("any class"),
        format_func=lambda one: names.get(one, ""),
        key="label-predicted",
        persist_state="session",
    )
    flagged = st.toggle(_("Flagged"), key="label-flagged", persist_state="session")
    unsure = st.toggle(
        _("The model is unsure"),
        key="label-unsure",
        help=tr("Its best class has less than {n} %.", n=round(100 * queueing.LOW)),
        persist_state="session",
    )
    return state if state is not None else "missing", predicted, bool(flagged), bool(unsure)


def _share(workspace: Workspace) -> None:
    """How many check items come along."""
    key = f"label-share-{workspace.project_id}"
    if key not in st.session_state:
        st.session_state[key] = min(MOST_SHARE, round(100 * streams.share_of(workspace.project.settings)))
    st.slider(
        _("Check items, %"),
        0,
        MOST_SHARE,
        step=5,
        key=key,
        help=_(
            "So many items in a hundred are drawn at random, whatever the model thinks: only they give honest scores."
        ),
        on_change=_keep_share,
        args=(workspace.project_id, key),
    )


def _keep_share(project_id: int, key: str) -> None:
    resources.store().projects.update(project_id, settings={"audit_share": st.session_state[key] / 100})
