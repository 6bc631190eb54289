"""Two encoders side by side: what one does not see in a text, the other may.

Both vectors in unit length, one behind the other: a linear head on them is the sum of a head on each, learned together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.config import setting
from fsl_core.base.types import Item, Progress, Vectors, silent, span
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.models.backends.shelf_encoder import ShelfSettings

Name = Literal["minilm", "mpnet", "e5"]


class PairSettings(ShelfSettings):
    """Which two."""

    first: Name = setting("minilm", "The one encoder.", title="First")
    second: Name = setting("e5", "The other encoder.", title="Second")


class Pair(Encoder[PairSettings]):
    """The vectors of two encoders, one behind the other."""

    info = EncoderInfo(
        name="pair",
        title="Two encoders together",
        summary="MiniLM or MPNet beside multilingual E5: what one does not see, the other may; as slow as both.",
        languages="English, with more of other languages",
        offline=True,
        order=17,
    )
    settings = PairSettings

    def __init__(self, config: PairSettings) -> None:
        super().__init__(config)
        self._both: list[Encoder[Any]] = [
            registry.create_encoder(name, {"device": config.device}) for name in (config.first, config.second)
        ]

    @property
    def key(self) -> str:
        """The keys of both."""
        return "pair:" + "+".join(encoder.key for encoder in self._both)

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d1 + d2), float32, rows of length 1. Raises what either encoder raises."""
        report = progress or silent
        parts = [
            ops.unit(encoder.encode(items, role=role, progress=span(report, i / 2, (i + 1) / 2)))
            for i, encoder in enumerate(self._both)
        ]
        return np.asarray(np.concatenate(parts, axis=1) / np.sqrt(2.0), dtype=np.float32)

    def portable(self, progress: Progress | None = None) -> PortableEncoder | None:
        """Both. Raises what either raises."""
        parts = [part for encoder in self._both if (part := encoder.portable(progress)) is not None]
        if len(parts) < len(self._both):
            return None
        told = [", ".join(dict.fromkeys(getattr(part, name) for part in parts)) for name in ("origin", "licence")]
        return PortableEncoder("pair", origin=told[0], licence=told[1], parts=tuple(parts))


ENCODER = Pair
