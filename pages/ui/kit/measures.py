"""Figures in words: a value never without its n and interval, and none where n is too small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.evaluation.metrics import MINIMUM_N
from pages.ui.kit.text import N_, _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.evaluation.metrics import Measure, Report
    from fsl_core.workspace import Snapshot, Workspace
    from fsl_core.workspace.standing import Score

MEASURES = (
    ("accuracy", N_("Accuracy"), N_("How often the first guess is right.")),
    ("macro_recall", N_("Recall, class average"), N_("How much of each class is found; every class counts the same.")),
    (
        "macro_f1",
        N_("F1, class average"),
        N_("Found and not wrongly claimed, in one figure; every class counts the same."),
    ),
)

SETS = (
    ("accuracy", N_("Exactly right"), N_("How often all labels of an item are right and none is missing.")),
    (
        "micro_f1",
        N_("F1, all labels"),
        N_("Found and not wrongly claimed; every label counts the same."),
    ),
    MEASURES[2],
)
"""The same where an item may have several labels."""


def of(report: Report) -> list[tuple[str, str, Measure]]:
    """Title, explanation and value of the figures of a report, in the person's language."""
    chosen = SETS if hasattr(report, "micro_f1") else MEASURES
    return [(_(title), _(help_), getattr(report, name)) for name, title, help_ in chosen]


def value_of(measure: Measure) -> str:
    """'83%', or a dash while there is not enough to say."""
    return f"{measure.value:.0%}" if measure.enough else "–"


def range_of(measure: Measure) -> str:
    """'74% – 90%'."""
    return f"{measure.low:.0%} – {measure.high:.0%}"


def interval_of(measure: Measure) -> str:
    """'74% – 90%, n = 60', or what is missing."""
    if not measure.enough:
        return tr("not enough to say (n = {n})", n=measure.n)
    return tr("{range}, n = {n}", range=range_of(measure), n=measure.n)


def missing(report: Report | None, n_labeled: int) -> str:
    """Why there is no score yet, and how many labels it needs; empty when there is one."""
    if report is not None and report.accuracy.enough:
        return ""
    scored = report.n if report is not None else min(n_labeled, MINIMUM_N - 1)
    return f"{_('Not enough to say yet.')} {_more(max(1, MINIMUM_N - scored), report, n_labeled)}"


def _more(n: int, report: Report | None, n_labeled: int) -> str:
    if n_labeled >= MINIMUM_N or (report is not None and report.unscored):
        return ngettext("Label {n} more, at least two of a class.", "Label {n} more, at least two of each class.", n)
    return ngettext("Label {n} more.", "Label {n} more.", n)


def learned_from(workspace: Workspace) -> int:
    """Labels that a tuned encoder learned from: they are in no score. 0 for an encoder like any other."""
    if not workspace.encoder.trained_on():
        return 0
    return int((~workspace.fresh(workspace.support().rows)).sum())


def learned(n: int) -> str:
    """Which labels the scores leave out under a tuned encoder; empty when none."""
    if not n:
        return ""
    return ngettext(
        "The encoder learned from {n} of these labels; scores count only labels made since, and the check items.",
        "The encoder learned from {n} of these labels; scores count only labels made since, and the check items.",
        n,
    )


def judged(report: Report, learned: int = 0) -> str:
    """What the scores rest on; ``learned`` labels of a tuned encoder are left out for another reason."""
    words = ngettext(
        "{n} label, each judged by a model that has not seen it. In brackets: 95 % interval.",
        "{n} labels, each judged by a model that has not seen it. In brackets: 95 % interval.",
        report.n,
    )
    single = report.unscored - learned
    if single <= 0:
        return words
    more = ngettext(
        "{n} more is the only one of its class and cannot be judged.",
        "{n} more are the only ones of their class and cannot be judged.",
        single,
    )
    return f"{words} {more}"


def on_check_items(report: Report) -> str:
    """What the scores on check items rest on."""
    return ngettext(
        "On {n} check item, drawn at random and judged by a model that has not seen its label: how good the model is "
        "on the project as a whole. In brackets: 95 % interval.",
        "On {n} check items, drawn at random and judged by a model that has not seen their labels: how good the model "
        "is on the project as a whole. In brackets: 95 % interval.",
        report.n,
    )


def strip(report: Report | None, n_labeled: int, n_learned: int = 0, *, checked: bool = False) -> None:
    """Accuracy, recall and F1 in a row, each with interval and n; ``checked`` says that check items were scored."""
    if report is None:
        st.info(missing(report, n_labeled), icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, key="measures"):
        for title, help_, measure in of(report):
            st.metric(
                title,
                value_of(measure),
                interval_of(measure),
                help=help_,
                delta_color="off",
                delta_arrow="off",
                border=True,
            )
    words = missing(report, n_labeled) or (on_check_items(report) if checked else judged(report, n_learned))
    st.caption(f"{words} {learned(n_learned)}".strip().replace("%", r"\%"))


def one_score(workspace: Workspace, snapshot: Snapshot) -> None:
    """The score of the method in use, the same wherever it is named: on the check items once there are ten."""
    found = workspace.score(snapshot)
    if found is None or found.how == "left_out":
        strip(snapshot.report, snapshot.n_labeled, learned_from(workspace))
        return
    strip(found.report, snapshot.n_labeled, checked=True)


def how(workspace: Workspace, score: Score | None) -> str:
    """How the one score of the method in use was measured, in words."""
    if score is None:
        return missing(None, len(workspace.labels))
    if score.how == "check":
        return on_check_items(score.report)
    n = learned_from(workspace)
    words = missing(score.report, len(workspace.labels)) or judged(score.report, n)
    return f"{words} {learned(n)}".strip()


def beside(workspace: Workspace, why: str) -> None:
    """Below figures that are not the one score of the method in use: why they differ, and which one that is."""
    snapshot = workspace.fitted(*workspace.chosen_method()) if workspace.can_answer else None
    score = workspace.score(snapshot) if snapshot is not None else None
    if score is None or not score.report.accuracy.enough:
        st.caption(why.replace("%", r"\%"))
        return
    accuracy = score.report.accuracy
    words = tr(
        "{why} The score of the method in use, as on Results: {value} ({range}).",
        why=why,
        value=value_of(accuracy),
        range=interval_of(accuracy),
    )
    st.caption(words.replace("%", r"\%"))


def generated(workspace: Workspace, method: str) -> str:
    """That a model learns from generated examples too, where it does; they are in no figure."""
    from fsl_core import registry
    from fsl_core.workspace import augmented

    n = augmented.count(workspace) if registry.get_method(method).info.weighs else 0
    if not n:
        return ""
    return ngettext(
        ":material/auto_awesome: It also learns from {n} generated example, at weight 0.3; no score counts it.",
        ":material/auto_awesome: It also learns from {n} generated examples, at weight 0.3; no score counts them.",
        n,
    )
