"""The table of all items: label, prediction, probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from fsl_core.base.texts import shorten
from pages.ui.kit import thumbnails
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fsl_core.workspace import Snapshot, Workspace

ROWS = {"text": 500, "image": 50}
"""Items a page of the table: pictures are heavy."""
LONGEST = 1_000
"""Signs of a text in the table; the whole text stands on Label."""


def table(workspace: Workspace, snapshot: Snapshot) -> None:
    """All items in the order in which they came, page by page."""
    kind = "image" if workspace.of_images else "text"
    n, per_page = len(workspace.ids), ROWS[kind]
    st.caption(ngettext("{n} item", "{n} items", n))
    page = 1
    if n > per_page:
        page = st.pagination(-(-n // per_page), key=f"results-page-{workspace.project_id}")
    rows = np.arange((page - 1) * per_page, min(page * per_page, n))
    names = {one.id: one.name for one in workspace.classes}
    shown = pd.DataFrame(
        {
            "picture": [thumbnails.address(workspace, int(row)) for row in rows],
            "text": [shorten(workspace.texts[row], LONGEST) for row in rows],
            "label": [label_of(workspace, int(row), names) for row in rows],
            "prediction": [prediction_of(snapshot, int(row)) for row in rows],
            "probability": snapshot.confidence[rows].astype(float).round(2),
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        key="results-table",
        row_height=72 if workspace.of_images else None,
        column_config={
            "picture": st.column_config.ImageColumn(_("Picture"), width="small") if workspace.of_images else None,
            "text": st.column_config.TextColumn(
                _("File") if workspace.of_images else _("Text"), width="small" if workspace.of_images else "medium"
            ),
            "label": _("Label"),
            "prediction": _("Prediction"),
            "probability": st.column_config.ProgressColumn(
                _("Probability"), format="percent", min_value=0, max_value=1, help=_("Of the predicted class.")
            ),
        },
    )


def label_of(workspace: Workspace, row: int, names: Mapping[int, str]) -> str:
    """What people say of the item, in words; empty without a label."""
    state = workspace.labels.get(int(workspace.ids[row]))
    return "" if state is None else label_words(state.label, names)


def prediction_of(snapshot: Snapshot, row: int) -> str:
    """What the model says: one class, or the set of them where an item may have several."""
    if snapshot.sets is None:
        return snapshot.classes[snapshot.predicted[row]]
    return ", ".join(name for name, on in zip(snapshot.classes, snapshot.sets[row], strict=True) if on)
