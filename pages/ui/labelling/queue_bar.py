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
    from collections.abc import Mapping

    from fsl_core.workspace import Workspace

STATES: dict[queueing.State, str] = {
    "missing": N_("Without a label"),
    "any": N_("With a label"),
    "": N_("All"),
}
MOST_SHARE = 30


def wish(workspace: Workspace, desk: Desk) -> queueing.Wish:
    """Draw the controls and read them. What is chosen is kept with the project, for each person."""
    keys = _settle(workspace)
    keep = {"on_change": _keep, "args": (workspace.project_id, _setting(), keys)}
    with st.container(horizontal=True, vertical_alignment="bottom", key="label-queue"):
        _strategy(keys["strategy"], keep)
        with st.popover(_filter_title(keys), icon=":material/filter_list:"):
            _filters(workspace, keys, keep)
            st.divider()
            _share(workspace)
    return queueing.Wish(search=desk.search, **_chosen(keys))


def _settle(workspace: Workspace) -> dict[str, str]:
    """Field of the wish -> its widget key, each with a value that there is: chosen now, kept, or the first."""
    found = workspace.project.settings.get(_setting())
    kept = dict(found) if isinstance(found, dict) else {}
    kept["strategy"] = registry.strategies().canonical(kept.get("strategy", ""))
    options: dict[str, list[object]] = {
        "strategy": list(_strategies()),
        "state": list(STATES),
        "predicted": [None, *(one.id for one in workspace.classes)],
        "flagged": [False, True],
        "unsure": [False, True],
    }
    keys = {field: f"label-{field}-{workspace.project_id}-{state.author.get()}" for field in options}
    for field, values in options.items():
        key = keys[field]
        value = st.session_state.get(key, kept.get(field))
        if key not in st.session_state or value not in values:
            st.session_state[key] = value if value in values else values[0]
    return keys


def _setting() -> str:
    """A setting of its own for each person, so that two never overwrite each other."""
    return f"{PERSONAL}queue:{state.author.get()}"


def _chosen(keys: Mapping[str, str]) -> dict[str, Any]:
    return {field: st.session_state[key] for field, key in keys.items()}


@feedback.in_callback
def _keep(project_id: int, setting: str, keys: Mapping[str, str]) -> None:
    resources.store().projects.update(project_id, settings={setting: _chosen(keys)})


def _strategies() -> dict[str, tuple[str, str]]:
    """Name -> title and summary."""
    # One that needs a query is the search of the card.
    kinds = {name: kind.info for name, kind in registry.strategies().items() if not kind.info.needs_query}
    second = (N_("Second opinion"), N_("Shows items that others have labelled and you have not."))
    return {**{name: (info.title, info.summary) for name, info in kinds.items()}, queueing.SECOND: second}


def _strategy(key: str, keep: Mapping[str, Any]) -> None:
    kinds = _strategies()
    st.selectbox(
        _("What comes next"),
        list(kinds),
        format_func=lambda name: _(kinds[name][0]),
        key=key,
        help="\n\n".join(f"**{_(title)}**: {_(summary)}" for title, summary in kinds.values()),
        **keep,
    )


def _filter_title(keys: Mapping[str, str]) -> str:
    on = queueing.Wish(**_chosen(keys)).filters
    return ngettext("{n} filter", "{n} filters", on) if on else _("Filter")


def _filters(workspace: Workspace, keys: Mapping[str, str], keep: Mapping[str, Any]) -> None:
    st.segmented_control(
        _("Items"), list(STATES), required=True, format_func=lambda one: _(STATES[one]), key=keys["state"], **keep
    )
    names = {one.id: one.name for one in workspace.classes}
    st.selectbox(
        _("The model expects"),
        list(names),
        index=None,
        placeholder=_("any class"),
        format_func=lambda one: names.get(one, ""),
        key=keys["predicted"],
        **keep,
    )
    st.toggle(_("Flagged"), key=keys["flagged"], **keep)
    st.toggle(
        _("The model is unsure"),
        key=keys["unsure"],
        help=tr("Its best class has less than {n} %.", n=round(100 * queueing.LOW)),
        **keep,
    )


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
