"""The five characters as cards, and the dialog in which the visitor draws one of them himself."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.plotting import palette
from pages.ui.components.canvas.canvas import canvas
from pages.ui.drawing import characters
from pages.ui.kit import feedback, state
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.ui.drawing.characters import Character

STYLE = """<style>
.st-key-draw-cards { gap: 0.75rem; }
.st-key-draw-cards > div { flex: 1 1 6.25rem; min-width: 6.25rem; max-width: 8rem; }
.draw-card { margin: 0; text-align: center; }
.draw-card img, .draw-five img {
  width: 100%; aspect-ratio: 1; background: #fff; border-radius: 0.5rem; border: 1px solid light-dark(#ddd3c2, #33414a);
  display: block; box-sizing: border-box;
}
.draw-card img { border-bottom: 5px solid var(--class); }
.draw-card figcaption { margin-top: 0.35rem; font-weight: 600; line-height: 1.3; }
.draw-card small { font-weight: 400; color: light-dark(#566064, #a7afae); }
.draw-five { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 0.4rem; max-width: 24rem; }
</style>"""


def support(five: Sequence[Character]) -> list[bytes]:
    """One PNG a class: the visitor's own drawing where there is one, else the printed one."""
    own = state.drawn.get()
    return [own.get(one.name) or characters.picture(one.name) for one in five]


def cards(five: Sequence[Character]) -> DeltaGenerator:
    """The five with a button each, which ``1`` to ``5`` press. Returns the row, for what comes after them."""
    st.html(STYLE)
    own = state.drawn.get()
    row = st.container(horizontal=True, key="draw-cards")
    for place, (one, png) in enumerate(zip(five, support(five), strict=True)):
        with row.container(key=f"draw-card-{place}", gap="xxsmall", horizontal_alignment="center"):
            alt = tr("The character {name}", name=one.name)
            mine = f" <small>· {_('yours')}</small>" if one.name in own else ""
            st.html(
                f'<figure class="draw-card" style="--class:{palette.class_color(place)}">'
                f'<img src="{url(png)}" alt="{alt}"><figcaption>{one.name}{mine}</figcaption></figure>'
            )
            if st.button(
                _("Redraw"),
                key=f"draw-own-{place}",
                shortcut=str(place + 1),
                type="tertiary",
                help=_("Draw this character yourself; your drawing is then the example of its class."),
            ):
                _own(one)
    return row


def invitation() -> None:
    """The card on the start page: what the demo is, and the one click into it."""
    images = "".join(f'<img src="{url(characters.picture(one.name))}" alt="">' for one in characters.deal(0))
    with st.container(border=True, key="draw-invitation"):
        words, pictures = st.columns([3, 2], gap="medium", vertical_alignment="center")
        with words:
            st.markdown(f"#### {_('Draw a character')}", anchors=False)
            st.markdown(_("Five invented characters, one drawing of each: draw one yourself and see it recognised."))
            if st.button(_("Start drawing"), type="primary", key="draw-open", icon=":material/draw:"):
                st.switch_page("pages/draw.py")
        pictures.html(f'{STYLE}<div class="draw-five">{images}</div>')


def url(png: bytes) -> str:
    """A PNG for the ``src`` of an image."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _own(one: Character) -> None:
    draw: Callable[[], None] = feedback.guard(lambda: _own_sheet(one))
    st.dialog(tr("Your {name}", name=one.name), width="medium")(draw)()


def _own_sheet(one: Character) -> None:
    small, large = st.columns([1, 3], gap="medium")
    with small:
        st.image(characters.picture(one.name), width=110)
    with large:
        drawing = canvas(f"draw-own-sheet-{one.name}", tr("Your {name}", name=one.name), sheet=state.draw_round.get())
    with st.container(horizontal=True):
        if st.button(
            _("Use my drawing"),
            key="draw-own-use",
            type="primary",
            shortcut="Enter",
            icon=":material/check:",
            disabled=drawing is None,
        ):
            assert drawing is not None
            state.drawn.set({**state.drawn.get(), one.name: drawing.png})
            st.rerun()
        if one.name in state.drawn.get() and st.button(
            _("Back to the printed one"), key="draw-own-back", icon=":material/undo:"
        ):
            state.drawn.set({name: png for name, png in state.drawn.get().items() if name != one.name})
            st.rerun()
