"""The small part of the table, sent with every label: labels, answers, who and when, in the order of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pages.ui.components.card import card
from pages.ui.kit import colours, labels
from pages.ui.kit.arrays import pack
from pages.ui.labelling import queueing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fsl_core.workspace import Workspace
    from fsl_core.workspace.standing import Standing, Trust

SOURCES = ("", "person", "import", "sample", "model")
"""As the script numbers them."""
UNSURE, NONE, HIDDEN, FLAGGED, SURE = 1, 2, 4, 8, 16
"""Bits of the flags of a row."""


def arrays(workspace: Workspace, standing: Standing | None, trust: Trust | None, me: str) -> dict[str, Any]:
    """Labels and answers. What the model says of check items that nobody has judged is not in it."""
    hidden = np.zeros(len(workspace.ids), dtype=bool)
    if standing is not None:
        hidden[list(queueing.audit_rows(workspace))] = True
    return {
        "labels": pack(workspace.label_codes().astype("<i2")),
        "sets": labels.sets_of(workspace) if workspace.multi_label else None,
        "flags": pack(_flags(workspace, standing, trust, hidden)),
        **_said(workspace, standing, hidden),
        **_who(workspace, me),
        "multi": workspace.multi_label,
        "pictures": workspace.of_images,
        "classes": classes(workspace),
        "few": card.FEW_CLASSES,
    }


def classes(workspace: Workspace) -> list[dict[str, Any]]:
    """The classes with their keys and colours."""
    caps = card.key_caps(workspace.classes)
    return [
        {
            "id": one.id,
            "name": one.name,
            "description": one.description,
            "key": caps[i],
            "color": colours.color_of(workspace, i),
        }
        for i, one in enumerate(workspace.classes)
    ]


def _said(workspace: Workspace, standing: Standing | None, hidden: NDArray[np.bool_]) -> dict[str, Any]:
    n = len(workspace.ids)
    nothing = np.full(n, -1, dtype="<i2")
    if standing is None:
        zero = np.zeros(n, dtype=np.uint8)
        return {
            "predicted": pack(nothing),
            "confidence": pack(zero),
            "second": pack(nothing),
            "second_confidence": pack(zero),
            "doubt": pack(np.zeros(n, dtype="<u2")),
            "members": None,
        }
    members = None
    if standing.sets is not None:
        members = pack(np.packbits(standing.sets & ~hidden[:, None], axis=1))
    second = standing.second if len(standing.classes) > 1 else nothing
    return {
        "predicted": pack(np.where(hidden, -1, standing.predicted).astype("<i2")),
        "confidence": pack(_byte(np.where(hidden, 0.0, standing.confidence))),
        "second": pack(np.where(hidden, -1, second).astype("<i2")),
        "second_confidence": pack(_byte(np.where(hidden, 0.0, standing.second_confidence))),
        "doubt": pack(np.rint(standing.doubt * 65535).astype("<u2")),
        "members": members,
    }


def _flags(
    workspace: Workspace, standing: Standing | None, trust: Trust | None, hidden: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    flags = np.zeros(len(workspace.ids), dtype=np.uint8)
    flags[[workspace.position[item] for item in workspace.flags if item in workspace.position]] |= FLAGGED
    if standing is not None:
        flags[hidden] |= HIDDEN
        flags[standing.unsure & ~hidden] |= UNSURE
        flags[standing.new & ~hidden] |= NONE
    if trust is not None:
        flags[trust.rows[trust.accepted.rows]] |= SURE
    return flags


def _who(workspace: Workspace, me: str) -> dict[str, Any]:
    """For each row the source of its label, its author among ``authors``, and when it was given."""
    n = len(workspace.ids)
    source, author = np.zeros(n, dtype=np.uint8), np.zeros(n, dtype="<u2")
    at = np.zeros(n, dtype="<u4")
    number = {name: i for i, name in enumerate(SOURCES)}
    place: dict[str, int] = {me: 0}
    for item, one in workspace.labels.items():
        if (row := workspace.position.get(item)) is None:
            continue
        source[row] = number[one.source]
        # Who imported a file labelled nothing in it.
        if one.source in ("person", "model"):
            author[row] = place.setdefault(one.author, len(place))
        at[row] = max(0, int(one.at))
    return {
        "source": pack(source),
        "author": pack(author),
        "at": pack(at),
        "authors": list(place),
        "me": me,
    }


def _byte(shares: NDArray[Any]) -> NDArray[np.uint8]:
    return np.rint(shares * 255).astype(np.uint8)
