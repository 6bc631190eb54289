"""What reads the items of a project: a choice among the encoders of its kind, tried before it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.data import images
from fsl_core.models import chosen
from pages.ui.kit import feedback, form, resources, state
from pages.ui.kit.project import MODELS_PAGE, PART
from pages.ui.kit.text import N_, _, tr

if TYPE_CHECKING:
    from fsl_core.base.types import Item, Progress
    from fsl_core.data.store import Project

TRIED = 4
"""So many items are read before a choice is kept: two already show an encoder that tells nothing apart."""


def link(project: Project, *, key: str) -> None:
    """One line: what reads the items, and the way to another one."""
    name, _settings = chosen.encoder_choice(project.settings, project.kind)
    title = feedback.plain(_(registry.get_encoder(name).info.title))
    with st.container(horizontal=True, vertical_alignment="center", key=key):
        read = N_("Pictures are read by: {name}.") if project.kind == "image" else N_("Texts are read by: {name}.")
        st.caption(tr(read, name=title), width="content")
        query = state.query(**{PART: project.kind})
        st.page_link(MODELS_PAGE, label=_("Choose another"), icon=":material/smart_toy:", query_params=query)


@feedback.guard
def draw(kind: str, project: Project | None) -> None:
    """The encoders of a kind; for a project of that kind with settings, and the button that tries one and keeps it."""
    if project is None or project.kind != kind:
        _list(kind)
        return
    known = registry.encoders_for(kind)
    current, kept = chosen.encoder_choice(project.settings, project.kind)
    if kind == "image":
        st.caption(_("Encoders of images are not trained on your labels; the choice among them makes the difference."))
    else:
        st.caption(
            _("Every method stands on what the encoder sees in a text. It must know the language of your texts.")
        )
    left, right = st.columns(2, gap="large")
    names = list(known)
    with left:
        name = st.radio(
            _("Encoder"),
            names,
            index=names.index(current) if current in known else 0,
            captions=[_(one.info.summary) for one in known.values()],
            format_func=lambda one: _(known[one].info.title),
            key=f"encoder-{project.id}",
            persist_state="session",
        )
    name = name if name in known else names[0]
    with right:
        prefix = f"encoder-{project.id}-{name}"
        values = form.settings_form(known[name].settings, prefix, kept if name == current else None)
        if not known[name].info.offline:
            st.caption(
                _("A name on the hub is downloaded once, when it is tried; a folder on this machine needs no network.")
                if "base_url" not in values
                else _("Texts are sent to this server: a few when it is tried, all of them when it is used.")
            )
        _keep(project, name, values, in_use=name == current and values == known[name].settings(**kept).model_dump())


def _list(kind: str) -> None:
    st.caption(
        _("Open a project of pictures to choose what reads them.")
        if kind == "image"
        else _("Open a project of texts to choose what reads them.")
    )
    for one in registry.encoders_for(kind).values():
        st.markdown(f"**{feedback.plain(_(one.info.title))}**  \n{feedback.plain(_(one.info.summary))}")


def _keep(project: Project, name: str, values: dict[str, Any], *, in_use: bool) -> None:
    anew = _("A few items are read with it first. Labels stay; all items are read anew.")
    if st.button(
        _("In use") if in_use else _("Try it and use it"),
        type="primary",
        key="encoder-use",
        icon=":material/check:",
        disabled=in_use,
        help=anew,
    ):
        with feedback.inline_progress(_("Trying the encoder")) as report:
            try_out(project.id, name, values, report)
        resources.store().projects.update(project.id, settings={"encoder": {"name": name, "settings": values}})
        state.forget_belief()
        title = feedback.plain(_(registry.get_encoder(name).info.title))
        now = N_("Pictures are now read by: {name}")
        if project.kind != "image":
            now = N_("Texts are now read by: {name}")
        state.notice.set(tr(now, name=title))
        st.rerun()


def try_out(project_id: int, name: str, values: dict[str, Any], report: Progress) -> None:
    """Read a few items of the project. Raises FslError that says what to change."""
    encoder = registry.create_encoder(name, values)
    vectors = encoder.encode(_some(project_id), progress=report)
    if not np.isfinite(vectors).all():
        raise DataError(
            "The encoder answers with values that are no numbers.",
            "Choose what the model takes for pixel values, another output, or another model.",
        )
    if len(vectors) > 1 and np.allclose(vectors, vectors[0]):
        raise DataError(
            "The encoder gives {n} different items the same vector.",
            "Choose what the model takes for pixel values, another output, or another model.",
            n=len(vectors),
        )


def _some(project_id: int) -> list[Item]:
    """A few items that differ: the same text twice would look like an encoder that tells nothing apart."""
    found: dict[str, Item] = {}
    for row in resources.store().items.page(project_id, limit=TRIED):
        if row.blob:
            if (path := images.path_of(row.blob)).exists():
                found[row.blob] = path
        elif row.text:
            found[row.text] = row.text
    return list(found.values())
