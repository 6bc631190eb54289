"""The large part of the table, which labels leave alone: ids, texts, columns."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.runtime import get_instance

from fsl_core.base import paths
from fsl_core.base.texts import shorten
from pages.ui.kit import columns
from pages.ui.kit.arrays import pack, text_limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fsl_core.workspace import Workspace

TEXT_BUDGET = 12_000_000
"""Signs of text a browser gets for the table; beyond it long texts are cut. The whole one is shown beside the row."""
AT_ONCE = 400_000
"""Signs that come with the page; of more, only those that are seen first, the others from a file."""
KEPT = 8
"""Such parts that a server keeps."""
FIRST = 200
"""Texts that come with the page where the others come from a file."""


@dataclass(frozen=True)
class Rows:
    """What the browser knows of the rows by ``version``; ``rest`` are all texts, where they come from a file."""

    version: str
    payload: dict[str, Any]
    rest: bytes | None


def rows(workspace: Workspace, doubt: NDArray[np.float32] | None) -> Rows:
    """The same object until the items or the chosen columns change."""
    names = columns.chosen(workspace)
    ids = workspace.ids
    return _rows(paths.database_url(), workspace.project_id, len(ids), int(ids.max(initial=0)), names, workspace, doubt)


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _rows(
    url: str,
    project_id: int,
    n: int,
    last: int,
    names: list[str],
    _workspace: Workspace,
    _doubt: NDArray[np.float32] | None,
) -> Rows:
    """The same for all sessions of this server: a large project is cut and written once."""
    workspace, doubt = _workspace, _doubt
    limit = text_limit([len(text) for text in workspace.texts], TEXT_BUDGET)
    texts = [shorten(text, limit) for text in workspace.texts]
    digest = hashlib.sha256(workspace.ids.tobytes() + json.dumps(names).encode()).hexdigest()[:24]
    whole = sum(map(len, texts)) <= AT_ONCE
    payload = {
        "version": digest,
        "ids": pack(workspace.ids.astype("<f8")),
        "texts": texts if whole else None,
        "head": None if whole else _head(texts, doubt),
        "url": None,
        "cut": limit if any(len(text) > limit for text in workspace.texts) else None,
        "meta": [_column(name, values) for name, values in zip(names, columns.values(workspace, names), strict=True)],
    }
    rest = None if whole else json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()
    return Rows(digest, payload, rest)


def payload(found: Rows) -> dict[str, Any]:
    """What the component gets; call it in every whole run, for a file that no run asks for is forgotten."""
    if found.rest is None:
        return found.payload
    files = get_instance().media_file_mgr
    url = files.add(found.rest, "application/json", f"handful.results.{found.version}")
    return {**found.payload, "url": url.lstrip("/")}


def _head(texts: Sequence[str], doubt: NDArray[np.float32] | None) -> dict[str, Any]:
    """The texts of the rows that stand first: the most doubtful ones."""
    order = np.arange(len(texts)) if doubt is None else np.argsort(-doubt, kind="stable")
    first = order[:FIRST].astype("<i4")
    return {"rows": pack(first), "texts": [texts[row] for row in first]}


def _column(name: str, values: Sequence[str]) -> dict[str, Any]:
    """Each value once, and which one every row has."""
    place: dict[str, int] = {}
    codes = np.fromiter((place.setdefault(value, len(place)) for value in values), dtype="<i4", count=len(values))
    return {"name": name, "values": list(place), "codes": pack(codes)}
