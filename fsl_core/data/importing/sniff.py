"""What a file is by its first bytes, whatever its name says."""

from __future__ import annotations

import io
import zipfile

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"ARROW1\x00\x00", "an Arrow (Feather) file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"Obj\x01", "an Avro file"),
    (b"\x7fELF", "a program"),
    (b"OggS\x00", "an Ogg recording"),
    (b"ID3\x03", "an MP3 recording"),
    (b"ID3\x04", "an MP3 recording"),
    (b"fLaC\x00", "a FLAC recording"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def binary_kind(data: bytes) -> str | None:
    """``xlsx``, ``parquet``, a phrase such as "a PNG image" for what cannot be imported, or None for text."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_kind(data)
    if data.startswith(_OLE):
        return _ole_kind(data)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    return _weakly_marked(data)


def _weakly_marked(data: bytes) -> str | None:
    """Kinds whose few marks could also begin a text, so that more than the marks must fit."""
    if data[:4] == b"RIFF" and data[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return {b"WEBP": "a WebP image", b"WAVE": "a WAV recording", b"AVI ": "an AVI video"}[data[8:12]]
    if data[4:8] == b"ftyp":
        return "a video or HEIC image"
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0":
        return "a BMP image"
    if data[:2] == b"MZ" and b"\0" in data[:64]:
        return "a program"
    if data[:1] == b"\x80" and data[1:2] in b"\x02\x03\x04\x05" and b"\0" in data[:40]:
        return "a Python pickle, which is never opened because it can run code"
    return None


def markup_kind(text: str) -> str | None:
    """A phrase for a web page or XML document, else None."""
    head = text[:500].lstrip().casefold()
    if head.startswith(("<!doctype html", "<html", "<head", "<table")):
        return "a web page (HTML)"
    if head.startswith("<?xml"):
        return "an XML document"
    return None


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "mimetype" in names and b"opendocument" in data[:200]:
                return "an OpenDocument file"
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return "a damaged ZIP archive or workbook"
    for prefix, kind in (
        ("xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
        ("word/", "a Word document"),
        ("ppt/", "a PowerPoint document"),
        ("Index/", "an Apple Numbers or Pages document"),
    ):
        if any(name.startswith(prefix) for name in names):
            return kind
    return "a ZIP archive"


def _ole_kind(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "a workbook protected by a password"
    if "WordDocument".encode("utf-16-le") in data:
        return "an old Word document (.doc)"
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "an old Excel workbook (.xls)"
    return "an old Office document"
