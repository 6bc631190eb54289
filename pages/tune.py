"""Tune: train the encoder on the labels, keep it when it answers better, see what that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.base.errors import MissingBackend
from fsl_core.jobs.tasks import tune as task
from fsl_core.learning.tuning import gate
from fsl_core.models import chosen
from pages.ui.kit import chrome, feedback, fitting, form, project, resources
from pages.ui.kit.text import _, ngettext
from pages.ui.tuning import changes, download, live, result, sentences, use

if TYPE_CHECKING:
    from fsl_core.data.store import Project
    from fsl_core.workspace import Workspace

TIMES = (30, 60, 120, 300, 600, 1800, 3600, 14400)
"""Seconds that a training may be allowed."""
USUAL_TIME = 120
USUAL = "contrastive"
"""The method with the largest gains comes chosen."""
MOST_RUNS = 12


def page() -> None:
    """The whole page."""
    chrome.heading(
        _("Tune"),
        _("Teach the encoder your classes. It is kept only when it answers better."),
    )
    project_id = project.chosen()
    if project_id is None:
        return
    found = resources.store().projects.get(project_id)
    base = use.base_of(found)
    if not use.can_be_trained(base):
        _other_encoder(found, base)
        return
    try:
        workspace = project.opened()
    except MissingBackend:
        if not use.model_of(use.choice_of(found)):
            raise
        result.gone(project_id)
        return
    if workspace is not None and _possible(workspace):
        _desk(found, base)


def _desk(found: Project, base: dict[str, Any]) -> None:
    """What runs, how the last one went, the next one, and what it all changed."""
    project_id = found.id
    result.in_use(project_id)
    before = use.seen_by(found, base)
    runs = resources.store().runs.list(project_id, task.Tuning, limit=MOST_RUNS)
    running = live.watch(project_id)
    if not running:
        live.last_problem(project_id)
    if runs:
        result.draw(project_id, runs[0])
    if not running:
        again = st.expander(_("Tune again"), icon=":material/replay:", key="tune-again") if runs else None
        with again or st.container(border=True, key="tune-start"):
            _outlook(before)
            _start(project_id, base, several=before.multi_label)
    if runs:
        if model := result.kept(runs[0]):
            download.section(project_id, model, base)
            changes.draw(before, runs[0], model)
        result.earlier(project_id, runs)


# -- what has to be there first --------------------------------------------------------------------


def _possible(workspace: Workspace) -> bool:
    """Whether the project can be tuned as it stands; says what is missing otherwise."""
    if not project.read(workspace):
        return False
    if len(workspace.classes) < 2:
        feedback.empty_state(
            _("This project needs two classes"),
            _("Name what you want to tell apart; two names are enough to begin."),
            page=project.CLASSES_PAGE,
            label=_("Add classes"),
        )
        return False
    if n := _lacking(workspace):
        aside = _("Check items do not count: they are kept out of the learning.")
        more = ngettext("Label at least {n} more item.", "Label at least {n} more items.", n)
        feedback.empty_state(
            _("Not enough labels to tune"),
            f"{_('The encoder learns from labelled examples: two classes need two each.')} {more} {aside}",
            page="pages/label.py",
            label=_("Label some"),
        )
        return False
    return True


def _lacking(workspace: Workspace) -> int:
    """Labels missing until two classes have two examples each to learn from."""
    _rows, support = task.learnable(workspace)
    counts = sorted((support.labels.count(name) for name in workspace.class_names), reverse=True)
    return sum(max(0, 2 - n) for n in counts[:2])


def _other_encoder(found: Project, base: dict[str, Any]) -> None:
    info = use.info_of(base)
    words = _(
        "Choose the built-in encoder for English texts, or a sentence-transformers model "
        "that knows the language of your texts."
    )
    if found.kind == "image":
        words = _("Encoders of images are not trained on your labels; the choice among them makes the difference.")
    feedback.empty_state(
        _("This encoder cannot be trained"),
        f"{feedback.plain(_(info.title))}: {_('it has no weights here that could learn.')} {words}",
        page=project.MODELS_PAGE,
        label=_("Choose another"),
        symbol=":material/tune:",
    )


# -- before any time is spent ----------------------------------------------------------------------


def _outlook(before: Workspace) -> None:
    """Whether it is likely to pay, in one sentence."""
    if not project.read_now(before):
        return
    frozen = fitting.model(before, gate.FROZEN)
    if not frozen.current or frozen.snapshot is None:
        fitting.draw(frozen, "tune-outlook-fit")
        return
    headline, words = sentences.outlook(gate.outlook(frozen.snapshot.report), len(before.labels))
    st.markdown(f"**{_('Is it likely to pay?')} {headline}** {feedback.plain(words)}")


def _start(project_id: int, base: dict[str, Any], *, several: bool) -> None:
    known = {
        name: method
        for name, method in registry.methods().items()
        if method.info.trains and (method.info.sets or not several)
    }
    if not known:
        return
    name = st.radio(
        _("How to tune"),
        list(known),
        index=list(known).index(USUAL) if USUAL in known else 0,
        captions=[_(method.info.summary) for method in known.values()],
        format_func=lambda one: _(known[one].info.title),
        key="tune-method",
        persist_state="session",
    )
    name = name if name in known else next(iter(known))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="tune-choices"):
        check = st.toggle(
            _("Only keep it when it wins"),
            value=True,
            key="tune-check",
            help=_(
                "Parts of the labels are left out in turn, and the tuned encoder has to answer them better than the "
                "encoder as it is. That takes about as long again as the tuning itself."
            ),
            persist_state="session",
        )
        with st.container(width=320):
            seconds = st.select_slider(
                _("Time allowed for a training"),
                TIMES,
                value=USUAL_TIME,
                format_func=sentences.duration,
                key="tune-seconds",
                help=_("What does not fit is left out. A small project needs far less."),
                persist_state="session",
            )
    with st.expander(_("Settings of this method"), icon=":material/settings:", key="tune-settings"):
        values = form.settings_form(known[name].settings, f"tune-{name}", skip=("seconds",))
    settings = {**values, "seconds": float(seconds)}
    params = task.Params(method=name, settings=settings, check=bool(check), encoder=chosen.Choice(**base))
    feedback.act(
        _("Tune"),
        _go,
        project_id,
        params,
        type="primary",
        icon=":material/play_arrow:",
        key="tune-go",
    )


def _go(project_id: int, params: task.Params) -> None:
    jobs.start(resources.store(), params, project_id)


page()
