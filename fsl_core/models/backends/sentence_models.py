"""Loading a sentence-transformers folder without any request, pickle or foreign code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fsl_core.base.errors import MissingBackend
from fsl_core.models.backends.model_files import check_safe

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer


def load(folder: Path, on: str, dtype: torch.dtype, max_tokens: int = 0) -> SentenceTransformer:
    """The model in ``folder`` on the device ``on``; ``max_tokens`` above 0 lowers its own limit.

    Raises MissingBackend when the folder holds a pickle, foreign code, or no complete model.
    """
    check_safe(folder)
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(folder),
            device=on,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"dtype": dtype, "use_safetensors": True},
        )
    except Exception as error:  # whatever a broken folder makes the library raise
        raise MissingBackend(
            "The model in {folder} cannot be loaded: {problem}",
            "The folder must hold a complete model that needs no code of its own.",
            folder=folder,
            problem=str(error)[:500],
        ) from error
    if max_tokens:
        own = model.max_seq_length
        model.max_seq_length = min(max_tokens, own) if own else max_tokens
    return model
