"""What every format is written from: the items of a project with their labels, in words instead of ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select

from fsl_core.data.store import ClassInfo, ItemRow, LabelState, Project, Store, schema
from fsl_core.data.store.current import last_changes

ALL = 2**31
State = Literal["labeled", "none of these", "unlabeled"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model would say of an item without a label: class names, probability, and which model."""

    labels: tuple[str, ...]
    score: float
    model: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One item; ``labels`` is None without a label and () for "none of these". ``at`` is epoch seconds."""

    text: str
    text_pair: str | None
    image: str | None
    meta: dict[str, Any]
    labels: tuple[str, ...] | None
    author: str
    source: str
    at: float | None
    flag: bool
    suggestion: Suggestion | None = None

    @property
    def state(self) -> State:
        """The label in one of three words."""
        if self.labels is None:
            return "unlabeled"
        return "labeled" if self.labels else "none of these"

    @property
    def label(self) -> str | None:
        """The one label; None without one. Only for projects with one label an item."""
        return self.labels[0] if self.labels else None


@dataclass(frozen=True, slots=True)
class Content:
    """A project as formats see it; ``rows`` are in the order of the items."""

    project: Project
    classes: tuple[str, ...]
    multi_label: bool
    rows: tuple[Row, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_pairs(self) -> bool:
        """Whether any item is a pair of texts."""
        return any(row.text_pair is not None for row in self.rows)

    @property
    def has_images(self) -> bool:
        """Whether any item is an image."""
        return any(row.image is not None for row in self.rows)

    @property
    def has_suggestions(self) -> bool:
        """Whether any item carries what a model would say."""
        return any(row.suggestion is not None for row in self.rows)


def gather(
    store: Store, project_id: int, *, unlabeled: bool = False, suggestions: Mapping[int, Suggestion] | None = None
) -> Content:
    """The labelled items, and with ``unlabeled`` the others too; suggestions go to those without a label."""
    project = store.projects.get(project_id)
    items = store.items.page(project_id, None if unlabeled else True, ALL)
    # Classes last: every class that a label names is then among them, or was deleted meanwhile.
    labels = store.journal.labels(project_id)
    flags = _flags(store, project_id)
    classes = store.classes.list(project_id)
    names = {info.id: info.name for info in classes}
    order = {info.id: place for place, info in enumerate(classes)}
    rows = []
    for item in items:
        row = _row(item, labels.get(item.id), names, order, item.id in flags, (suggestions or {}).get(item.id))
        if unlabeled or row.labels is not None:
            rows.append(row)
    return Content(project, _names(classes), bool(project.settings.get("multi_label")), tuple(rows))


def when(at: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC, to the second."""
    if at is None:
        return None
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _names(classes: list[ClassInfo]) -> tuple[str, ...]:
    return tuple(info.name for info in classes)


def _row(
    item: ItemRow,
    state: LabelState | None,
    names: Mapping[int, str],
    order: Mapping[int, int],
    flag: bool,
    suggestion: Suggestion | None,
) -> Row:
    labels = _label_names(state.label, names, order) if state is not None else None
    said = state if labels is not None else None
    return Row(
        text=item.text or "",
        text_pair=item.text_pair,
        image=item.blob,
        meta=item.meta,
        labels=labels,
        author=said.author if said else "",
        source=said.source if said else "",
        at=said.at if said else None,
        flag=flag,
        suggestion=suggestion if labels is None else None,
    )


def _label_names(label: object, names: Mapping[int, str], order: Mapping[int, int]) -> tuple[str, ...] | None:
    if label == "none":
        return ()
    ids = label if isinstance(label, tuple) else (label,)
    found = sorted((one for one in ids if one in names), key=lambda one: order[one])
    # A class that is gone by now leaves no label behind.
    return tuple(names[one] for one in found) or None


def _flags(store: Store, project_id: int) -> set[int]:
    changes = schema.changes
    last = last_changes(project_id, "flag")
    query = select(changes.c.item_id).join(last, changes.c.id == last.c.id).where(changes.c.after.is_not(None))
    with store.database.read() as connection:
        return set(connection.execute(query).scalars())
