"""Items that are (nearly) the same but labelled differently, side by side; one key gives all one label."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.jobs.tasks import label_check
from pages.ui.checking import session
from pages.ui.kit.feedback import plain
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Label
    from fsl_core.jobs.tasks.label_check import Twins
    from fsl_core.workspace import Workspace

SECTION: session.Section = "twins"
MOST_SHOWN = 6


def section(workspace: Workspace) -> None:
    """The whole section."""
    project_id = workspace.project_id
    desk = session.desks.of(project_id)
    found = session.findings(workspace, SECTION, lambda _report: label_check.twins(workspace))
    if found is None:
        return
    settled = session.kept(project_id)
    still = [one for one in found if _stands(workspace, one) and key_of(workspace, one) not in settled]
    left = [one for one in still if key_of(workspace, one) not in desk.skipped]
    if not left:
        session.done(
            project_id,
            SECTION,
            _("No twins with different labels"),
            _("No two labelled items are nearly the same and labelled differently.")
            if not still
            else ngettext("{n} was skipped.", "{n} were skipped.", len(still)),
        )
        return
    st.caption(
        ngettext(
            "{n} group of equal or nearly equal items with different labels, the most similar first.",
            "{n} groups of equal or nearly equal items with different labels, the most similar first.",
            len(left),
        )
    )
    _one(workspace, left[0])
    with st.container(horizontal=True, key="check-foot"):
        session.again_button(project_id, SECTION)


def key_of(workspace: Workspace, group: Twins) -> str:
    """The same items with the same labels have the same key."""
    parts = [f"{item}={session.current(workspace, item)}" for item in sorted(group.items)]
    return "twins:" + "|".join(parts)


def _stands(workspace: Workspace, group: Twins) -> bool:
    labels = {session.current(workspace, item) for item in group.items}
    return None not in labels and len(labels) > 1


def _one(workspace: Workspace, group: Twins) -> None:
    project_id, names = workspace.project_id, {c.id: c.name for c in workspace.classes}
    labels = {item: session.current(workspace, item) for item in group.items}
    key = key_of(workspace, group)
    with st.container(border=True, key="check-card"):
        if group.exact:
            st.markdown(_("Equal but for upper and lower case, accents or spaces:"))
        else:
            st.markdown(tr("Nearly equal (cosine {value}):", value=f"{group.similarity:.2f}"))
        columns = st.columns(2, gap="medium")
        for i, item in enumerate(group.items[:MOST_SHOWN]):
            with columns[i % 2]:
                _item(workspace, item, labels[item], names)
        if (rest := len(group.items) - MOST_SHOWN) > 0:
            st.caption(ngettext("and {n} more", "and {n} more", rest))
        with st.container(horizontal=True, key="check-keys"):
            choices: list[Label] = list(dict.fromkeys(labels.values()))
            for i, label in enumerate(choices[:9]):
                changes = {item: label for item in group.items if labels[item] != label}
                st.button(
                    tr("All {name}", name=plain(label_words(label, names))),
                    type="primary",
                    key=f"check-all-{i}-{key}",
                    shortcut=str(i + 1),
                    on_click=session.relabel,
                    args=(project_id, changes, labels, key, {"check": SECTION}),
                )
            session.buttons(project_id, key, keep_label=_("Keep both"), flag_items=group.items)


def _item(workspace: Workspace, item: int, label: Label, names: dict[int, str]) -> None:
    color = session.color(workspace, label)
    shown = session.short_html(workspace, workspace.position[item], session.MAX_TEXT)
    st.html(
        f'{session.STYLE}<div class="hf-side" style="--side:{color}"><div class="head"><span class="chip" '
        f'style="background:{color}"></span>{escape(label_words(label, names))}</div>'
        f'<div class="near">{shown}</div>'
        f'<div class="soft">{escape(session.origin(workspace, item))}</div></div>'
    )
