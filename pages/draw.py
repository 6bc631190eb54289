"""Draw a character: five invented ones, one drawing each; the sixth drawing is recognised while it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from pages.ui.components.canvas.canvas import canvas
from pages.ui.drawing import cards, characters, figure, model
from pages.ui.kit import chrome, feedback, state
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.ui.drawing.characters import Character
    from pages.ui.drawing.model import Answer

LINK = "five"
"""The name of the seed in the URL: a link shows everybody the same five."""
LARGEST = 10_000


def page() -> None:
    """The whole page; it needs no project."""
    chrome.heading(
        _("Draw a character"),
        _("Five invented characters, one drawing of each. Draw one of them in your own hand: which one is it?"),
    )
    five = characters.deal(_seed())
    with cards.cards(five), st.container(key="draw-acts", gap="xsmall"):
        st.button(
            _("New five"),
            key="draw-new",
            shortcut="n",
            width="stretch",
            on_click=_new_five,
            help=_("Five other characters. The number in the link brings these back."),
        )
        st.button(
            _("Start over"),
            key="draw-reset",
            shortcut="s",
            width="stretch",
            on_click=_start_over,
            help=_("The first five and an empty sheet."),
        )
    _desk(five)


def _seed() -> int:
    text = st.query_params.get(LINK, "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _new_five() -> None:
    st.query_params[LINK] = str(_seed() % LARGEST + 1)
    _fresh()


def _start_over() -> None:
    st.query_params.pop(LINK, None)
    _fresh()


def _fresh() -> None:
    state.drawn.clear()
    state.draw_round.set(state.draw_round.get() + 1)


@st.fragment
@feedback.guard
def _desk(five: Sequence[Character]) -> None:
    """Sheet and answer: a stroke reruns only this."""
    left, right = st.columns(2, gap="large")
    with left:
        drawing = canvas("draw-sheet", _("Your drawing"), sheet=state.draw_round.get())
    judge = model.judge()
    with right:
        if drawing is None:
            _invitation()
        else:
            pngs = tuple(cards.support(five))
            support = state.remember(
                "draw.support", (judge.encoder.key, pngs), lambda: model.vectors(judge.encoder, pngs)
            )
            _answer(five, judge.answer([one.name for one in five], support, drawing.png))
        st.caption(
            f"{ngettext('{n} way', '{n} ways', len(five))} · {ngettext('{n} shot', '{n} shots', 1)} · "
            f"{_(judge.encoder.info.title)} · {_(registry.get_method('prototype').info.title)}"
        )


def _invitation() -> None:
    st.info(
        _("The answer follows every stroke. Draw something else, and it says **none of these**."),
        icon=":material/draw:",
    )
    st.markdown(
        _(
            "The model has never seen these characters. It compares your drawing with the one example of each: "
            "that is five ways, one shot."
        )
    )


def _answer(five: Sequence[Character], answer: Answer) -> None:
    names = [one.name for one in five]
    best = int(answer.shares.argmax())
    nearest = int(answer.shares[:-1].argmax())
    if best == len(names):
        words = tr("**None of these** · the nearest would be {name}", name=names[nearest])
        st.warning(words, icon=":material/help:")
    else:
        st.success(f"**{names[best]}** · {float(answer.shares[best]):.0%}", icon=":material/check_circle:")
    bars = figure.bars([*names, _("none of these")], answer.shares, dark=chrome.is_dark())
    st.plotly_chart(bars, key="draw-bars", config={"displayModeBar": False})
    st.plotly_chart(
        figure.plane(answer.prototypes, names, answer.query, _("your drawing"), dark=chrome.is_dark()),
        key="draw-map",
        config={"displayModeBar": False},
    )


page()
