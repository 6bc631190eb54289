"""What reads the pictures of a project: a choice among the encoders of images, tried before it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.data import images
from fsl_core.models import chosen
from pages.ui.kit import feedback, form, resources, state
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from fsl_core.base.types import Progress
    from fsl_core.data.store import Project

TRIED = 4
"""So many pictures are read before a choice is kept: two already show an encoder that tells nothing apart."""


def title_of(project: Project) -> str:
    """The encoder in use, in the person's language."""
    name, _settings = chosen.encoder_choice(project.settings, project.kind)
    return _(registry.get_encoder(name).info.title)


@feedback.guard
def draw(project: Project) -> None:
    """The encoders of images with their settings, and the button that tries one and keeps it."""
    known = registry.encoders_for("image")
    current, kept = chosen.encoder_choice(project.settings, project.kind)
    st.caption(_("Encoders of images are not trained on your labels; the choice among them makes the difference."))
    names = list(known)
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
    values = form.settings_form(known[name].settings, f"encoder-{project.id}-{name}", kept if name == current else None)
    if not known[name].info.offline:
        st.caption(
            _("A name on the hub is downloaded once, when it is tried; a folder on this machine needs no network.")
        )
    in_use = name == current and values == known[name].settings(**kept).model_dump()
    if st.button(
        _("In use") if in_use else _("Try it and use it"),
        type="primary",
        key="encoder-use",
        icon=":material/check:",
        disabled=in_use,
        help=_("A few pictures are read with it first. Labels stay; all pictures are read anew."),
    ):
        with feedback.inline_progress(_("Trying the encoder")) as report:
            try_out(project.id, name, values, report)
        choice = {"name": name, "settings": values}
        resources.store().projects.update(project.id, settings={"encoder": choice})
        state.forget_belief()
        state.notice.set(tr("Pictures are now read by: {name}", name=feedback.plain(_(known[name].info.title))))
        st.rerun()


def try_out(project_id: int, name: str, values: dict[str, Any], report: Progress) -> None:
    """Read a few pictures of the project. Raises FslError that says what to change."""
    rows = resources.store().items.page(project_id, limit=TRIED)
    paths = [path for row in rows if row.blob and (path := images.path_of(row.blob)).exists()]
    encoder = registry.create_encoder(name, values)
    vectors = encoder.encode(paths, progress=report)
    if not np.isfinite(vectors).all():
        raise DataError(
            "The encoder answers with values that are no numbers.",
            "Choose what the model takes for pixel values, another output, or another model.",
        )
    if len(vectors) > 1 and np.allclose(vectors, vectors[0]):
        raise DataError(
            "The encoder gives {n} different pictures the same vector.",
            "Choose what the model takes for pixel values, another output, or another model.",
            n=len(vectors),
        )
