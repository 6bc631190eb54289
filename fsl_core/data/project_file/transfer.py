"""A project out of a store and into another one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from fsl_core.base.types import Progress, silent
from fsl_core.data import images
from fsl_core.data.project_file import archive, checks, members
from fsl_core.data.store import Project, Store
from fsl_core.data.store.dump import ProjectDump, read_dump
from fsl_core.data.store.restore import write_dump


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a project file, for the person to see before it is imported."""

    name: str
    n_items: int
    n_labeled: int
    n_classes: int
    n_entries: int
    authors: tuple[str, ...]


def export_project(store: Store, project_id: int) -> bytes:
    """The whole project as a ``.handful`` file. Raises StoreError when it is missing.

    Raises DataError when an image file is gone or damaged, or when there are too many for one file.
    """
    return pack_project(dump_project(store, project_id))


def dump_project(store: Store, project_id: int) -> ProjectDump:
    """The whole project as records. Raises StoreError when it is missing."""
    return read_dump(store.database, project_id)


def pack_project(dump: ProjectDump) -> bytes:
    """The file for a dump: the same dump gives the same bytes."""
    kept = [images.path_of(part.blob) for part in dump.items if part.blob is not None]
    return archive.pack(members.to_members(dump), members.counts(dump), kept)


def read_project(data: bytes) -> ProjectDump:
    """The project in a file, checked from the zip to the last reference. Raises DataError with the reason."""
    packed, counts = archive.unpack(data)
    dump = members.from_members(packed)
    checks.check(dump, counts, members.counts(dump))
    checks.check_images(dump, archive.image_names(data))
    return replace(dump, packed=data) if dump.project.kind == "image" else dump


def import_project(
    store: Store, project: bytes | ProjectDump, *, name: str | None = None, progress: Progress | None = None
) -> Project:
    """The identical project, under its own name or another, or (with the reason as a DataError) nothing.

    Each image is decoded before it is kept; the project is written once all of them are there.
    """
    dump = read_project(project) if isinstance(project, bytes) else project
    report, n = progress or silent, max(len(dump.items), 1)
    for done, (blob, content) in enumerate(archive.images(dump.packed) if dump.packed is not None else ()):
        report(done / n, "Keeping the images")
        images.keep_exactly(content, blob)
    return store.projects.get(write_dump(store.database, dump, name=name))


def contents(dump: ProjectDump) -> Contents:
    """A summary of a project that was read from a file or a store."""
    labels = {
        change.item: change.after for entry in dump.entries for change in entry.changes if change.field == "label"
    }
    authors = Counter(entry.author for entry in dump.entries if entry.author)
    return Contents(
        name=dump.project.name,
        n_items=len(dump.items),
        n_labeled=sum(label is not None for label in labels.values()),
        n_classes=sum(part.deleted_at is None for part in dump.classes),
        n_entries=len(dump.entries),
        authors=tuple(author for author, _ in authors.most_common()),
    )
