"""The audit stream: a fixed random share of a project, shown whatever the model thinks.

Labels that a strategy chose say little about the project as a whole, for the strategy went looking for
hard items. So a share of the items is set aside by a hash of their content under a salt that belongs to
the project's settings: the same project has the same stream in every store, and no model has a say in it.
Its items are mixed into the queue in a fixed random order, and a score is taken on them alone, each answered
by a model that has learned from all labels but its own: so are the items that nobody has labelled.

The sample is the start of the order, up to the last label with at most a tenth left out before it. So it
makes no difference that somebody also labelled audit items on a map or from a search: such an item
counts when its turn has come, and not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Codes
from fsl_core.data.store.records import AUDIT_FIRST, AUDIT_SALT
from fsl_core.evaluation.metrics import Report

DEFAULT_SHARE = 0.10
LEFT_OUT = 0.1
"""How much of the order may be unlabelled (skipped) before the last label that counts."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The score on the audit stream.

    ``n_members`` items belong to the stream, ``n_labeled`` of them have a label, ``n_sample`` of these
    have had their turn, and ``n_none`` of the sample are "none of these", which no class can be right
    about and the report leaves out. ``report`` is None until a sampled item has a class and two classes have labels.
    """

    share: float
    n_members: int
    n_labeled: int
    n_sample: int
    n_none: int
    report: Report | None


def share_of(settings: Mapping[str, object]) -> float:
    """The share that a project sets aside. Raises ConfigError outside 0..1."""
    share = settings.get("audit_share", DEFAULT_SHARE)
    if not isinstance(share, int | float) or isinstance(share, bool) or not 0.0 <= share <= 1.0:
        raise ConfigError(
            "The audit share is {share!r}.", "Choose a number from 0 (none) to 1 (every item).", share=share
        )
    return float(share)


@dataclass(frozen=True, slots=True)
class AuditStream:
    """Which items a project sets aside, and in which order: a matter of their content alone.

    ``first`` are digests of items that come before all others: what an older version had drawn.
    """

    share: float
    salt: str
    first: tuple[str, ...] = ()

    def fractions(self, digests: Sequence[str]) -> NDArray[np.float64]:
        """Shape (n,): a number in 0..1 for each item, evenly spread."""
        salted = sha256(self.salt.encode())
        hashed = bytearray()
        for digest in digests:
            one = salted.copy()
            one.update(digest.encode())
            hashed += one.digest()[:8]
        found = np.frombuffer(bytes(hashed), dtype=">u8") / 2.0**64
        if self.first:
            place = {digest: i for i, digest in enumerate(self.first)}
            for row, digest in enumerate(digests):
                if digest in place:
                    found[row] = place[digest] / 2.0**64
        return np.asarray(found, dtype=np.float64)

    def members(self, digests: Sequence[str]) -> NDArray[np.bool_]:
        """Shape (n,): which items belong to the stream. A larger share only adds items."""
        return self.fractions(digests) < self.share

    def order(self, digests: Sequence[str]) -> Codes:
        """Rows of the audit items in the order in which they are shown; a larger share adds at the end."""
        fraction = self.fractions(digests)
        rows = np.argsort(fraction, kind="stable").astype(np.int64)
        return rows[: int((fraction < self.share).sum())]


def stream_of(settings: Mapping[str, Any]) -> AuditStream:
    """The audit stream that the settings of a project describe. Raises ConfigError for a share outside 0..1."""
    return AuditStream(share_of(settings), str(settings.get(AUDIT_SALT, "")), tuple(settings.get(AUDIT_FIRST, ())))


def sample(ordered: Codes, labeled: NDArray[np.bool_]) -> Codes:
    """The labelled rows at the start of the order, up to where a tenth or more was left out.

    ``labeled`` (n,) runs over the whole project.
    """
    has = labeled[ordered]
    left_out = np.cumsum(~has)
    reached = np.flatnonzero(has & (left_out <= LEFT_OUT * np.arange(1, len(ordered) + 1)))
    start = ordered[: reached[-1] + 1] if len(reached) else ordered[:0]
    return start[labeled[start]]


def is_audit_turn(turn: int, share: float) -> bool:
    """Whether the item number ``turn`` (from 0) that a person sees comes from the audit stream.

    The turns are spread evenly: of any number of turns in a row, ``share`` of them, give or take one.
    """
    return floor((turn + 1) * share + 0.5) > floor(turn * share + 0.5)


def turns(first: int, n: int, share: float, n_audit: int, n_other: int) -> list[bool]:
    """Audit or not for ``n`` turns from ``first`` on; a stream that runs dry leaves its turns to the other.

    ``n_audit`` and ``n_other`` are how many items each stream still holds; the list is shorter than
    ``n`` when both run dry.
    """
    planned: list[bool] = []
    for turn in range(first, first + min(n, n_audit + n_other)):
        audit = n_other == 0 or (n_audit > 0 and is_audit_turn(turn, share))
        n_audit, n_other = n_audit - audit, n_other - (not audit)
        planned.append(audit)
    return planned
