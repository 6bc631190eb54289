"""Split a class: choose some of its items, by search or from the list, and give them a class of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fsl_core.learning.choosing.search import Filters
from pages.ui.classes import acts
from pages.ui.kit import feedback, resources, state, thumbnails
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import N_, _, ngettext, of_kind, tr

if TYPE_CHECKING:
    from fsl_core.data.store import ClassInfo
    from fsl_core.workspace import Workspace

SHOWN = 20
_chosen: state.Value[tuple[int, frozenset[int]]] = state.Value("handful.classes.split", (0, frozenset()))


def split(workspace: Workspace, one: ClassInfo) -> None:
    """The whole act."""
    asked = st.text_input(
        _("Find items to split off"),
        key=f"class-split-find-{one.id}",
        placeholder=of_kind(
            workspace.of_images,
            N_("Words or a meaning; empty shows all of them"),
            N_("Part of a file name or a meaning; empty shows all of them"),
        ),
        icon=":material/search:",
    )
    ids, n_literal = _found(workspace, one, (asked or "").strip())
    chosen = _of(one.id) & _members(workspace, one)
    if asked:
        words = ngettext("{n} item contains these words.", "{n} items contain these words.", n_literal)
        if workspace.of_images:
            words = ngettext("{n} picture is called that.", "{n} pictures are called that.", n_literal)
        st.caption(f"{words} {_('After them come those that mean something similar.')}")
    with st.container(horizontal=True, vertical_alignment="center", key="class-split-all"):
        literal = ids[:n_literal] if asked else ids
        st.button(
            ngettext("Choose {n}", "Choose all {n}", len(literal)),
            key=f"class-split-choose-{one.id}",
            icon=":material/select_all:",
            disabled=not literal,
            on_click=_choose,
            args=(one.id, tuple(literal), True),
        )
        st.button(
            _("Choose none"),
            key=f"class-split-none-{one.id}",
            type="tertiary",
            disabled=not chosen,
            on_click=_choose,
            args=(one.id, tuple(chosen), False),
        )
    pictures = workspace.of_images
    with st.container(key=f"class-split-items-{one.id}", gap="small" if pictures else "xxsmall", horizontal=pictures):
        for item in ids[:SHOWN]:
            key, row = f"class-split-item-{item}", workspace.position[item]
            st.session_state[key] = item in chosen
            text = " ".join(workspace.texts[row].split())
            text = plain(text[: 24 if pictures else 140]) or _("empty")
            with st.container(width=132 if pictures else "stretch", gap="xxsmall"):
                if pictures:
                    st.html(thumbnails.html(thumbnails.address(workspace, row), height=96))
                st.checkbox(text, key=key, on_change=_tick, args=(one.id, item, key))
    if len(ids) > SHOWN:
        st.caption(tr("{n} more; search to see others.", n=f"{len(ids) - SHOWN:,}"))
    _name_and_go(workspace, one, chosen)


def _name_and_go(workspace: Workspace, one: ClassInfo, chosen: frozenset[int]) -> None:
    name = st.text_input(_("Name of the new class"), max_chars=200, key=f"class-split-name-{one.id}-{acts.round_no()}")
    name = (name or "").strip()
    if chosen:
        items = ngettext("{n} item", "{n} items", len(chosen))
        st.markdown(tr("“{name}” → “{new}”: {items}.", name=plain(one.name), new=plain(name) or "…", items=items))
    feedback.act(
        _("Split off"),
        _split,
        workspace.project_id,
        one,
        tuple(sorted(chosen)),
        name,
        type="primary",
        icon=":material/call_split:",
        key=f"class-split-go-{one.id}",
        disabled=not chosen,  # a name just typed counts at the click, so the button waits for none
    )


def _split(project_id: int, one: ClassInfo, items: Sequence[int], name: str) -> None:
    classes, author = resources.store().classes, state.author.get()
    sentence = tr("“{new}” was split off “{name}”.", new=plain(name), name=plain(one.name))
    acts.perform(project_id, sentence, lambda: classes.split(project_id, one.id, items, name, author))
    _chosen.clear()


def _found(workspace: Workspace, one: ClassInfo, asked: str) -> tuple[list[int], int]:
    """Items of the class, those that contain the words first, and how many do."""
    place = [other.id for other in workspace.classes].index(one.id)
    if not asked:
        rows = np.flatnonzero(workspace.label_matrix()[:, place])
        return [int(item) for item in workspace.ids[rows]], len(rows)
    found = workspace.search(asked, Filters(label=place), limit=len(workspace.ids))
    order = np.argsort(~found.in_text, kind="stable")
    return [int(item) for item in workspace.ids[found.rows[order]]], int(found.in_text.sum())


def _members(workspace: Workspace, one: ClassInfo) -> frozenset[int]:
    return frozenset(_found(workspace, one, "")[0])


def _of(class_id: int) -> frozenset[int]:
    kept, items = _chosen.get()
    return items if kept == class_id else frozenset()


def _choose(class_id: int, items: Sequence[int], on: bool) -> None:
    _chosen.set((class_id, _of(class_id) | set(items) if on else _of(class_id) - set(items)))


def _tick(class_id: int, item: int, key: str) -> None:
    if (on := state.widget_value(key)) is not state.GONE:
        _choose(class_id, (item,), bool(on))
