"""The zip around a project: deterministic when written, checked member by member when read."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from fsl_core.errors import DataError

SUFFIX = ".handful"
FORMAT = "handful-project"
VERSION = 1
MANIFEST = "manifest.json"
MEMBERS = ("project.json", "classes.json", "items.jsonl", "journal.jsonl")

MAX_BYTES = 500 * 2**20
"""Bytes of the file as it arrives."""
MAX_UNPACKED = 1024 * 2**20
"""Bytes of all members after unpacking."""
MAX_MANIFEST = 2**20

_EPOCH = (1980, 1, 1, 0, 0, 0)
_AGAIN = "Export the project again, or copy the file again: nothing was imported."


def pack(members: Mapping[str, bytes], counts: Mapping[str, int]) -> bytes:
    """The file: the manifest first, then the members in their order."""
    listed = {
        name: {"bytes": len(members[name]), "sha256": hashlib.sha256(members[name]).hexdigest()} for name in MEMBERS
    }
    manifest = {"format": FORMAT, "version": VERSION, "counts": dict(counts), "members": listed}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        head = (json.dumps(manifest, indent=2) + "\n").encode()
        for name, data in [(MANIFEST, head), *((name, members[name]) for name in MEMBERS)]:
            info = zipfile.ZipInfo(name, _EPOCH)  # a fixed date, or two exports would differ
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, data)
    return out.getvalue()


def unpack(data: bytes) -> tuple[dict[str, bytes], dict[str, int]]:
    """The members and the counts of the manifest, once size, names and hashes have been found right.

    Raises DataError that names what is wrong.
    """
    if len(data) > MAX_BYTES:
        raise _too_large(len(data), MAX_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = _listed(archive)
            manifest = _manifest(archive, infos)
            found = {name: _member(archive, infos[name], manifest["members"][name]) for name in MEMBERS}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise DataError("The project file is damaged: {problem}.", _AGAIN, problem=error) from error
    return found, manifest["counts"]


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
    known = {MANIFEST, *MEMBERS}
    # Nothing is ever unpacked to a path; still a strange name means that this is not our file.
    for name in (info.filename for info in infos):
        if name not in known and MANIFEST in archive.namelist():
            raise DataError(
                "The project file holds '{name}', which does not belong there.",
                "Only import files that Handful exported.",
                name=name[:100],
            )
    names = [info.filename for info in infos]
    if MANIFEST not in names:
        raise DataError("This is not a project file: it has no {name}.", "Choose a .handful file.", name=MANIFEST)
    for name in sorted(known):
        if names.count(name) != 1:
            raise DataError(
                "The project file holds {n} members '{name}' instead of one.", _AGAIN, n=names.count(name), name=name
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
    if not isinstance(members, dict) or sorted(members) != sorted(MEMBERS):
        raise _bad_manifest("its list of members is not right")
    if not isinstance(counts, dict) or not all(type(value) is int for value in counts.values()):
        raise _bad_manifest("its counts are not numbers")
    return manifest


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, listed: object) -> bytes:
    if not isinstance(listed, dict):
        raise _bad_manifest(f"it does not describe {info.filename}")
    content = _content(archive, info)
    if len(content) != listed.get("bytes") or hashlib.sha256(content).hexdigest() != listed.get("sha256"):
        raise DataError(
            "The project file is damaged: '{name}' is not what was exported (its sha256 differs).",
            _AGAIN,
            name=info.filename,
        )
    return content


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
