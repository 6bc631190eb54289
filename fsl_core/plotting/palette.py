"""Class colours: one palette for every picture, told apart by colour-blind people, up to 150 classes.

The first eight are the Okabe-Ito set (Okabe and Ito, "Color Universal Design", 2008). Further ones
are chosen greedily in OKLab (Ottosson, 2020): each is as far as possible from all before, also as
seen with deuteranopia. From the ninth class on the marker shape changes as well.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C6D1F", "#6A51A3")
"""Okabe-Ito with its black and its pale yellow, unreadable on one of our backgrounds, replaced."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "pentagon", "hexagon", "triangle-down")
UNLABELED = {"light": "#B9B0A2", "dark": "#5C676C"}
NONE_OF_THESE = {"light": "#6B6459", "dark": "#9AA5A9"}
LIMIT = 150

# Machado, Oliveira, Fernandes 2009: deuteranopia at full severity, on linear RGB.
_DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def class_color(position: int) -> str:
    """The colour of the class at ``position``, the same in light and dark; repeats after 150."""
    return palette()[position % LIMIT]


def class_symbol(position: int) -> str:
    """The Plotly marker of the class: a new shape after each run of eight colours."""
    return SYMBOLS[(position // len(OKABE_ITO)) % len(SYMBOLS)]


@lru_cache(maxsize=1)
def palette() -> tuple[str, ...]:
    """All 150 colours as hex."""
    grid = np.stack(np.meshgrid(*[np.linspace(0.05, 0.95, 14)] * 3, indexing="ij"), -1).reshape(-1, 3)
    lab = _oklab(_linear(grid))
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    # Mid lightness only, so that a colour stands out on paper and on ink; greys mean "no label".
    keep = (lab[:, 0] > 0.47) & (lab[:, 0] < 0.80) & (chroma > 0.05)
    grid, candidates = grid[keep], _seen(grid[keep])
    chosen = [np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255 for color in OKABE_ITO]
    distance = np.min([np.linalg.norm(candidates - _seen(c[None]), axis=1) for c in chosen], axis=0)
    while len(chosen) < LIMIT:
        best = int(distance.argmax())
        chosen.append(grid[best])
        distance = np.minimum(distance, np.linalg.norm(candidates - candidates[best], axis=1))
    return tuple("#" + "".join(f"{round(float(v) * 255):02X}" for v in color) for color in chosen)


def _seen(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab as most people see it beside OKLab as seen with deuteranopia, shape (n, 6)."""
    linear = _linear(rgb)
    return np.concatenate([_oklab(linear), _oklab(np.clip(linear @ _DEUTERANOPIA.T, 0, 1))], axis=1)


def _linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _oklab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    lms = linear @ np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
         [0.0883024619, 0.2817188376, 0.6299787005]]
    ).T  # fmt: skip
    return np.asarray(
        np.cbrt(lms)
        @ np.array(
            [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
             [0.0259040371, 0.7827717662, -0.8086757660]]
        ).T
    )  # fmt: skip
