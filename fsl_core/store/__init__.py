"""Where everything a person did is kept: SQLite by default, PostgreSQL by address."""

from __future__ import annotations

from fsl_core.store.records import (
    Added,
    ClassInfo,
    Entry,
    ImportInfo,
    ItemRow,
    ItemTable,
    Job,
    Label,
    LabelState,
    NewClass,
    NewItem,
    Project,
    ProjectSummary,
    Run,
    digest_of,
)
from fsl_core.store.store import Store

__all__ = [
    "Added",
    "ClassInfo",
    "Entry",
    "ImportInfo",
    "ItemRow",
    "ItemTable",
    "Job",
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
