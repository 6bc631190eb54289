"""From a settings model to widgets: one widget for each kind of FormField."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import streamlit as st

from fsl_core.base.config import FormField, Settings, form_fields
from pages.ui.kit.text import _

SLIDER_STEPS = 100
"""A whole number with at most this many values gets a slider."""


def settings_form(
    settings: type[Settings],
    prefix: str,
    defaults: Mapping[str, Any] | None = None,
    *,
    skip: Collection[str] = (),
    offers: Mapping[str, Sequence[str]] | None = None,
    on_change: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Draw every setting but those in ``skip`` and return the values; advanced ones wait in an expander.

    ``prefix`` keeps the keys of two forms apart. ``offers`` has what a text setting may be besides empty: it is
    chosen then, not typed. ``on_change`` hears of every change, before the page runs again. Values survive a page
    switch.
    """
    fields = [field for field in form_fields(settings) if field.name not in skip]
    start, offers = dict(defaults or {}), offers or {}
    common = {"persist_state": "session", "on_change": on_change}
    values = {field.name: _draw(field, prefix, start, offers, common) for field in fields if not field.advanced}
    if advanced := [field for field in fields if field.advanced]:
        with st.expander(_("More settings"), icon=":material/tune:", key=f"{prefix}-advanced"):
            values |= {field.name: _draw(field, prefix, start, offers, common) for field in advanced}
    return {field.name: values[field.name] for field in fields}


def _draw(
    field: FormField,
    prefix: str,
    start: Mapping[str, Any],
    offers: Mapping[str, Sequence[str]],
    common: Mapping[str, Any],
) -> Any:  # noqa: ANN401
    value = start.get(field.name, field.default)
    common = {**common, "key": f"{prefix}-{field.name}", "help": _(field.help)}
    label = _(field.title)
    if field.kind == "bool":
        return st.toggle(label, value=bool(value), **common)
    if field.kind == "choice":
        return _choice(field, label, value, common)
    if field.name in offers:
        names = list(dict.fromkeys(["", *offers[field.name], str(value)]))  # a value that is gone stays in sight
        chosen = st.selectbox(
            label, names, index=names.index(str(value)), format_func=lambda one: one or _("The usual"), **common
        )
        return str(chosen or "")
    if field.kind == "text":
        kind = "password" if field.secret else "default"
        return st.text_input(label, value=str(value), type=kind, **common) or ""
    return _number(field, label, value, common)


def _choice(field: FormField, label: str, value: Any, common: dict[str, Any]) -> str:  # noqa: ANN401
    choices = field.choices

    def shown(choice: str) -> str:
        return _(choice.replace("_", " "))

    if len(choices) <= 4 and sum(map(len, choices)) <= 40:
        chosen = st.segmented_control(label, choices, default=value, required=True, format_func=shown, **common)
    else:
        chosen = st.selectbox(label, choices, index=choices.index(value), format_func=shown, **common)
    return str(chosen or value)


def _number(field: FormField, label: str, value: Any, common: dict[str, Any]) -> int | float:  # noqa: ANN401
    cast = int if field.kind == "int" else float
    low = None if field.low is None else cast(field.low)
    high = None if field.high is None else cast(field.high)
    value = cast(value)
    if low is None or high is None:
        # Twelve significant digits hide nothing a person typed and show 1e-05 as itself.
        form = None if cast is int else "%.12g"
        return cast(st.number_input(label, min_value=low, max_value=high, value=value, format=form, **common))
    if field.log_scale:
        steps = log_steps(low, high, value, whole=cast is int)
        return cast(st.select_slider(label, steps, value=value, format_func=lambda step: f"{step:g}", **common))
    if cast is int:
        if high - low > SLIDER_STEPS:
            return int(st.number_input(label, min_value=low, max_value=high, value=value, step=1, **common))
        return int(st.slider(label, min_value=low, max_value=high, value=value, step=1, **common))
    step = slider_step(low, high)
    form = f"%.{max(0, -math.floor(math.log10(step)))}f"
    return float(st.slider(label, min_value=low, max_value=high, value=value, step=step, format=form, **common))


def slider_step(low: float, high: float) -> float:
    """A round step (1, 2 or 5 times a power of ten) that cuts the range into about 100 parts."""
    raw = (high - low) / SLIDER_STEPS or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    return float(f"{next(m for m in (1, 2, 5, 10) if m * power >= raw * 0.999) * power:.12g}")


def log_steps(low: float, high: float, value: float, *, whole: bool = False) -> list[Any]:
    """The bounds, the value and every 1, 2, 5 times a power of ten between them, in order.

    A lower bound of 0 (off) is kept and followed by the powers from a millionth of the top on.
    """
    start = low if low > 0 else high * 1e-6
    powers = range(math.floor(math.log10(start)), math.ceil(math.log10(high)) + 1)
    steps = {float(f"{m}e{power}") for power in powers for m in (1, 2, 5)}
    kept = {step for step in steps if start <= step <= high} | {float(low), float(high), float(value)}
    return sorted({round(step) for step in kept} if whole else kept)
