"""The controls above the card: what comes next, and which items at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import registry
from fsl_core.data.store.records import PERSONAL
from fsl_core.evaluation import streams
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import N_, _, ngettext, tr
from pages.ui.labelling import queueing
from pages.ui.labelling.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fsl_core.workspace import Workspace

STATES: dict[queueing.State, str] = {
    "missing": N_("Without a label"),
    "any": N_("With a label"),
    "": N_("All"),
    "check": N_("Check items"),
}
MOST_SHARE = 30


def wish(workspace: Workspace, desk: Desk) -> queueing.Wish:
    """Draw the controls and read them. What is chosen is kept with the project, for each person."""
    chosen = _chosen(workspace)
    with st.container(horizontal=True, vertical_alignment="bottom", key="label-queue"):
        _strategy(chosen["strategy"], _kept_under(workspace, "strategy"))
        with st.popover(_filter_title(chosen), icon=":material/filter_list:"):
            _filters(workspace, chosen)
            st.divider()
            _share(workspace)
    return queueing.Wish(search=desk.search, **chosen)


def _chosen(workspace: Workspace) -> dict[str, Any]:
    """Field of the wish -> a value that there is: chosen now, kept with the project, or the first.

    Each control is given it as what it begins with, and nothing is put into the session state: the browser makes what
    is in a popover when that is first opened, and would begin with the least value and send that as a choice.
    """
    found = workspace.project.settings.get(_setting())
    kept = dict(found) if isinstance(found, dict) else {}
    kept["strategy"] = registry.strategies().canonical(kept.get("strategy", ""))
    return {
        field: next(value for value in (_now(workspace, field), kept.get(field), values[0]) if value in values)
        for field, values in _options(workspace).items()
    }


def _options(workspace: Workspace) -> dict[str, list[object]]:
    """Field of the wish -> what it may be, the usual value first."""
    return {
        "strategy": list(_strategies()),
        "state": list(STATES),
        "predicted": [None, *(one.id for one in workspace.classes)],
        "flagged": [False, True],
        "unsure": [False, True],
    }


def _now(workspace: Workspace, field: str) -> object:
    return state.widget_value(_key(workspace, field))


def _key(workspace: Workspace, field: str) -> str:
    return f"label-{field}-{workspace.project_id}-{state.author.get()}"


def _setting() -> str:
    """A setting of its own for each person, so that two never overwrite each other."""
    return f"{PERSONAL}queue:{state.author.get()}"


def _kept_under(workspace: Workspace, field: str) -> dict[str, Any]:
    """The key of a control, and what keeps its value once a person has changed it."""
    key = _key(workspace, field)
    values = _options(workspace)[field]
    return {"key": key, "on_change": _keep, "args": (workspace.project_id, _setting(), field, key, values)}


@feedback.in_callback
def _keep(project_id: int, setting: str, field: str, key: str, values: Sequence[object]) -> None:
    """Keep what was changed and nothing else: the other controls may be gone, or never have been seen."""
    value = state.widget_value(key)
    if value not in values:
        return
    projects = resources.store().projects
    kept = projects.get(project_id).settings.get(setting)
    projects.update(project_id, settings={setting: {**(kept if isinstance(kept, dict) else {}), field: value}})


def ask_for(project_id: int, state_: queueing.State) -> None:
    """What the Label page shows next for this person, from another page."""
    setting = _setting()
    projects = resources.store().projects
    kept = projects.get(project_id).settings.get(setting)
    projects.update(project_id, settings={setting: {**(kept if isinstance(kept, dict) else {}), "state": state_}})
    st.session_state.pop(f"label-state-{project_id}-{state.author.get()}", None)


def _strategies() -> dict[str, tuple[str, str]]:
    """Name -> title and summary."""
    # One that needs a query is the search of the card.
    kinds = {name: kind.info for name, kind in registry.strategies().items() if not kind.info.needs_query}
    second = (N_("Second opinion"), N_("Shows items that others have labelled and you have not."))
    return {**{name: (info.title, info.summary) for name, info in kinds.items()}, queueing.SECOND: second}


def _strategy(chosen: str, kept: Mapping[str, Any]) -> None:
    kinds = _strategies()
    st.selectbox(
        _("What comes next"),
        list(kinds),
        index=list(kinds).index(chosen),
        format_func=lambda name: _(kinds[name][0]),
        help="\n\n".join(f"**{_(title)}**: {_(summary)}" for title, summary in kinds.values()),
        **kept,
    )


def _filter_title(chosen: Mapping[str, Any]) -> str:
    on = queueing.Wish(**chosen).filters
    return ngettext("{n} filter", "{n} filters", on) if on else _("Filter")


def _filters(workspace: Workspace, chosen: Mapping[str, Any]) -> None:
    st.segmented_control(
        _("Items"),
        list(STATES),
        default=chosen["state"],
        required=True,
        format_func=lambda one: _(STATES[one]),
        **_kept_under(workspace, "state"),
    )
    names = {one.id: one.name for one in workspace.classes}
    st.selectbox(
        _("The model expects"),
        list(names),
        index=None if chosen["predicted"] is None else list(names).index(chosen["predicted"]),
        placeholder=_("any class"),
        format_func=lambda one: names.get(one, ""),
        **_kept_under(workspace, "predicted"),
    )
    st.toggle(_("Flagged"), value=chosen["flagged"], **_kept_under(workspace, "flagged"))
    st.toggle(
        _("The model is unsure"),
        value=chosen["unsure"],
        help=tr("Its best class has less than {n} %.", n=round(100 * queueing.LOW)),
        **_kept_under(workspace, "unsure"),
    )


def _share(workspace: Workspace) -> None:
    """How many check items come along."""
    key = f"label-share-{workspace.project_id}"
    project_has = min(MOST_SHARE, round(100 * streams.share_of(workspace.project.settings)))
    st.slider(
        _("Check items, %"),
        0,
        MOST_SHARE,
        value=state.widget_value(key, project_has),
        step=5,
        key=key,
        help=_(
            "So many items in a hundred are drawn at random, whatever the model thinks: only they give honest scores."
        ),
        on_change=_keep_share,
        args=(workspace.project_id, key),
    )


@feedback.in_callback
def _keep_share(project_id: int, key: str) -> None:
    if (share := state.widget_value(key)) is not state.GONE:
        resources.store().projects.update(project_id, settings={"audit_share": share / 100})
