"""What the model says of the items on the card: its classes, and the labelled examples behind them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.texts import one_line
from fsl_core.contracts.method import VectorMethod
from fsl_core.evaluation.multilabel import MultiLabelModel
from pages.ui.components.card import card
from pages.ui.kit import thumbnails

if TYPE_CHECKING:
    from fsl_core.workspace import Snapshot, Workspace

QUOTE = 160
PULLS = 2
"""Examples of the likeliest class; one more may speak for another."""


def suggestions(
    workspace: Workspace, snapshot: Snapshot | None, rows: Sequence[int], hidden: Collection[int] = ()
) -> list[list[tuple[int, float]]]:
    """For each row (class id, probability), best first, at most as many as the card shows; none for ``hidden`` rows."""
    if snapshot is None or not rows:
        return [[] for _row in rows]
    ids = {one.name: one.id for one in workspace.classes}
    shown = len(snapshot.classes) if len(snapshot.classes) <= card.FEW_CLASSES else card.SHOWN_SUGGESTIONS
    found = []
    for row, shares in zip(rows, snapshot.probabilities[np.asarray(rows)], strict=True):
        best = np.argsort(-shares, kind="stable")[: 0 if row in hidden else shown]
        classes = snapshot.classes
        found.append([(ids[classes[i]], round(float(shares[i]), 4)) for i in best if classes[i] in ids])
    return found


def pulls(
    workspace: Workspace, snapshot: Snapshot | None, rows: Sequence[int], hidden: Collection[int] = ()
) -> list[list[dict[str, Any]]]:
    """For each row the labelled examples that pull it to its class most, and the strongest for another one.

    ``weight`` is relative to the strongest example. Empty for a method that cannot say, and for ``hidden`` rows.
    """
    nothing: list[list[dict[str, Any]]] = [[] for _row in rows]
    asked = [i for i, row in enumerate(rows) if row not in hidden]
    if snapshot is None or workspace.vectors is None or not asked:
        return nothing
    places = np.asarray([rows[i] for i in asked])
    examples, members = _examples(workspace, snapshot)
    if not len(examples):
        return nothing
    answers = snapshot.predicted[places]
    influence = _influence(snapshot, workspace.vectors[places], answers)
    for i, row, answer, weights in zip(asked, places, answers, influence, strict=True):
        mine = members[:, answer]
        usable = weights * (examples != row)
        strongest = max(float(usable.max()), 1e-9)
        picked = [*_best(usable, mine, PULLS), *_best(usable, ~mine, 1)]
        for k in picked:
            own = int(answer) if mine[k] else int(members[k].argmax())
            nothing[i].append(
                {
                    "text": _short(workspace.texts[examples[k]]),
                    "image": thumbnails.address(workspace, int(examples[k])),
                    "label": workspace.classes[own].id,
                    "weight": round(max(float(usable[k]) / strongest, 0.0), 3),
                }
            )
    return nothing


def _examples(workspace: Workspace, snapshot: Snapshot) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows of the examples the model learned from, and their classes; empty when they no longer match the model."""
    method = snapshot.method
    empty = np.zeros(0, dtype=np.int64), np.zeros((0, len(workspace.classes)), dtype=bool)
    if snapshot.classes != workspace.class_names:
        return empty
    rows = snapshot.rows
    if isinstance(method, MultiLabelModel):
        return (rows, method.support_members) if len(rows) == len(method.support_members) else empty
    if not isinstance(method, VectorMethod):
        return empty
    codes = method.state["support_codes"]
    if len(rows) != len(codes):
        return empty
    return rows, codes[:, None] == np.arange(len(snapshot.classes))


def _influence(snapshot: Snapshot, vectors: NDArray[np.float32], answers: NDArray[np.int64]) -> NDArray[np.float32]:
    method = snapshot.method
    if isinstance(method, MultiLabelModel):
        found = [method.influence(vectors[i : i + 1], int(answer))[0][0] for i, answer in enumerate(answers)]
        return np.stack(found)
    assert isinstance(method, VectorMethod)
    return method.influence(vectors)


def _best(weights: NDArray[np.float32], among: NDArray[np.bool_], n: int) -> list[int]:
    places = np.flatnonzero(among & (weights > 0))
    return [int(k) for k in places[np.argsort(-weights[places], kind="stable")[:n]]]


def _short(text: str) -> str:
    return one_line(text[: 4 * QUOTE], QUOTE)  # what lies behind is not looked at: each label asks for dozens
