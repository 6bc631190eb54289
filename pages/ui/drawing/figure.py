"""The pictures of the demo: a bar for each answer, and the plane with five prototypes and the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsl_core.plotting import figures, palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROOM = 0.25
"""Of the width on either side, for names and for a query outside of its prototypes."""


def bars(names: Sequence[str], shares: NDArray[np.float32], *, dark: bool) -> go.Figure:
    """One bar a class and a grey one for the last, "none of these", on an axis that stays the same."""
    figure = figures.probability_bars(names, shares, np.arange(len(names)))
    grey = palette.NONE_OF_THESE["dark" if dark else "light"]
    figure.update_traces(marker_color=[*(palette.class_color(i) for i in range(len(names) - 1)), grey])
    figure.update_xaxes(range=[0, 1.15])
    figure.update_yaxes(tickfont_size=15)
    figure.update_layout(height=32 * len(names), margin_b=4)
    figure.update_traces(textfont_size=15)
    return figure


def plane(
    prototypes: NDArray[np.float32], names: Sequence[str], query: NDArray[np.float32], word: str, *, dark: bool
) -> go.Figure:
    """Prototypes (n_way, 2) in the colours of their classes, the query (1, 2) as a cross."""
    codes = np.arange(len(names))
    data = figures.MapData(
        points=prototypes,
        texts=list(names),
        labels=np.full(len(names), -1),
        classes=names,
        predicted=codes,
        confidence=np.ones(len(names), dtype=np.float32),
        queries=query,
        query_texts=[word],
    )
    figure = figures.map_figure(data, dark=dark, words=figures.Words(query=word))
    for trace, name in zip(figure.data, names, strict=False):
        trace.update(
            mode="markers+text",
            texttemplate=name,
            textposition="top center",
            textfont_size=14,
            hoverinfo="skip",
            hovertemplate=None,
            marker={"size": 18, "opacity": 1.0},
        )
    spread = np.concatenate([prototypes, query])
    low, high = spread.min(axis=0), spread.max(axis=0)
    margin = ROOM * max(float((high - low).max()), 1e-6)
    figure.update_xaxes(range=[float(low[0] - margin), float(high[0] + margin)])
    figure.update_yaxes(range=[float(low[1] - margin), float(high[1] + margin)])
    figure.update_layout(height=220)
    return figure
