"""Which columns of the file one wants to see beside the items; each person's own choice, for the table and the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core.data.store.records import PERSONAL
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

LOOKED_AT = 2_000
"""Items whose columns are looked at: every import has the same ones in all its rows."""
MOST_COLUMNS = 6
LONGEST = 200


def known(workspace: Workspace) -> list[str]:
    """The columns that the files had besides text and label, in their order."""

    def find() -> list[str]:
        found = resources.store().items.metas(workspace.project_id, LOOKED_AT)
        return list(dict.fromkeys(name for row in found for name in row))

    names: list[str] = state.remember("columns.known", _key(workspace), find)
    return names


def chosen(workspace: Workspace) -> list[str]:
    """Those that this person wants to see."""
    kept = workspace.project.settings.get(_setting())
    names = set(known(workspace)) if kept else set()
    return [one for one in kept if one in names][:MOST_COLUMNS] if isinstance(kept, list) else []


def values(workspace: Workspace, names: list[str]) -> list[list[str]]:
    """For each column the value of every item, as text."""
    if not names:
        return []

    def read() -> list[list[str]]:
        rows = resources.store().items.metas(workspace.project_id)
        return [[text_of(row.get(name)) for row in rows] for name in names]

    found: list[list[str]] = state.remember("columns.values", (*_key(workspace), tuple(names)), read)
    return found


def of_item(workspace: Workspace, item: int, names: list[str]) -> list[tuple[str, str]]:
    """(column, value) of one item, without what is empty."""
    if not names:
        return []
    meta = resources.store().items.get(item).meta
    return [(name, text) for name in names if (text := text_of(meta.get(name)))]


def of_row(workspace: Workspace, row: int, names: list[str]) -> list[tuple[str, str]]:
    """The same for one of many rows, from what is read once for all of them."""
    return [(name, own[row]) for name, own in zip(names, values(workspace, names), strict=True) if own[row]]


def text_of(value: Any) -> str:  # noqa: ANN401
    """A value of a file as text."""
    return "" if value is None else str(value)[:LONGEST]


def choose(workspace: Workspace) -> None:
    """Let the person choose; nothing is drawn where the files had no other columns."""
    if not (names := known(workspace)):
        return
    key = f"columns-{workspace.project_id}-{state.author.get()}"
    with st.popover(_("Columns"), icon=":material/view_column:"):
        st.multiselect(
            _("Columns of the file to show"),
            names,
            default=chosen(workspace),
            max_selections=MOST_COLUMNS,
            key=key,
            help=_("In the table and beside the item on Label."),
            on_change=_keep,
            args=(workspace.project_id, _setting(), key),
        )


@feedback.in_callback
def _keep(project_id: int, setting: str, key: str) -> None:
    if (names := state.widget_value(key)) is not state.GONE:
        resources.store().projects.update(project_id, settings={setting: list(names)})


def _key(workspace: Workspace) -> tuple[object, ...]:
    return (workspace.project_id, len(workspace.ids))


def _setting() -> str:
    return f"{PERSONAL}columns:{state.author.get()}"
