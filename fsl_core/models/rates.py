"""How fast an encoder reads on this machine: measured once, kept beside the models."""

from __future__ import annotations

import json
import time
from typing import Any

from fsl_core.base.types import Item, Progress
from fsl_core.contracts.encoder import Encoder
from fsl_core.models.shelf import places

FILE = "rates.json"
TEXTS = 64
WORDS = "a short message from somebody who would like to know where the parcel is".split()


def kept(key: str) -> float | None:
    """Items a second of the encoder with this key, if it was measured here."""
    return _read().get(key)


def measure(encoder: Encoder[Any], progress: Progress) -> float:
    """Short texts (or small pictures) a second, without the time to load; kept for ``kept``. Raises as ``encode``."""
    items = _pictures() if encoder.info.modality == "image" else _texts()
    encoder.encode(items[:2])
    began = time.perf_counter()
    encoder.encode(items, progress=progress)
    rate = len(items) / (time.perf_counter() - began)
    found = _read() | {encoder.key: round(rate, 1)}
    (places.own() / FILE).write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    return rate


def _read() -> dict[str, float]:
    try:
        found = json.loads((places.own() / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): float(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _texts() -> list[Item]:
    return [f"{i} {' '.join(WORDS[: 4 + i % 12])}" for i in range(TEXTS)]


def _pictures() -> list[Item]:
    from fsl_core.base import paths

    drawn = sorted((paths.ASSETS / "characters").rglob("*.png"))
    return [*drawn[: TEXTS // 4]] or [paths.ASSETS / "screenshot.png"] * 8
