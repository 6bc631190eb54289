"""From arrays to Plotly figures. Colours of text and background are left to the page's theme."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.texts import shorten
from fsl_core.base.types import Codes
from fsl_core.evaluation.metrics import Measure
from fsl_core.plotting import palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

WEBGL_FROM = 800
HOVER_LENGTH = 280


@dataclass(frozen=True)
class MapData:
    """What the map shows. Arrays run over the same n items.

    ``labels`` holds class codes, -1 where there is none and -2 for "none of these".
    """

    points: NDArray[np.float32]
    """Shape (n, 2)."""
    texts: Sequence[str]
    labels: Codes
    classes: Sequence[str]
    predicted: Codes
    confidence: NDArray[np.float32]
    queries: NDArray[np.float32]
    """Shape (n_queries, 2)."""
    query_texts: Sequence[str]


@dataclass(frozen=True)
class Words:
    """The words on a map, translated by the page."""

    none: str = "none of these"
    query: str = "your text"
    label: str = "label"
    prediction: str = "prediction"


def hover(text: str) -> str:
    """A text as a hover may show it: escaped, wrapped, cut."""
    text = shorten(text, HOVER_LENGTH)
    # Chinese has no spaces to wrap at, and its characters are twice as wide.
    width = 28 if any("\u2e80" <= ch <= "\uffef" for ch in text) else 56
    return "<br>".join(html.escape(line) for line in textwrap.wrap(text, width)) or " "


def map_figure(data: MapData, *, dark: bool = False, words: Words | None = None) -> go.Figure:
    """Items in the colour of their predicted class, one trace a class, and the queries as crosses."""
    import plotly.graph_objects as go

    words = words or Words()
    figure = go.Figure()
    for code in range(len(data.classes)):
        if len(rows := np.flatnonzero(data.predicted == code)):
            figure.add_trace(_class_points(data, rows, code, words))
    figure.add_trace(
        go.Scatter(
            x=data.queries[:, 0],
            y=data.queries[:, 1],
            mode="markers",
            name=words.query,
            text=[hover(text) for text in data.query_texts],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "symbol": "x-thin",
                "size": 20,
                "line": {"width": 4, "color": "#F4EFE6" if dark else "#1F2A30"},
            },
        )
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        height=300,
        dragmode="pan",
        showlegend=False,
        hoverlabel={"align": "left"},
        uirevision="map",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    # Distances along either axis of a map mean the same, and their numbers mean nothing.
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _class_points(data: MapData, rows: NDArray[np.int64], code: int, words: Words) -> go.Scatter | go.Scattergl:
    import plotly.graph_objects as go

    kind = go.Scattergl if len(data.points) > WEBGL_FROM else go.Scatter
    return kind(
        x=data.points[rows, 0],
        y=data.points[rows, 1],
        mode="markers",
        name=html.escape(data.classes[code]),
        text=_hover_texts(data, rows, words),
        hovertemplate="%{text}<extra></extra>",
        marker={
            "color": palette.class_color(code),
            "symbol": palette.class_symbol(code),
            "size": 9 if len(data.points) <= 500 else 7,
            "opacity": 0.75,
        },
    )


def _hover_texts(data: MapData, rows: NDArray[np.int64], words: Words) -> list[str]:
    lines = []
    for row in rows:
        parts = [hover(data.texts[row])]
        if data.labels[row] != -1:
            name = words.none if data.labels[row] == -2 else data.classes[data.labels[row]]
            parts.append(f"<b>{words.label}: {html.escape(name)}</b>")
        name = html.escape(data.classes[data.predicted[row]])
        parts.append(f"{words.prediction}: {name} ({data.confidence[row]:.0%})")
        lines.append("<br>".join(parts))
    return lines


def probability_bars(names: Sequence[str], shares: NDArray[np.float32], codes: Codes) -> go.Figure:
    """One bar per class in the given order, in the colour of its class, with the share written beside it."""
    import plotly.graph_objects as go

    shown = [html.escape(shorten(name, 26)) for name in names]
    figure = go.Figure(
        go.Bar(
            x=shares,
            # Numbers as positions: two names that are cut alike must not share a bar.
            y=list(range(len(names))),
            orientation="h",
            marker={"color": [palette.class_color(int(code)) for code in codes]},
            text=[f"{share:.0%}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            customdata=[html.escape(name) for name in names],
            hovertemplate="%{customdata}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_layout(
        height=60 + 30 * len(names),
        margin={"l": 0, "r": 40, "t": 4, "b": 0},
        xaxis={"visible": False, "range": [0, max(1e-6, float(np.max(shares, initial=0.0))) * 1.15]},
        yaxis={"autorange": "reversed", "tickvals": list(range(len(names))), "ticktext": shown, "automargin": True},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        bargap=0.35,
    )
    return figure


def dot_plot(names: Sequence[str], measures: Sequence[Measure], title: str) -> go.Figure:
    """One dot with its 95 % interval per row, best on top; the axis shows what the intervals need."""
    import plotly.graph_objects as go

    order = sorted(range(len(names)), key=lambda i: measures[i].value)
    values = [measures[i].value for i in order]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=[html.escape(names[i]) for i in order],
            mode="markers",
            marker={"size": 13, "color": "#2A9D8F"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [measures[i].high - measures[i].value for i in order],
                "arrayminus": [measures[i].value - measures[i].low for i in order],
                "thickness": 2,
                "width": 5,
                "color": "#5B8C89",
            },
            customdata=[(measures[i].low, measures[i].high, measures[i].n) for i in order],
            hovertemplate=(
                "%{y}: %{x:.1%}<br>%{customdata[0]:.1%} – %{customdata[1]:.1%}, n = %{customdata[2]}<extra></extra>"
            ),
        )
    )
    low = max(0.0, min((m.low for m in measures), default=0.0) - 0.05)
    figure.update_layout(
        height=120 + 44 * len(names),
        margin={"l": 0, "r": 16, "t": 8, "b": 40},
        xaxis={"title": title, "tickformat": ".0%", "range": [low, 1.0 + 0.03 * (1.0 - low)]},
        yaxis={"automargin": True},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=False,
    )
    return figure


def confusion_figure(
    confusion: NDArray[np.float64], classes: Sequence[str], *, predicted: str = "predicted", true: str = "true"
) -> go.Figure:
    """Rows true, columns predicted, shaded by the share of the row; counts are written up to 12 classes."""
    import plotly.graph_objects as go

    n = len(classes)
    totals = np.maximum(confusion.sum(axis=1, keepdims=True), 1e-9)
    names = [html.escape(shorten(name, 28)) for name in classes]
    axis = {"tickmode": "array", "tickvals": list(range(n)), "ticktext": names, "showgrid": False, "zeroline": False}
    # With many classes every name would overlap the next; the hover still gives them.
    axis["showticklabels"] = n <= 40
    figure = go.Figure(
        go.Heatmap(
            z=confusion / totals,
            text=np.vectorize(lambda v: f"{v:.0f}" if v else "")(confusion) if n <= 12 else None,
            texttemplate="%{text}" if n <= 12 else None,
            customdata=np.array(
                [[(names[i], names[j], confusion[i, j]) for j in range(n)] for i in range(n)], dtype=object
            ),
            hovertemplate=(
                f"{true}: %{{customdata[0]}}<br>{predicted}: %{{customdata[1]}}"
                "<br>%{customdata[2]:.1f}<extra></extra>"
            ),
            colorscale=[[0.0, "rgba(11,110,105,0.04)"], [1.0, "#0B6E69"]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1 if n <= 40 else 0,
            ygap=1 if n <= 40 else 0,
        )
    )
    figure.update_layout(
        height=int(min(760, 260 + 26 * n)),
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        xaxis={**axis, "title": predicted, "automargin": True, "tickangle": -40 if n > 4 else 0},
        yaxis={**axis, "title": true, "autorange": "reversed", "automargin": True},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return figure
