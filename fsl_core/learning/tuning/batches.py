"""Which rows are trained on together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fsl_core.base.types import Codes, Vectors

PER_CLASS = 2
"""The least number of rows of a class in a batch: a pair."""


def grouped(codes: Codes, size: int, seed: int, neighbors: Codes | None = None) -> Iterator[Codes]:
    """Batches without end that hold several rows of each class they hold, every class in turn.

    A class smaller than its share gives all it has. Where not all classes fit into ``size`` rows, every class is
    dealt before one is dealt again; with ``neighbors`` (n_way, n_way; class numbers, nearest first) a batch takes
    classes that are hard to tell apart instead, a random one and those beside it, and some come more often.
    """
    rng = np.random.default_rng(seed)
    present = np.unique(codes)
    members = {int(code): np.flatnonzero(codes == code) for code in present}
    decks: dict[int, list[int]] = {int(code): [] for code in present}
    n_classes = max(1, min(len(present), size // PER_CLASS))
    turns: list[int] = []
    while True:
        if len(turns) < n_classes:
            deck = rng.permutation(present).tolist()
            # A whole one: a class that still waits for its turn in the last deck has one in this deck, too.
            turns += deck if neighbors is None else [code for code in deck if code not in turns]
        chosen = _together(turns, n_classes, neighbors)
        for code in chosen:
            turns.remove(code)
        rows: list[int] = []
        for place, code in enumerate(chosen):
            share = size // n_classes + (place < size % n_classes)
            taken: list[int] = []
            for _ in range(min(share, len(members[code]))):
                if not decks[code]:
                    decks[code] = [int(row) for row in rng.permutation(np.setdiff1d(members[code], taken))]
                taken.append(decks[code].pop())
            rows += taken
        yield np.sort(np.array(rows, dtype=np.int64))


def _together(turns: list[int], n: int, neighbors: Codes | None) -> list[int]:
    if neighbors is None or n == len(turns):
        return list(dict.fromkeys(turns))[:n]
    waiting = set(turns)
    near = [int(code) for code in neighbors[turns[0]] if int(code) in waiting]
    return list(dict.fromkeys([turns[0], *near, *turns]))[:n]


def neighbors(prototypes: Vectors) -> Codes:
    """Class numbers by similarity to each class, shape (n_way, n_way); ``prototypes`` (n_way, d), unit."""
    return np.argsort(-(prototypes @ prototypes.T), axis=1, kind="stable")
