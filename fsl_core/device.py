"""Which processor to compute on, and in which precision."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

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
