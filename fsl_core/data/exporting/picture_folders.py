"""Pictures in one folder for each class, as most programs that train on images take them."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from pathlib import Path

from fsl_core.base.errors import DataError
from fsl_core.base.notes import N_, Note
from fsl_core.data import images
from fsl_core.data.exporting.content import Content, Row
from fsl_core.data.exporting.csv_table import guarded
from fsl_core.data.exporting.flat import PREDICTED, Column, flat
from fsl_core.data.exporting.format import ExportSettings, Format

MAX_BYTES = 1024 * 2**20
NONE, OPEN = "none of these", "unlabelled"
"""Folders beside those of the classes; an import takes pictures under the second one as unlabelled."""
PREDICTIONS = "predictions.csv"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LONGEST = 120
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""Names that Windows keeps for devices, whatever comes behind a dot."""


def _write(content: Content, settings: ExportSettings) -> bytes:
    out, total = io.BytesIO(), 0
    paths = [images.path_of(row.image or "") for row in content.rows]
    names = _names(content, paths)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, path in zip(names, paths, strict=True):
            try:
                data = path.read_bytes()
            except OSError as error:
                raise DataError(
                    "The image file {name} is not in its place any more.",
                    "Put the folder of images back, or import that picture again.",
                    name=path.name,
                ) from error
            total += len(data)
            if total > MAX_BYTES:
                raise DataError(
                    "The pictures have more than {limit} MB together.",
                    "Export the table of labels (CSV): it names each picture by the sha256 of its file.",
                    limit=MAX_BYTES // 2**20,
                )
            archive.writestr(_info(name), data)
        if content.has_predictions:
            archive.writestr(_info(PREDICTIONS), _predictions(content, names))
    return out.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)  # a fixed date, or two exports would differ
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def _predictions(content: Content, names: list[str]) -> bytes:
    """A table beside the folders: a picture lies where people put it, whatever a model says."""
    columns = {"file": Column(names)} | {
        name: column for name, column in flat(content, meta=False).items() if name in PREDICTED
    }
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in zip(*(column.texts() for column in columns.values()), strict=True):
        writer.writerow([guarded(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _names(content: Content, paths: Iterable[Path]) -> list[str]:
    """Where each picture goes; no two of them differ by upper and lower case alone."""
    folders = _folders(content)
    taken: set[str] = set()
    names = []
    for row, path in zip(content.rows, paths, strict=True):
        stem = row.text.rsplit("/", 1)[-1]
        stem = stem.rsplit(".", 1)[0] if stem.lower().rsplit(".", 1)[-1] in images.SUFFIXES else stem
        home = folders[_home(row)]
        names.append(_free(f"{home}/{_plain(stem) or 'picture'}", path.suffix, taken))
    return names


def _folders(content: Content) -> dict[str, str]:
    """A folder for each class, and for what has none."""
    taken: set[str] = {OPEN}
    found = {f"c:{name}": _free(_plain(name) or "class", "", taken) for name in content.classes}
    return found | {"none": _free(NONE, "", taken), "open": OPEN}


def _home(row: Row) -> str:
    if row.labels is None:
        return "open"
    return f"c:{row.labels[0]}" if row.labels else "none"


def _free(name: str, suffix: str, taken: set[str]) -> str:
    new, number = name + suffix, 2
    while new.casefold() in taken:
        new, number = f"{name} ({number}){suffix}", number + 1
    taken.add(new.casefold())
    return new


def _plain(name: str) -> str:
    """A name that every system takes for a file: no separators, no control characters, no dots at its ends."""
    clean = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f]+', " ", unicodedata.normalize("NFC", name))
    clean = " ".join(clean.split()).strip(". ")
    clean = clean.encode("utf-8")[:_LONGEST].decode("utf-8", "ignore").strip(". ")
    return f"{clean}_" if clean.split(".")[0].casefold() in _RESERVED else clean


def _notes(content: Content, settings: ExportSettings) -> list[Note]:
    folders = _folders(content)
    notes = []
    if renamed := [name for name in content.classes if folders[f"c:{name}"] != name]:
        notes.append(Note("Folders called otherwise than their class: {names}.", names=", ".join(renamed[:8])))
    if n := sum(len(row.labels or ()) > 1 for row in content.rows):
        notes.append(Note("Pictures with several classes: {n}. Each lies in the folder of the first one.", n=n))
    return notes


def _usage(content: Content, settings: ExportSettings) -> str:
    return (
        "from datasets import load_dataset\n\n"
        "# Unpack the archive first.\n"
        'dataset = load_dataset("imagefolder", data_dir="FOLDER", split="train")\n'
    )


FORMAT = Format(
    name="image-folder",
    aliases=("folders",),
    title="Class folders",
    summary="The pictures themselves in a ZIP, one folder a class. For programs that train on images, and for Handful.",
    suffix=".zip",
    media_type="application/zip",
    settings=ExportSettings,
    write=_write,
    usage=_usage,
    notes=_notes,
    order=15,
    text=False,
    kinds=("image",),
    predictions=N_(
        "They stand in predictions.csv beside the folders: prediction, probability, unsure, prediction_state "
        "(confident, unsure, none of these) and predicted_by for each file. Folders hold what people said."
    ),
)
