"""A comparison in a sentence: who wins, by how much beyond the noise, and at what price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core import registry
from fsl_core.evaluation import paired
from pages.ui.kit import feedback, method
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.tuning.sentences import duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fsl_core.evaluation.metrics import Measure
    from fsl_core.evaluation.paired import Ranking
    from fsl_core.jobs.tasks.compare import Comparison, MethodScores
    from fsl_core.workspace import Workspace

NAMED = 3
"""Methods on one level that are named; the others are counted."""
SLOW_S = 1.0
"""From so many seconds a fit is worth a word."""


def draw(workspace: Workspace, payload: Comparison) -> None:
    """The sentence, and a button that answers with the method it comes to."""
    known = registry.methods()
    rows = [row for row in payload.rows if row.method in known]
    ranking = paired.rank([row.splits for row in rows], [row.fit_seconds for row in rows], payload.folds)
    if ranking is None or len(rows) < 2 or not rows[ranking.best].accuracy.enough:
        return
    titles = {row.method: _(known[row.method].info.title) for row in rows}
    pick = recommended(rows, ranking, payload.in_use).method
    settings = payload.own_settings if pick == payload.in_use else {}
    with st.container(border=True, key="compare-verdict"):
        st.markdown(f"**{feedback.plain(sentence(rows, ranking, titles))}**")
        st.caption(feedback.plain(advice(rows, ranking, titles, payload.in_use)))
        if pick not in registry.live_methods():
            return
        used = method.is_used(workspace, pick, settings)
        feedback.act(
            tr("{method} is in use", method=feedback.plain(titles[pick]))
            if used
            else tr("Use {method}", method=feedback.plain(titles[pick])),
            method.use,
            workspace.project_id,
            pick,
            settings,
            type="primary",
            key="compare-use-best",
            icon=":material/check:" if used else ":material/push_pin:",
            disabled=used,
        )


def sentence(rows: Sequence[MethodScores], ranking: Ranking, titles: Mapping[str, str]) -> str:
    """'Ridge and Logistic head differ by less than the noise; Matching is 4.1 points behind (1.2 to 7.0).'"""
    level = _named([titles[rows[i].method] for i in ranking.level])
    one = len(ranking.level) == 1
    if ranking.runner_up is None or ranking.gap is None:
        return tr("{methods} differ by less than the noise.", methods=level)
    behind, gap = titles[rows[ranking.runner_up].method], points(ranking.gap)
    if one:
        return tr("{method} wins: {gap} points ahead of {other}, the next.", method=level, gap=gap, other=behind)
    return tr("{methods} differ by less than the noise; {other} is {gap} points behind the best of them.",
              methods=level, other=behind, gap=gap)  # fmt: skip


def advice(rows: Sequence[MethodScores], ranking: Ranking, titles: Mapping[str, str], in_use: str) -> str:
    """Which one to take, what it costs, and how the method in use stands."""
    pick = recommended(rows, ranking, in_use)
    if pick.method == in_use and len(ranking.level) > 1:
        return tr("{method}, which is in use, is as good as any: there is no reason to change.", method=titles[in_use])
    words = []
    if len(ranking.level) > 1:
        words.append(tr("{method} is the quickest of them.", method=titles[pick.method]))
    if pick.fit_seconds >= SLOW_S:
        words.append(tr("A fit takes {time}.", time=duration(pick.fit_seconds)))
    if pick.method != in_use and any(row.method == in_use for row in rows):
        words.append(tr("{method}, which is in use, is behind.", method=titles[in_use]))
    return " ".join(words)


def recommended(rows: Sequence[MethodScores], ranking: Ranking, in_use: str) -> MethodScores:
    """The method in use as long as none is better beyond the noise, else the quickest to fit of the best."""
    level = [rows[place] for place in ranking.level]
    return next((row for row in level if row.method == in_use), level[0])


def points(gap: Measure) -> str:
    """'2.1 (0.8 to 3.4)', in points of a hundred."""
    value, low, high = (f"{100 * one:.1f}" for one in (gap.value, gap.low, gap.high))
    return tr("{value} ({low} to {high})", value=value, low=low, high=high)


def _named(titles: Sequence[str]) -> str:
    if len(titles) == 1:
        return titles[0]
    if len(titles) > NAMED + 1:
        more = ngettext("{n} more", "{n} more", len(titles) - NAMED)
        return tr("{methods} and {last}", methods=", ".join(titles[:NAMED]), last=more)
    return tr("{methods} and {last}", methods=", ".join(titles[:-1]), last=titles[-1])
