"""Asks the browser whether the tour is its first: it keeps that for itself, whoever sits at it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.components import messages, scripts
from pages.ui.components.messages import Met
from pages.ui.kit import state

_MEMORY = st.components.v2.component("handful_tour", js=scripts.script("tour"))
KEY = "tour-memory"


def ask(tour: str, on_answer: Callable[[bool], None]) -> None:
    """Ask once; ``on_answer`` hears, before the run that follows, whether this browser has seen no other tour."""

    def heard() -> None:
        answer = messages.read(Met, state.sent(KEY, "met"))
        if answer is not None and answer.tour == tour:
            on_answer(answer.first)

    _MEMORY(key=KEY, data={"tour": tour}, on_met_change=heard)
