"""Meta-learning: train a learner on the classes of projects, see whether it beats a plain head on new ones, keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.base.errors import DataError
from fsl_core.jobs.tasks import meta_train
from fsl_core.jobs.tasks.tune import learnable
from fsl_core.learning.meta import heldout, recipes
from fsl_core.learning.meta.heldout import HeldOutSettings
from fsl_core.learning.meta.learners import LEARNERS
from fsl_core.learning.meta.training import TrainingSettings
from fsl_core.models import chosen
from pages.ui.kit import chrome, feedback, form, project, resources
from pages.ui.kit.text import _, say
from pages.ui.meta import episode, live, result, sentences

if TYPE_CHECKING:
    from fsl_core.data.store import Project
    from fsl_core.workspace import Workspace

FIRST = "protonet"
"""The learner that is hardest to spoil comes chosen."""


def page() -> None:
    """The whole page."""
    chrome.heading(
        _("Meta-learning"),
        _("Practise learning on some classes, so that new ones need fewer examples. Scored on classes it never saw."),
    )
    workspace = project.opened()
    if workspace is None:
        return
    if workspace.multi_label:
        feedback.empty_state(
            _("This project gives an item several classes"),
            _("Tasks are made of items with one class each. Open a project with one class an item."),
            page=project.PROJECTS_PAGE,
            label=_("Go to Projects"),
        )
        return
    if not project.read(workspace):
        return
    _desk(workspace)


def _desk(workspace: Workspace) -> None:
    project_id = workspace.project_id
    running = live.watch(project_id)
    done, broken = live.last(project_id)
    if not running:
        if broken is not None:
            feedback.show_job(broken)
        again = st.expander(_("Train again"), icon=":material/replay:", key="meta-again") if done else None
        with again or st.container(border=True, key="meta-start"):
            _start(workspace)
    if done is not None:
        result.draw(done)
    result.kept_models(workspace.encoder.key)
    episode.section(workspace)


# -- what to train ---------------------------------------------------------------------------------


def _start(workspace: Workspace) -> None:
    chosen = _projects(workspace)
    known = registry.methods()
    learner = st.radio(
        _("Learner"),
        list(LEARNERS),
        index=list(LEARNERS).index(FIRST),
        captions=[_(known[name].info.summary) if name in known else "" for name in LEARNERS],
        format_func=sentences.title,
        key="meta-learner",
        persist_state="session",
    )
    learner = learner if learner in LEARNERS else FIRST
    st.markdown(f"**{_('The tasks it is asked, from held-out classes')}**")
    check = form.settings_form(HeldOutSettings, "meta-check", skip=("seed",))
    with st.expander(_("How it trains"), icon=":material/settings:", key="meta-settings"):
        training = form.settings_form(
            TrainingSettings, f"meta-training-{learner}", recipes.training(learner), skip=("augment", "seed")
        )
        own = form.settings_form(LEARNERS[learner].settings, f"meta-{learner}", recipes.settings(learner))
    ready = _enough(chosen, int(check["k_shot"]))
    params = meta_train.Params(
        projects=tuple(one.project_id for one in chosen),
        learner=learner,
        settings=own,
        training=TrainingSettings(**{**training, "augment": False}),
        check=HeldOutSettings(**check),
    )
    feedback.act(
        _("Start"),
        _go,
        workspace.project_id,
        params,
        type="primary",
        icon=":material/play_arrow:",
        key="meta-go",
        disabled=not ready,
    )


def _projects(workspace: Workspace) -> list[Workspace]:
    """This project, and those with the same encoder that the person adds."""
    others = _alike(workspace.project)
    if not others:
        return [workspace]
    added = st.multiselect(
        _("Further projects"),
        list(others),
        format_func=lambda one: others.get(one, ""),
        key="meta-projects",
        help=_("Those that read with the same encoder. More classes to practise on help most."),
        persist_state="session",
    )
    found = [workspace]
    for project_id in added:
        other = resources.workspace(project_id)
        other.sync()
        found.append(other)
    return found


def _alike(own: Project) -> dict[int, str]:
    """Other projects with the same encoder and one class an item: id -> name."""
    store, choice = resources.store(), chosen.encoder_choice(own.settings, own.kind)
    found = {}
    for project_id, name in resources.project_names().items():
        if project_id == own.id:
            continue
        other = store.projects.get(project_id)
        same = chosen.encoder_choice(other.settings, other.kind) == choice
        if same and not other.settings.get("multi_label"):
            found[project_id] = name
    return found


def _enough(chosen: list[Workspace], k_shot: int) -> bool:
    """Whether the labels allow a training; says what is missing otherwise."""
    labels = [learnable(one)[1].labels for one in chosen]
    try:
        heldout.check_enough(labels, k_shot)
    except DataError as error:
        st.info(
            f"**{feedback.plain(say(error.message))}**\n\n"
            f"{feedback.plain(say(error.hint))} "
            f"{_('Check items do not count: they are kept out of the learning.')}",
            icon=":material/back_hand:",
        )
        return False
    return True


def _go(project_id: int, params: meta_train.Params) -> None:
    jobs.start(resources.store(), params, project_id)


page()
