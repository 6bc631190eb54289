"""Which processor to compute on, in which precision, and how much of it at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeVar

from fsl_core.base.errors import MissingBackend
from fsl_core.base.notes import N_, Note

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)
T = TypeVar("T")
DeviceName = Literal["auto", "cpu", "cuda"]


@lru_cache(maxsize=1)
def best_device() -> str:
    """'cuda' when a usable GPU is there, else 'cpu'."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def resolve(name: DeviceName) -> str:
    """The device that ``name`` means on this machine."""
    return best_device() if name == "auto" else name


def inference_dtype(device: str) -> torch.dtype:
    """bfloat16 on a GPU that has it, float32 elsewhere (bfloat16 is slower than float32 on most CPUs)."""
    import torch

    return torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


@lru_cache(maxsize=1)
def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself; where it does not, float32 is quicker."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Batches:
    """How many things are computed together: ``size`` at first, half as many whenever GPU memory runs out.

    ``too_large`` makes the error for a single one that does not fit.
    """

    def __init__(self, size: int, things: str, too_large: Callable[[], MissingBackend]) -> None:
        self.size = size
        self.things = things
        self.too_large = too_large

    def over(
        self, rows: Sequence[int], compute: Callable[[Sequence[int]], T], report: Callable[[float, str], None]
    ) -> Iterator[tuple[Sequence[int], T]]:
        """Each part of ``rows`` with what ``compute`` makes of it. Raises MissingBackend when one alone is too much."""
        import torch

        done, message = 0, Note("Encoding")
        while done < len(rows):
            report(done / len(rows), message)
            part = rows[done : done + self.size]
            try:
                found = compute(part)
            except torch.OutOfMemoryError as error:
                torch.cuda.empty_cache()
                if len(part) == 1:
                    raise self.too_large() from error
                self.size = len(part) // 2
                words = N_("GPU memory ran out: {n} {things} at a time from here on")
                message = Note(words, n=self.size, things=self.things)
                logger.warning(message)
                continue
            yield part, found
            done += len(part)
        report(1.0, message)
