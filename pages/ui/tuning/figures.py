"""Charts of the Tune page: the curves of the trainings, and a map of all items under one encoder."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.plotting import palette
from fsl_core.plotting.figures import WEBGL_FROM, hover
from pages.ui.kit import chrome
from pages.ui.kit.text import _, tr
from pages.ui.tuning import sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from fsl_core.base.types import Codes

Point = tuple[str, int, float | None]
"""A training, its step, and what was measured there."""
COLORS = ("#E69F00", "#56B4E9", "#0B8F88", "#CC79A7", "#D55E00", "#6A51A3")
CONFIG = {"displayModeBar": False}
MOST_STEPS = 400
"""Longer curves are thinned out: no screen shows more."""


def curves(points: Sequence[Point], title: str, *, share: bool = False) -> go.Figure | None:
    """One line for each training over its steps; None while nothing was measured."""
    import plotly.graph_objects as go

    runs: dict[str, list[tuple[int, float]]] = {}
    for run, step, value in points:
        if value is not None:
            runs.setdefault(run, []).append((step, value))
    if not runs:
        return None
    drawn = go.Figure()
    every = list(dict.fromkeys(run for run, _step, _value in points))
    for name, line in runs.items():
        line = line[:: max(1, len(line) // MOST_STEPS)] + line[-1:]
        shown = html.escape(sentences.run_name(name))
        drawn.add_trace(
            go.Scatter(
                x=[step for step, _value in line],
                y=[value for _step, value in line],
                name=shown,
                mode="lines+markers" if share or len(line) < 3 else "lines",
                line={"color": COLORS[every.index(name) % len(COLORS)], "width": 3},
                marker={"size": 7},
                hovertemplate=f"{shown}: %{{y:{'.1%' if share else '.3f'}}}<extra></extra>",
            )
        )
    drawn.update_layout(
        height=260,
        margin={"l": 0, "r": 8, "t": 36, "b": 0},
        title={"text": title, "font": {"size": 15}, "x": 0, "y": 0.98},
        legend={"orientation": "h", "y": -0.28, "x": 0},
        showlegend=True,
        hovermode="x",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        uirevision="tune",
    )
    axis: dict[str, Any] = {"rangemode": "tozero"}
    if share:
        # Down to a little below the lowest: a curve over a range of one per cent would tell of leaps.
        low = min(value for line in runs.values() for _step, value in line)
        axis = {"tickformat": ".0%", "range": [max(0.0, low - 0.15), 1.02]}
    drawn.update_xaxes(title=_("Step"), automargin=True, rangemode="tozero", nticks=6)
    drawn.update_yaxes(automargin=True, nticks=5, **axis)
    return drawn


def twin_map(
    points: NDArray[np.float32],
    texts: Sequence[str],
    colored: Codes,
    said: Sequence[str],
    classes: Sequence[str],
    colors: Sequence[str],
) -> go.Figure:
    """Items at ``points`` (n, 2) in the colour of the class ``colored`` (n,), grey where it is negative.

    ``said`` is the line below the text in the hover.
    """
    import plotly.graph_objects as go

    kind = go.Scattergl if len(points) > WEBGL_FROM else go.Scatter
    figure = go.Figure()
    grey = palette.UNLABELED["dark" if chrome.is_dark() else "light"]
    for code in [-1, *range(len(classes))]:
        rows = np.flatnonzero(colored < 0 if code < 0 else colored == code)
        if not len(rows):
            continue
        figure.add_trace(
            kind(
                x=points[rows, 0],
                y=points[rows, 1],
                mode="markers",
                name=html.escape(classes[code]) if code >= 0 else _("no label"),
                text=[f"{hover(texts[row])}<br><b>{html.escape(said[row])}</b>" for row in rows],
                hovertemplate="%{text}<extra></extra>",
                marker={
                    "color": colors[code] if code >= 0 else grey,
                    "symbol": palette.class_symbol(code) if code >= 0 else "circle",
                    "size": (9 if len(points) <= 500 else 7) if code >= 0 else 4,
                    "opacity": 0.8 if code >= 0 else 0.5,
                },
            )
        )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        height=360,
        dragmode="pan",
        showlegend=False,
        hoverlabel={"align": "left"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        title={"text": ""},
        meta=tr("{n} items", n=len(points)),
    )
    # Distances along either axis mean the same, and their numbers mean nothing.
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure
