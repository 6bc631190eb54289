"""What a tuned encoder changes: two maps side by side, the answers that moved, and why each one did."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st

from fsl_core import jobs
from fsl_core.base.texts import one_line
from fsl_core.jobs.tasks import umap
from fsl_core.learning.tuning import gate
from fsl_core.plotting import projection
from pages.ui.checking import session
from pages.ui.kit import colours, feedback, fitting, resources, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.labelling import live, queueing
from pages.ui.tuning import figures, use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.base.types import Codes
    from fsl_core.data.store import Run
    from fsl_core.jobs.tasks.tune import Moved, Tuning
    from fsl_core.plotting.projection import Projection
    from fsl_core.workspace import Snapshot, Workspace

MOST_POINTS = 1_500
MOST_ROWS = 500
LEGEND = 12
WITNESSES = 3


def draw(before: Workspace, run: Run[Tuning], model: str) -> None:
    """Maps and moved answers of a run that left this model."""
    after = use.seen_by(before.project, use.tuned_choice(model))
    st.subheader(_("Before and after"), anchor=False)
    if not (before.ready and after.ready):
        st.caption(_("Texts were added since this tuning. The maps come when both encoders have read them."))
        return
    _maps(before, after)
    _moved(before, after, run)


# -- maps ------------------------------------------------------------------------------------------


@st.fragment
@feedback.guard
def _maps(before: Workspace, after: Workspace) -> None:
    words = {"prediction": _("Prediction"), "label": _("Label")}
    by = st.segmented_control(
        _("Colour"),
        list(words),
        default="prediction",
        required=True,
        format_func=lambda name: words[name],
        key="tune-color",
        persist_state="session",
    )
    drawn = _layouts(before, after)
    rows = _shown(before)
    _legend(before)
    sides = (("before", _("Encoder as it is"), before), ("after", _("Tuned"), after))
    for column, (name, title, space), layout in zip(st.columns(2, gap="medium"), sides, drawn, strict=True):
        with column, st.container(border=True, key=f"tune-map-{name}"):
            st.markdown(f"**{title}**")
            model = fitting.model(space, gate.FROZEN)
            fitting.draw(model, f"tune-fit-{name}")
            if model.snapshot is None:
                continue
            st.plotly_chart(
                _map(space, model.snapshot, layout, rows, by_label=by == "label"),
                key=f"tune-map-{name}-chart",
                config=figures.CONFIG,
            )
    if len(rows) < len(before.ids):
        st.caption(
            tr(
                "Showing {n} of {total} items: all labelled ones and a random share of the others.",
                n=f"{len(rows):,}",
                total=f"{len(before.ids):,}",
            )
        )


def _layouts(before: Workspace, after: Workspace) -> list[Projection]:
    """UMAP of both when both are there, else PCA of both: two kinds side by side would compare nothing."""
    spaces = (before, after)
    files = [projection.cached_file(space.encoder.key, space.digests) for space in spaces]
    kept = [_load(str(file), space) if file.exists() else None for file, space in zip(files, spaces, strict=True)]
    ready = [one for one in kept if one is not None]
    if len(ready) == len(spaces):
        return ready
    _umap_button(before.project_id, [s for s, one in zip(spaces, kept, strict=True) if one is None])
    return [_pca(space) for space in spaces]


def _load(file: str, space: Workspace) -> Projection | None:
    vectors = space.vectors
    assert vectors is not None
    return state.remember(f"tune.umap.{space.encoder.key}", file, lambda: projection.load(Path(file), vectors))


def _pca(space: Workspace) -> Projection:
    vectors = space.vectors
    assert vectors is not None
    name = f"tune.pca.{space.encoder.key}"
    return state.remember(name, (space.project_id, len(space.ids)), lambda: projection.pca(vectors))


def _umap_button(project_id: int, missing: list[Workspace]) -> None:
    if feedback.job_progress(project_id=project_id, kind=umap.Params.kind):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="tune-umap"):
        st.caption(_("A first sketch (PCA). UMAP shows groups better and takes a moment."), width="stretch")
        if st.button(_("Draw both with UMAP"), key="tune-umap-go", icon=":material/scatter_plot:"):
            for space in missing:
                config = space.encoder.config.model_dump()
                params = umap.Params(encoder=space.encoder.info.name, settings=config, n=len(space.ids))
                jobs.start(resources.store(), params, project_id)
            st.rerun(scope="fragment")


def _shown(space: Workspace) -> Codes:
    rows = np.arange(len(space.ids))
    if len(rows) > MOST_POINTS:
        chance = np.random.default_rng(0).random(len(rows)) + (space.label_codes() != -1)
        rows = np.sort(np.argsort(-chance, kind="stable")[:MOST_POINTS])
    return rows


def _map(space: Workspace, snapshot: Snapshot, drawn: Projection, rows: Codes, *, by_label: bool) -> Any:  # noqa: ANN401
    names, labels = snapshot.classes, space.label_codes()
    said = []
    for row in rows:
        guess = f"{names[snapshot.predicted[row]]} ({snapshot.confidence[row]:.0%})"
        given = tr("label: {name}", name=names[labels[row]]) if labels[row] >= 0 else ""
        said.append(" · ".join(filter(None, (given, tr("prediction: {name}", name=guess)))))
    return figures.twin_map(
        drawn.points[rows],
        [space.texts[row] for row in rows],
        labels[rows] if by_label else snapshot.predicted[rows],
        said,
        names,
        [colours.color_of(space, i) for i in range(len(names))],
    )


def _legend(space: Workspace) -> None:
    names = space.class_names
    if len(names) > LEGEND:
        return
    chips = "".join(
        f'<span><span class="chip" style="background:{colours.color_of(space, i)}"></span>{escape(name)}</span>'
        for i, name in enumerate(names)
    )
    st.html(f'{live.STYLE}<div class="hf-live" style="display:flex;flex-wrap:wrap;gap:0.25rem 1rem">{chips}</div>')


# -- answers that changed --------------------------------------------------------------------------


@st.fragment
@feedback.guard
def _moved(before: Workspace, after: Workspace, run: Run[Tuning]) -> None:
    st.subheader(_("Answers that changed"), anchor=False)
    moved = _still(before, run)
    if not moved:
        st.caption(_("No answer for an unlabelled text changed, or all of them have a label by now."))
        return
    names = run.payload.classes
    st.caption(
        ngettext("{n} unlabelled text is answered otherwise now.", "{n} unlabelled texts are answered otherwise now.",
                 len(moved))
        + " " + _("The surest come first. Choose a row to see why.")
    )  # fmt: skip
    shown = moved[:MOST_ROWS]
    table = pd.DataFrame(
        {
            "text": [one_line(before.texts[before.position[one.item]], 300) for one in shown],
            "before": [f"{names[one.before]} ({one.p_before:.0%})" for one in shown],
            "after": [f"{names[one.after]} ({one.p_after:.0%})" for one in shown],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key=f"tune-moved-{run.id}",
        on_select="rerun",
        selection_mode="single-row",
        height=min(38 * (len(table) + 1), 330),
        column_config={
            "text": st.column_config.TextColumn(_("Text"), width="large"),
            "before": st.column_config.TextColumn(_("Before")),
            "after": st.column_config.TextColumn(_("After")),
        },
    )
    chosen = event.selection.rows  # type: ignore[attr-defined]
    number = chosen[0] if chosen and chosen[0] < len(shown) else 0
    _why(before, after, shown[number], names)


def _still(before: Workspace, run: Run[Tuning]) -> list[Moved]:
    """What moved and has no label yet. Check items stay hidden: seeing an answer first would flatter the score."""
    hidden = {int(before.ids[row]) for row in queueing.audit_rows(before)}
    return [
        one
        for one in run.payload.moved
        if one.item in before.position and one.item not in before.labels and one.item not in hidden
    ]


def _why(before: Workspace, after: Workspace, one: Moved, names: Sequence[str]) -> None:
    item, old, new = one.item, one.before, one.after
    with st.container(border=True, key="tune-why"):
        st.html(session.STYLE + session.text_html(before.texts[before.position[item]]))
        left, right = st.columns(2, gap="medium")
        with left:
            _witnesses(before, item, names[old], _("Before: the labelled examples nearest to it"))
        with right:
            _witnesses(after, item, names[new], _("After: the labelled examples nearest to it"))
        _label_now(before, item, names[old], names[new])


def _witnesses(space: Workspace, item: int, answer: str, title: str) -> None:
    support = space.support()
    label = dict(zip(support.rows.tolist(), support.labeled.labels, strict=True))
    place = {name: i for i, name in enumerate(space.class_names)}

    def color(name: str) -> str:
        return colours.color_of(space, place[name]) if name in place else colours.NO_CLASS

    lines = [
        f'<div class="near" style="--side:{color(label[row])}">'
        f"<b>{escape(label[row])}</b> · {escape(one_line(space.texts[row], 200))} "
        f'<span class="soft">({cosine:.2f})</span></div>'
        for row, cosine in session.nearest(space, item, support.rows, WITNESSES)
    ]
    st.html(
        f'{session.STYLE}<div class="hf-side"><div class="head"><span class="chip" style="background:{color(answer)}">'
        f'</span>{escape(answer)}</div><div class="soft">{escape(title)}</div>{"".join(lines)}</div>'
    )


def _label_now(space: Workspace, item: int, old: str, new: str) -> None:
    """The person decides: one press labels the text."""
    ids = {one.name: one.id for one in space.classes}
    with st.container(horizontal=True, vertical_alignment="center", key="tune-label-row"):
        st.caption(_("Which is right?"), width="content")
        for name in dict.fromkeys((new, old)):
            if name in ids:
                st.button(
                    plain(name),
                    key=f"tune-label-{item}-{ids[name]}",
                    icon=":material/label:",
                    on_click=_label,
                    args=(space.project_id, item, ids[name]),
                )
        query = {"project": str(space.project_id)}
        st.page_link("pages/label.py", label=_("Label others"), icon=":material/arrow_forward:", query_params=query)


@feedback.in_callback
def _label(project_id: int, item: int, class_id: int) -> None:
    resources.store().journal.label_many(
        project_id, {item: class_id}, author=state.author.get(), note={"from": "tune"}, expect={item: None}
    )
    resources.workspace(project_id).sync()
    state.notice.set(_("Labelled."))
