"""Arrays and texts on their way to the browser."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def pack(values: NDArray[Any]) -> str:
    """An array as base64, in the byte order of browsers."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def text_limit(lengths: Sequence[int], budget: int, least: int = 80) -> int:
    """The longest cut at which the texts together stay within the budget; never below ``least`` signs."""
    ordered = np.sort(np.asarray(lengths, dtype=np.int64))
    left, n = budget, len(ordered)
    for i, length in enumerate(ordered):
        if length * (n - i) > left:
            return max(least, left // (n - i))
        left -= int(length)
    return int(ordered[-1]) if n else 0
