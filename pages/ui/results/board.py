"""The table and its questions: what it is drawn with, what it sends, what it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pages.ui.components.sheet import sheet
from pages.ui.kit import fitting, resources, state, thumbnails
from pages.ui.labelling import outbox
from pages.ui.results import answers, report, trust, why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.data.store import Label
    from fsl_core.workspace import Snapshot, Workspace
    from pages.ui.components.messages import Batch
    from pages.ui.results.desk import ResultsDesk

MOST_FOUND = 1_000


def draw(
    workspace: Workspace, snapshot: Snapshot | None, choice: trust.Choice | None, version: str, desk: ResultsDesk
) -> None:
    """The table with the present labels and answers."""
    project_id = workspace.project_id
    store, me = resources.store(), state.author.get()
    standing = choice.standing if choice is not None else None
    payload: dict[str, Any] = {
        "version": version,
        **answers.arrays(workspace, standing, choice.trust if choice is not None else None, me),
        "report": None,
        "undo": outbox.next_entry(store, project_id, me, "undo"),
        "redo": outbox.next_entry(store, project_id, me, "redo"),
        "acks": dict(desk.acks),
        "saved_at": desk.saved_at,
        "wish": desk.rows,
        "accepted": desk.accepted,
    }
    if standing is not None and snapshot is not None:
        payload["report"] = report.payload(workspace, standing, workspace.score(snapshot))
    sheet.board(
        project_id,
        payload,
        desk.notices,
        on_batch=lambda batches: commit(project_id, me, desk, batches),
        on_question=desk.ask,
    )


def commit(project_id: int, me: str, desk: ResultsDesk, batches: Sequence[Batch]) -> None:
    """Commit what the sheet sent; its queue has a name of its own, apart from those of the card and the map."""

    def say(ids: Sequence[int]) -> dict[int, Label]:
        return said(project_id, ids)

    outbox.receive(resources.store(), project_id, me, batches, desk, say)


def said(project_id: int, ids: Sequence[int]) -> dict[int, Label]:
    """What the model says of these items, as it stands; nothing where there is no model."""
    workspace = resources.workspace(project_id)
    workspace.sync()
    snapshot = fitting.model(workspace).snapshot if workspace.can_answer else None
    if snapshot is None:
        return {}
    rows = np.array([workspace.position[item] for item in ids if item in workspace.position], dtype=np.int64)
    return trust.labels_of(workspace, workspace.standing(snapshot), rows)


def answer(workspace: Workspace, snapshot: Snapshot | None, desk: ResultsDesk) -> None:
    """Answer the questions that are open."""
    if (find := desk.find) is not None:
        rows = workspace.search(find.text, limit=MOST_FOUND).rows
        desk.said["search"], desk.find = {"nonce": find.nonce, "ids": workspace.ids[rows].tolist()}, None
    if (asked := desk.why) is not None:
        desk.said["why"], desk.why = why.answer(workspace, snapshot, asked), None
    if (wanted := desk.pictures) is not None:
        desk.said["pictures"] = {
            str(item): thumbnails.address(workspace, row)
            for item in wanted.ids
            if (row := workspace.position.get(item)) is not None and workspace.of_images
        }
        desk.pictures = None
