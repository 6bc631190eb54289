"""The classes of one project as a list: colour, key, count, description; each opens into its acts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from fsl_core.plotting.palette import class_color
from pages.ui.classes import acts as class_acts
from pages.ui.classes import name_prior, split
from pages.ui.components.card import card
from pages.ui.kit import colours, feedback, resources, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.projects import creating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import ClassInfo
    from fsl_core.workspace import Workspace

SHOWN = 30
ACTS = {
    "edit": ":material/edit:",
    "merge": ":material/merge:",
    "split": ":material/call_split:",
    "delete": ":material/delete:",
}
STYLE = """<style>
.hf-class { display: grid; grid-template-columns: 0.9rem 1fr auto auto; gap: 0 0.6rem; align-items: baseline; }
.hf-class .chip { width: 0.9rem; height: 0.9rem; border-radius: 0.25rem; align-self: center; }
.hf-class .name { font-weight: 600; overflow-wrap: anywhere; min-width: 0; }
.hf-class .cap { border: 1px solid color-mix(in srgb, currentColor 45%, transparent); border-radius: 0.3rem;
  font-size: 0.82rem; line-height: 1.35rem; width: 1.6rem; text-align: center; }
.hf-class .num { font-variant-numeric: tabular-nums; min-width: 2.2rem; text-align: right; }
.hf-class .text { grid-column: 2 / -1; opacity: 0.8; font-size: 0.9rem; overflow-wrap: anywhere; }
[class*="st-key-class-box-"] { padding: 0.3rem 0.9rem; }
[class*="st-key-class-box-"]:has([class*="st-key-class-act-"]) { padding-bottom: 1rem; }
[class*="st-key-class-row-"] > div:first-child { min-width: 0; }
[class*="st-key-class-row-"] { flex-wrap: nowrap !important; }
/* "Change" and "Close" take the same room, so that keys and counts stay below each other. */
@media (min-width: 640px) {
  [class*="st-key-class-edit-"] button { min-width: 6.2rem; justify-content: flex-end; }
}
</style>"""


class Wanted(NamedTuple):
    """What the fields of a class say now; ``place`` counts from 1."""

    name: str
    description: str
    key: str
    color: str
    place: int


def class_list(workspace: Workspace) -> None:
    """Search field, the classes, and the one that is open."""
    classes = workspace.classes
    asked = ""
    if len(classes) > 8:
        asked = st.text_input(
            _("Find a class"),
            key="classes-find",
            placeholder=_("Part of its name or description"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
    wanted = (asked or "").strip().casefold()
    found = [i for i, one in enumerate(classes) if wanted in f"{one.name}\n{one.description}".casefold()]
    if not found:
        st.caption(_("No class is called that."))
    shown = found if st.session_state.get("classes-all") or len(found) <= SHOWN + 5 else found[:SHOWN]
    counts, caps = class_acts.counts(workspace), card.key_caps(classes)
    st.html(STYLE)
    with st.container(key="classes-list", gap="xxsmall"):
        for i in shown:
            _row(workspace, i, counts[classes[i].id], caps[i])
    if len(shown) < len(found):
        st.button(
            tr("Show all {n}", n=len(found)), key="classes-show-all", icon=":material/expand_more:", on_click=_show_all
        )


def _show_all() -> None:
    st.session_state["classes-all"] = True


def _row(workspace: Workspace, place: int, n: int, cap: str) -> None:
    one = workspace.classes[place]
    color = colours.color_of(workspace, place)
    opened = class_acts.opened()
    with st.container(border=True, key=f"class-box-{one.id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", key=f"class-row-{one.id}", gap="small"):
            text = f'<span class="text">{escape(one.description)}</span>' if one.description else ""
            key = f'<span class="cap" title="{escape(_("Its key"))}">{escape(cap)}</span>' if cap else "<span></span>"
            items = escape(ngettext("{n} item", "{n} items", n))
            name = escape(one.name).replace("_", "_<wbr>")  # a long name breaks there first
            st.html(
                f'<div class="hf-class"><span class="chip" style="background:{color}"></span>'
                f'<span class="name">{name}</span>{key}'
                f'<span class="num" title="{items}">{n:,}</span>{text}</div>',
                width="stretch",
            )
            is_open = opened is not None and opened[0] == one.id
            st.button(
                _("Close") if is_open else _("Change"),
                key=f"class-edit-{one.id}",
                icon=":material/expand_less:" if is_open else ":material/edit:",
                type="tertiary",
                help=tr("Close {name}", name=plain(one.name)) if is_open else tr("Change {name}", name=plain(one.name)),
                on_click=class_acts.open_act,
                args=(one.id, opened[1] if is_open and opened else "edit"),
            )
        if is_open and opened is not None:
            _panel(workspace, place, n, opened[1])


def _panel(workspace: Workspace, place: int, n: int, act: str) -> None:
    one = workspace.classes[place]
    names = {"edit": _("Change"), "merge": _("Merge"), "split": _("Split off"), "delete": _("Delete")}
    key = f"class-act-{one.id}"
    if st.session_state.get(key) != act:
        st.session_state[key] = act
    st.segmented_control(
        _("What to do"),
        list(ACTS),
        format_func=lambda name: f"{ACTS[name]} {names[name]}",
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=_switch,
        args=(one.id, key),
    )
    if act == "merge":
        class_acts.merge(workspace, one, n)
    elif act == "split":
        split.split(workspace, one)
    elif act == "delete":
        class_acts.delete(workspace, one, n)
    else:
        _edit(workspace, place, n)


def _switch(class_id: int, key: str) -> None:
    if (act := state.widget_value(key)) is not state.GONE:
        class_acts.open_act(class_id, act or "edit")


# -- name, description, key, colour, place ---------------------------------------------------------


def _edit(workspace: Workspace, place: int, n: int) -> None:
    one = workspace.classes[place]
    shown = colours.color_of(workspace, place)
    key = f"{one.id}-{class_acts.round_no()}"
    name = st.text_input(_("Name"), value=one.name, max_chars=200, key=f"class-name-{key}")
    description = st.text_input(
        _("Description in one line"),
        value=one.description,
        key=f"class-description-{key}",
        help=_("The model reads it together with the name, before and beside your labels."),
    )
    with st.container(horizontal=True, key=f"class-small-{one.id}"):
        with st.container(width=90):
            cap = st.text_input(
                _("Key"),
                value=one.key,
                max_chars=1,
                key=f"class-key-{key}",
                help=_("A digit or letter; empty: by place."),
            )
        color = st.color_picker(_("Colour"), value=shown, key=f"class-color-{key}")
        with st.container(width=150):
            to = st.number_input(_("Place"), 1, len(workspace.classes), place + 1, key=f"class-place-{key}")
    chosen = "" if color.lower() == class_color(place).lower() else color
    wanted = Wanted(
        (name or "").strip(),
        (description or "").strip(),
        (cap or "").strip().lower(),
        chosen if color.lower() != shown.lower() else one.color,
        int(to),
    )
    lines = _preview(workspace, place, n, wanted)
    for line in lines:
        st.markdown(line)
    problem = bool(wanted.key) and wanted.key not in card.KEYS
    if problem:
        st.warning(tr("Key {key} is taken by the card itself, or is no digit or letter.", key=plain(wanted.key)))
    with st.container(horizontal=True, key=f"class-buttons-{one.id}"):
        feedback.act(
            _("Save"),
            _save,
            workspace.project_id,
            one,
            [other.id for other in workspace.classes],
            wanted if lines else None,
            type="primary",
            key=f"class-save-{one.id}",
            icon=":material/check:",
            disabled=problem,  # what was just typed counts at the click, so it does not wait for a change
        )


def _preview(workspace: Workspace, place: int, n: int, wanted: Wanted) -> list[str]:
    one = workspace.classes[place]
    lines = []
    if wanted.name != one.name:
        lines.append(
            tr("“{name}” becomes “{new}”.", name=plain(one.name), new=plain(wanted.name))
            + " "
            + ngettext("{n} label stays.", "All {n} labels stay.", n)
        )
    if wanted.description != one.description:
        now = name_prior.described(workspace)
        words = name_prior.change(workspace, now, {**now, one.name: wanted.description})
        lines.append(" ".join([_("The description changes."), words]))
    if wanted.key != one.key:
        lines.append(
            tr("Its key becomes {key}.", key=plain(wanted.key)) if wanted.key else _("Its key follows its place again.")
        )
    if wanted.color != one.color:
        lines.append(_("Its colour changes here, on the card and on the map."))
    if wanted.place != place + 1:
        lines.append(
            tr("It moves from place {old} to {new}; keys by place move along.", old=place + 1, new=wanted.place)
        )
    return lines


def _save(project_id: int, one: ClassInfo, order: Sequence[int], wanted: Wanted | None) -> None:
    if wanted is None:
        state.notice.set(_("Nothing was changed."))
        return
    classes, author = resources.store().classes, state.author.get()
    moved = [other for other in order if other != one.id]
    moved.insert(wanted.place - 1, one.id)
    acts = [
        lambda: classes.update(
            one.id,
            name=wanted.name,
            description=wanted.description,
            key=wanted.key,
            color=wanted.color,
            author=author,
        )
    ]
    if list(order) != moved:
        acts.append(lambda: classes.reorder(project_id, moved, author=author))  # type: ignore[arg-type,return-value]
    class_acts.perform(project_id, tr("“{name}” was changed.", name=plain(wanted.name)), *acts)


# -- add and sort ----------------------------------------------------------------------------------


def add_form(project_id: int) -> None:
    """A box to add classes, one a line."""
    with st.form(f"classes-form-{project_id}", clear_on_submit=True, border=False):
        lines = st.text_area(
            _("Add classes, one per line"),
            height=100,
            key=f"classes-add-{project_id}",
            placeholder=_("Refund: the customer wants money back\nDelivery"),
            help=_("Write a short description after a colon: the model reads it before the first label."),
        )
        if st.form_submit_button(_("Add"), icon=":material/add:", key=f"classes-go-{project_id}"):
            _add(project_id, lines)


@feedback.guard
def _add(project_id: int, lines: str) -> None:
    if not (new := creating.new_classes(creating.parse_classes(lines))):
        st.warning(_("Type a class name first."))
        return
    classes, author = resources.store().classes, state.author.get()
    words = ngettext("{n} class added.", "{n} classes added.", len(new))
    class_acts.perform(project_id, words, lambda: classes.add_many(project_id, new, author=author))
    resources.projects_changed()
    st.rerun()


def sort_menu(workspace: Workspace) -> None:
    """The whole list in another order, in one act."""
    counts = class_acts.counts(workspace)
    orders = {
        "name": (_("By name"), sorted(workspace.classes, key=lambda one: one.name.casefold())),
        "count": (_("Most labels first"), sorted(workspace.classes, key=lambda one: -counts[one.id])),
    }
    with st.popover(_("Sort"), icon=":material/sort:", type="tertiary", key="classes-sort"):
        st.caption(_("Keys by place move along."))
        for name, (title, classes) in orders.items():
            st.button(
                title,
                key=f"classes-sort-{name}",
                width="stretch",
                disabled=classes == workspace.classes,
                on_click=_reorder,
                args=(workspace.project_id, [one.id for one in classes]),
            )


@feedback.in_callback
def _reorder(project_id: int, ids: list[int]) -> None:
    classes, author = resources.store().classes, state.author.get()
    class_acts.perform(
        project_id, _("The classes were sorted."), lambda: classes.reorder(project_id, ids, author=author)
    )
