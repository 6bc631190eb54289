"""What the map gets from the workspace, and what it asks back: points, labels, neighbours, similar texts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.texts import shorten
from fsl_core.contracts.method import VectorMethod
from fsl_core.plotting import palette
from pages.ui.components.card import card
from pages.ui.components.lasso import lasso
from pages.ui.components.messages import FindSimilar, LookUp
from pages.ui.kit import colours, labels, resources, state, thumbnails
from pages.ui.kit.arrays import pack, text_limit
from pages.ui.labelling import outbox
from pages.ui.labelling.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.plotting.projection import Projection
    from fsl_core.workspace import Snapshot, Workspace
    from pages.ui.components.messages import Batch

MOST_POINTS = 20_000
TEXT_BUDGET = 6_000_000
"""Signs of text a browser gets for its tooltips; beyond it long texts are cut."""
MOST_FOUND = 1_000
MOST_PICTURES = 3_000
PICTURE = 64
CONFIDENCE_SCALE = ("#C9603A", "#D9C27E", "#0B6E69")
"""From unsure over half to sure."""


@dataclass(frozen=True)
class Points:
    """The items on the map: their rows in the workspace, and what the browser knows of them by ``version``."""

    rows: NDArray[np.int64]
    version: str
    payload: dict[str, Any]


class Found(TypedDict):
    """Items that are like a text, the most similar first."""

    nonce: int
    ids: list[int]


class Neighbours(TypedDict):
    """``n`` of the ``of`` items asked about lie among each other; ``total`` were selected."""

    nonce: int
    total: int
    n: int
    of: int


@dataclass
class MapDesk(Desk):
    """The server's end of one person's map."""

    find: FindSimilar | None = None
    found: Found | None = None
    """The answer to ``find``, once there is one."""
    look: LookUp | None = None
    neighbours: Neighbours | None = None
    """The answer to ``look``."""

    def ask(self, question: FindSimilar | LookUp) -> None:
        """Keep a question until the page answers it; the one before of its kind is forgotten."""
        if isinstance(question, FindSimilar):
            self.find, self.found = question, None
        else:
            self.look, self.neighbours = question, None


desks: state.PerProject[MapDesk] = state.PerProject("handful.map_desks", MapDesk)


def points(workspace: Workspace, drawn: Projection, found: Sequence[int] = ()) -> Points:
    """The points to draw. The same object until items, layout or, in a large project, the choice of items change."""
    layout = hashlib.sha256(f"{drawn.kind} {workspace.encoder.key}".encode() + drawn.points.tobytes()).hexdigest()[:16]
    key = (workspace.project_id, layout, len(workspace.ids))
    kept: Points | None = state.recall("map.points")
    labeled = np.flatnonzero(workspace.label_codes() != -1)
    must = np.union1d(labeled, [workspace.position[item] for item in found if item in workspace.position])
    # Another choice is sent anew, so the old one stays as long as nothing is missing from it.
    if kept is not None and not np.isin(must, kept.rows).all():
        state.forget("map.points")
    return state.remember("map.points", key, lambda: _points(workspace, drawn, layout, must.astype(np.int64)))


def _points(workspace: Workspace, drawn: Projection, layout: str, must: NDArray[np.int64]) -> Points:
    rows = np.arange(len(workspace.ids))
    if len(rows) > MOST_POINTS:
        chance = np.random.default_rng(0).random(len(rows))
        chance[must] += 1
        rows = np.sort(np.argsort(-chance, kind="stable")[:MOST_POINTS])
    ids, places = workspace.ids[rows], drawn.points[rows].astype("<f4")
    texts = [workspace.texts[row] for row in rows]
    limit = text_limit([len(text) for text in texts], TEXT_BUDGET)
    digest = hashlib.sha256(ids.tobytes() + places.tobytes()).hexdigest()[:24]
    payload = {
        "version": digest,
        "layout": layout,
        "ids": pack(ids.astype("<f8")),
        "xy": pack(places),
        "images": _pictures(workspace, rows),
        "texts": [shorten(text, limit) for text in texts],
    }
    return Points(rows, digest, payload)


def _pictures(workspace: Workspace, rows: NDArray[np.int64]) -> list[str | None] | None:
    """Small pictures for the pointer and the list; in a large project of the first ones only."""
    if not workspace.of_images:
        return None
    return [
        thumbnails.address(workspace, int(row), PICTURE) if i < MOST_PICTURES else None for i, row in enumerate(rows)
    ]


def draw(workspace: Workspace, snapshot: Snapshot | None, drawn: Projection, shown: Points, desk: MapDesk) -> None:
    """The map with the present labels and predictions, small typed arrays in the order of the points.

    Without a snapshot, as nothing can be predicted yet, no point has a prediction.
    """
    project_id = workspace.project_id
    store, author = resources.store(), state.author.get()
    caps = card.key_caps(workspace.classes)
    crosses = _crosses(workspace, drawn)
    predicted, confidence = np.full(len(shown.rows), -1), np.zeros(len(shown.rows))
    if snapshot is not None:
        predicted, confidence = snapshot.predicted[shown.rows], snapshot.confidence[shown.rows]
    payload = {
        "version": shown.version,
        "pictures": workspace.of_images,
        "labels": pack(workspace.label_codes()[shown.rows].astype("<i2")),
        "predicted": pack(predicted.astype("<i2")),
        "confidence": pack(np.rint(confidence * 255).astype(np.uint8)),
        "classes": [
            {
                "id": one.id,
                "name": one.name,
                "description": one.description,
                "key": caps[i],
                "color": colours.color_of(workspace, i),
                "symbol": palette.class_symbol(i),
            }
            for i, one in enumerate(workspace.classes)
        ],
        "stars": pack(_prototypes(workspace, snapshot, drawn).astype("<f4")),
        "crosses": pack(crosses.astype("<f4")),
        "greys": {tone: [palette.UNLABELED[tone], palette.NONE_OF_THESE[tone]] for tone in ("light", "dark")},
        "scale": CONFIDENCE_SCALE,
        "search": desk.found,
        "look": desk.neighbours,
        "few": card.FEW_CLASSES,
        "most_found": MOST_FOUND,
        "multi": workspace.multi_label,
        "sets": labels.sets_of(workspace) if workspace.multi_label else None,
        "undo": outbox.next_entry(store, project_id, author, "undo"),
        "redo": outbox.next_entry(store, project_id, author, "redo"),
        "acks": dict(desk.acks),
        "saved_at": desk.saved_at,
    }
    lasso.board(
        project_id,
        payload,
        desk.notices,
        on_batch=lambda batches: commit(workspace, desk, batches),
        on_question=desk.ask,
    )


def commit(workspace: Workspace, desk: MapDesk, batches: Sequence[Batch]) -> None:
    """Commit what the map sent; its queue has a name of its own, apart from the one of the card."""
    outbox.receive(resources.store(), workspace.project_id, state.author.get(), batches, desk)


def answer(workspace: Workspace, desk: MapDesk) -> None:
    """Answer the questions that are open; an answer stays until the next question of its kind."""
    if (find := desk.find) is not None and desk.found is None:
        rows = workspace.search(find.text, limit=MOST_FOUND).rows
        desk.found = {"nonce": find.nonce, "ids": workspace.ids[rows].tolist()}
    if (look := desk.look) is not None and desk.neighbours is None:
        near = workspace.true_neighbors(look.ids)
        desk.neighbours = {"nonce": look.nonce, "total": look.total, "n": near.n_close, "of": near.n_items}


def _crosses(workspace: Workspace, drawn: Projection) -> NDArray[np.float32]:
    """Where the texts lie that were tried; none where the encoder reads no words."""
    queries = state.queries(workspace.project_id)
    if not queries:
        return np.zeros((0, 2), dtype=np.float32)
    encoder = workspace.encoder
    found = encoder.encode_words(queries) if workspace.of_images else encoder.encode(queries)
    return np.zeros((0, 2), dtype=np.float32) if found is None else drawn.transform(found)


def _prototypes(workspace: Workspace, snapshot: Snapshot | None, drawn: Projection) -> NDArray[np.float32]:
    """Where the mean of each class lies; a class without an example lies where its name does.

    NaN for a class without an example where the encoder reads no words.
    """
    if snapshot is None or not isinstance(snapshot.method, VectorMethod) or workspace.vectors is None:
        return np.zeros((0, 2), dtype=np.float32)
    support, names = workspace.support(), workspace.name_vectors()
    known = np.full(len(names), names.shape[1] > 0)
    means = names.copy() if names.shape[1] else np.zeros((len(names), workspace.vectors.shape[1]), dtype=np.float32)
    for code in np.unique(support.labeled.codes):
        means[code] = workspace.vectors[support.rows[support.labeled.codes == code]].mean(axis=0)
        known[code] = True
    places = np.full((len(names), 2), np.nan, dtype=np.float32)
    if known.any():
        places[known] = drawn.transform(means[known])
    return places
