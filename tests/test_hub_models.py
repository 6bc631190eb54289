"""What encoders and language models of the hub or of a folder share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fsl_core.base.errors import DataError, MissingBackend
from fsl_core.base.types import Item, Vectors
from fsl_core.contracts.encoder import EncoderInfo, Role
from fsl_core.models.backends.hub import HubEncoder, HubSettings
from fsl_core.models.backends.model_files import folder_digest


class Lengths(HubEncoder[HubSettings, float]):
    """A whole encoder on a model of one number: what a new one has to write."""

    info = EncoderInfo("lengths", "Lengths", "Length of a text.", languages="any", offline=False)
    settings = HubSettings
    things = "texts"
    loads = 0

    def _load(self, folder: Path, on: str) -> float:
        type(self).loads += 1
        return float((folder / "scale.txt").read_text())

    def _too_large(self) -> MissingBackend:
        return MissingBackend("Too much for {model}.", "Take less.", model=self.config.model)

    def _width(self, model: float) -> int:
        return 2

    def _details(self) -> tuple[str, ...]:
        return ("squares",)

    def _compute(self, model: float, items: Sequence[Item], role: Role) -> Vectors:
        import torch

        if any("huge" in str(item) for item in items):
            raise torch.OutOfMemoryError
        return np.array([[model * len(str(item)), len(str(item)) ** 2] for item in items], dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scale.txt").write_text("0.5")
    return tmp_path


def make(folder: Path, **settings: object) -> Lengths:
    Lengths.loads = 0
    return Lengths(HubSettings(model=str(folder), device="cpu", **settings))


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_a_subclass_says_what_a_batch_becomes_and_the_rest_is_here(folder: Path, batch_size: int) -> None:
    heard: list[float] = []
    encoder = make(folder, batch_size=batch_size)
    texts = ["aaa", "", "aaaaaaa", "a"]
    found = encoder.encode(texts, progress=lambda fraction, message: heard.append(fraction))
    np.testing.assert_array_equal(found, [[len(text) / 2, len(text) ** 2] for text in texts])
    assert found.dtype == np.float32 and heard[-1] == 1.0
    assert encoder.encode([]).shape == (0, 2)
    assert encoder.key == f"lengths:{folder_digest(folder)}:squares:float32"


def test_threads_load_the_model_once(folder: Path) -> None:
    encoder, gate = make(folder), threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        encoder.encode(["a"])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Lengths.loads == 1


def test_what_cannot_be_read_found_or_held_in_memory_says_so(folder: Path) -> None:
    with pytest.raises(DataError, match="'lengths' encodes texts"):
        make(folder).encode([folder / "picture.png"])
    with pytest.raises(MissingBackend, match="There is no folder"):
        make(folder / "gone" / "away").encode(["a"])
    with pytest.raises(MissingBackend, match="Too much for") as caught:
        make(folder).encode(["a", "huge"])
    assert caught.value.hint == "Take less." and str(folder) in caught.value.message
