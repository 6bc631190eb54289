"""Map: all items in one picture; a lasso, a box or a search selects some, one key labels them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import jobs
from fsl_core.jobs.tasks import umap
from fsl_core.models import chosen
from fsl_core.plotting import projection
from pages.ui.components.card import card
from pages.ui.components.lasso import lasso
from pages.ui.kit import chrome, feedback, fitting, method, project, resources, state
from pages.ui.kit.text import N_, _, of_kind, tr
from pages.ui.labelling.desk import watch
from pages.ui.mapping import map_desk

if TYPE_CHECKING:
    from fsl_core.plotting.projection import Projection
    from fsl_core.workspace import Workspace

STYLE = """<style>
/* The map goes on by itself while the server computes: it must not fade meanwhile. */
.st-key-map-slot [data-stale="true"] { opacity: 1 !important; transition: none !important; }
[data-testid="stLayoutWrapper"]:has(> .st-key-map-notice:empty) { display: none; }
</style>"""


def page() -> None:
    st.html(STYLE)
    corner = chrome.heading(
        _("Map"),
        of_kind(
            project.of_images(),
            N_("Similar texts lie close together. Draw around some and label them with one key."),
            N_("Similar pictures lie close together. Draw around some and label them with one key."),
        ),
    )
    workspace = project.with_model()
    if workspace is None:
        return
    with corner:
        kind = _kind_picker()
    method.control(workspace, corner)
    # A place of its own, whether anything stands in it or not: the map below must not be made anew when that goes.
    with st.container(key="map-notice"):
        shown = map_desk.points(workspace, _projection(workspace, kind), _found(workspace))
        if len(shown.rows) < len(workspace.ids):
            st.caption(
                tr(
                    "Showing {n} of {total} items: all labelled ones and a random share of the others.",
                    n=f"{len(shown.rows):,}",
                    total=f"{len(workspace.ids):,}",
                )
            )
    _board(workspace.project_id, kind)
    # Outside of the fragment: a label does not send the points again.
    with st.container(key="map-points-slot"):
        lasso.points(workspace.project_id, shown.payload)
        card.listen()
    watch(workspace.project_id, map_desk.desks)


@st.fragment
@feedback.guard
def _board(project_id: int, kind: projection.Kind) -> None:
    """The map itself: a label reruns only this."""
    desk = map_desk.desks.of(project_id)
    slot = st.container(key="map-slot")
    with st.container(key="map-ack-slot"):
        lasso.acknowledge(project_id, desk.acks, desk.saved_at)
    workspace = resources.workspace(project_id)
    desk.seen = resources.store().journal.last_id(project_id)
    workspace.sync()
    if workspace.vectors is None or len(workspace.classes) < 2:
        st.rerun()
    map_desk.answer(workspace, desk)
    before = state.recall("map.points")
    drawn = _layout(workspace, kind)
    shown = map_desk.points(workspace, drawn, _found(workspace))
    if before is not None and before.version != shown.version:
        st.rerun()
    model = fitting.model(workspace) if workspace.can_answer else None
    with slot:
        if desk.error is not None:
            feedback.error_box(desk.error)
        map_desk.draw(workspace, model.snapshot if model else None, drawn, shown, desk)
        if model is not None:
            fitting.draw(model)


def _found(workspace: Workspace) -> list[int]:
    """What a search found is on the map, however many items there are."""
    found = map_desk.desks.of(workspace.project_id).found
    return found["ids"] if found else []


def _kind_picker() -> projection.Kind:
    chosen = st.segmented_control(
        _("Layout"),
        ["umap", "pca"],
        default="umap",
        required=True,
        format_func=str.upper,
        key="map-kind",
        help=_("UMAP keeps neighbours together. PCA is instant and keeps large distances."),
        persist_state="session",
    )
    return "pca" if chosen == "pca" else "umap"


def _projection(workspace: Workspace, kind: projection.Kind) -> Projection:
    """The wanted layout, or PCA while UMAP is computed by a job."""
    if workspace.vectors is None:
        workspace.encode()
    if kind == "umap" and _umap(workspace) is None:
        _start_umap(workspace)
    return _layout(workspace, kind)


def _layout(workspace: Workspace, kind: projection.Kind) -> Projection:
    """The wanted layout when it is there, else PCA; draws nothing."""
    vectors = workspace.vectors
    assert vectors is not None
    if kind == "umap" and (ready := _umap(workspace)) is not None:
        return ready
    key = (workspace.project_id, workspace.encoder.key, len(workspace.ids))
    return state.remember("map.pca", key, lambda: projection.pca(vectors))


def _start_umap(workspace: Workspace) -> None:
    latest = resources.store().jobs.recent(workspace.project_id, umap.Params.kind, limit=1)
    name, settings = chosen.encoder_choice(workspace.project.settings, workspace.project.kind)
    params = umap.Params(encoder=name, settings=settings, n=len(workspace.ids))
    if not latest or latest[0].state in ("done", "queued", "running"):
        jobs.start(resources.store(), params, workspace.project_id)
        with st.container(horizontal=True, vertical_alignment="center", key="map-umap"):
            st.caption(_("UMAP is on its way; PCA is shown until then."), width="content")
            feedback.job_progress(project_id=workspace.project_id, kind=umap.Params.kind)
        return
    # It failed or was stopped: starting it again is the person's decision.
    feedback.show_job(latest[0])
    if st.button(_("Compute UMAP"), key="map-again", icon=":material/refresh:"):
        jobs.start(resources.store(), params, workspace.project_id)
        st.rerun()


def _umap(workspace: Workspace) -> Projection | None:
    vectors = workspace.vectors
    if vectors is None:
        return None
    file = projection.cached_file(workspace.encoder.key, workspace.digests)
    if not file.exists():
        return None
    return state.remember("map.umap", str(file), lambda: projection.load(file, vectors))


page()
