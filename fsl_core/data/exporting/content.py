"""What every format is written from: the items of a project with their labels, in words instead of ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select

from fsl_core.data.exporting.layout import Layout, layout_of
from fsl_core.data.store import ClassInfo, ItemRow, LabelState, Project, Store, schema
from fsl_core.data.store.current import last_changes

ALL = 2**31
State = Literal["labeled", "none of these", "unlabeled", "no text"]
PredictionState = Literal["confident", "unsure", "none of these"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of an item, whoever labelled it: class names, their probability, and which model.

    ``labels`` is empty where the answer is none of the classes, which is never sure; in a project with several
    labels an item it may hold several, and ``probability`` is that of the whole set.
    """

    labels: tuple[str, ...]
    probability: float
    unsure: bool = False
    none_of_these: bool = False
    method: str = ""

    @property
    def state(self) -> PredictionState:
        """How far to trust it, in one of three words."""
        return "none of these" if self.none_of_these else "unsure" if self.unsure else "confident"


@dataclass(frozen=True, slots=True)
class Row:
    """One item, or one row of a file with its own ``meta``.

    ``labels`` is None without a label and () for "none of these". ``at`` is epoch seconds. A row of a file that
    holds no text is ``empty``.
    """

    text: str
    text_pair: str | None
    image: str | None
    meta: dict[str, Any]
    labels: tuple[str, ...] | None
    author: str
    source: str
    at: float | None
    flag: bool
    prediction: Prediction | None = None
    empty: bool = False

    @property
    def state(self) -> State:
        """The label in one of a few words."""
        if self.labels is None:
            return "no text" if self.empty else "unlabeled"
        return "labeled" if self.labels else "none of these"

    @property
    def label(self) -> str | None:
        """The one label; None without one. Only for projects with one label an item."""
        return self.labels[0] if self.labels else None


@dataclass(frozen=True, slots=True)
class Content:
    """A project as formats see it.

    ``rows`` are the items in their order. With a ``layout`` they are the rows of the imported files, repeats
    included, in the order of the files, and before them the items of imports that kept no rows: ``n_without_rows``.
    """

    project: Project
    classes: tuple[str, ...]
    multi_label: bool
    rows: tuple[Row, ...]
    layout: Layout | None = None
    n_without_rows: int = 0

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
    def has_predictions(self) -> bool:
        """Whether any item carries what a model says."""
        return any(row.prediction is not None for row in self.rows)

    def without_predictions(self) -> Content:
        """The same with the labels of people alone."""
        return replace(self, rows=tuple(replace(row, prediction=None) for row in self.rows))


_EMPTY = Row("", None, None, {}, None, "", "", None, False, empty=True)


def gather(
    store: Store,
    project_id: int,
    *,
    unlabeled: bool = True,
    predictions: Mapping[int, Prediction] | None = None,
    rows: bool = False,
) -> Content:
    """All items, or without ``unlabeled`` those with a label; ``predictions`` by id of the item.

    With ``rows`` one row for each row of the imported files, where there are any.
    """
    project = store.projects.get(project_id)
    items = store.items.page(project_id, None if unlabeled else True, ALL)
    # Classes last: every class that a label names is then among them, or was deleted meanwhile.
    labels = store.journal.labels(project_id)
    flags = _flags(store, project_id)
    classes = store.classes.list(project_id)
    names = {info.id: info.name for info in classes}
    order = {info.id: place for place, info in enumerate(classes)}
    found = {}
    for item in items:
        row = _row(item, labels.get(item.id), names, order, item.id in flags, (predictions or {}).get(item.id))
        if unlabeled or row.labels is not None:
            found[item.id] = row
    multi_label = bool(project.settings.get("multi_label"))
    content = Content(project, _names(classes), multi_label, tuple(found.values()))
    return _by_row(store, content, found, unlabeled=unlabeled) if rows else content


def _by_row(store: Store, content: Content, found: Mapping[int, Row], *, unlabeled: bool) -> Content:
    """One row for each row of a file instead of one for each item."""
    imports = store.items.imports(content.project.id)[::-1]
    kept = store.items.file_rows(content.project.id)
    has_row = {row.item_id for row in kept}
    lines = [row for item_id, row in found.items() if item_id not in has_row]
    for row in kept:
        if row.item_id is None:
            lines += [_EMPTY if not row.meta else replace(_EMPTY, meta=row.meta)] if unlabeled else []
        elif (item := found.get(row.item_id)) is not None:
            lines.append(item if row.meta is None else replace(item, meta=row.meta))
    without = sum(one.columns is None and bool(one.counts.get("n_added")) for one in imports)
    return replace(
        content,
        rows=tuple(lines),
        layout=layout_of([one.columns for one in imports if one.columns is not None]),
        n_without_rows=without if content.project.kind != "image" else 0,
    )


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
    prediction: Prediction | None,
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
        prediction=prediction,
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
