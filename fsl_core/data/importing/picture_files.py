"""The pictures in what a person brought: single files, and archives looked into without unpacking them to disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note
from fsl_core.data import images

MAX_ENTRIES = 50_000
MAX_UNPACKED = 2 * 1024**3
"""Bytes of all files in an archive together, stated and real."""

_SYSTEM = frozenset({"__macosx", "thumbs.db", "desktop.ini", "predictions.csv"})
"""And the table that our own export of class folders puts beside them."""
_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is left out, and why; ``fix`` is the step that mends it."""

    name: str
    reason: Note
    fix: Note


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One file that may hold a picture, the folders around it from the outside in, and the way to its bytes."""

    name: str
    folders: tuple[str, ...]
    read: Callable[[], bytes]

    @property
    def path(self) -> str:
        """Folders and name as the archive spells them."""
        return "/".join((*self.folders, self.name))


@dataclass(slots=True)
class Listing:
    """What was found before any picture was opened; ``n_ignored`` counts hidden and system files."""

    files: list[PictureFile] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    n_ignored: int = 0


def is_zip(data: bytes) -> bool:
    """Whether the content begins as a ZIP archive does."""
    return data.startswith(_MARKS)


def holds_pictures(data: bytes) -> bool:
    """Whether this is an archive with at least one file that is named like a picture."""
    if not is_zip(data):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(named_like_picture(name) for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False


def named_like_picture(name: str) -> bool:
    """By the end of its name."""
    return PurePosixPath(name).suffix.lower().removeprefix(".") in images.SUFFIXES


def list_pictures(uploads: Sequence[tuple[str, bytes]]) -> Listing:
    """The files in uploads of (name, content); an archive counts as the files in it.

    Raises DataError for an archive that cannot be opened or is over a limit as a whole.
    """
    found = Listing()
    for name, data in uploads:
        if is_zip(data):
            _look_into(name, data, found)
        else:
            found.files.append(PictureFile(PurePosixPath(name).name, (), lambda data=data: data))  # type: ignore[misc]
    return found


def _look_into(name: str, data: bytes, found: Listing) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise DataError(
            "The archive '{name}' is damaged ({problem}).",
            "Make it again and choose it anew.",
            name=name,
            problem=error,
        ) from error
    if len(infos) > MAX_ENTRIES:
        raise DataError(
            "The archive '{name}' holds {n} files; {limit} are the limit.",
            "Split it into several archives.",
            name=name,
            n=f"{len(infos):,}",
            limit=f"{MAX_ENTRIES:,}",
        )
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise _too_large(name)
    spent = _Spent(name)
    for info in infos:
        _take(archive, info, spent, found)


def _take(archive: zipfile.ZipFile, info: zipfile.ZipInfo, spent: _Spent, found: Listing) -> None:
    spelled = _spelled(info)
    parts = spelled.replace("\\", "/").split("/")
    if spelled.startswith(("/", "\\")) or ".." in parts or (len(parts[0]) == 2 and parts[0][1] == ":"):
        # Nothing is ever written under this name; still an honest archive has no such names.
        found.refused.append(
            Refused(
                spelled[:200],
                Note("'{name}' leads out of the archive.", name=spelled[:200]),
                Note("Make the archive from the folder itself."),
            )
        )
        return
    parts = [part for part in parts if part not in ("", ".")]
    if not parts or any(part.startswith(".") or part.lower() in _SYSTEM for part in parts):
        found.n_ignored += 1
    elif info.flag_bits & 1:
        found.refused.append(
            Refused(
                spelled,
                Note("'{name}' is protected by a password.", name=spelled),
                Note("Unpack the archive and zip it without a password."),
            )
        )
    else:
        found.files.append(PictureFile(parts[-1], tuple(parts[:-1]), lambda: spent.read(archive, info)))


class _Spent:
    """Counts what really comes out of an archive, as its list of sizes may lie."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.total = 0
        self.seen: set[zipfile.ZipInfo] = set()

    def read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
        try:
            with archive.open(info) as stream:
                # One byte above the limit is enough for the refusal.
                content = stream.read(images.MAX_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
            raise DataError(
                "'{name}' is damaged in the archive ({problem}).",
                "Make the archive again.",
                name=info.filename,
                problem=str(error)[:100],
            ) from error
        self.total += len(content) if info not in self.seen else 0
        self.seen.add(info)
        if self.total > MAX_UNPACKED:
            raise _too_large(self.name)
        return content


def _spelled(info: zipfile.ZipInfo) -> str:
    """The name; programs that write UTF-8 without saying so are common."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _too_large(name: str) -> DataError:
    return DataError(
        "The archive '{name}' unpacks to more than {limit} GB.",
        "Split it, or save the pictures smaller.",
        name=name,
        limit=MAX_UNPACKED // 2**30,
    )
