"""One project seen through one encoder: its items, vectors and labels, and models that follow them.

Pages share one workspace a project. ``sync`` picks up what anybody wrote to the store; a snapshot is
fitted again only when something changed.
"""

from fsl_core.workspace.data import DEFAULT_METHOD, items_of
from fsl_core.workspace.predicting import predictions
from fsl_core.workspace.records import (
    Answers,
    Explanation,
    LeftOut,
    Neighbor,
    QueueItem,
    Snapshot,
    Support,
    TrueNeighbors,
    moved,
)
from fsl_core.workspace.workspace import Workspace

__all__ = [
    "DEFAULT_METHOD",
    "Answers",
    "Explanation",
    "LeftOut",
    "Neighbor",
    "QueueItem",
    "Snapshot",
    "Support",
    "TrueNeighbors",
    "Workspace",
    "items_of",
    "moved",
    "predictions",
]
