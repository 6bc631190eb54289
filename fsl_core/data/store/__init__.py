"""Where everything a person did is kept: SQLite by default, PostgreSQL by address."""

from __future__ import annotations

from fsl_core.data.store.file_records import FileColumns, FileRows, KeptRow
from fsl_core.data.store.records import (
    Added,
    ClassInfo,
    ClassLine,
    Entry,
    HistoryLine,
    HistoryRow,
    ImportInfo,
    ItemRow,
    ItemTable,
    Job,
    JobEnd,
    LabelState,
    NewClass,
    NewItem,
    Project,
    ProjectSummary,
    Run,
    digest_of,
)
from fsl_core.data.store.store import Store
from fsl_core.data.store.values import Label

__all__ = [
    "Added",
    "ClassInfo",
    "ClassLine",
    "Entry",
    "FileColumns",
    "FileRows",
    "HistoryLine",
    "HistoryRow",
    "ImportInfo",
    "ItemRow",
    "ItemTable",
    "Job",
    "JobEnd",
    "KeptRow",
    "Label",
    "LabelState",
    "NewClass",
    "NewItem",
    "Project",
    "ProjectSummary",
    "Run",
    "Store",
    "digest_of",
]
