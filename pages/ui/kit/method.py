"""The one method in use of a project: chosen in the head of every page that answers with it, taken back there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import registry
from fsl_core.learning.meta import kept as meta_models
from fsl_core.learning.meta.method import MetaMethod
from fsl_core.models import chosen
from pages.ui.kit import feedback, form, project, resources, state
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from fsl_core.contracts.method import Method
    from fsl_core.workspace import Workspace

BEFORE = "before"
"""Inside the project's setting ``method``: the choice that was there before, for the way back."""
COMPARE_PAGE = "pages/compare.py"
_drawn: state.PerProject[dict[str, Any]] = state.PerProject("handful.method", dict)
"""What the widgets were drawn with: the choice, and a number that makes fresh ones when it changed elsewhere."""


def control(workspace: Workspace, corner: DeltaGenerator) -> None:
    """The method in use and its settings; a change counts at once, for every page and everybody in the project."""
    name, settings = workspace.chosen_method()
    known = registry.live_methods()
    prefix = _prefix(workspace.project_id, name, settings)
    title = _(registry.get_method(name).info.title)
    with corner.popover(feedback.plain(title), icon=":material/psychology:", help=_("The method in use"), key="method"):
        names = list(known) if name in known else [name, *known]
        st.selectbox(
            _("Method"),
            names,
            index=names.index(name),
            format_func=lambda one: _(registry.get_method(one).info.title),
            key=prefix,
            on_change=_choose,
            args=(workspace.project_id, prefix),
        )
        method = registry.get_method(name)
        st.caption(_(method.info.summary))
        form.settings_form(
            method.settings,
            f"{prefix}-{name}",
            settings,
            offers=_offers(workspace, method),
            on_change=lambda: _set(workspace.project_id, name, _typed(f"{prefix}-{name}", method)),
        )
        _way_back(workspace)
        _whereabouts(workspace)
        with st.expander(_("Where it comes from"), icon=":material/menu_book:"):
            st.markdown(feedback.plain(method.info.paper))


def use(project_id: int, name: str, settings: dict[str, Any] | None = None) -> None:
    """Answer with this method from now on; what was in use before is kept for the way back."""
    store = resources.store()
    choice = dict(store.projects.get(project_id).settings.get("method") or {})
    choice.pop(BEFORE, None)
    store.projects.update(
        project_id, settings={"method": {"name": name, "settings": dict(settings or {}), BEFORE: choice}}
    )
    title = feedback.plain(_(registry.get_method(name).info.title))
    state.notice.set(tr("The project now answers with: {method}", method=title))


def is_used(workspace: Workspace, name: str, settings: dict[str, Any]) -> bool:
    """Whether this is the method in use, settings and all."""
    now, kept = workspace.chosen_method()
    model = registry.get_method(name).settings
    return name == now and model(**settings) == model(**kept)


# -- inside the control ----------------------------------------------------------------------------


def _prefix(project_id: int, name: str, settings: dict[str, Any]) -> str:
    """Keys of the widgets. Fresh ones when the choice changed elsewhere: they would hold on to the old one."""
    drawn, now = _drawn.of(project_id), (name, settings)
    if drawn.get("choice") != now:
        drawn.update(choice=now, round=drawn.get("round", 0) + 1)
    return f"method-{project_id}-{drawn['round']}"


@feedback.in_callback
def _choose(project_id: int, key: str) -> None:
    if (name := state.widget_value(key)) is not state.GONE:
        use(project_id, name)


@feedback.in_callback
def _set(project_id: int, name: str, settings: dict[str, Any]) -> None:
    use(project_id, name, settings)
    # These widgets hold it already.
    _drawn.of(project_id)["choice"] = (name, settings)


def _typed(prefix: str, method: type[Method[Any]]) -> dict[str, Any]:
    """What the widgets of a form hold, checked."""
    held = {
        field: value
        for field in method.settings.model_fields
        if (value := st.session_state.get(f"{prefix}-{field}")) is not None
    }
    return method.settings(**held).model_dump(mode="json")


def _way_back(workspace: Workspace) -> None:
    before = (workspace.project.settings.get("method") or {}).get(BEFORE)
    if before is None:
        return
    name, settings = workspace.method_of(before)
    title = _(registry.get_method(name).info.title)
    same = name == workspace.chosen_method()[0]
    st.button(
        _("Back to the settings before") if same else tr("Back to: {method}", method=feedback.plain(title)),
        key="method-back",
        icon=":material/undo:",
        on_click=feedback.in_callback(use),
        args=(workspace.project_id, name, settings),
    )


def _whereabouts(workspace: Workspace) -> None:
    """The two questions that follow: which method is best, and what reads the items."""
    st.page_link(
        COMPARE_PAGE, label=_("Which method is best here?"), icon=":material/leaderboard:", query_params=state.query()
    )
    own = workspace.project
    encoder, _settings = chosen.encoder_choice(own.settings, own.kind)
    reader = tr("Read by: {encoder}", encoder=feedback.plain(_(registry.get_encoder(encoder).info.title)))
    query = state.query(**{project.PART: own.kind})
    st.page_link(project.MODELS_PAGE, label=reader, icon=":material/smart_toy:", query_params=query)


def _offers(workspace: Workspace, method: type[Method[Any]]) -> dict[str, list[str]]:
    """What the settings of a method name of its own accord: the meta-trained models that fit it here."""
    if not issubclass(method, MetaMethod):
        return {}
    found = meta_models.models(workspace.encoder.key)
    return {"start": [model.name for model in found if model.learner == method.learner.name]}
