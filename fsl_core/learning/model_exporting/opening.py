"""An exported model, brought back as a folder or a zip: looked through first, and no code of it is run.

Only its numbers are taken; what computes with them are this program's own modules (``standalone``).
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import NoReturn

from fsl_core.base import paths
from fsl_core.base.errors import DataError
from fsl_core.learning.model_exporting.standalone.model import ENCODER, Model
from fsl_core.learning.model_exporting.standalone.problem import ModelError
from fsl_core.models.backends.model_files import PICKLES, check_safe
from fsl_core.models.backends.onnx_files import looked_through

MAIN = "model.json"
ARRAYS = "model.safetensors"
MOST_FILES = 1_000
MOST_BYTES = 32 << 30
MOST_JSON = 64 << 20
_FILE, _CHUNK = 0o100000, 1 << 20
_HINT = "Take the zip that Handful exported as it is, or export the model again."


@contextmanager
def opened(place: Path) -> Iterator[Model]:
    """The model in a zip or a folder; what was unpacked is gone after the block.

    Raises DataError for what is no such model, is damaged, or holds what it must not.
    """
    if place.is_dir():
        yield _loaded(place)
        return
    if not place.is_file():
        raise DataError("There is no model {file}.", "Give the zip that Handful exported, or its folder.", file=place)
    with TemporaryDirectory(prefix="model-", dir=paths.cache_dir()) as unpacked:
        _unpack(place, Path(unpacked))
        yield _loaded(Path(unpacked))


def _unpack(file: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            members = _members(archive, file)
            total = sum(info.file_size for info in members.values())
            if total > min(MOST_BYTES, shutil.disk_usage(folder).free):
                _refuse(file, "it would unpack to {size} MB", size=f"{total / 2**20:,.0f}")
            for name, info in members.items():
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, place.open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK)  # no more than the size stated, and its checksum
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        _refuse(file, "{what}", error, what=str(error)[:200] or type(error).__name__)


def _members(archive: zipfile.ZipFile, file: Path) -> dict[str, zipfile.ZipInfo]:
    """Place in the folder -> member, of those that are numbers; scripts and the card stay in the zip."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MOST_FILES:
        _refuse(file, "it holds {n} files", n=len(infos))
    found: dict[str, zipfile.ZipInfo] = {}
    mains = [PurePosixPath(info.filename) for info in infos if PurePosixPath(info.filename).name == MAIN]
    root = min(mains, key=lambda one: len(one.parts), default=None)
    if root is None or len(root.parts) > 2:
        _refuse(file, "there is no {name} in it", name=MAIN)
    for info in infos:
        path = PurePosixPath(info.filename)
        strange = path.is_absolute() or ".." in path.parts or "\\" in info.filename or "\0" in info.filename
        kind = info.external_attr >> 16 & 0o170000
        if strange or kind not in (0, _FILE) or info.flag_bits & 1:
            _refuse(file, "it holds {name}, which no export has", name=info.filename[:100])
        if not path.is_relative_to(root.parent):
            continue
        inside = path.relative_to(root.parent)
        if inside.as_posix() in (MAIN, ARRAYS) or inside.parts[0] == ENCODER:
            if inside.as_posix() in found:
                _refuse(file, "it holds {name} twice", name=inside)
            found[inside.as_posix()] = info
    return found


def _loaded(folder: Path) -> Model:
    if (folder / ENCODER).is_dir():
        _check_encoder(folder)
    _check_facts(folder)
    try:
        return Model.load(folder)
    except ModelError as error:
        raise DataError(error.template, error.hint, **error.values) from error


def _check_encoder(folder: Path) -> None:
    """No pickle, no code, no graph with operators of its own, no link that leads elsewhere."""
    files = [folder / ENCODER, *sorted((folder / ENCODER).rglob("*"))]
    for file in files:
        if not file.resolve().is_relative_to(folder.resolve()):
            _refuse(folder, "{name} lies elsewhere", name=file.name)
        if file.suffix in PICKLES:
            _refuse(folder, "{name} is a pickle, which could run foreign code", name=file.name)
    for file in files:
        if file.is_dir():
            check_safe(file)
        elif file.suffix == ".onnx":
            looked_through(file)


def _check_facts(folder: Path) -> None:
    """The file that says what the others are: of a sound size, and naming none outside."""
    main, encoder = folder / MAIN, folder / ENCODER
    if main.is_file() and main.stat().st_size > MOST_JSON:
        _refuse(folder, "{name} has {size} MB", name=MAIN, size=main.stat().st_size >> 20)
    try:
        told = json.loads(main.read_text("utf-8"))["encoder"]["values"].get("file", "model.onnx")
        if not (encoder / told).resolve().is_relative_to(encoder.resolve()):
            _refuse(folder, "it reads {name}, which lies elsewhere", name=told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _refuse(folder, "{name} cannot be read", error, name=MAIN)


def _refuse(place: Path, problem: str, error: Exception | None = None, **values: object) -> NoReturn:
    raise DataError("{file} cannot be used as a model: " + problem + ".", _HINT, file=place.name, **values) from error
