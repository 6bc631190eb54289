"""What all models of the Hugging Face hub, or of a folder, share: found, told from others, loaded once, run in batches.

``HubModel`` is such a model, ``HubEncoder`` the base of the encoders that stand on one.
"""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import numpy as np

from fsl_core.base import device
from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, Role, only_images, only_texts
from fsl_core.models.backends import model_files, tuned_models

M = TypeVar("M")
H = TypeVar("H", bound="HubSettings")


class HubSettings(Settings):
    """Which model, and where and in what portions it computes."""

    model: str = setting(
        "", "A model name on the Hugging Face hub (downloaded once), or a folder on this machine (no request is made)."
    )
    revision: str = setting("", "Branch, tag or commit on the hub; empty is the main branch.", advanced=True)
    batch_size: int = setting(
        32, "Items computed together; halved when GPU memory runs out.", ge=1, le=1024, advanced=True
    )
    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class HubModel(Generic[M]):
    """A model that ``load`` makes of its folder and a device, at the first use; shared between threads under ``lock``.

    ``things`` is the word for what goes in, ``too_large`` makes the error for a single one that does not fit into the
    memory of the GPU.
    """

    def __init__(
        self,
        config: HubSettings,
        load: Callable[[Path, str], M],
        *,
        things: str,
        too_large: Callable[[], MissingBackend],
    ) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.batches = device.Batches(config.batch_size, things, too_large)
        self._load = load
        self._loaded: M | None = None
        self._identity = ""

    @property
    def identity(self) -> str:
        """What tells it from all others: hub name and commit, or the digest of its folder.

        A hub model that was never used is looked up on the hub. Raises MissingBackend when that fails.
        """
        with self.lock:
            if not self._identity:
                self._identity = self._identified()
            return self._identity

    def _identified(self) -> str:
        return model_files.identity(self.config.model, self.config.revision)

    @property
    def origin(self) -> str:
        """Its name on the hub, with the revision where one was chosen; of a folder its own name alone."""
        model, revision = self.config.model, self.config.revision
        if model_files.local_folder(model) is not None:
            return Path(model.removeprefix(tuned_models.PREFIX)).name
        return f"{model} ({revision})" if revision else model

    @property
    def device(self) -> str:
        """Where it computes: 'cpu' or 'cuda'."""
        return device.resolve(self.config.device)

    @property
    def precision(self) -> str:
        """Of its numbers on that device, as 'float32'."""
        return str(device.inference_dtype(self.device)).removeprefix("torch.")

    def folder(self, progress: Progress | None = None) -> Path:
        """The folder given, or the one fetched from the hub; MissingBackend when it is not to be had."""
        return model_files.folder_of(self.config.model, self.config.revision, progress or silent)

    def load(self, progress: Progress | None = None) -> M:
        """The model. Raises MissingBackend when it is not there or cannot be loaded."""
        report = progress or silent
        with self.lock:
            if self._loaded is None:
                report(0.0, "Loading the model")
                folder = self.folder(report)
                report(0.0, "Loading the model")
                self._loaded = self._load(folder, self.device)
            return self._loaded


class HubEncoder(Encoder[H], Generic[H, M]):
    """An encoder on a model of the hub or of a folder. No code from a model is run and no pickle is read.

    A subclass says how its model is loaded and what it makes of a batch; key, batches and their halving when GPU memory
    runs out, progress and errors are here.
    """

    things: ClassVar[str]
    """The word for what goes in: 'texts', 'images'."""

    def __init__(self, config: H) -> None:
        super().__init__(config)
        self._hub: HubModel[M] = HubModel(config, self._load, things=self.things, too_large=self._too_large)

    @abstractmethod
    def _load(self, folder: Path, on: str) -> M:
        """The model in ``folder`` on the device ``on``. Raises MissingBackend when it cannot be loaded."""

    @abstractmethod
    def _compute(self, model: M, items: Sequence[Item], role: Role) -> Vectors:
        """Shape (n, d) of one batch."""

    @abstractmethod
    def _width(self, model: M) -> int:
        """Length of a vector, found without an item."""

    @abstractmethod
    def _too_large(self) -> MissingBackend:
        """The error for a single item that does not fit into the memory of the GPU, with the way out."""

    def _details(self) -> tuple[str, ...]:
        """What else of the settings changes a vector, for the key."""
        return ()

    @property
    def key(self) -> str:
        """Model with commit (or digest of the folder), the settings that change a vector, and precision.

        A hub model that was never used is looked up on the hub. Raises MissingBackend when that fails.
        """
        return ":".join((self.info.name, self._hub.identity, *self._details(), self._hub.precision))

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32. An empty list loads the model, to know d.

        Raises MissingBackend when the model is not there, cannot be loaded, or does not fit into memory.
        """
        report = progress or silent
        of_texts = self.info.modality == "text"
        given: Sequence[Item] = only_texts(self.info, items) if of_texts else only_images(self.info, items)
        report(0.0, "Loading the model")
        model = self._hub.load(report)
        # Texts from long to short: little is spent on padding, and memory runs out at once if it does.
        order = sorted(range(len(given)), key=lambda row: -len(str(given[row]))) if of_texts else range(len(given))
        vectors = np.zeros((0, 0), dtype=np.float32)

        def compute(rows: Sequence[int]) -> Vectors:
            return self._compute(model, [given[row] for row in rows], role)

        for rows, found in self._hub.batches.over(order, compute, report):
            if not len(vectors):
                vectors = np.zeros((len(given), found.shape[1]), dtype=np.float32)
            vectors[list(rows)] = found
        return vectors if len(given) else np.zeros((0, self._width(model)), dtype=np.float32)
