"""What was tried stays, if one wants: as an item of the project, with a label or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.data import images
from fsl_core.data.store.records import digest_of
from pages.ui.kit import adding, feedback, resources, state
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Label
    from fsl_core.workspace import Explanation, Workspace

NO_LABEL, NONE = 0, -1
"""What may be chosen beside the ids of the classes."""


def offer(workspace: Workspace, text: str, answer: Explanation, picture: bytes | None = None) -> None:
    """A row under the answer: say what it is, and keep it; one that is there already is labelled."""
    said = [one.id for one in workspace.classes if one.name in _said(answer)]
    names = {NO_LABEL: _("Without a label"), NONE: _("None of these")} | {one.id: one.name for one in workspace.classes}
    key = f"try-keep-{workspace.project_id}-{digest_of(text)[:12]}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="try-keep"):
        if workspace.multi_label:
            chosen = st.multiselect(
                _("What it is"),
                list(names),
                default=said,
                format_func=lambda one: names[one],
                key=f"{key}-several",
                placeholder=_("Without a label"),
                width=320,
            )
        else:
            order = [*said, *(one for one in names if one not in said)]
            one = st.selectbox(
                _("What it is"),
                order,
                format_func=lambda one: names[one],
                key=f"{key}-one",
                width=320,
            )
            chosen = [one if one is not None else NO_LABEL]
        st.button(
            _("Keep it in the project"),
            key="try-keep-go",
            icon=":material/playlist_add:",
            help=_("It becomes an item like the others, and with a label the model learns from it."),
            on_click=_keep,
            args=(workspace.project_id, text, picture, tuple(chosen)),
        )


def _said(answer: Explanation) -> set[str]:
    """What the model answered: nothing where it is like nothing here."""
    if answer.unknown:
        return set()
    if answer.members is not None:
        return {name for name, on in zip(answer.classes, answer.members, strict=True) if on}
    return {answer.classes[int(answer.probabilities.argmax())]}


@feedback.in_callback
def _keep(project_id: int, text: str, picture: bytes | None, chosen: tuple[int, ...]) -> None:
    from fsl_core.data.store import NewItem

    store = resources.store()
    found = store.projects.get(project_id)
    blob = None if picture is None else images.keep(picture, text).blob
    item = adding.add(store, found, NewItem(text=text, blob=blob))
    label = _label(chosen, several=bool(found.settings.get("multi_label")))
    if label is not None:
        adding.give(store, found, item, label)
    name = next((one.name for one in store.classes.list(project_id) if one.id in chosen), "")
    state.notice.set(tr("Kept, as {name}", name=feedback.plain(name)) if name else _("Kept in the project"))


def _label(chosen: tuple[int, ...], *, several: bool) -> Label:
    if NONE in chosen:
        return "none"
    ids = tuple(one for one in chosen if one > 0)
    if not ids:
        return None
    return ids if several else ids[0]
