"""The zip around a project: deterministic when written, checked member by member when read."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from fsl_core.base.errors import DataError

SUFFIX = ".handful"
FORMAT = "handful-project"
VERSION = 3
"""Of files with rows of imports. Those with images are version 2, the others 1, which older versions read too."""
MANIFEST = "manifest.json"
MEMBERS = ("project.json", "classes.json", "items.jsonl", "journal.jsonl")
ROWS = "rows.jsonl"
"""The member that only projects with rows of imports have."""
IMAGE = re.compile(r"images/[0-9a-f]{64}\.(png|jpg|webp)")
"""Names of images carry their sha256, so that the manifest stays short."""

MAX_BYTES = 500 * 2**20
"""Bytes of the file as it arrives."""
MAX_UNPACKED = 1024 * 2**20
"""Bytes of all members after unpacking."""
MAX_MANIFEST = 2**20

_EPOCH = (1980, 1, 1, 0, 0, 0)
_AGAIN = "Export the project again, or copy the file again: nothing was imported."


def pack(members: Mapping[str, bytes], counts: Mapping[str, int], images: Sequence[Path] = ()) -> bytes:
    """The file: the manifest first, then the members in their order, then the kept images.

    Raises DataError for an image that is gone or damaged, and for more than an import would take.
    """
    names = [name for name in (*MEMBERS, ROWS) if name in members]
    listed = {
        name: {"bytes": len(members[name]), "sha256": hashlib.sha256(members[name]).hexdigest()} for name in names
    }
    version = VERSION if ROWS in members else 2 if images else 1
    manifest = {"format": FORMAT, "version": version, "counts": dict(counts), "members": listed}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        head = (json.dumps(manifest, indent=2) + "\n").encode()
        for name, data in [(MANIFEST, head), *((name, members[name]) for name in names)]:
            archive.writestr(_info(name, zipfile.ZIP_DEFLATED), data)
        for path in images:
            archive.writestr(_info(f"images/{path.name}", zipfile.ZIP_STORED), _kept(path))
            if out.tell() > MAX_BYTES:
                raise DataError(
                    "The project has more than {limit} MB of images, which no project file holds.",
                    "Export its labels, or the pictures in folders by class.",
                    limit=MAX_BYTES // 2**20,
                )
    return out.getvalue()


def _info(name: str, compress: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)  # a fixed date, or two exports would differ
    info.compress_type = compress
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info


def _kept(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != path.stem:
        raise DataError(
            "The image file {name} is gone or damaged, so the project cannot be exported whole.",
            "Put the folder of images back, or import that picture again; or export the labels alone.",
            name=path.name,
        )
    return content


def unpack(data: bytes) -> tuple[dict[str, bytes], dict[str, int]]:
    """The members and the counts of the manifest, once size, names and hashes have been found right.

    Images are checked as well and left where they are, see ``images``. Raises DataError that names what
    is wrong.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(len(data), MAX_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = _listed(archive)
            manifest = _manifest(archive, infos)
            found = {name: _member(archive, infos[name], listed) for name, listed in manifest["members"].items()}
            for info in infos.values():
                if IMAGE.fullmatch(info.filename):
                    _image(archive, info)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise DataError("The project file is damaged: {problem}.", _AGAIN, problem=error) from error
    return found, manifest["counts"]


def images(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Sha256 and content of each image in a file that ``unpack`` found right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if IMAGE.fullmatch(info.filename):
                yield PurePosixPath(info.filename).stem, _image(archive, info)


def image_names(data: bytes) -> list[str]:
    """The sha256 of each image in a file that ``unpack`` found right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [PurePosixPath(name).stem for name in archive.namelist() if IMAGE.fullmatch(name)]


def is_project_file(data: bytes) -> bool:
    """Whether this is a zip with our manifest, sound or not."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        # A truncated zip has lost its list, but ours begins with the manifest.
        return data[30 : 30 + len(MANIFEST)] == MANIFEST.encode()
    return MANIFEST in names and ("items.jsonl" in names or "project.json" in names)


def _listed(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    known = {MANIFEST, *MEMBERS, ROWS}
    # Nothing is ever unpacked to a path; still a strange name means that this is not our file.
    for name in (info.filename for info in infos):
        if name not in known and not IMAGE.fullmatch(name) and MANIFEST in archive.namelist():
            raise DataError(
                "The project file holds '{name}', which does not belong there.",
                "Only import files that Handful exported.",
                name=name[:100],
            )
    names = [info.filename for info in infos]
    if MANIFEST not in names:
        raise DataError("This is not a project file: it has no {name}.", "Choose a .handful file.", name=MANIFEST)
    times = Counter(names)
    for name in sorted({MANIFEST, *MEMBERS, *names}):
        if times[name] != 1:
            raise DataError(
                "The project file holds {n} members '{name}' instead of one.", _AGAIN, n=times[name], name=name
            )
    if any(info.flag_bits & 1 for info in infos):
        raise DataError("The project file is protected by a password.", "Unpack it and zip it without a password.")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED:
        raise _too_large(unpacked, MAX_UNPACKED)
    return {info.filename: info for info in infos}


def _manifest(archive: zipfile.ZipFile, infos: Mapping[str, zipfile.ZipInfo]) -> dict[str, Any]:
    if infos[MANIFEST].file_size > MAX_MANIFEST:
        raise _too_large(infos[MANIFEST].file_size, MAX_MANIFEST)
    try:
        manifest = json.loads(_content(archive, infos[MANIFEST]))
    except (ValueError, RecursionError) as error:
        raise _bad_manifest("it is not JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _bad_manifest(f"its format is not '{FORMAT}'")
    version = manifest.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _bad_manifest("it has no version number")
    if version > VERSION:
        raise DataError(
            "The project file has version {found}; this Handful reads versions up to {known}.",
            "Update Handful, then import the file again.",
            found=version,
            known=VERSION,
        )
    members, counts = manifest.get("members"), manifest.get("counts")
    if not isinstance(members, dict) or sorted(members) != sorted({*MEMBERS, *infos} - {MANIFEST} - _images(infos)):
        raise _bad_manifest("its list of members is not right")
    if not isinstance(counts, dict) or not all(type(value) is int for value in counts.values()):
        raise _bad_manifest("its counts are not numbers")
    return manifest


def _images(names: Iterable[str]) -> set[str]:
    return {name for name in names if IMAGE.fullmatch(name)}


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, listed: object) -> bytes:
    if not isinstance(listed, dict):
        raise _bad_manifest(f"it does not describe {info.filename}")
    content = _content(archive, info)
    if len(content) != listed.get("bytes") or hashlib.sha256(content).hexdigest() != listed.get("sha256"):
        raise _changed(info.filename)
    return content


def _image(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    content = _content(archive, info)
    if hashlib.sha256(content).hexdigest() != PurePosixPath(info.filename).stem:
        raise _changed(info.filename)
    return content


def _changed(name: str) -> DataError:
    return DataError(
        "The project file is damaged: '{name}' is not what was exported (its sha256 differs).", _AGAIN, name=name
    )


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    # A header may lie about the size: never read beyond what it states and was added up before.
    with archive.open(info) as stream:
        content = stream.read(info.file_size)
        if stream.read(1):
            raise zipfile.BadZipFile(f"{info.filename} is larger than it says")
    return content


def _bad_manifest(problem: str) -> DataError:
    return DataError("The manifest of the project file cannot be used: {problem}.", _AGAIN, problem=problem)


def _too_large(size: int, limit: int) -> DataError:
    return DataError(
        "The project file holds {size} MB; at most {limit} MB can be imported.",
        "Only import files that Handful exported.",
        size=f"{size / 2**20:,.0f}",
        limit=f"{limit / 2**20:,.0f}",
    )
