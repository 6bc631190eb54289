"""A project with a bit of everything, and the members of a project file."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator

import pytest

from fsl_core.data.store import NewClass, NewItem, Store


def make(store: Store, multi: bool) -> int:
    project = store.projects.create(
        "Tickets — 票",
        classes=[NewClass("A", "about a"), "B", "C", "none"],
        settings={"multi_label": multi, "audit_share": 0.25, "encoder": {"name": "char-ngram", "settings": {}}},
    )
    store.projects.update(project.id, guidelines="Read **twice**.\nThen label.")
    first: str | tuple[str, ...] = ("A", "B") if multi else "A"
    rows = [
        NewItem(text="=1+1, said\nthe “customer”", meta={"id": "7", "z": 1.5, "a": [None, True]}, label=first),
        NewItem(text="one", text_pair="two"),
        NewItem(text="退款 😀", label="B"),
        NewItem(text="four"),
        NewItem(text="five"),
    ]
    store.items.add(project.id, rows, filename="first.csv", author="ada")
    return project.id


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture(scope="module")
def here() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, Store(f"sqlite:///{folder}/here.db") as store:
        # Ids of the other project keep the two numberings apart.
        other = store.projects.create("Other", classes=["x", "y", "z"])
        store.items.add(other.id, [NewItem(text=str(i), label="x") for i in range(20)])
        yield store
