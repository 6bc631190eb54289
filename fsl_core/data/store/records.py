"""What goes into the store and what comes out of it: plain frozen records, no database in sight."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.errors import DataError
from fsl_core.base.payloads import SavedRun
from fsl_core.data.store.file_records import FileColumns
from fsl_core.data.store.values import Label

S = TypeVar("S", bound=SavedRun)
Kind = Literal["text", "image", "pair"]
Source = Literal["person", "import", "sample", "model"]
EntryKind = Literal["do", "undo", "redo", "revert"]
ActKind = Literal["label", "flag", "class", "import", "back"]
"""What an entry is to people; "back" is every undo, redo and revert."""
JobState = Literal["queued", "running", "done", "failed", "cancelled"]

MAX_NAME = 200
AUDIT_SALT = "audit_salt"
"""The setting that decides, with their content, which items are set aside for scoring; made with the project."""
AUDIT_FIRST = "audit_first"
"""The setting with the digests of those that were set aside before there was a salt."""
UNSURE_BELOW = "unsure_below"
"""Setting of a project: the probability below which an answer is unsure."""
FLOORS = "floors"
"""Setting of a project: class id (as text) -> the share of its items that may be missed."""
ADJUDICATE = "adjudicate"
"""The act of deciding between people: a label, but no opinion of one's own, so agreement leaves it out."""
OUTSIDE: tuple[Source, ...] = ("import", "sample")
"""Sources of what came in with the items."""
PERSONAL = "person:"
"""How a setting starts that is one person's way of working; no model depends on it."""


@dataclass(frozen=True, slots=True)
class NewClass:
    """A class to create; the description stands for its name in 0-shot models."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to import: a text, a pair of texts, or an image by the sha256 of its file.

    ``label`` is the name of a class, which is created when missing; in a multi-label project also a
    tuple of names. The empty tuple says "none of these".
    """

    text: str | None = None
    text_pair: str | None = None
    blob: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    label: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """One project; times are epoch seconds, ``deleted_at`` is set while it is in the trash."""

    id: int
    name: str
    kind: Kind
    guidelines: str
    settings: dict[str, Any]
    created_at: float
    updated_at: float
    deleted_at: float | None


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """One line of the list of projects."""

    id: int
    name: str
    kind: Kind
    n_items: int
    n_labeled: int
    n_classes: int
    created_at: float
    updated_at: float
    deleted_at: float | None


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class; ``color`` and ``key`` are empty until somebody chooses them."""

    id: int
    name: str
    description: str
    position: int
    color: str
    key: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item with its current label."""

    id: int
    project_id: int
    kind: Kind
    text: str | None
    text_pair: str | None
    blob: str | None
    digest: str
    meta: dict[str, Any]
    position: int
    created_at: float
    label: Label


@dataclass(frozen=True, slots=True)
class ItemTable:
    """All items of a project in their order: ids (n,), the others of length n; a blob is None but for images."""

    ids: NDArray[np.int64]
    texts: list[str]
    digests: list[str]
    blobs: list[str | None]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Added:
    """What an import did; ``n_labeled`` counts the labels that were set."""

    n_added: int
    n_duplicates: int
    n_empty: int
    n_labeled: int


@dataclass(frozen=True, slots=True)
class ImportInfo:
    """One past import; ``columns`` is None when the rows of its file were not kept."""

    id: int
    project_id: int
    filename: str
    counts: dict[str, Any]
    created_at: float
    columns: FileColumns | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal: one act, one undo.

    ``note["conflicts"]`` lists the items that were left alone because somebody was there first.
    """

    id: int
    project_id: int
    kind: EntryKind
    target_id: int | None
    author: str
    source: Source
    note: dict[str, Any]
    created_at: float
    n_changes: int


@dataclass(frozen=True, slots=True)
class LabelState:
    """The current label of an item, and the act it stems from (an undo restores that too)."""

    label: int | tuple[int, ...] | Literal["none"]
    source: Source
    author: str
    at: float
    entry_id: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """What one entry meant for one item; ``before`` and ``after`` of a flag are booleans."""

    item_id: int
    text: str
    before: Label | bool
    after: Label | bool
    field: str = "label"
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class ClassLine:
    """What one entry meant for one class; of field "deleted" see ``class_state``."""

    class_id: int
    name: str
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry as the History page shows it: at most five of its items, and all of its classes.

    ``undone_by`` is the entry that took it back, None while it counts.
    """

    entry: Entry
    lines: tuple[HistoryLine, ...]
    classes: tuple[ClassLine, ...]
    undone_by: int | None

    @property
    def what(self) -> ActKind:
        """Which kind of act it is; ``history_rows.of_kind`` asks the database the same."""
        if self.entry.kind != "do":
            return "back"
        if self.entry.source in OUTSIDE:
            return "import"
        if self.entry.note.get("act", ADJUDICATE) != ADJUDICATE:
            return "class"
        return "flag" if self.lines and self.lines[0].field == "flag" else "label"


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work, and how far it is."""

    id: int
    project_id: int | None
    kind: str
    params: dict[str, Any]
    state: JobState
    fraction: float
    message: str
    result: dict[str, Any] | None
    error: str
    hint: str
    cancel: bool
    pid: int | None
    created_at: float
    started_at: float | None
    heartbeat_at: float | None
    finished_at: float | None
    curve: list[dict[str, Any]] | None = None
    """Points of a training: run, step, loss, and held_out_accuracy where it was measured."""

    @property
    def live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")


@dataclass(frozen=True, slots=True)
class JobEnd:
    """A running job, and the result that it has once its items are written."""

    job_id: int
    result: Callable[[Added], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Run(Generic[S]):
    """A saved result: a comparison, a tuning, findings."""

    id: int
    project_id: int
    payload: S
    created_at: float


def clean_text(text: str) -> str:
    """The text without what a database cannot hold: NUL goes, a lone surrogate becomes U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_name(name: str, what: str) -> str:
    """A name as it is stored: NFC, one space between words. DataError when empty or too long."""
    clean = " ".join(unicodedata.normalize("NFC", clean_text(name)).split())
    if not clean:
        raise DataError("The name of a {what} is empty.", "Type a name.", what=what)
    if len(clean) > MAX_NAME:
        raise DataError(
            "The name '{start}…' of a {what} has {n} characters; at most {limit} are allowed.",
            "Shorten it; a long text belongs into the description. When importing, check the label column.",
            start=clean[:40],
            what=what,
            n=len(clean),
            limit=MAX_NAME,
        )
    return clean


def digest_of(text: str | None, text_pair: str | None = None, blob: str | None = None) -> str:
    """Sha256 of the content: of the UTF-8 bytes of a plain text, of the file of an image, whatever its caption."""
    if blob is not None:
        return blob
    if text_pair is None:
        return hashlib.sha256((text or "").encode("utf-8")).hexdigest()
    # NUL never occurs in a cleaned text, so no two different items share these bytes.
    parts = "\0".join(("item", text or "", text_pair, ""))
    return hashlib.sha256(parts.encode("utf-8")).hexdigest()
