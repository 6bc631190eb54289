"""From picture files to items: kept, told apart, named by their folders, with an account of what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, silent
from fsl_core.data import images
from fsl_core.data.importing.limits import MAX_CLASSES, MAX_LABEL
from fsl_core.data.importing.picture_files import Listing, PictureFile, Refused

if TYPE_CHECKING:
    from fsl_core.data.store import NewItem

Naming = Literal["last", "path", "none"]
"""Which folders name the class: the last one, all that tell pictures apart, or none."""

_SPLITS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev", "eval"})
_UNSORTED = frozenset({"unlabelled", "unlabeled", "unlabelled images", "unlabeled images", "unsorted", "unknown label"})


@dataclass(frozen=True, slots=True)
class PictureReport:
    """What became of the files: n_files = n_items + n_duplicates + len(refused).

    ``classes`` counts the items of each label, ``notes`` how many pictures had to be changed and how;
    a picture that comes again under another label keeps its first one and is counted in ``n_conflicts``.
    """

    n_files: int
    n_items: int
    n_duplicates: int
    n_conflicts: int
    n_labeled: int
    n_ignored: int
    classes: dict[str, int] = field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    notes: dict[str, int] = field(default_factory=dict)


def guess_naming(files: Sequence[PictureFile]) -> Naming:
    """The last folder, unless folders of one name lie in different places: then all that differ."""
    homes: dict[str, set[tuple[str, ...]]] = {}
    for file in files:
        if trail := _telling(file):
            homes.setdefault(trail[-1], set()).add(trail)
    if len(homes) < 2 and not any(len(places) > 1 for places in homes.values()):
        return "none"
    return "path" if any(len(places) > 1 for places in homes.values()) else "last"


def labels_of(files: Sequence[PictureFile], naming: Naming) -> list[str | None]:
    """The label of each file by its folders; those of a split (train, test) say nothing of the class.

    Raises DataError for a name that is too long, and for more than MAX_CLASSES of them.
    """
    trails = [_telling(file) for file in files]
    used = [trail for trail in trails if trail]
    shared = 0
    if naming == "path" and used:
        first, last = min(used), max(used)
        while shared < min(len(first), len(last)) - 1 and first[shared] == last[shared]:
            shared += 1
    if naming == "none":
        return [None] * len(files)
    labels = [None if not t else t[-1] if naming == "last" else "/".join(t[shared:]) for t in trails]
    if (found := len(set(labels) - {None})) > MAX_CLASSES:
        raise DataError(
            "The folders give {found} different labels; at most {limit} classes can be told apart.",
            "Import without labels, or make an archive with fewer folders.",
            found=f"{found:,}",
            limit=MAX_CLASSES,
        )
    for label in labels:
        if label is not None and len(label) > MAX_LABEL:
            raise DataError(
                "The folder '{name}' has a name too long for a class.",
                "Rename it, or import without labels.",
                name=f"{label[:60]}…",
            )
    return labels


def read_pictures(
    listing: Listing, naming: Naming | None = None, progress: Progress | None = None
) -> tuple[list[NewItem], PictureReport]:
    """One item for each different picture, in their order; a file that is refused does not stop the others.

    ``naming`` None guesses. Raises DataError when no picture is left or an archive is over its limits,
    StoreError when the disk refuses, and lets Cancelled through.
    """
    from fsl_core.data.store import NewItem

    report = progress or silent
    labels = labels_of(listing.files, naming or guess_naming(listing.files))
    kept: dict[str, NewItem] = {}
    refused, notes = list(listing.refused), Counter[str]()
    n_duplicates = n_conflicts = 0
    for done, (file, label) in enumerate(zip(listing.files, labels, strict=True)):
        report(done / len(listing.files), Note("Reading picture {n}", n=f"{done + 1:,}"))
        try:
            image = images.keep(file.read(), file.path)
        except DataError as error:
            refused.append(Refused(file.path, error.message, error.hint))
            continue
        if (earlier := kept.get(image.blob)) is not None:
            n_duplicates += 1
            n_conflicts += label is not None and label != earlier.label
            continue
        notes.update(image.notes)
        kept[image.blob] = NewItem(text=file.name, blob=image.blob, meta={"file": file.path}, label=label)
    if not kept:
        raise DataError(
            "There is no picture that can be imported; {n} files were refused. The first: {reason}",
            "Choose PNG, JPEG, WebP, GIF, BMP or TIFF files, or a ZIP archive of them.",
            n=len(refused),
            reason=refused[0].reason if refused else "-",
        )
    report(1.0, Note("{n} pictures are ready", n=f"{len(kept):,}"))
    classes = Counter(str(item.label) for item in kept.values() if item.label is not None)
    return list(kept.values()), PictureReport(
        n_files=len(listing.files) + len(listing.refused),
        n_items=len(kept),
        n_duplicates=n_duplicates,
        n_conflicts=n_conflicts,
        n_labeled=sum(classes.values()),
        n_ignored=listing.n_ignored,
        classes=dict(classes),
        refused=tuple(refused),
        notes=dict(notes),
    )


def _telling(file: PictureFile) -> tuple[str, ...]:
    """The folders that may name a class; () for a file at the root or among the unsorted ones."""
    trail = tuple(folder for folder in file.folders if folder.lower() not in _SPLITS)
    return () if trail and trail[-1].lower() in _UNSORTED else trail
