"""What a model says of every item, as exports carry it."""

from __future__ import annotations

from collections.abc import Iterable

from fsl_core.data.exporting import Prediction
from fsl_core.workspace.standing import Standing


def predictions(ids: Iterable[int], standing: Standing, method: str) -> dict[int, Prediction]:
    """Item -> what ``method`` says of it; ``ids`` are those of the items in the order of ``standing``.

    Items that the model learned from are among them: of these it says mostly what it was taught.
    """
    rows = zip(
        ids,
        standing.members(),
        standing.confidence.tolist(),
        standing.unsure.tolist(),
        strict=True,
    )
    found = {}
    for item, members, share, unsure in rows:
        labels = tuple(standing.classes[place] for place in members.nonzero()[0])
        found[int(item)] = Prediction(labels, share, unsure or not labels, not labels, method)
    return found
