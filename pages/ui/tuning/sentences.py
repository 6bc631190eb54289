"""What the Tune page says of a tuning: whether it is likely to pay, and how it went, each with n and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.jobs.tasks.tune import ALL_LABELS
from fsl_core.learning.tuning import gate
from pages.ui.kit import measures
from pages.ui.kit.text import N_, _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.jobs.scores import Verdict
    from fsl_core.jobs.tasks.tune import Tuning
    from fsl_core.learning.tuning.gate import Outlook

Words = tuple[str, str]
"""A few words for the headline, and the sentences below it."""


def percent(value: float) -> str:
    """'87.5%'."""
    return f"{value:.1%}"


def points(value: float) -> str:
    """'+15.6': percentage points."""
    return f"{100 * value:+.1f}"


def outlook(found: Outlook, n_labeled: int) -> Words:
    """Whether tuning is likely to pay, and why."""
    report = found.frozen
    if report is None or not report.accuracy.enough:
        return _("That cannot be said yet."), measures.missing(report, n_labeled)
    right = report.accuracy
    figures = {
        "errs": percent(1 - right.value),
        "low": percent(1 - right.high),
        "high": percent(1 - right.low),
        "n": right.n,
        "roomy": f"{gate.ROOMY:.0%}",
        "tight": f"{gate.TIGHT:.0%}",
    }
    errs = tr(
        "As it is, the encoder gets {errs} of the labels wrong that it has not seen "
        "(95 % interval {low} to {high}, n = {n}).",
        figures,
    )
    if found.likely:
        why = tr("Above {roomy} there is room, and tuning usually finds some of it.", figures)
        return _("Yes, likely."), f"{errs} {why}"
    if found.likely is False:
        why = tr("Below {tight} there is little left to gain.", figures)
        return _("No, unlikely."), f"{errs} {why}"
    why = tr("Between {tight} and {roomy} only trying tells.", figures)
    return _("It can go either way."), f"{errs} {why}"


def verdict(payload: Tuning) -> Words:
    """How a tuning went: kept or not, and on which figures."""
    found = payload.verdict
    if found is None:
        return _("Tuned, not checked"), _(
            "Nobody knows yet whether it answers better than the encoder as it is. "
            "The score on the check items tells once it is in use."
        )
    difference = found.difference
    if not difference.enough:
        kept = _("The tuned encoder was kept, but do not trust that.") if found.keep else _("It was not kept.")
        n = ngettext("Only {n} label could be asked.", "Only {n} labels could be asked.", difference.n)
        return _("Not enough to say"), f"{n} {kept} {_('Label more, then tune again.')}"
    if not found.keep:
        return _("Not kept: no better than before"), f"{figures(found)} {_('Nothing was changed.')}"
    if difference.low > 0:
        return _("Kept: it answers better"), figures(found)
    return _("Kept, by a small margin"), f"{figures(found)} {_surer(found)}"


def figures(found: Verdict) -> str:
    """'Tuned: 87.5% against 71.9% ..., on the same 96 left-out labels; 18 items better, 3 worse; ...'."""
    difference = found.difference
    return tr(
        "Tuned: {tuned} against {frozen} for the encoder as it is, on the same {n} left-out labels; "
        "{wins} better, {losses} worse; difference {value} points ({low} to {high}).",
        tuned=percent(found.tuned.accuracy.value),
        frozen=percent(found.frozen.accuracy.value),
        n=difference.n,
        wins=ngettext("{n} item", "{n} items", found.wins),
        losses=f"{found.losses:,}",
        value=points(difference.value),
        low=points(difference.low),
        high=points(difference.high),
    )


def _surer(found: Verdict) -> str:
    return tr(
        "The difference may be chance; it was kept because it gives the right class more of its confidence "
        "(log loss {tuned} against {frozen}, less is better).",
        tuned=f"{found.tuned_loss:.2f}",
        frozen=f"{found.frozen_loss:.2f}",
    )


def advice(payload: Tuning) -> list[str]:
    """What to try after a tuning that was not kept; the most promising first."""
    few = sorted(zip(payload.counts, payload.classes, strict=True))[:3]
    tips = []
    if few and few[0][0] < FEW:
        names = ", ".join(f"{name} ({n})" for n, name in few if n < FEW)
        tips.append(tr("Label more of the classes with the fewest examples: {names}.", names=names))
    tips.append(_("Check the labels: a few wrong ones among so few spoil a tuning."))
    tips.append(_("Try another method, or more rounds."))
    return tips


FEW = 8
"""Below so many examples of a class, more of it help most."""

RUNS = {ALL_LABELS: N_("All labels")}


def run_name(name: str) -> str:
    """A training by name: 'Check 1', 'All labels'."""
    if name.startswith("fold "):
        return tr("Check {n}", n=name.removeprefix("fold "))
    return _(RUNS.get(name, name))


def duration(seconds: float) -> str:
    """'24 s', '3 min'."""
    if seconds < 90:
        return tr("{n} s", n=max(1, round(seconds)))
    return tr("{n} min", n=round(seconds / 60))
