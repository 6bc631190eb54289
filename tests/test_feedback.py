"""Buttons that act on what the other widgets say: once, with the values of the click, and never late."""

from __future__ import annotations

import ast
import time

from streamlit.testing.v1 import AppTest

from fsl_core.base import paths
from pages.ui.kit import feedback


def acting_app() -> None:
    import streamlit as st

    from pages.ui.kit import feedback

    if st.session_state.pop("overtake", False):
        st.rerun()  # as a message of another widget does that comes before the run has reached the button
    number = st.number_input("How many", value=1)
    done = st.session_state.setdefault("done", [])
    feedback.act("Go", done.append, number, key="go", disabled=bool(st.session_state.get("useless")))


def test_a_click_is_acted_on_once_with_the_values_of_the_moment_even_when_its_run_is_overtaken() -> None:
    at = AppTest.from_function(acting_app, default_timeout=30).run()
    assert at.session_state["done"] == []
    at.number_input[0].set_value(7)
    at.session_state["overtake"] = True
    at.button(key="go").click().run()
    assert at.session_state["done"] == [7]
    at.run()
    assert at.session_state["done"] == [7]


def test_a_click_on_what_has_become_useless_or_that_nobody_waits_for_any_more_does_nothing() -> None:
    at = AppTest.from_function(acting_app, default_timeout=30).run()
    at.session_state["useless"] = True
    at.button(key="go").click().run()
    assert at.session_state["done"] == []
    at.session_state["useless"] = False
    at.run()
    assert at.session_state["done"] == []
    at.session_state["clicked-go"] = time.monotonic() - feedback.STALE_SECONDS
    at.run()
    assert at.session_state["done"] == []


def test_no_page_relies_on_a_widget_being_there_still() -> None:
    asked = []
    for file in sorted((paths.ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                if ast.unparse(node.value) == "st.session_state":
                    asked.append(f"{file.name}:{node.lineno}")
    assert not asked, "state.widget_value says what a widget holds that may be gone, and raises no KeyError"
