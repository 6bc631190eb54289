"""The test of a language model: asked once, its answer shown as text, remembered for exactly these settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.models.language import model_trial
from pages.ui.kit import feedback, resources
from pages.ui.kit.state import Value
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from typing import Any

    from fsl_core.models.language.model_trial import Trial

_wanted: Value[str] = Value("handful.trial_wanted", "")
_passed: Value[tuple[str, Trial] | None] = Value("handful.trial", None)


def ask(name: str, values: dict[str, Any]) -> None:
    """Have the next run of the page ask."""
    _wanted.set(_key(name, values))
    _passed.clear()


def passed(name: str, values: dict[str, Any]) -> bool:
    """Whether these very settings answered."""
    found = _passed.get()
    return found is not None and found[0] == _key(name, values)


@feedback.guard
def draw(name: str, values: dict[str, Any]) -> None:
    """Ask if that was wanted, and show what came back."""
    key = _key(name, values)
    if _wanted.pop() == key:
        with feedback.inline_progress(_("Asking")) as report:
            trial = model_trial.try_out(resources.generator(name, values), report)
        _passed.set((key, trial))
        st.rerun()  # the button that uses it is drawn above
    found = _passed.get()
    if found is None or found[0] != key:
        st.caption(_("Not tested yet. The answer appears here."))
        return
    trial = found[1]
    with st.container(border=True, key="models-answer"):
        st.success(_("It answered."), icon=":material/check_circle:")
        st.caption(_("Question"))
        st.text(trial.question)
        st.caption(_("Answer"))
        st.text(trial.answer.strip() or _("(nothing)"))
        if dollars := resources.generator(name, values).usage.dollars:
            st.caption(tr("Spent since the start of the program: {dollars} dollars.", dollars=f"{dollars:.4f}"))
        st.caption(
            tr(
                "{seconds} s, {prompt} tokens read, {tokens} written",
                seconds=f"{trial.seconds:.1f}",
                prompt=trial.prompt_tokens,
                tokens=trial.tokens,
            )
        )


def _key(name: str, values: dict[str, Any]) -> str:
    return json.dumps([name, values], sort_keys=True)
