"""The demonstrations of a prompt as a list: move one up or down, leave it out, put all back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.base.texts import shorten
from pages.ui.kit import feedback
from pages.ui.kit.state import Value
from pages.ui.kit.text import _, ngettext

if TYPE_CHECKING:
    from fsl_core.learning.prompting.lens import Look
    from fsl_core.learning.prompting.template import Demonstration

Order = tuple["Demonstration", ...]
_kept: Value[tuple[object, Order] | None] = Value("handful.prompt_order", None)
"""What was asked about, and the demonstrations as the person left them."""
PREVIEW = 160


def chosen(key: object, first: Look) -> Order:
    """The demonstrations as the person left them for this text, else those that were chosen."""
    kept = _kept.get()
    return kept[1] if kept is not None and kept[0] == key else first.built.shown


def draw(key: object, first: Look, now: Look) -> None:
    """The list. What is pressed changes the order before the next look."""
    shown, sizes = now.built.shown, now.demonstration_tokens
    st.subheader(
        ngettext("{n} demonstration", "{n} demonstrations", len(shown)) if shown else _("No demonstrations"),
        anchor=False,
    )
    if first.built.shown != shown:
        st.button(_("Put all back"), key="prompt-back", icon=":material/undo:", on_click=_kept.clear, type="tertiary")
    for place, (one, tokens) in enumerate(zip(shown, sizes, strict=True)):
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"prompt-demo-{place}", gap="small"
        ):
            words = shorten(one.text, PREVIEW)
            with st.container(gap=None):
                st.markdown(f"**{feedback.plain(one.label)}**")
                st.text(words)
                st.caption(ngettext("{n} token", "{n} tokens", tokens))
            _button("up", place, place > 0, key, _swapped(shown, place, place - 1))
            _button("down", place, place + 1 < len(shown), key, _swapped(shown, place, place + 1))
            _button("out", place, True, key, (*shown[:place], *shown[place + 1 :]))


def _button(what: str, place: int, possible: bool, key: object, order: Order) -> None:
    words = {"up": _("Move up"), "down": _("Move down"), "out": _("Leave out")}
    icons = {"up": "arrow_upward", "down": "arrow_downward", "out": "close"}
    st.button(
        "",
        key=f"prompt-{what}-{place}",
        icon=f":material/{icons[what]}:",
        help=words[what],
        disabled=not possible,
        on_click=_kept.set,
        args=((key, order),),
        type="tertiary",
    )


def _swapped(shown: Order, a: int, b: int) -> Order:
    if not (0 <= b < len(shown)):
        return shown
    order = list(shown)
    order[a], order[b] = order[b], order[a]
    return tuple(order)
