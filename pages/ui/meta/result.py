"""The result of a meta-training: did it beat the plain heads; keep it; the kept ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from fsl_core.jobs.tasks import meta_train as task
from fsl_core.learning.meta import kept
from fsl_core.plotting import figures as charts
from pages.ui.kit import feedback, state, times
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.meta import live
from pages.ui.meta import sentences as meta_words
from pages.ui.tuning import figures as tune_figures
from pages.ui.tuning import sentences

if TYPE_CHECKING:
    from fsl_core.jobs.tasks.meta_train import Result
    from fsl_core.learning.meta.figures import Difference
    from fsl_core.learning.meta.kept import KeptModel

ICONS = {
    "beat": ":material/trending_up:",
    "did not beat": ":material/block:",
    "not enough to say": ":material/hourglass_empty:",
}
NAME_KEY = "meta-keep-name"


def draw(done: live.Done) -> None:
    """Verdict, table, chart, curves, and the way to keep the model."""
    result = done.result
    headline, words = meta_words.verdict(result)
    st.subheader(_("How it went"), anchor=False)
    with st.container(border=True, key="meta-result"):
        icon = ICONS[result.differences[meta_words.best_plain(result)].verdict]
        st.markdown(f"### {icon} {plain(headline)}", anchors=False)
        st.markdown(plain(words))
        titles = [meta_words.title(name) for name in result.accuracies]
        measures = [meta_words.measure(share) for share in result.accuracies.values()]
        st.plotly_chart(
            charts.dot_plot(titles, measures, _("Right answers · 95 % interval over classes")),
            key="meta-dots",
            config=tune_figures.CONFIG,
        )
        st.dataframe(_table(result), hide_index=True, key="meta-table")
        _keep_row(done)
        st.caption(_facts(done))
    with st.expander(_("Which classes"), icon=":material/category:", key="meta-classes"):
        st.markdown(f"**{_('Trained on')}:** {plain(', '.join(result.trained_on))}")
        st.markdown(f"**{_('Held out')}:** {plain(', '.join(result.held_out))}")
    with st.container(key="meta-curves"):
        live.curves(result.curve, "done")


def _table(result: Result) -> pd.DataFrame:
    rows = []
    for name, share in result.accuracies.items():
        apart = result.differences.get(name)
        rows.append(
            {
                _("Who"): meta_words.title(name),
                _("Right"): f"{share.value:.1%}",
                _("Trained minus this"): "" if apart is None else _interval(apart),
            }
        )
    return pd.DataFrame(rows)


def _interval(apart: Difference) -> str:
    value = f"{100 * apart.value:+.1f}"
    if apart.low is None or apart.high is None:
        return value
    return f"{value} ({100 * apart.low:+.1f} … {100 * apart.high:+.1f})"


def _facts(done: live.Done) -> str:
    job, result = done
    parts = [
        meta_words.title(result.learner),
        ", ".join(result.projects),
        ngettext("{n} class trained on", "{n} classes trained on", len(result.trained_on)),
        ngettext("{n} held out", "{n} held out", len(result.held_out)),
        tr("took {time}", time=sentences.duration(result.seconds)),
        times.ago(job.finished_at or job.created_at),
    ]
    return plain(" · ".join(parts))


def _keep_row(done: live.Done) -> None:
    job, result = done
    if name := _kept_as(result):
        st.markdown(f":material/check: {plain(tr('Kept as “{name}”.', name=name))}")
        return
    if not task.model_file(job.id).exists():
        st.caption(_("The model of this training was not kept and is gone. Train it again."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="meta-keep-row"):
        with st.container(width=320):
            st.text_input(_("Keep it under a name"), key=NAME_KEY, max_chars=kept.LONGEST_NAME)
        st.button(_("Keep"), key="meta-keep", icon=":material/save:", on_click=_keep, args=(job.id,))


@feedback.in_callback
def _keep(job_id: int) -> None:
    name = kept.check_name(str(st.session_state.get(NAME_KEY) or ""))
    task.keep(job_id, name)
    state.notice.set(tr("Kept as “{name}”.", name=name))


def _kept_as(result: Result) -> str:
    """The name under which this very training is kept; empty when it is not."""
    same = (model.name for model in kept.models(result.encoder) if model.when == result.when)
    return next(same, "")


# -- the kept ones ---------------------------------------------------------------------------------


def kept_models(encoder_key: str) -> None:
    """Those that read the vectors of this encoder; each can be deleted."""
    found = kept.models(encoder_key)
    if not found:
        return
    st.subheader(_("Kept models"), anchor=False)
    st.caption(
        _(
            "Choose one in the settings of its method on the page Try (“Begin with”). "
            "On the classes it was trained on its scores are too good; it is for new ones."
        )
    )
    for model in found:
        _row(model)


def _row(model: KeptModel) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"meta-kept-{_slug(model.name)}"):
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(f"**{plain(model.name)}** · {plain(meta_words.title(model.learner))}")
            st.caption(plain(" · ".join(_line(model))))
        with st.popover(_("Delete"), type="tertiary", icon=":material/delete:", key=f"meta-more-{_slug(model.name)}"):
            st.markdown(_("Projects that begin with it fall back with a clear error. It cannot be brought back."))
            st.button(
                _("Delete for good"),
                key=f"meta-delete-{_slug(model.name)}",
                icon=":material/delete_forever:",
                on_click=_delete,
                args=(model.name,),
            )


def _line(model: KeptModel) -> list[str]:
    parts = [times.ago(model.when)]
    if (figures := model.figures) is not None:
        best = meta_words.best_plain(figures)
        parts.append(
            tr(
                "{own} against {other} for “{plain}”",
                own=f"{figures.accuracies[model.learner].value:.1%}",
                other=f"{figures.accuracies[best].value:.1%}",
                plain=meta_words.title(best),
            )
        )
    if names := model.facts.get("projects"):
        parts.append(", ".join(names))
    return parts


def _slug(name: str) -> str:
    return name.encode().hex()


@feedback.in_callback
def _delete(name: str) -> None:
    kept.delete(name)
    state.notice.set(_("The model was deleted."))
