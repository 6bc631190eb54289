"""What names and descriptions are worth: how the model would do before the first label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fsl_core import registry
from fsl_core.base import intervals
from fsl_core.evaluation.metrics import MINIMUM_N
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

MOST = 5_000
"""So many labelled items are enough to judge by."""


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n`` labelled items are named rightly without any label."""

    hits: int
    n: int

    def words(self) -> str:
        """'62 % (54–70 %)'."""
        low, high = intervals.wilson(self.hits, self.n)
        return tr(
            "{value} % ({low}–{high} %)",
            value=f"{100 * self.hits / max(self.n, 1):.0f}",
            low=f"{100 * low:.0f}",
            high=f"{100 * high:.0f}",
        )


def judge(workspace: Workspace, words: Mapping[str, str]) -> Share | None:
    """The 0-shot model with these words (name -> description) on the labelled items; None before it can answer."""
    if not workspace.ready or workspace.vectors is None or len(workspace.classes) < 2:
        return None
    matrix = workspace.label_matrix()
    rows = np.flatnonzero(matrix.any(axis=1))[:MOST]
    if not len(rows):
        return None
    context = replace(workspace.context(), class_texts={name: text for name, text in words.items() if text})
    names = context.name_vectors(workspace.class_names)
    if not names.any():  # the encoder reads no words
        return None
    method = registry.create_method("prototype", None, context)
    vectors = workspace.vectors[rows]
    method.fit_vectors(vectors[:0], np.zeros(0, dtype=np.int64), workspace.class_names, names)  # type: ignore[attr-defined]
    answers = method.predict_vectors(vectors).argmax(axis=1)  # type: ignore[attr-defined]
    return Share(int(matrix[rows, answers].sum()), len(rows))


def described(workspace: Workspace) -> dict[str, str]:
    """The descriptions there are now."""
    return {one.name: one.description for one in workspace.classes}


def change(workspace: Workspace, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """'0-shot accuracy on your 124 labels: 62 % (54–70 %) → 70 % (62–77 %).'; empty when nobody can tell."""
    old, new = judge(workspace, before), judge(workspace, after)
    if old is None or new is None:
        return ""
    if old.n < MINIMUM_N:
        return tr("Too few labels to say what this description is worth (n = {n}).", n=old.n)
    if old.hits == new.hits:
        return tr("0-shot accuracy on your {n} labels stays at {value}.", n=f"{old.n:,}", value=old.words())
    return tr(
        "0-shot accuracy on your {n} labels: {before} → {after}.",
        n=f"{old.n:,}",
        before=old.words(),
        after=new.words(),
    )


def overall(workspace: Workspace) -> str:
    """What the descriptions bring all together, in a sentence; empty when nobody can tell."""
    now = described(workspace)
    if not any(now.values()):
        found = judge(workspace, {})
        if found is None or found.n < MINIMUM_N:
            return ""
        return tr(
            "From the names alone the model would get {value} of your {n} labels right (0-shot). "
            "One line of description per class often helps.",
            value=found.words(),
            n=f"{found.n:,}",
        )
    words = change(workspace, {}, now)
    return f"{_('Names alone, then with the descriptions.')} {words}" if words else ""
