"""New projects from a sample or from a table: what happens after the click, without widgets."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fsl_core.base import paths
from fsl_core.base.types import Progress
from fsl_core.models import chosen

if TYPE_CHECKING:
    from fsl_core.data.importing import Table
    from fsl_core.data.store import FileRows, NewClass, NewItem, Store

SAMPLES = paths.ASSETS / "samples"
SHOTS = 4
"""Labels per class that a sample starts with."""
SEED = 7


@dataclass(frozen=True, slots=True)
class Sample:
    """One bundled data set."""

    slug: str
    title: str
    summary: str
    language: str
    n: int
    classes: tuple[tuple[str, str], ...]
    table: Table
    text_column: str
    label_column: str

    @property
    def filename(self) -> str:
        """What the projects that were made from it say they imported."""
        return f"{self.slug}.csv"


@lru_cache(maxsize=1)
def samples() -> tuple[Sample, ...]:
    """The bundled samples in the order of their index; read once."""
    from fsl_core.data.importing import read_table

    found = []
    for entry in json.loads((SAMPLES / "index.json").read_text(encoding="utf-8")):
        table = read_table(SAMPLES / entry["file"], entry["file"])
        found.append(
            Sample(
                slug=entry["slug"],
                title=entry["title"],
                summary=entry["summary"],
                language=entry["language"],
                n=table.n_rows,
                classes=tuple((one["name"], one.get("description", "")) for one in entry["classes"]),
                table=table,
                text_column=entry["text_column"],
                label_column=entry["label_column"],
            )
        )
    return tuple(found)


def spread(labels: Sequence[str | None], shots: int, seed: int) -> set[int]:
    """Rows that keep their label: ``shots`` of each class, one from each equal stretch of its rows.

    The same seed gives the same rows.
    """
    rows: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        if label is not None:
            rows.setdefault(label, []).append(row)
    chosen: set[int] = set()
    for label, own in sorted(rows.items()):
        dice = random.Random(f"{seed} {label}")  # noqa: S311
        k = min(shots, len(own))
        edges = [len(own) * part // k for part in range(k + 1)]
        chosen.update(own[dice.randrange(start, end)] for start, end in zip(edges, edges[1:], strict=False))
    return chosen


def create_from_sample(store: Store, sample: Sample, name: str, progress: Progress | None = None) -> int:
    """A project from a sample, a few labels per class on, the rest open. Returns the project's id."""
    from dataclasses import replace

    from fsl_core.data.importing import to_items

    items, report = to_items(sample.table, sample.text_column, sample.label_column)
    kept = spread([item.label for item in items], SHOTS, SEED)
    rows = [item if row in kept else replace(item, label=None) for row, item in enumerate(items)]
    return create_with_items(
        store,
        name,
        rows,
        classes=sample.classes,
        settings=read_by(chosen.best_here("text", english=sample.language == "en")),
        source="sample",
        filename=sample.filename,
        file=report.file,
        progress=progress,
    )


def create_with_items(
    store: Store,
    name: str,
    rows: Sequence[NewItem],
    *,
    classes: Sequence[tuple[str, str]] = (),
    settings: dict[str, Any] | None = None,
    source: str = "import",
    author: str = "",
    filename: str = "",
    file: FileRows | None = None,
    progress: Progress | None = None,
) -> int:
    """A project with its items, or none: a project that its items did not reach goes to the trash again.

    ``file`` has the rows of the file that ``rows`` were made of. What reads the items is the best for their kind on
    this machine, unless the settings say it.
    """
    kind = "image" if rows and rows[0].blob is not None else "text"
    settings = read_by(chosen.best_here(kind)) | (settings or {})
    project = store.projects.create(name, classes=new_classes(classes), settings=settings)
    try:
        store.items.add(project.id, rows, source=source, author=author, filename=filename, file=file, progress=progress)
    except BaseException:
        store.projects.trash_if_empty(project.id)
        raise
    return project.id


def new_classes(classes: Sequence[tuple[str, str]]) -> list[NewClass]:
    """Names and descriptions as the store takes them."""
    from fsl_core.data.store import NewClass

    return [NewClass(name, description) for name, description in classes]


def read_by(encoder: chosen.Choice) -> dict[str, Any]:
    """The project settings that say what reads the items."""
    return {"encoder": encoder.plain()}


def parse_classes(lines: str) -> list[tuple[str, str]]:
    """'name: description', one per line; a repeated name keeps its first line."""
    found: dict[str, str] = {}
    for line in lines.splitlines():
        name, _colon, description = line.replace("：", ":").partition(":")
        if name := name.strip():
            found.setdefault(name, description.strip())
    return list(found.items())


def free_name(wanted: str, taken: Sequence[str]) -> str:
    """The wanted name, with a number behind it when a project already has it."""
    wanted = wanted.strip()
    numbers = iter(range(2, len(taken) + 3))
    name = wanted
    while name in taken:
        name = f"{wanted} {next(numbers)}"
    return name
