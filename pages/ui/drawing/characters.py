"""The invented characters of the demo: their strokes, their pictures, a deal of five, other hands."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from fsl_core.base import paths

FILE = paths.ASSETS / "characters" / "characters.json"
UNIT = 100.0
"""Strokes are given on a square of this side."""
SIDE = 280
WIDTH = 12.0
FINER = 3
"""Drawn so many times larger, then scaled down: smooth edges."""
STEPS = 16
MARGIN = 0.1

Stroke = NDArray[np.float64]
"""Shape (n, 2): the control points of one stroke."""


@dataclass(frozen=True, slots=True)
class Character:
    """One invented character."""

    name: str
    strokes: tuple[Stroke, ...]


@cache
def characters() -> tuple[Character, ...]:
    """All of them, in the order of the file."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Character(row["name"], tuple(np.array(one, dtype=float) for one in row["strokes"])) for row in rows)


def deal(seed: int, n: int = 5) -> tuple[Character, ...]:
    """``n`` different characters; the same for the same seed, and seed 0 gives the first ones of the file."""
    every = characters()
    rows = np.arange(len(every)) if seed == 0 else np.random.default_rng(seed).permutation(len(every))
    return tuple(every[row] for row in rows[:n])


def curve(points: Stroke) -> Stroke:
    """Shape (m, 2): the stroke as the sheet draws it, quadratic curves from middle to middle of its points."""
    if len(points) < 3:
        return points
    middles = (points[1:-1] + points[2:]) / 2
    starts = np.concatenate([points[:1], middles[:-1]])
    t = np.linspace(0.0, 1.0, STEPS)[:, None]
    parts = [
        (1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end
        for start, control, end in zip(starts, points[1:-1], middles, strict=True)
    ]
    return np.concatenate([*parts, points[-1:]])


def png(strokes: Sequence[Stroke], width: float = WIDTH) -> bytes:
    """The strokes in black on white, SIDE x SIDE pixels, as PNG."""
    sheet = Image.new("L", (SIDE * FINER, SIDE * FINER), 255)
    pen = ImageDraw.Draw(sheet)
    radius = width * FINER / 2
    for stroke in strokes:
        places = (MARGIN + (1 - 2 * MARGIN) * curve(stroke) / UNIT) * SIDE * FINER
        dots = [tuple(place) for place in places]
        if len(dots) > 1:
            pen.line(dots, fill=0, width=round(2 * radius))
        for x, y in dots:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    out = io.BytesIO()
    sheet.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=64)
def picture(name: str) -> bytes:
    """The PNG of the character of that name."""
    return png(next(one.strokes for one in characters() if one.name == name))


def redrawn(character: Character, rng: np.random.Generator) -> bytes:
    """The character as another hand draws it: turned, stretched, moved, every point a little off."""
    angle, lean = rng.normal(0.0, 0.12), rng.normal(0.0, 0.15)
    stretch = np.exp(rng.normal(-0.1, 0.15, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1.0, lean], [0.0, 1.0]]) @ np.diag(stretch)
    shift = rng.normal(0.0, 3.0, 2)
    middle = UNIT / 2
    strokes = [
        (stroke - middle) @ matrix.T + middle + shift + rng.normal(0.0, 2.5, 2) + rng.normal(0.0, 3.5, stroke.shape)
        for stroke in character.strokes
    ]
    return png(strokes, WIDTH * float(np.exp(rng.normal(0.0, 0.25))))
