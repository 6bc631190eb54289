"""Map: all items in one picture, with prototypes; a lasso lists what lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from fsl_core import figures, jobs, projection, registry
from fsl_core.method import VectorMethod
from pages.ui import chrome, feedback, project, resources, state
from pages.ui.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.figures import MapData
    from fsl_core.projection import Projection
    from fsl_core.workspace import Snapshot, Workspace

MOST_POINTS = 20_000
LISTED = 500


def page() -> None:
    chrome.heading(_("Map"), _("Similar texts lie close together. Draw around some to see what they are."))
    workspace = project.with_model()
    if workspace is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="map-controls"):
        color_by = _color_picker()
        kind = _kind_picker()
        with st.container(width=220):
            method = project.method_picker(workspace, "map-method")
    settings = workspace.chosen_method()[1] if method == workspace.chosen_method()[0] else None
    snapshot = workspace.snapshot(method, settings)
    drawn = _projection(workspace, kind)
    data, rows = _data(workspace, snapshot, drawn)
    if len(rows) < len(workspace.ids):
        st.caption(
            tr(
                "Showing {n} of {total} items: all labelled ones and a random share of the others.",
                n=f"{len(rows):,}",
                total=f"{len(workspace.ids):,}",
            )
        )
    figure = figures.map_figure(data, color_by, dark=chrome.is_dark(), words=_words())
    event = st.plotly_chart(
        figure,
        key=f"map-chart-{workspace.project_id}",
        on_select="rerun",
        selection_mode=("lasso", "box", "points"),
        config={"displaylogo": False, "scrollZoom": True},
    )
    _selection(workspace, snapshot, _picked(event))


def _color_picker() -> figures.ColorBy:
    titles: dict[figures.ColorBy, str] = {
        "label": _("Label"),
        "prediction": _("Prediction"),
        "confidence": _("Confidence"),
    }
    chosen = st.segmented_control(
        _("Colour by"),
        list(titles),
        default="prediction",
        required=True,
        format_func=lambda value: titles[value],
        key="map-color",
        persist_state="session",
    )
    return chosen or "prediction"


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
    vectors = workspace.encode() if workspace.vectors is None else workspace.vectors
    if kind == "umap":
        if (ready := _umap(workspace)) is not None:
            return ready
        latest = resources.store().jobs.recent(workspace.project_id, "umap", limit=1)
        if not latest or latest[0].state in ("done", "queued", "running"):
            name, settings = registry.encoder_choice(workspace.project.settings)
            params = {"encoder": name, "settings": settings, "n": len(workspace.ids)}
            jobs.start(resources.store(), "umap", params, workspace.project_id)
            st.caption(_("UMAP is on its way; PCA is shown until then."))
            feedback.job_progress(project_id=workspace.project_id, kind="umap")
        else:
            feedback.show_job(latest[0])
            if st.button(_("Compute UMAP"), key="map-again", icon=":material/refresh:"):
                name, settings = registry.encoder_choice(workspace.project.settings)
                jobs.start(resources.store(), "umap", {"encoder": name, "settings": settings}, workspace.project_id)
                st.rerun()
    key = (workspace.project_id, workspace.encoder.key, len(workspace.ids))
    return state.remember("map.pca", key, lambda: projection.pca(vectors))


def _umap(workspace: Workspace) -> Projection | None:
    vectors = workspace.vectors
    if vectors is None:
        return None
    file = projection.cached_file(workspace.encoder.key, workspace.digests)
    if not file.exists():
        return None
    return state.remember("map.umap", str(file), lambda: projection.load(file, vectors))


def _data(workspace: Workspace, snapshot: Snapshot, drawn: Projection) -> tuple[MapData, Any]:
    labels = workspace.label_codes()
    rows = np.arange(len(workspace.ids))
    if len(rows) > MOST_POINTS:
        chance = np.random.default_rng(0).random(len(rows)) + (labels != -1)
        rows = np.sort(np.argsort(-chance, kind="stable")[:MOST_POINTS])
    method = snapshot.method
    queries = state.queries(workspace.project_id)
    data = figures.MapData(
        points=drawn.points[rows],
        ids=workspace.ids[rows],
        texts=[workspace.texts[row] for row in rows],
        labels=labels[rows],
        classes=snapshot.classes,
        predicted=snapshot.predicted[rows],
        confidence=snapshot.confidence[rows],
        prototypes=_prototypes(workspace, method, drawn) if isinstance(method, VectorMethod) else None,
        queries=drawn.transform(workspace.encoder.encode(queries)) if queries else None,
        query_texts=queries,
    )
    return data, rows


def _prototypes(workspace: Workspace, method: VectorMethod[Any], drawn: Projection) -> Any:  # noqa: ANN401
    """Where the mean of each class lies; a class without an example lies where its name does."""
    support = workspace.support()
    names = workspace.name_vectors()
    means = names.copy()
    if workspace.vectors is not None:
        for code in np.unique(support.labeled.codes):
            means[code] = workspace.vectors[support.rows[support.labeled.codes == code]].mean(axis=0)
    return drawn.transform(means)


def _words() -> figures.Words:
    return figures.Words(
        unlabeled=_("not labelled"),
        none=_("none of these"),
        prototype=_("prototype"),
        query=_("your text"),
        confidence=_("confidence"),
        label=_("label"),
        prediction=_("prediction"),
    )


# -- the selection ---------------------------------------------------------------------------------


def _picked(event: Any) -> list[int]:  # noqa: ANN401
    """Item ids under the lasso; stars and queries carry none."""
    ids: list[int] = []
    for point in event["selection"]["points"] if event else []:
        custom = point.get("customdata")
        value = custom[0] if isinstance(custom, list | tuple) and custom else custom
        if isinstance(value, int | float):
            ids.append(int(value))
    return list(dict.fromkeys(ids))


def _selection(workspace: Workspace, snapshot: Snapshot, ids: list[int]) -> None:
    ids = [item for item in ids if item in workspace.position]
    if not ids:
        st.caption(_("Lasso or box some points to list them here and to label them together."))
        return
    rows = [workspace.position[item] for item in ids]
    st.subheader(ngettext("{n} item selected", "{n} items selected", len(ids)), anchor=False)
    _bulk_label(workspace, ids)
    names = {c.id: c.name for c in workspace.classes} | {"none": _("none of these")}
    labels = [workspace.labels[item].label if item in workspace.labels else None for item in ids]
    table = pd.DataFrame(
        {
            "text": [workspace.texts[row] for row in rows],
            "label": ["" if label is None else names.get(label, "") for label in labels],
            "prediction": [snapshot.classes[snapshot.predicted[row]] for row in rows],
            "confidence": [float(snapshot.confidence[row]) for row in rows],
        }
    )
    st.dataframe(
        table[:LISTED],
        hide_index=True,
        key="map-selected",
        column_config={
            "text": st.column_config.TextColumn(_("Text"), width="large"),
            "label": _("Label"),
            "prediction": _("Prediction"),
            "confidence": st.column_config.ProgressColumn(_("Confidence"), format="percent", min_value=0, max_value=1),
        },
    )
    if len(ids) > LISTED:
        st.caption(tr("The first {n} are listed.", n=LISTED))


def _bulk_label(workspace: Workspace, ids: list[int]) -> None:
    names = {c.id: c.name for c in workspace.classes}
    with st.container(horizontal=True, vertical_alignment="bottom", key="map-bulk"):
        with st.container(width=280):
            chosen = st.selectbox(
                _("Label all of them as"), list(names), index=None, format_func=lambda c: names[c], key="map-bulk-class"
            )
        text = ngettext("Label {n} item", "Label {n} items", len(ids))
        st.button(
            text,
            type="primary",
            key="map-bulk-go",
            disabled=chosen is None,
            on_click=_label,
            args=(workspace, ids, chosen),
        )
        st.button(
            _("Undo"),
            key="map-undo",
            icon=":material/undo:",
            disabled=not workspace.store.journal.can_undo(workspace.project_id, state.author.get()),
            on_click=_undo,
            args=(workspace,),
        )


@feedback.in_callback
def _label(workspace: Workspace, ids: list[int], class_id: int) -> None:
    entry = workspace.store.journal.label(workspace.project_id, ids, class_id, author=state.author.get())
    state.notice.set(ngettext("{n} item labelled", "{n} items labelled", entry.n_changes))


@feedback.in_callback
def _undo(workspace: Workspace) -> None:
    entry = workspace.store.journal.undo(workspace.project_id, state.author.get())
    if entry is not None:
        state.notice.set(ngettext("{n} label taken back", "{n} labels taken back", entry.n_changes))


page()
