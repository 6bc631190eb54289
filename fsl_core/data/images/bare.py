"""A JPEG or WebP file without what cameras and programs write beside the picture, and without loss."""

from __future__ import annotations

import struct

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_PLAIN = {*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD}
"""Segments that the picture needs: frames, tables, scans, restarts."""
_JFIF, _ADOBE = 0xE0, 0xEE


def bare(data: bytes, format: str) -> bytes | None:
    """The file with the picture alone, or None where that takes encoding it again."""
    if format == "JPEG":
        return _bare_jpeg(data)
    return data if format == "WEBP" and _is_bare_webp(data) else None


def _bare_jpeg(data: bytes) -> bytes | None:
    """Its segments without EXIF (place, time, camera), comments, profiles and whatever follows the end."""
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == _END:
            return b"".join([*kept, data[at : at + 2]])
        end = at + 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
        if marker == _SCAN:
            end = _scan_end(data, end)
        segment = data[at:end]
        adobe = marker == _ADOBE and segment[4:9] == b"Adobe"  # says how the colours are meant
        jfif = marker == _JFIF and segment[4:9] == b"JFIF\0"
        if marker in _PLAIN or adobe or jfif:
            kept.append(b"" if jfif and len(segment) != 18 else segment)
        at = end
    if data[at : at + 2] == b"\xff\xd9":
        return b"".join([*kept, b"\xff\xd9"])
    return None


def _scan_end(data: bytes, at: int) -> int:
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2
    return len(data)


def _is_bare_webp(data: bytes) -> bool:
    """Whether one chunk with the picture is all there is."""
    if len(data) < 20 or data[12:16] not in (b"VP8 ", b"VP8L"):
        return False
    whole, chunk = struct.unpack("<I", data[4:8])[0] + 8, struct.unpack("<I", data[16:20])[0]
    return bool(len(data) == whole == 20 + chunk + chunk % 2)
