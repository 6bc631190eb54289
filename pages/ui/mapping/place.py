"""A small map that shows where one text lies among the labelled items and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fsl_core.plotting import figures, projection
from pages.ui.kit import chrome, state
from pages.ui.kit.text import N_, _, of_kind

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from fsl_core.base.types import Vectors
    from fsl_core.plotting.projection import Projection
    from fsl_core.workspace import Snapshot, Workspace

MOST = 1_500


def layout(workspace: Workspace) -> Projection:
    """UMAP where it is ready, else PCA; never computed here when it takes long."""
    vectors = workspace.encode() if workspace.vectors is None else workspace.vectors
    file = projection.cached_file(workspace.encoder.key, workspace.digests)
    key = (str(file), file.exists())
    return state.remember("place", key, lambda: projection.load(file, vectors) or projection.pca(vectors))


def figure(workspace: Workspace, snapshot: Snapshot, text: str, vector: Vectors) -> go.Figure:
    """The query as a cross; labelled items in colour, a share of the others in the colour of their prediction."""
    drawn = layout(workspace)
    rows = np.arange(len(workspace.ids))
    if len(rows) > MOST:
        chance = np.random.default_rng(0).random(len(rows)) + (workspace.label_codes() != -1)
        rows = np.sort(np.argsort(-chance, kind="stable")[:MOST])
    data = figures.MapData(
        points=drawn.points[rows],
        texts=[workspace.texts[row] for row in rows],
        labels=workspace.label_codes()[rows],
        classes=snapshot.classes,
        predicted=snapshot.predicted[rows],
        confidence=snapshot.confidence[rows],
        queries=drawn.transform(vector),
        query_texts=[text],
    )
    words = figures.Words(
        _("none of these"),
        of_kind(workspace.of_images, N_("your text"), N_("your picture")),
        _("Label"),
        _("Prediction"),
    )
    return figures.map_figure(data, dark=chrome.is_dark(), words=words)
