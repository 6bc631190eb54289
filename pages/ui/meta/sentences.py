"""What the Meta-learning page says of a result: whether it beat the plain heads, with figures and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core import registry
from fsl_core.evaluation.metrics import Measure
from fsl_core.learning.meta import pairing
from pages.ui.kit.text import N_, _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.jobs.tasks.meta_train import Result
    from fsl_core.learning.meta.figures import Difference, Figures, Share

Words = tuple[str, str]
TITLES = {"nearest mean": N_("Nearest mean, not trained"), "logistic": N_("Logistic head, not trained")}


def title(name: str) -> str:
    """A learner or a plain head as a person reads it."""
    if name in TITLES:
        return _(TITLES[name])
    known = registry.methods()
    return _(known[name].info.title) if name in known else name


def best_plain(figures: Figures) -> str:
    """The plain head with the higher accuracy: the one to beat."""
    return max(pairing.PLAIN, key=lambda name: figures.accuracies[name].value)


def verdict(result: Result) -> Words:
    """Headline and sentences; the better of the plain heads is the one to beat."""
    plain = best_plain(result)
    said = result.differences[plain].verdict
    figures = compared(result, plain)
    if said == "beat":
        return _("It beat the plain head"), f"{figures} {_('Keep it, and begin with it where new classes come up.')}"
    if said == "did not beat":
        return _("It did not beat the plain head"), f"{figures} {_('The plain head does as well without training.')}"
    return _("Not enough to say"), f"{figures} {_why_open(result.differences[plain])}"


def compared(result: Result, plain: str) -> str:
    """'On 300 tasks from classes it never saw: 71.2% against 68.0% for ...; difference +3.2 points (1.1 to 5.3).'"""
    apart = result.differences[plain]
    values = {
        "n": f"{result.episodes:,}",
        "way": result.n_way,
        "shot": result.k_shot,
        "own": f"{result.accuracies[result.learner].value:.1%}",
        "other": f"{result.accuracies[plain].value:.1%}",
        "plain": title(plain),
        "difference": f"{100 * apart.value:+.1f}",
    }
    words = tr(
        "On {n} tasks from classes it never saw ({way}-way, {shot}-shot): {own} against {other} for “{plain}”; "
        "difference {difference} points",
        values,
    )
    if apart.low is None or apart.high is None:
        return f"{words}."
    between = tr("95 % interval {low} to {high}", low=f"{100 * apart.low:+.1f}", high=f"{100 * apart.high:+.1f}")
    return f"{words} ({between})."


def _why_open(apart: Difference) -> str:
    if apart.n_classes < pairing.LEAST_CLASSES:
        few = ngettext("Only {n} class was held out", "Only {n} classes were held out", apart.n_classes)
        least = tr("{few}; at least {least} are needed.", few=few, least=pairing.LEAST_CLASSES)
        return f"{least} {_('Add classes or projects, or hold out a larger share.')}"
    return _("The difference may be chance. More classes would tell; more tasks from the same classes would not.")


def measure(share: Share) -> Measure:
    """An accuracy as charts take it."""
    low = 0.0 if share.low is None else max(0.0, share.low)
    high = 1.0 if share.high is None else min(1.0, share.high)
    return Measure(share.value, low, high, share.n, share.enough)
