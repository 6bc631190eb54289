"""Forms from settings: every kind of field draws its widget and gives back its value."""

from __future__ import annotations

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from fsl_core.base.config import Settings, make_settings, setting
from pages.ui.kit.form import log_steps, slider_step


class Everything(Settings):
    """One field of each kind."""

    on: bool = setting(True, "A switch.")
    shots: int = setting(5, "A small whole number.", ge=1, le=20)
    seed: int = setting(0, "A large whole number.", ge=0, le=1_000_000)
    free: int = setting(3, "A whole number without bounds.")
    weight: float = setting(1.0, "A number.", ge=0.0, le=10.0)
    rate: float = setting(1e-3, "Spaced by powers.", ge=1e-5, le=1.0, log_scale=True)
    distance: Literal["cosine", "euclidean"] = setting("cosine", "A choice of two.")
    model: Literal["a_rather_long_name", "another_rather_long_name", "third"] = setting("third", "A long choice.")
    prompt: str = setting("", "A text.", advanced=True)
    token: str = setting("", "A secret text.", advanced=True, secret=True)


def form_app() -> None:
    import streamlit as st

    from pages.ui.kit.form import settings_form
    from tests.test_form import Everything

    st.session_state["values"] = settings_form(Everything, "demo", {"shots": 7})


def test_untouched_form_gives_the_defaults_with_the_given_ones_over_them() -> None:
    at = AppTest.from_function(form_app, default_timeout=30).run()
    assert not at.exception
    assert at.session_state["values"] == {**Everything().model_dump(), "shots": 7}


def offering_app() -> None:
    import streamlit as st

    from pages.ui.kit.form import settings_form
    from tests.test_form import Everything

    st.session_state["values"] = settings_form(
        Everything, "demo", {"prompt": "it was deleted"}, offers={"prompt": ["one", "two"]}
    )


def test_a_text_setting_with_offers_is_chosen_among_them_and_keeps_what_is_gone_in_sight() -> None:
    at = AppTest.from_function(offering_app, default_timeout=30).run()
    assert at.selectbox(key="demo-prompt").options == ["The usual", "one", "two", "it was deleted"]
    assert at.session_state["values"]["prompt"] == "it was deleted"
    at.selectbox(key="demo-prompt").set_value("two").run()
    assert at.session_state["values"]["prompt"] == "two"
    at.selectbox(key="demo-prompt").set_value("").run()
    assert at.session_state["values"]["prompt"] == ""


def test_every_kind_of_field_gives_back_what_the_person_chose() -> None:
    at = AppTest.from_function(form_app, default_timeout=30).run()
    at.toggle(key="demo-on").set_value(False)
    at.slider(key="demo-shots").set_value(20)
    at.number_input(key="demo-seed").set_value(123_456)
    at.number_input(key="demo-free").set_value(-4)
    at.slider(key="demo-weight").set_value(2.5)
    at.select_slider(key="demo-rate").set_value(0.05)
    at.segmented_control(key="demo-distance").set_value("euclidean")
    at.selectbox(key="demo-model").set_value("a_rather_long_name")
    at.text_input(key="demo-prompt").set_value("query: ")
    at.text_input(key="demo-token").set_value("s3cret")
    at.run()
    values = at.session_state["values"]
    assert make_settings(Everything, values).model_dump() == {
        "on": False,
        "shots": 20,
        "seed": 123_456,
        "free": -4,
        "weight": 2.5,
        "rate": 0.05,
        "distance": "euclidean",
        "model": "a_rather_long_name",
        "prompt": "query: ",
        "token": "s3cret",
    }
    assert isinstance(values["shots"], int) and isinstance(values["weight"], float)


def test_advanced_fields_wait_in_an_expander_and_secrets_are_masked() -> None:
    at = AppTest.from_function(form_app, default_timeout=30).run()
    assert [one.key for one in at.expander[0].text_input] == ["demo-prompt", "demo-token"]
    assert at.text_input(key="demo-token").proto.type == at.text_input(key="demo-token").proto.PASSWORD


def test_every_field_shows_its_help() -> None:
    at = AppTest.from_function(form_app, default_timeout=30).run()
    assert at.toggle(key="demo-on").proto.help == "A switch."
    assert at.select_slider(key="demo-rate").proto.help == "Spaced by powers."


def test_log_steps_are_one_two_five_between_the_bounds() -> None:
    assert log_steps(0.01, 1.0, 0.1) == [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    assert log_steps(1, 100, 7, whole=True) == [1, 2, 5, 7, 10, 20, 50, 100]
    assert log_steps(0.0, 1.0, 0.5)[:3] == [0.0, 1e-6, 2e-6]


def test_slider_steps_are_round() -> None:
    assert slider_step(0, 10) == 0.1
    assert slider_step(0, 1) == 0.01
    assert slider_step(0, 30) == 0.5


@given(
    low=st.floats(0, 10),
    span=st.floats(0.01, 1e6),
    part=st.floats(0, 1),
)
def test_log_steps_keep_bounds_and_value_and_rise(low: float, span: float, part: float) -> None:
    high = low + span
    value = min(high, low + part * span)
    steps = log_steps(low, high, value)
    assert steps[0] == low and steps[-1] == high and value in steps
    assert all(a < b for a, b in zip(steps, steps[1:], strict=False))
