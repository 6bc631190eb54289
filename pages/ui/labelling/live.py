"""The live strip: what the labels are worth so far, class by class, and what the last one changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fsl_core.evaluation.metrics import MINIMUM_N
from pages.ui.kit import colours, measures
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.evaluation.metrics import Measure, Report
    from fsl_core.evaluation.streams import AuditReport
    from fsl_core.workspace import Snapshot, Workspace

STYLE = """<style>
.hf-live { display: grid; gap: 0.3rem; font-size: 0.95rem; line-height: 1.35; }
.hf-live .row { display: grid; grid-template-columns: 1fr auto; gap: 0 0.75rem; align-items: baseline; }
.hf-live .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; min-width: 0; }
.hf-live .num { font-variant-numeric: tabular-nums; white-space: nowrap; }
.hf-live .soft { opacity: 0.78; font-size: 0.86rem; }
.hf-live .track { grid-column: 1 / -1; position: relative; height: 0.4rem; border-radius: 0.2rem;
  background: color-mix(in srgb, currentColor 12%, transparent); overflow: hidden; }
.hf-live .track i { position: absolute; inset: 0 auto 0 0; border-radius: 0.2rem; }
.hf-live .track b { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1.5px; background: currentColor; }
.hf-live.counts { grid-template-columns: 1fr auto auto; gap: 0.15rem 0.9rem; align-items: baseline; }
.hf-live.counts .num { text-align: end; }
/* A plain bar without a track: it compares the classes, and no end of it is a goal. */
.hf-live.counts .share { grid-column: 1 / -1; height: 0.3rem; margin-bottom: 0.15rem; border-radius: 0.15rem; }
.hf-live .chip { display: inline-block; width: 0.7rem; height: 0.7rem; border-radius: 0.2rem; margin-right: 0.45rem; }
.hf-live.scroll { max-height: 17.6rem; margin-bottom: 0.5rem; overflow-y: auto; padding-right: 0.5rem; }
.hf-live .measure { margin-bottom: 0.35rem; }
.hf-live p { margin: 0; }
[class*="st-key-label-last-"] { flex-wrap: nowrap !important; }
[class*="st-key-label-last-"] p { font-size: 0.92rem; line-height: 1.35; overflow-wrap: anywhere; }
</style>"""


@dataclass(frozen=True)
class Belief:
    """What the model said of every item, kept to tell what the next label changed."""

    project_id: int
    revision: tuple[object, ...]
    names: tuple[str, ...]
    ids: NDArray[np.int64]
    predicted: NDArray[np.int64]
    sets: NDArray[np.bool_] | None = None
    """Shape (n, n_way), where an item may have several classes."""


def moves(before: Belief, after: Belief, ignore: Sequence[int] = ()) -> dict[str, int]:
    """Class name -> how many items moved to it, most first; ``ignore`` are items a person decided."""
    if before.names != after.names or before.ids.shape != after.ids.shape or (before.ids != after.ids).any():
        return {}
    free = ~np.isin(after.ids, np.asarray(ignore, dtype=np.int64))
    if before.sets is not None and after.sets is not None:
        counts = (after.sets & ~before.sets)[free].sum(axis=0)
    else:
        counts = np.bincount(after.predicted[(before.predicted != after.predicted) & free], minlength=len(after.names))
    return {after.names[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable") if counts[i]}


def moved_sentence(moved: Mapping[str, int], shown: int = 3) -> str:
    """'The last label moved 15 other predictions: 12 to Refund, 3 to Lost card.'"""
    if not moved:
        return _("The last label changed no other prediction.")
    parts = [tr("{n} to {name}", n=f"{n:,}", name=name) for name, n in list(moved.items())[:shown]]
    if rest := sum(list(moved.values())[shown:]):
        parts.append(tr("{n} elsewhere", n=f"{rest:,}"))
    total = ngettext(
        "The last label moved {n} other prediction", "The last label moved {n} other predictions", sum(moved.values())
    )
    return f"{total}: {', '.join(parts)}."


def scores(report: Report | None, n_labeled: int, *, waiting: bool = False, learned: int = 0) -> None:
    """Accuracy, macro recall and F1 with interval and n; below the minimum, how many labels are missing."""
    st.html(STYLE + f'<div class="hf-live">{score_rows(report, n_labeled, waiting=waiting, learned=learned)}</div>')


def score_rows(report: Report | None, n_labeled: int, *, waiting: bool = False, learned: int = 0) -> str:
    """The inner HTML of ``scores``; ``learned`` counts the labels that a tuned encoder learned from."""
    if waiting:
        return f"<p>{escape(_('The scores come when all items have been read.'))}</p>"
    foot = f'<p class="soft">{escape(words)}</p>' if (words := measures.learned(learned)) else ""
    if (lacking := measures.missing(report, n_labeled)) or report is None:
        return f"<p>{escape(lacking)}</p>{foot}"
    rows = [measure_row(*figure) for figure in measures.of(report)]
    return "".join(rows) + f'<p class="soft">{escape(measures.judged(report, learned))}</p>{foot}'


def audit(found: AuditReport) -> None:
    """The score on the check items alone, which no strategy and no model chose."""
    if not found.n_members:
        return
    report = found.report
    if report is not None and report.accuracy.enough:
        words = ngettext(
            "On {n} check item, drawn at random: how good the model is on the project as a whole.",
            "On {n} check items, drawn at random: how good the model is on the project as a whole.",
            report.n,
        )
        help_ = _("Each is judged by a model that has learned from all labels but its own.")
        inner = measure_row(tr("{measure}, check items", measure=measures.of(report)[0][0]), help_, report.accuracy)
        st.html(f'<div class="hf-live audit">{inner}<p class="soft">{escape(words)}</p></div>')
        return
    n = max(1, MINIMUM_N - (report.n if report is not None else 0))
    words = ngettext("Honest score: {n} more check item.", "Honest score: {n} more check items.", n)
    st.html(f'<div class="hf-live audit"><p class="soft">{escape(words)}</p></div>')


def measure_row(title: str, help_: str, measure: Measure) -> str:
    """One figure with its interval, in words and drawn."""
    left, width = measure.low * 100, max(measure.high - measure.low, 0.0) * 100
    return (
        f'<div class="row measure" title="{escape(help_)}"><span>{escape(title)}</span><span class="num"><strong>'
        f'{measures.value_of(measure)}</strong> <span class="soft">({measures.range_of(measure)})</span></span>'
        f'<span class="track"><i style="left:{left:.1f}%;width:{width:.1f}%;background:currentColor;opacity:.35"></i>'
        f'<b style="left:{measure.value * 100:.1f}%"></b></span></div>'
    )


def class_counts(workspace: Workspace, snapshot: Snapshot | None) -> None:
    """Labelled and predicted items of each class in two columns, the labels as plain bars too; many classes scroll."""
    counts = workspace.counts()
    names = list(workspace.class_names)
    labeled = [int(counts.get(name, 0)) for name in names]
    most = max(labeled, default=0) or 1
    expected = _expected(snapshot)
    head = [_("Class"), _("Labels"), *([_("Expected")] if expected is not None else [])]
    rows = [f'<span class="soft{" num" if i else ""}">{escape(word)}</span>' for i, word in enumerate(head)]
    for i, (name, n) in enumerate(zip(names, labeled, strict=True)):
        color = colours.color_of(workspace, i)
        rows.append(
            f'<span class="name" title="{escape(name)}"><span class="chip" style="background:{color}"></span>'
            f'{escape(name)}</span><span class="num">{n:,}</span>{_cell(expected, name)}'
            f'<span class="share" style="width:{100 * n / most:.1f}%;background:{color}"></span>'
        )
    if n := counts.get("", 0):
        name = escape(_("None of these"))
        rows.append(f'<span class="name soft">{name}</span><span class="num">{n:,}</span>{_cell(expected, "")}')
    scroll = " scroll" if len(names) > 8 else ""
    words = _("The bars compare the labels of the classes.")
    if expected is not None:
        words = f"{words} {_('Expected: how many of all items the model takes for the class.')}"
    columns = "" if expected is not None else ' style="grid-template-columns:1fr auto"'
    tab = ' tabindex="0"' if scroll else ""
    st.html(
        f'{STYLE}<div class="hf-live counts{scroll}"{columns}{tab}>{"".join(rows)}</div>'
        f'<div class="hf-live"><p class="soft">{escape(words)}</p></div>'
    )


def _expected(snapshot: Snapshot | None) -> Counter[str] | None:
    """Class name -> items that the model takes for it; None while there is no model."""
    if snapshot is None:
        return None
    numbers = np.bincount(np.asarray(snapshot.predicted, dtype=np.int64), minlength=len(snapshot.classes))
    if snapshot.sets is not None:
        numbers = snapshot.sets.sum(axis=0)
    return Counter({name: int(n) for name, n in zip(snapshot.classes, numbers, strict=True)})


def _cell(expected: Counter[str] | None, name: str) -> str:
    if expected is None:
        return ""
    return f'<span class="num soft">{expected[name]:,}</span>' if name else "<span></span>"


def sources(workspace: Workspace) -> str:
    """Where the labels come from, in words; empty when all were made by people here."""
    counts = Counter(state.source for state in workspace.labels.values())
    parts = []
    if n := counts.get("sample", 0):
        parts.append(ngettext("{n} label came with the sample.", "{n} labels came with the sample.", n))
    if n := counts.get("import", 0):
        parts.append(ngettext("{n} label came with the file.", "{n} labels came with the file.", n))
    if n := counts.get("model", 0):
        parts.append(ngettext("{n} label was set by a model.", "{n} labels were set by a model.", n))
    if parts and (n := counts.get("person", 0)):
        parts.append(ngettext("{n} was set by a person.", "{n} were set by people.", n))
    return " ".join(parts)
