"""Figures in words: a value never without its n and interval, and none where n is too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.metrics import MINIMUM_N
from pages.ui.text import _, tr

if TYPE_CHECKING:
    from fsl_core.metrics import Measure, Report


def value_of(measure: Measure) -> str:
    """'83 %', or a dash while there is not enough to say."""
    return f"{measure.value:.0%}" if measure.enough else "–"


def interval_of(measure: Measure) -> str:
    """'74–90 %, n = 60', or what is missing."""
    if not measure.enough:
        return tr("not enough to say (n = {n})", n=measure.n)
    return tr("{low}–{high} %, n = {n}", low=f"{measure.low:.0%}"[:-1], high=f"{measure.high:.0%}"[:-1], n=measure.n)


def strip(report: Report | None, n_labeled: int) -> None:
    """Accuracy, recall and F1 in a row, each with interval and n."""
    if report is None:
        st.info(
            tr(
                "No score yet: it needs two labelled examples in at least two classes ({n} labelled so far).",
                n=n_labeled,
            ),
            icon=":material/hourglass_empty:",
        )
        return
    shown = (
        (_("Accuracy"), report.accuracy),
        (_("Macro recall"), report.macro_recall),
        (_("Macro F1"), report.macro_f1),
    )
    with st.container(horizontal=True, key="measures"):
        for title, measure in shown:
            st.metric(title, value_of(measure), interval_of(measure), delta_color="off", delta_arrow="off", border=True)
    if not report.accuracy.enough:
        st.caption(tr("Scores appear from {n} scored items on.", n=MINIMUM_N))
    elif report.unscored:
        st.caption(tr("{n} labelled items are the only one of their class and can't be scored yet.", n=report.unscored))
