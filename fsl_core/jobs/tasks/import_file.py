"""Import an uploaded file that is too large to be read while the page waits."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Added, Job, JobEnd, Store
from fsl_core.jobs.task import Task

READING, SORTING = 0.3, 0.5
"""Where the bar stands after reading the file and after finding duplicates."""
SHOWN_REFUSED = 50
"""Refused pictures that the result lists before it only counts."""


class Params(BaseParams):
    """The uploaded file, and what it was called; a table of texts unless ``naming`` says how pictures are labelled.

    What is None of a table's encoding, delimiter, sheet and header is found out from its content.
    """

    kind: ClassVar[str] = "import_file"
    path: Path
    filename: str
    author: str = ""
    text_column: str = ""
    label_column: str | None = None
    meta: bool = True
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: bool | None = None
    naming: Literal["last", "path", "none"] | None = None


class Refused(NamedTuple):
    """A picture that was not taken, and why."""

    name: str
    reason: str
    fix: str


class Result(Record):
    """How many rows went where; ``refused`` lists the first of the ``n_refused`` pictures."""

    n_added: int
    n_labeled: int
    n_duplicates: int
    n_empty: int = 0
    n_refused: int = 0
    refused: tuple[Refused, ...] = ()


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """All rows are imported or none, and the job is done with them.

    The uploaded file goes away with the job, whichever way it ends.
    """
    try:
        read = _texts if params.naming is None else _pictures
        return read(params, job, store, report)
    finally:
        params.path.unlink(missing_ok=True)


def _texts(params: Params, job: Job, store: Store, report: Progress) -> Result:
    from fsl_core.data import importing

    assert job.project_id is not None
    table = importing.read_table(
        params.path,
        params.filename,
        encoding=params.encoding,
        delimiter=params.delimiter,
        sheet=params.sheet,
        header=params.header,
        progress=span(report, 0.0, READING),
    )
    items, found = importing.to_items(
        table, params.text_column, params.label_column, meta=params.meta, progress=span(report, READING, SORTING)
    )

    def result(added: Added) -> Result:
        return _counts(added, found.n_duplicates, found.n_empty)

    added = store.items.add(
        job.project_id,
        items,
        filename=params.filename,
        file=found.file,
        progress=span(report, SORTING, 1.0),
        ends=JobEnd(job.id, lambda added: result(added).plain()),
    )
    return result(added)


def _pictures(params: Params, job: Job, store: Store, report: Progress) -> Result:
    from fsl_core.data import importing

    assert job.project_id is not None
    listing = importing.list_pictures([(params.filename, params.path.read_bytes())])
    items, found = importing.read_pictures(listing, params.naming, progress=span(report, 0.0, 0.95))
    refused = tuple(Refused(one.name, one.reason, one.fix) for one in found.refused[:SHOWN_REFUSED])

    def result(added: Added) -> Result:
        counts = _counts(added, found.n_duplicates)
        return counts.model_copy(update={"n_refused": len(found.refused), "refused": refused})

    added = store.items.add(
        job.project_id,
        items,
        filename=params.filename,
        author=params.author,
        ends=JobEnd(job.id, lambda added: result(added).plain()),
    )
    return result(added)


def _counts(added: Added, n_duplicates: int, n_empty: int = 0) -> Result:
    return Result(
        n_added=added.n_added,
        n_labeled=added.n_labeled,
        n_duplicates=n_duplicates + added.n_duplicates,
        n_empty=n_empty,
    )


TASK = Task(Params, Result, run, title="Importing the file")
