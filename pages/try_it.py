"""Try: choose a method, type a text, see the answer and the examples behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from fsl_core.plotting import figures
from pages.ui.kit import chrome, feedback, fitting, measures, method, project, state, table, thumbnails
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.mapping import place
from pages.ui.pictures import try_picture
from pages.ui.trying import keep

if TYPE_CHECKING:
    from fsl_core.workspace import Explanation, Snapshot, Workspace

MOST_LINES = 2_000
MOST_ROWS = 200
"""Answers shown in the table; the download has all."""


def page() -> None:
    corner = chrome.heading(
        _("Try"), _("Ask about something new and see what the model answers, how sure it is, and why.")
    )
    workspace = project.with_model()
    if workspace is None:
        return
    method.control(workspace, corner)
    model = fitting.model(workspace)
    fitting.draw(model)
    if (snapshot := model.snapshot) is None:
        return
    if workspace.of_images:
        _picture(workspace, snapshot)
    else:
        _texts(workspace, snapshot)
    st.subheader(_("How good is it here?"), anchor=False)
    measures.one_score(workspace, snapshot)
    st.caption(
        ngettext("Fitted on {n} labelled item.", "Fitted on {n} labelled items.", snapshot.n_labeled)
        if snapshot.n_labeled
        else _("No label yet: it answers from the class names alone.")
    )
    if also := measures.generated(workspace, snapshot.name):
        st.caption(also)


def _texts(workspace: Workspace, snapshot: Snapshot) -> None:
    texts = _query()
    if len(texts) == 1:
        _one(workspace, snapshot, texts[0])
    elif texts:
        _many(workspace, snapshot, texts)
    else:
        st.caption(_("One text gives an answer with its reasons; several lines give a table."))


@st.fragment
@feedback.guard
def _picture(workspace: Workspace, snapshot: Snapshot) -> None:
    """Picture and answer: a stroke reruns only this."""
    if (found := try_picture.answer(workspace, snapshot)) is None:
        st.caption(_("Draw, photograph or choose a picture: the answer follows at once."))
    else:
        _show(workspace, snapshot, *found)


def _query() -> list[str]:
    text = st.text_area(
        _("Your text"),
        key="try-text",
        height=110,
        placeholder=_("Type or paste a text. Several lines are answered one by one."),
        persist_state="session",
    )
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    st.button(
        _("Ask"), type="primary", key="try-ask", icon=":material/send:", help=_("Ctrl+Enter in the text does the same.")
    )
    if len(lines) > MOST_LINES:
        st.warning(tr("Only the first {n} lines are answered.", n=f"{MOST_LINES:,}"))
    return lines[:MOST_LINES]


# -- one text --------------------------------------------------------------------------------------


def _one(workspace: Workspace, snapshot: Snapshot, text: str) -> None:
    answer = workspace.explain(text, snapshot)
    state.add_query(workspace.project_id, text)
    _show(workspace, snapshot, text, answer)


def _show(
    workspace: Workspace, snapshot: Snapshot, text: str, answer: Explanation, picture: bytes | None = None
) -> None:
    _verdict(answer, workspace.standing(snapshot).unsure_below)
    keep.offer(workspace, text, answer, picture)
    bars, where = st.columns(2, gap="medium")
    with bars:
        st.markdown(f"**{_('Probabilities')}**")
        _bars(answer)
    with where:
        st.markdown(f"**{_('Its place on the map')}**")
        figure = place.figure(workspace, snapshot, text, answer.vector)
        st.plotly_chart(figure, key="try-map", config={"displayModeBar": False})
    _reasons(workspace, answer)


def _verdict(answer: Explanation, unsure_below: float) -> None:
    """What it is: one class, or in a project of several labels all that it has; amber where that is unsure."""
    best = int(answer.probabilities.argmax())
    name, share = feedback.plain(answer.classes[best]), f"{float(answer.probabilities[best]):.0%}"
    if answer.unknown:
        st.warning(
            tr(
                "**None of these**: unlike everything in this project. The nearest class would be {name} ({share}).",
                name=name,
                share=share,
            ),
            icon=":material/help:",
        )
    elif answer.members is not None and not answer.members.any():
        st.info(
            tr(
                "**None of these**: no class is likely enough. The likeliest is {name} ({share}).",
                name=name,
                share=share,
            ),
            icon=":material/label_off:",
        )
    else:
        order = answer.probabilities.argsort()[::-1]
        given = order[:1] if answer.members is None else order[answer.members[order]]
        words = [f"**{feedback.plain(answer.classes[i])}** · {float(answer.probabilities[i]):.0%}" for i in given]
        if answer.certainty >= unsure_below:
            st.success("\n\n".join(words), icon=":material/check_circle:")
            return
        words.append(
            tr("Unsure: below {share}, from which an answer counts as sure here.", share=f"{unsure_below:.0%}")
        )
        st.warning("\n\n".join(words), icon=":material/indeterminate_question_box:")


def _bars(answer: Explanation) -> None:
    order = answer.probabilities.argsort()[::-1][:8]
    figure = figures.probability_bars([answer.classes[i] for i in order], answer.probabilities[order], order)
    st.plotly_chart(figure, key="try-bars", config={"displayModeBar": False})
    if len(answer.classes) > len(order):
        n = len(answer.classes) - len(order)
        if answer.members is not None:  # each class has a probability of its own
            least = f"{float(answer.probabilities[order[-1]]):.0%}"
            st.caption(tr("{n} further classes have at most {share} each.", n=n, share=least))
        else:
            rest = 1.0 - float(answer.probabilities[order].sum())
            st.caption(tr("{n} further classes share {rest}.", n=n, rest=f"{rest:.0%}"))


def _reasons(workspace: Workspace, answer: Explanation) -> None:
    st.markdown(f"**{_('The labelled examples behind it')}**")
    if not answer.neighbors:
        st.caption(_("No example is labelled yet; the answer rests on the class names."))
        return
    if answer.members is not None:
        best = answer.classes[int(answer.probabilities.argmax())]
        st.caption(tr("For its likeliest class, {name}.", name=feedback.plain(best)))
    columns = [
        table.Column(_("Picture") if workspace.of_images else _("Text")),
        table.Column(_("Label")),
        table.Column(_("Speaks")),
        table.Column(_("Weight"), number=True, help=_("Relative to the strongest example.")),
    ]
    rows = [
        [
            table.Cell(one.text, picture=thumbnails.address(workspace, workspace.position[one.item_id]) or ""),
            one.label,
            _("for it") if one.supports else _("against it"),
            f"{one.weight:.0%}",
        ]
        for one in answer.neighbors
    ]
    table.table(columns, rows, label=_("The labelled examples behind it"), key="try-reasons")


# -- many texts ------------------------------------------------------------------------------------


def _many(workspace: Workspace, snapshot: Snapshot, texts: list[str]) -> None:
    with feedback.inline_progress(_("Answering")) as report:
        answers = workspace.answer(texts, snapshot, report)
    none = _("none of these")
    unsure = answers.unknown | (answers.certainty < workspace.standing(snapshot).unsure_below)
    found = pd.DataFrame(
        {
            "text": texts,
            "answer": [
                none if new else ", ".join(names) or none
                for names, new in zip(answers.names(snapshot.classes), answers.unknown, strict=True)
            ],
            "nearest": [snapshot.classes[code] for code in answers.predicted],
            "confidence": answers.confidence.astype(float),
            "unsure": unsure,
        }
    )
    columns = [table.Column(_("Text")), table.Column(_("Answer")), table.Column(_("Nearest class"))]
    columns.append(table.Column(_("Confidence"), number=True))
    columns.append(table.Column(_("Unsure")))
    rows = [
        [row.text, row.answer, row.nearest, f"{row.confidence:.0%}", _("unsure") if row.unsure else ""]
        for row in found.head(MOST_ROWS).itertuples()
    ]
    table.table(columns, rows, label=_("Answers"), key="try-many")
    if len(found) > MOST_ROWS:
        st.caption(tr("The first {n}; the file below holds all.", n=MOST_ROWS))
    st.download_button(
        _("Download as CSV"),
        found.to_csv(index=False).encode("utf-8-sig"),
        "handful-answers.csv",
        "text/csv",
        key="try-download",
        icon=":material/download:",
        on_click="ignore",
    )


page()
