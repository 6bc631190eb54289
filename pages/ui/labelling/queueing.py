"""What the card shows next: a strategy, a search or a second opinion, behind filters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fsl_core.learning.choosing.search import Filters, passing
from fsl_core.workspace import QueueItem
from fsl_core.workspace.queueing import AUDIT_REASON
from pages.ui.kit.text import N_

if TYPE_CHECKING:
    from fsl_core.workspace import Snapshot, Workspace

SECOND = "second_opinions"
LOW = 0.5
"""Below this probability of its best class an item counts as one the model is not sure of."""

State = Literal["missing", "any", "", "check"]


@dataclass(frozen=True)
class Wish:
    """What the person wants to see next."""

    strategy: str
    search: str = ""
    state: State = "missing"
    """"missing": items without a label; "any": those with one; "": both; "check": check items nobody has judged."""
    predicted: int | None = None
    """The id of a class that the model must expect."""
    flagged: bool = False
    unsure: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether this is less than everything without a label."""
        return bool(self.search or self.filters or self.strategy == SECOND)

    @property
    def filters(self) -> int:
        """How many filters are on."""
        return (self.state != "missing") + (self.predicted is not None) + self.flagged + self.unsure

    @property
    def signature(self) -> str:
        """Another text for another wish."""
        return repr(self)


def next_items(
    workspace: Workspace, snapshot: Snapshot | None, wish: Wish, author: str, n: int, skip: Collection[int] = ()
) -> list[QueueItem]:
    """At most ``n`` items to show next, without the ids in ``skip``."""
    if wish.search:
        return _found(workspace, snapshot, wish, n, skip)
    if wish.state == "check":
        return [one for one in _check_items(workspace) if one.item_id not in skip][:n]
    outside = set(skip)
    if wish.filters:
        keep = passing(_filters(workspace, wish), workspace.facts(snapshot), workspace.text_index())
        outside |= {int(item) for item in workspace.ids[~keep]}
    if wish.strategy == SECOND:
        return workspace.second_opinions(author, n, skip=outside)
    if wish.state == "missing":
        return workspace.queue(wish.strategy, n, skip=outside, snapshot=snapshot)
    queue = workspace.queue(wish.strategy, n, skip=outside, snapshot=snapshot) if not wish.state else []
    # Those with a label, oldest first: one that is labelled again goes to the end.
    done = sorted(
        (state.at, item)
        for item, state in workspace.labels.items()
        if item in workspace.position and item not in outside
    )
    reason = N_("Already labelled: confirm it with its key, or correct it")
    return [*queue, *(QueueItem(item, reason, {}) for _at, item in done[: n - len(queue)])]


def _found(
    workspace: Workspace, snapshot: Snapshot | None, wish: Wish, n: int, skip: Collection[int]
) -> list[QueueItem]:
    skipped = set(skip)
    result = workspace.search(
        wish.search, _filters(workspace, wish), snapshot=snapshot, limit=min(n + len(skipped), len(workspace.ids))
    )
    found = []
    for row, in_text in zip(result.rows, result.in_text, strict=True):
        reason = N_("Has words of your search: {query}") if in_text else N_("Close to your search: {query}")
        if int(workspace.ids[row]) not in skipped:
            found.append(QueueItem(int(workspace.ids[row]), reason, {"query": wish.search}))
    return found[:n]


def _filters(workspace: Workspace, wish: Wish) -> Filters:
    place = {one.id: i for i, one in enumerate(workspace.classes)}
    return Filters(
        label="missing" if wish.state == "check" else wish.state or None,
        predicted=place.get(wish.predicted) if wish.predicted is not None else None,
        max_confidence=LOW if wish.unsure else 1.0,
        flagged=True if wish.flagged else None,
    )


def _check_items(workspace: Workspace) -> list[QueueItem]:
    """The check items that no person has judged, in their order; a label that a model set makes no difference."""
    judged = workspace.labeled_by_people()
    rows = [row for row in workspace.audit_rows().tolist() if not judged[row]]
    return [QueueItem(int(workspace.ids[row]), AUDIT_REASON, {}, "audit") for row in rows]


def audit_rows(workspace: Workspace) -> set[int]:
    """Rows of check items that no person has judged yet: what the model says of them stays hidden."""
    audit = workspace.audit_rows()
    return set(audit[~workspace.labeled_by_people()[audit]].tolist())
