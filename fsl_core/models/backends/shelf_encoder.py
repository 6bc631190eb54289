"""What encoders on a model of the shelf share: found when first used, loaded once, told apart by its hash."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from fsl_core.base import device
from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.models.shelf import catalogue, places

M = TypeVar("M")
S = TypeVar("S", bound="ShelfSettings")


class ShelfSettings(Settings):
    """Where to compute."""

    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class ShelfEncoder(Encoder[S], Generic[S, M]):
    """An encoder on the model ``model`` of the catalogue, which is an M once it is loaded."""

    model: ClassVar[str]

    def __init__(self, config: S) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._made: M | None = None

    @abstractmethod
    def _load(self, folder: Path, on: str) -> M:
        """Load the model from its folder, onto 'cpu' or 'cuda'."""

    @property
    def _fingerprint(self) -> str:
        """Name and checksum of what the weights were made from, for ``key``; asks for no file."""
        return f"{self.info.name}:{catalogue.get(self.model).sha256[:16]}"

    def _loaded(self) -> M:
        """The model. Raises MissingBackend, which says how to get it, when it is not here."""
        with self._lock:
            if self._made is None:
                self._made = self._load(places.need(self.model), device.resolve(self.config.device))
            return self._made

    def _from_shelf(self, reader: str, values: Mapping[str, Any], **more: Any) -> PortableEncoder:  # noqa: ANN401
        """What ``portable`` gives, with origin and licence as the catalogue says."""
        told = catalogue.get(self.model)
        return PortableEncoder(reader, values, origin=told.source, licence=told.licence, **more)
