"""New files sorted with the model of a project, without importing them: the stand-alone code on what is fitted here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, Vectors
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import VectorMethod
from fsl_core.data.importing import check_archive, encoding_of, list_pictures, named_like_picture
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.evaluation.novelty import Novelty
from fsl_core.learning.model_exporting.standalone import predicting, tables
from fsl_core.learning.model_exporting.standalone.model import Model
from fsl_core.learning.model_exporting.standalone.predicting import Options, Summary
from fsl_core.learning.model_exporting.standalone.problem import ModelError
from fsl_core.models.vector_cache import CachedEncoder
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.records import Snapshot
from fsl_core.workspace.standing import unsure_below


class Here(Model):
    """The model of a snapshot where it was fitted. What strangers wrote does not enter the vector cache."""

    def __init__(self, data: ProjectData, snapshot: Snapshot, near: Novelty | None) -> None:
        facts: dict[str, Any] = {
            "kind": "image" if data.of_images else "text",
            "classes": snapshot.classes,
            "several": snapshot.sets is not None,
            "unsure_below": unsure_below(data.project.settings, len(snapshot.classes)),
            "temperature": snapshot.temperature,
            "heads": [],
            "near": None,
            "fingerprint": "",
        }
        super().__init__(facts, {}, Path())
        if not isinstance(snapshot.method, VectorMethod | MultiLabelModel):
            raise DataError("This method sorts no files.", "Choose another method.")
        own = data.encoder
        self._encoder_here: Encoder[Any] = own.encoder if isinstance(own, CachedEncoder) else own
        self._method, self._known = snapshot.method, near

    def vectors(self, items: Sequence[Any]) -> Vectors:
        """As the encoder of the project. Raises ModelError for an item that cannot be read."""
        try:
            return self._encoder_here.encode(items)
        except DataError as error:
            raise ModelError(error.template, error.hint_template, **error.values) from error

    def said(self, vectors: Vectors) -> NDArray[np.float32]:
        """As the method."""
        return self._method.predict_vectors(vectors)

    def is_new(self, vectors: Vectors) -> NDArray[np.bool_]:
        """As the project."""
        return super().is_new(vectors) if self._known is None else self._known.is_new(ops.unit(vectors))


def sort_file(model: Model, source: Path, out: Path, column: str, report: Progress) -> Summary:
    """Write the table (or the pictures of an archive) in ``source`` with answers to ``out``.

    Raises DataError for what cannot be read, and Cancelled through ``report``.
    """
    with _sound(), _pictures(source, wanted=model.of_pictures) as place:
        _check(place)
        options = Options(column, "" if place.is_dir() else found_encoding(place))
        return predicting.predict(model, place, out, options, lambda done, total: _tell(report, done, total))


def _tell(report: Progress, done: int, total: int) -> None:
    report(done / max(total, 1), Note("{n} of {all} rows", n=f"{done:,}", all=f"{total:,}"))


def columns_of(source: Path) -> tuple[tuple[str, ...], int]:
    """The columns of a table of texts, and the place of the one that is read unless another is named."""
    with _sound():
        _check(source)
        table = tables.opened(source, encoding=found_encoding(source))
        return table.columns, predicting.column_of(table, "", pictures=False)


def found_encoding(source: Path) -> str:
    """For a table of text that is not UTF-8, what it is likely to be; empty otherwise."""
    return encoding_of(source) if tables.kind_of(source) in ("csv", "jsonl") else ""


def _check(source: Path) -> None:
    """A workbook of a stranger may unpack without end."""
    if source.is_file() and tables.kind_of(source) == "xlsx":
        check_archive(source.read_bytes())


@contextlib.contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except ModelError as error:
        raise DataError(error.template, error.hint, **error.values) from error


@contextlib.contextmanager
def _pictures(source: Path, *, wanted: bool) -> Iterator[Path]:
    """The file itself, or where pictures are wanted a folder with those in it."""
    if not wanted or source.is_dir() or source.suffix.lower() in tables.KINDS:
        yield source
        return
    listing = list_pictures([(source.name, source.read_bytes())])
    with TemporaryDirectory(dir=source.parent) as unpacked:
        for file in listing.files:
            if not named_like_picture(file.name) or "\0" in file.path:
                continue
            place = Path(unpacked, *file.folders, file.name)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read())
        yield Path(unpacked)
