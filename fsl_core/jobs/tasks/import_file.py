"""Import an uploaded file that is too large to be read while the page waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fsl_core.base.types import Progress, span
from fsl_core.data import importing
from fsl_core.data.store import Added, Job, JobEnd, Store

READING, SORTING = 0.3, 0.5
"""Where the bar stands after reading the file and after finding duplicates."""
SHOWN_REFUSED = 50
"""Refused pictures that the result lists before it only counts."""


def run(job: Job, store: Store, report: Progress) -> dict[str, Any]:
    """Params: path, filename, text_column, label_column, encoding, delimiter, sheet, header, meta.

    Of pictures instead: path, filename, naming. All rows are imported or none, and the job is done with them. The
    uploaded file goes away with the job, whichever way it ends.
    """
    assert job.project_id is not None
    file = Path(job.params["path"])
    try:
        read = _pictures if "naming" in job.params else _texts
        return read(job, file, store, report)
    finally:
        file.unlink(missing_ok=True)


def _texts(job: Job, file: Path, store: Store, report: Progress) -> dict[str, Any]:
    assert job.project_id is not None
    params = job.params
    table = importing.read_table(
        file,
        params["filename"],
        encoding=params.get("encoding"),
        delimiter=params.get("delimiter"),
        sheet=params.get("sheet"),
        header=params.get("header"),
        progress=span(report, 0.0, READING),
    )
    items, found = importing.to_items(
        table,
        params["text_column"],
        params.get("label_column"),
        meta=params.get("meta", True),
        progress=span(report, READING, SORTING),
    )

    def result(added: Added) -> dict[str, Any]:
        return _counts(added, found.n_duplicates, found.n_empty)

    added = store.items.add(
        job.project_id,
        items,
        filename=params["filename"],
        progress=span(report, SORTING, 1.0),
        ends=JobEnd(job.id, result),
    )
    return result(added)


def _pictures(job: Job, file: Path, store: Store, report: Progress) -> dict[str, Any]:
    assert job.project_id is not None
    params = job.params
    listing = importing.list_pictures([(params["filename"], file.read_bytes())])
    items, found = importing.read_pictures(listing, params["naming"], progress=span(report, 0.0, 0.95))
    refused = [[one.name, one.reason, one.fix] for one in found.refused[:SHOWN_REFUSED]]

    def result(added: Added) -> dict[str, Any]:
        return _counts(added, found.n_duplicates) | {"n_refused": len(found.refused), "refused": refused}

    added = store.items.add(
        job.project_id,
        items,
        filename=params["filename"],
        author=params.get("author", ""),
        ends=JobEnd(job.id, result),
    )
    return result(added)


def _counts(added: Added, n_duplicates: int, n_empty: int = 0) -> dict[str, Any]:
    return {
        "n_added": added.n_added,
        "n_labeled": added.n_labeled,
        "n_duplicates": n_duplicates + added.n_duplicates,
        "n_empty": n_empty,
    }
