"""Prompt lens: the exact prompt of an answer, its demonstrations changed by hand, and what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from fsl_core.learning.prompting import lens
from fsl_core.models import chosen
from pages.ui.kit import chrome, feedback, form, project, resources, state
from pages.ui.kit.text import N_, _, ngettext, of_kind, tr
from pages.ui.prompting import demonstrations, language_model, views

if TYPE_CHECKING:
    from typing import Any

    from fsl_core.learning.prompting.lens import Look
    from fsl_core.learning.prompting.method import PromptMethod
    from fsl_core.workspace import Workspace


def page() -> None:
    chrome.heading(_("Prompt lens"), _("See the exact prompt, change what it shows, and watch the answer."))
    workspace = project.with_model()
    if workspace is None:
        return
    if workspace.of_images or workspace.multi_label:
        feedback.empty_state(
            of_kind(
                workspace.of_images, N_("Prompts sort texts into one class each"), N_("Prompts do not show pictures")
            ),
            of_kind(
                workspace.of_images,
                N_("Here an item may have several classes."),
                N_("The language models here read words alone, and this project holds pictures."),
            ),
            page="pages/try_it.py",
            label=_("Try other methods"),
        )
        return
    # The text and its answer first, also on a phone; what the model is asked with beside or below it.
    left, right = st.columns([3, 2], gap="large")
    with left:
        text = _question(workspace)
    with right:
        way = _way(workspace)
    with left:
        if way is None or not text:
            st.caption(_("The prompt, its parts and the answer appear here."))
        else:
            _lens(workspace, *way, text)


def _way(workspace: Workspace) -> tuple[str, dict[str, Any]] | None:
    """The way of asking the language model, and its settings; None where the model can serve none.

    Nothing is asked here: a model that has to be loaded must not keep the page from opening.
    """
    kind, _settings = chosen.generator_choice(workspace.project.settings)
    language_model.line(workspace.project)
    known = registry.prompt_methods(kind)
    if not known:
        st.info(_("This kind of model answers no prompts. Choose another one."), icon=":material/info:")
        return None
    name = st.selectbox(
        _("Method"),
        list(known),
        format_func=lambda one: _(known[one].info.title),
        key=f"prompt-method-{kind}",
        persist_state="session",
    )
    name = name if name in known else next(iter(known))
    st.caption(_(known[name].info.summary))
    values = form.settings_form(known[name].settings, f"prompt-{name}")
    n = len(workspace.support().labeled)
    st.caption(
        ngettext(
            "{n} labelled item to choose demonstrations from.", "{n} labelled items to choose demonstrations from.", n
        )
        if n
        else _("No label yet: the prompt holds the class names alone.")
    )
    with st.expander(_("Where it comes from"), icon=":material/menu_book:"):
        st.markdown(feedback.plain(known[name].info.paper))
    return name, values


def _question(workspace: Workspace) -> str:
    """The text to ask about, on one line; empty while there is none."""
    text = st.text_area(
        _("Your text"),
        key="prompt-text",
        height=80,
        placeholder=_("Type or paste one text, or take one of the project."),
        persist_state="session",
    )
    with st.container(horizontal=True):
        st.button(_("Ask"), type="primary", key="prompt-ask", icon=":material/send:")
        st.button(
            _("A text of this project"),
            key="prompt-any",
            icon=":material/shuffle:",
            on_click=_take,
            args=(workspace,),
            help=_("An item without a label, another one each time."),
        )
    return " ".join(str(text or "").split())


@feedback.in_callback
def _take(workspace: Workspace) -> None:
    """Put the next unlabelled text of the project into the box."""
    open_rows = [row for row, item in enumerate(workspace.ids) if int(item) not in workspace.labels]
    if open_rows:
        turn = int(st.session_state.get("handful.prompt_turn", 0))
        st.session_state["handful.prompt_turn"] = turn + 1
        st.session_state["prompt-text"] = workspace.texts[open_rows[turn * 7919 % len(open_rows)]]


@st.fragment
@feedback.guard
def _lens(workspace: Workspace, name: str, values: dict[str, Any], text: str) -> None:
    """The prompt and what a change of its demonstrations does: a change reruns only this."""
    generator = resources.generator_for(workspace.project)
    model = feedback.plain(_(generator.title))
    with feedback.inline_progress(tr("Preparing {model} with your labels", model=model)) as report:
        method = workspace.prompted(name, values, generator, report)
    around = (workspace.project_id, workspace.version, method.info.name, method.config, method.generator.key)
    with feedback.inline_progress(tr("Asking {model}", model=model)):
        first = state.remember("prompt-first", (*around, text), lambda: lens.look(method, text))
        shown = demonstrations.chosen((*around, text), first)
        changed = shown != first.built.shown
        now: Look = first
        if changed:
            now = state.remember("prompt-now", (*around, text, shown), lambda: lens.look(method, text, shown))
    views.answer(method, first, now)
    if now.built.cut:
        st.warning(
            _("The text was too long for the budget and is cut where the dots stand."), icon=":material/content_cut:"
        )
    demonstrations.draw((*around, text), first, now)
    views.exact(first, now)
    if len(now.built.shown) > 1:
        _repeats(method, now, (*around, text, now.built.shown))


def _repeats(method: PromptMethod[Any], now: Look, key: tuple[object, ...]) -> None:
    st.subheader(_("Does the order decide?"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = st.number_input(_("Repeats"), 1, 50, 8, key="prompt-repeats", width=150, persist_state="session")
        asked = st.button(
            _("Ask again in other orders"),
            key="prompt-again",
            icon=":material/repeat:",
            help=_("Each repeat shows the same demonstrations in a random order."),
        )
    if asked:
        with feedback.inline_progress(_("Asking again")) as report:
            state.remember("prompt-flips", (*key, n), lambda: lens.repeats(method, now, int(n), progress=report))
    found = state.recall("prompt-flips", (*key, n))
    if found is not None:
        views.flips(method.classes, found)
    else:
        st.caption(
            tr("The same {n} demonstrations in other orders ought to give the same answer.", n=len(now.built.shown))
        )


page()
