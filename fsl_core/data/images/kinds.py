"""What a file is by its content, whatever its name says."""

from __future__ import annotations

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""The formats that are opened, by Pillow's names; a JPEG with a second picture behind it comes as MPO."""

SUFFIXES = ("png", "jpg", "jpeg", "jfif", "webp", "gif", "bmp", "tif", "tiff", "avif")
"""What a file dialogue should offer, without dots."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript document"),
    (b"8BPS", "a Photoshop document"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
    (b"#!", "a script"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
)
_HEIC = (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1")


def stranger(data: bytes) -> str:
    """A phrase for content that is no image we open; "no image that is known here" when it is a riddle."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[4:8] == b"ftyp":
        return "a HEIC photo" if data[8:12] in _HEIC else "a video"
    head = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")):
        return "a web page (HTML)"
    if b"<svg" in head:
        return "an SVG drawing, which is a program and not a picture"
    if head.startswith(b"<?xml"):
        return "an XML document"
    return "no image that is known here"
