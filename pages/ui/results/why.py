"""One item in full: its text or picture, its columns, what the model says of it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsl_core.base.texts import shorten
from fsl_core.workspace import llm_suggestions
from pages.ui.components.card import card
from pages.ui.kit import columns, thumbnails
from pages.ui.labelling import llm_suggest, queueing, suggesting

if TYPE_CHECKING:
    from fsl_core.workspace import Snapshot, Workspace
    from pages.ui.components.messages import AskWhy

MOST_CLASSES = 8


def _words(workspace: Workspace, snapshot: Snapshot | None, text: str) -> list[tuple[int, int, float]]:
    """The words that moved the answer, counted as browsers count signs."""
    if snapshot is None:
        return []

    def place(i: int) -> int:
        return len(text[:i].encode("utf-16-le")) // 2

    found = workspace.moving_words(text, snapshot)
    return [(place(start), place(end), round(weight, 3)) for start, end, weight in found]


def answer(workspace: Workspace, snapshot: Snapshot | None, question: AskWhy) -> dict[str, Any] | None:
    """What the sheet shows of an item; of a check item that nobody has judged, nothing that the model says."""
    if (row := workspace.position.get(question.id)) is None:
        return None
    hidden = {row} & queueing.audit_rows(workspace)
    said = (
        {}
        if hidden
        else llm_suggest.words(workspace, llm_suggestions.latest(workspace.store, workspace.project_id), [question.id])
    )
    return {
        "nonce": question.nonce,
        "id": question.id,
        "text": shorten(workspace.texts[row], card.LONGEST_TEXT),
        "image": thumbnails.address(workspace, row, thumbnails.LARGE),
        "meta": columns.of_item(workspace, question.id, columns.chosen(workspace)),
        "top": suggesting.suggestions(workspace, snapshot, [row], hidden)[0][:MOST_CLASSES],
        "pulls": suggesting.pulls(workspace, snapshot, [row], hidden)[0],
        "words": [] if hidden or not question.words else _words(workspace, snapshot, workspace.texts[row]),
        "asked_words": question.words,
        "can_words": not hidden and snapshot is not None and not workspace.of_images,
        "said": said.get(question.id, ""),
    }
