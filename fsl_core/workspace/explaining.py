"""Why an answer: the support examples behind it, and whether anything known is near."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.types import Codes, Item, Progress, Vectors
from fsl_core.contracts.method import VectorMethod
from fsl_core.evaluation import calibration, multilabel, novelty
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.evaluation.novelty import Novelty
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import Answers, Explanation, Neighbor, Snapshot

MOST_WORDS = 40
"""A text of more is not taken apart: each word costs one reading."""
LEAST_MOVED = 0.005
"""A probability that moves by less does not depend on any one word."""
SHOWN = 0.15
"""Words that move it by less than this share of the strongest are left out."""
WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+(?:['’-]\w+)*"
)


def known(data: ProjectData) -> Novelty | None:
    """What counts as near: the class means of the labelled items, or while they are few, the items."""
    if data.units is None:
        return None
    support = data.support()
    found = None
    if not data.multi_label:
        found = novelty.from_support(data.units[support.rows], support.labeled.codes, len(data.classes))
    return found or novelty.from_pool(data.units)


def explain(data: ProjectData, item: Item, snapshot: Snapshot, near: Novelty | None, n_neighbors: int) -> Explanation:
    """The answer for one item, the support examples behind it, and whether it is like nothing here."""
    vector = data.encoder.encode([item])
    method = snapshot.method
    neighbors: tuple[Neighbor, ...] = ()
    if isinstance(method, MultiLabelModel):
        probabilities = method.predict_vectors(vector)[0]
        neighbors = _neighbors_of_class(data, snapshot.rows, method, vector, int(probabilities.argmax()), n_neighbors)
    elif isinstance(method, VectorMethod):
        probabilities = method.predict_vectors(vector)[0]
        neighbors = _neighbors(data, snapshot.rows, method, vector, int(probabilities.argmax()), n_neighbors)
    else:
        probabilities = method.predict_proba([item])[0]
    similarity = float(near.similarity(ops.unit(vector))[0]) if near else 1.0
    threshold = near.threshold if near else -1.0
    return Explanation(
        snapshot.calibrate(probabilities[None])[0],
        snapshot.classes,
        neighbors,
        similarity < threshold,
        similarity,
        threshold,
        vector,
        multilabel.sets_of(probabilities) if snapshot.sets is not None else None,
    )


def moving_words(data: ProjectData, text: str, snapshot: Snapshot) -> list[tuple[int, int, float]]:
    """(start, end, weight) of the words that moved the answer to a short text, in their order.

    Each word is left out in turn (occlusion: Zeiler and Fergus, arXiv:1311.2901) and the text is read anew: the weight
    is what that takes from the probability of the likeliest class, relative to the word that moves it most; negative
    where the answer gets likelier without it. Empty for methods that do not work on vectors, for texts of more than
    MOST_WORDS, and where no word moves anything. In a script without spaces every sign counts as a word.
    """
    method = snapshot.method
    spans = [one.span() for one in WORD.finditer(text)]
    if not isinstance(method, MultiLabelModel | VectorMethod) or not 1 < len(spans) <= MOST_WORDS:
        return []
    variants = [text[:start] + " " + text[end:] for start, end in spans]
    # Not through the cache: nobody asks for these texts again.
    probabilities = snapshot.calibrate(method.predict_vectors(data.encoder.encoder.encode([text, *variants])))
    top = int(probabilities[0].argmax())
    moved = probabilities[0, top] - probabilities[1:, top]
    most = float(np.abs(moved).max())
    if most < LEAST_MOVED:
        return []
    return [(*span, float(by / most)) for span, by in zip(spans, moved, strict=True) if abs(by) >= SHOWN * most]


def answer(
    data: ProjectData, items: Sequence[Item], snapshot: Snapshot, near: Novelty | None, progress: Progress | None
) -> Answers:
    """The answers for many items at once."""
    vectors = data.encoder.encode(items, progress=progress)
    method = snapshot.method
    if isinstance(method, MultiLabelModel | VectorMethod):
        probabilities = method.predict_vectors(vectors)
    else:
        probabilities = method.predict_proba(items)
    unknown = near.is_new(ops.unit(vectors)) if near else np.zeros(len(items), dtype=bool)
    sets = multilabel.sets_of(probabilities) if snapshot.sets is not None else None
    probabilities = snapshot.calibrate(probabilities)
    sure = calibration.certainty(probabilities, sets)
    return Answers(probabilities.argmax(axis=1), probabilities.max(axis=1), unknown, sure, sets)


def _neighbors(
    data: ProjectData, rows: Codes, method: VectorMethod[Any], vector: Vectors, top: int, n: int
) -> tuple[Neighbor, ...]:
    if not len(rows) or len(rows) != len(method.state["support"]):
        return ()
    influence = method.influence(vector)[0]
    cosine = (method.features(vector) @ method.state["support"].T)[0]
    codes: Codes = method.state["support_codes"]
    labels = [method.classes[code] for code in codes]
    return _named(data, rows, influence, cosine, codes == top, labels, n)


def _neighbors_of_class(
    data: ProjectData, rows: Codes, model: MultiLabelModel, vector: Vectors, c: int, n: int
) -> tuple[Neighbor, ...]:
    """Examples that have the class, and one that has it not and pulls the other way."""
    if not len(rows) or len(rows) != len(model.support_members):
        return ()
    influence, cosine = (array[0] for array in model.influence(vector, c))
    names = model.classes
    labels = [", ".join(names[i] for i in np.flatnonzero(row)) for row in model.support_members]
    return _named(data, rows, influence, cosine, model.support_members[:, c], labels, n)


def _named(
    data: ProjectData,
    rows: Codes,
    influence: Vectors,
    cosine: Vectors,
    mine: NDArray[np.bool_],
    labels: list[str],
    n: int,
) -> tuple[Neighbor, ...]:
    # Witnesses for the answer first, then the strongest for another class.
    order = sorted(range(len(rows)), key=lambda i: (not mine[i], -influence[i]))[: max(1, n - 1)]
    others = [i for i in np.argsort(-influence, kind="stable") if not mine[i]][:1]
    top = max(float(influence.max()), 1e-9)
    return tuple(
        Neighbor(
            item_id=int(data.ids[rows[i]]),
            text=data.texts[rows[i]],
            label=labels[i],
            similarity=float(cosine[i]),
            weight=max(float(influence[i]) / top, 0.0),
            supports=bool(mine[i]),
        )
        for i in dict.fromkeys([*order, *others])
    )
