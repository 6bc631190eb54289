"""Import an uploaded file that is too large to be read while the page waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fsl_core import importing
from fsl_core.store import Job, Store
from fsl_core.types import Progress, span

READING, SORTING = 0.3, 0.5
"""Where the bar stands after reading the file and after finding duplicates."""
SHOWN_REFUSED = 50
"""Refused pictures that the result lists before it only counts."""


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: path, filename, text_column, label_column, encoding, delimiter, sheet, header, meta.

    Of pictures instead: path, filename, naming. All rows are imported or none. The uploaded file goes
    away with the job, whichever way it ends.
    """
    assert job.project_id is not None
    params, file = job.params, Path(job.params["path"])
    try:
        if "naming" in params:
            return _pictures(job.project_id, params, file, store, report)
        table = importing.read_table(
            file,
            params["filename"],
            encoding=params.get("encoding"),
            delimiter=params.get("delimiter"),
            sheet=params.get("sheet"),
            header=params.get("header"),
            progress=lambda done, message: report(READING * done, message),
        )
        items, found = importing.to_items(
            table,
            params["text_column"],
            params.get("label_column"),
            meta=params.get("meta", True),
            progress=lambda done, message: report(READING + (SORTING - READING) * done, message),
        )
        added = store.items.add(
            job.project_id,
            items,
            filename=params["filename"],
            progress=lambda done, message: report(SORTING + (1 - SORTING) * done, message),
        )
    finally:
        file.unlink(missing_ok=True)
    return {
        "n_added": added.n_added,
        "n_labeled": added.n_labeled,
        "n_duplicates": found.n_duplicates + added.n_duplicates,
        "n_empty": found.n_empty,
    }


def _pictures(project_id: int, params: dict[str, Any], file: Path, store: Store, report: Progress) -> dict[str, Any]:
    listing = importing.list_pictures([(params["filename"], file.read_bytes())])
    items, found = importing.read_pictures(listing, params["naming"], progress=span(report, 0.0, 0.95))
    added = store.items.add(project_id, items, filename=params["filename"], author=params.get("author", ""))
    return {
        "n_added": added.n_added,
        "n_labeled": added.n_labeled,
        "n_duplicates": found.n_duplicates + added.n_duplicates,
        "n_empty": 0,
        "n_refused": len(found.refused),
        "refused": [[one.name, one.reason, one.fix] for one in found.refused[:SHOWN_REFUSED]],
    }
