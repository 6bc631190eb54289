"""Labels as a trie of tokens: what several labels begin with is computed once.

The trie is flattened so that one pass over its inner nodes, each seeing its ancestors alone, gives the
probabilities of all labels (the tree attention of Miao et al., "SpecInfer", 2023, arXiv:2305.09781).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import ConfigError

ROOT = -1
"""The end of the prompt, from which every label starts."""


@dataclass(frozen=True, slots=True)
class FlatSteps:
    """Three arrays (s,): the label that a step belongs to, the node it asks, the token it asks for."""

    labels: NDArray[np.int64]
    nodes: NDArray[np.int64]
    tokens: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LabelTrie:
    """The inner nodes of the trie in an order where parents come first, and the steps that make up each label.

    ``tokens``, ``parents``, ``depths`` (m,): token of each node, number of its parent (ROOT for the first
    token of a label), distance from the root (from 0). Only tokens after which some label goes on are nodes
    here. ``steps`` (k labels): pairs (node whose next token is asked for, that token).
    """

    tokens: NDArray[np.int64]
    parents: NDArray[np.int64]
    depths: NDArray[np.int64]
    steps: tuple[tuple[tuple[int, int], ...], ...]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Shape (k,): tokens of each label."""
        return np.array([len(steps) for steps in self.steps], dtype=np.int64)

    def flat(self) -> FlatSteps:
        """All steps of all labels one after another."""
        rows = [(label, node, token) for label, steps in enumerate(self.steps) for node, token in steps]
        labels, nodes, tokens = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        return FlatSteps(labels, nodes, tokens)

    def visible(self) -> NDArray[np.bool_]:
        """Shape (m, m): whether node i sees node j: itself and its ancestors."""
        seen = np.eye(len(self.tokens), dtype=bool)
        for node, parent in enumerate(self.parents):
            if parent != ROOT:
                seen[node] |= seen[parent]
        return seen


def label_trie(labels: Sequence[Sequence[int]]) -> LabelTrie:
    """The trie of labels given as token numbers. Raises ConfigError for a label without a token."""
    nodes: dict[tuple[int, ...], int] = {}
    tokens: list[int] = []
    parents: list[int] = []
    depths: list[int] = []
    steps: list[tuple[tuple[int, int], ...]] = []
    for label in labels:
        if not len(label):
            raise ConfigError("A label has no token in this model's vocabulary.", "Give the class a name in letters.")
        own, parent = [], ROOT
        for depth, token in enumerate(label):
            own.append((parent, int(token)))
            prefix = tuple(label[: depth + 1])
            if depth + 1 < len(label):
                if prefix not in nodes:
                    nodes[prefix] = len(tokens)
                    tokens.append(int(token))
                    parents.append(parent)
                    depths.append(depth)
                parent = nodes[prefix]
        steps.append(tuple(own))
    return LabelTrie(
        np.array(tokens, dtype=np.int64),
        np.array(parents, dtype=np.int64),
        np.array(depths, dtype=np.int64),
        tuple(steps),
    )
