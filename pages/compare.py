"""Compare: every method on this project by repeated stratified cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from fsl_core import jobs, registry
from fsl_core.base.config import form_fields
from fsl_core.evaluation import metrics
from fsl_core.jobs.tasks import compare as task
from fsl_core.plotting import figures
from pages.ui.comparing import verdict
from pages.ui.kit import chrome, feedback, measures, method, project, resources, table
from pages.ui.kit.text import _, ngettext, say, tr
from pages.ui.models import encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Run
    from fsl_core.evaluation.metrics import Measure
    from fsl_core.workspace import Workspace

KIND = task.Params.kind
MEASURES = ("accuracy", "macro_f1", "macro_recall", "macro_precision")


def page() -> None:
    chrome.heading(_("Compare"), _("Which method works best on your labels, and how sure is that?"))
    workspace = project.with_model()
    if workspace is None:
        return
    encoder.link(workspace.project, key="compare-encoder")
    counts = workspace.counts()
    if sum(n >= 2 for name, n in counts.items() if name) < 2:
        feedback.empty_state(
            _("Not enough labels to compare"),
            _("Methods are compared on items they did not learn from. Label two items in at least two classes."),
            page="pages/label.py",
            label=_("Label some"),
        )
        return
    folds, repeats = _start_row(workspace)
    if not (workspace.of_images or workspace.multi_label):
        st.toggle(
            _("Ask the language model too"),
            key="compare-prompting",
            persist_state="session",
            help=tr(
                "Adds the methods that prompt {model}; every labelled item is asked about in each repeat, which takes "
                "its time and, on a paid server, its money.",
                model=resources.generator_for(workspace.project).title,
            ),
        )
    feedback.job_progress(project_id=workspace.project_id, kind=KIND)
    feedback.last_problem(workspace.project_id, KIND)
    run = resources.store().runs.latest(workspace.project_id, task.Comparison)
    if run is None:
        made, times = workspace.parts(folds, repeats)
        st.caption(tr("Each method is fitted {n} times on parts of your labels.", n=made * times))
        return
    _results(workspace, run)


def _start_row(workspace: Workspace) -> tuple[int, int]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare-start"):
        with st.container(width=170):
            folds = st.number_input(
                _("Folds"),
                2,
                20,
                5,
                key="compare-folds",
                help=_("Into how many parts the labels are cut."),
                persist_state="session",
            )
        with st.container(width=170):
            repeats = st.number_input(
                _("Repeats"),
                1,
                20,
                2,
                key="compare-repeats",
                help=_("How often they are cut anew."),
                persist_state="session",
            )
        running = any(job.kind == KIND for job in resources.store().jobs.live(workspace.project_id))
        feedback.act(
            _("Compare the methods"),
            _start,
            workspace.project_id,
            int(folds),
            int(repeats),
            type="primary",
            icon=":material/play_arrow:",
            key="compare-go",
            disabled=running,
        )
    return int(folds), int(repeats)


def _start(project_id: int, folds: int, repeats: int) -> None:
    prompting = bool(st.session_state.get("compare-prompting"))
    jobs.start(resources.store(), task.Params(folds=folds, repeats=repeats, prompting=prompting), project_id)


def _results(workspace: Workspace, run: Run[task.Comparison]) -> None:
    payload = run.payload
    changes = resources.store().journal.last_id(workspace.project_id) - payload.last_entry
    if changes > 0:
        st.info(_("Labels changed since this comparison. Compare again for current figures."), icon=":material/update:")
    verdict.draw(workspace, payload)
    known = registry.methods()
    rows = [row for row in payload.rows if row.method in known]
    titles = [_(known[row.method].info.title) for row in rows]
    words = {
        "accuracy": _("Accuracy"),
        "macro_f1": _("Macro F1"),
        "macro_recall": _("Macro recall"),
        "macro_precision": _("Macro precision"),
    }
    chosen = st.segmented_control(
        _("Measure"),
        MEASURES,
        default="accuracy",
        required=True,
        format_func=lambda name: words[name],
        key="compare-measure",
        persist_state="session",
    )
    name = str(chosen or "accuracy")
    found = [_measure(row, name) for row in rows]
    st.plotly_chart(
        figures.dot_plot(titles, found, f"{words[name]} · {_('95 % interval')}"),
        key="compare-dots",
        config={"displayModeBar": False},
    )
    if left_out := measures.learned(measures.learned_from(workspace)):
        st.caption(left_out)
    if own := _own_settings(payload):
        st.caption(own)
    if any(measures.generated(workspace, row.method) for row in rows):
        able = ", ".join(_(known[row.method].info.title) for row in rows if known[row.method].info.weighs)
        st.caption(tr(":material/auto_awesome: Generated examples were learned from by: {able}.", able=able))
    for one in payload.failed:
        title = _(known[one.method].info.title) if one.method in known else one.method
        message, hint = feedback.plain(say(one.message)), feedback.plain(say(one.hint))
        st.warning(f"**{feedback.plain(title)}**: {message} {hint}")
    if payload.model:
        st.caption(tr("Prompts were answered by {model}.", model=feedback.plain(payload.model)))
    if found and not found[0].enough:
        st.warning(
            tr("Not enough to say yet: only {n} items are scored. Label more before you choose by this.", n=found[0].n),
            icon=":material/hourglass_empty:",
        )
    else:
        st.caption(
            tr(
                "{folds}, {repeats}, n = {n} labelled items. Where intervals overlap widely, "
                "the difference may be chance.",
                folds=ngettext("{n} fold", "{n} folds", payload.folds),
                repeats=ngettext("{n} repeat", "{n} repeats", payload.repeats),
                n=payload.n_labeled,
            )
        )
    measures.beside(workspace, _("These figures compare methods, all on the same parts of the labels."))
    _table(rows, titles, words)
    _confusion(workspace, rows, titles, payload)


def _own_settings(payload: task.Comparison) -> str:
    """What the method in use was judged with, where that is not the usual."""
    judged = registry.methods().get(payload.in_use)
    own = payload.own_settings
    if judged is None or not own:
        return ""
    set_so = [f"{_(field.title)} {own[field.name]}" for field in form_fields(judged.settings) if field.name in own]
    title, settings = feedback.plain(_(judged.info.title)), feedback.plain(", ".join(set_so))
    return tr("“{title}” is judged as it is used here: {settings}.", title=title, settings=settings)


def _measure(row: task.MethodScores, name: str) -> Measure:
    """One of the MEASURES."""
    found: Measure = getattr(row, name)
    return found


def _table(rows: list[task.MethodScores], titles: list[str], words: dict[str, str]) -> None:
    order = np.argsort([-row.accuracy.value for row in rows], kind="stable")
    columns = [
        table.Column(_("Method")),
        *(table.Column(words[name], number=True) for name in MEASURES),
        table.Column(_("Fit"), number=True),
        table.Column(_("Predict"), number=True),
    ]
    cells = [
        [
            titles[i],
            *(_cell(_measure(rows[i], name)) for name in MEASURES),
            f"{rows[i].fit_seconds:.3f} s",
            f"{rows[i].predict_seconds:.3f} s",
        ]
        for i in order
    ]
    table.table(columns, cells, label=_("The methods compared"), key="compare-table")


def _cell(found: Measure) -> table.Cell:
    """The figure, and below it the 95 % interval with n, or what is missing."""
    if not found.enough:
        return table.Cell("–", tr("n = {n}", n=found.n))
    return table.Cell(measures.value_of(found), tr("{range}, n = {n}", range=measures.range_of(found), n=found.n))


def _confusion(
    workspace: Workspace, rows: list[task.MethodScores], titles: list[str], payload: task.Comparison
) -> None:
    classes = payload.classes
    st.subheader(_("What is mistaken for what"), anchor=False)
    best = int(np.argmax([row.accuracy.value for row in rows]))
    with st.container(horizontal=True, vertical_alignment="bottom", key="compare-one"):
        index = st.selectbox(
            _("Method"), range(len(rows)), index=best, format_func=lambda i: titles[i], key="compare-method", width=300
        )
        _use(workspace, rows[index or 0].method, payload)
    confusion = np.zeros((len(classes), len(classes)))
    for true, predicted, n in rows[index or 0].confusion:
        confusion[true, predicted] = n
    left, right = st.columns(2, gap="medium")
    with left:
        chart = figures.confusion_figure(confusion, classes, predicted=_("predicted"), true=_("true"))
        st.plotly_chart(chart, key="compare-confusion", config={"displayModeBar": False})
    with right:
        _mistakes(confusion, classes)
        _per_class(confusion, classes)


def _use(workspace: Workspace, name: str, payload: task.Comparison) -> None:
    """Answer with the method that is looked at, as it was compared; only those that can follow every label."""
    settings = payload.own_settings if name == payload.in_use else {}
    used = method.is_used(workspace, name, settings)
    able = name in registry.live_methods()
    feedback.act(
        _("In use") if used else _("Use this method"),
        method.use,
        workspace.project_id,
        name,
        settings,
        key="compare-use",
        icon=":material/check:" if used else ":material/push_pin:",
        disabled=used or not able,
        help=_("All pages then answer with it; the way back is in the corner of Try.")
        if able
        else _("It takes too long to follow every label."),
    )


def _mistakes(confusion: Any, classes: Sequence[str]) -> None:  # noqa: ANN401
    pairs = metrics.top_confusions(confusion, 8)
    if not pairs:
        st.caption(_("No mistakes in this comparison."))
        return
    columns = [
        table.Column(_("True class")),
        table.Column(_("Taken for")),
        table.Column(_("Items"), number=True, help=_("A mean over the repeats.")),
    ]
    rows = [[classes[i], classes[j], f"{n:.1f}"] for i, j, n in pairs]
    table.table(columns, rows, label=_("What is mistaken for what"), key="compare-mistakes")


def _per_class(confusion: Any, classes: Sequence[str]) -> None:  # noqa: ANN401
    report = metrics.report(confusion, classes)
    columns = [table.Column(_("Class"))]
    columns += [table.Column(title, number=True) for title in (_("Recall"), _("Precision"), _("F1"), "n")]
    rows = [
        [
            row.name,
            measures.value_of(row.recall),
            measures.value_of(row.precision),
            table.Cell(measures.value_of(row.f1), measures.range_of(row.f1) if row.f1.enough else ""),
            f"{row.support:g}",
        ]
        for row in report.per_class
    ]
    table.table(columns, rows, label=_("Each class"), key="compare-classes")


page()
