"""The base of methods that train an encoder and put a head on it."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from fsl_core.base import device, ops
from fsl_core.base.config import Settings, make_settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import ConfigError, DataError, NotFittedError
from fsl_core.base.notes import Note
from fsl_core.base.types import Item, LabeledSet, Probabilities, Progress, Vectors, silent, span
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role
from fsl_core.contracts.method import Method, VectorMethod
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.loop import Plan, Trace

T = TypeVar("T", bound="TuningSettings")


class TuningSettings(Settings):
    """The settings that all methods which train an encoder share."""

    epochs: int = setting(5, "How often each example is seen. More fits closer and takes longer.", ge=1, le=200)
    learning_rate: float = setting(
        2e-4, "Size of a step. Lower it when the loss jumps.", ge=1e-7, le=1e-1, log_scale=True, advanced=True
    )
    batch_size: int = setting(32, "Examples a step; halved when GPU memory runs out.", ge=2, le=512, advanced=True)
    seconds: float = setting(
        120.0, "Time allowed for the training, in seconds. What does not fit is left out.", title="Time allowed",
        ge=1.0, le=86400.0,
    )  # fmt: skip
    max_tokens: int = setting(
        0, "Tokens read of each text; 0 is the encoder's own limit.", title="Tokens read", ge=0, le=8192, advanced=True
    )
    patience: int = setting(
        0, "Stop after so many held-out scores without a better one; 0 trains to the end.", ge=0, le=100, advanced=True
    )
    name_prior: float = setting(
        1.0, "How many examples the name of a class counts for; 0 leaves the names out.",
        title="Weight of class names", ge=0.0, le=10.0,
    )  # fmt: skip
    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)

    def plan(self, n: int) -> Plan:
        """The training of ``n`` examples under these settings."""
        steps = max(1, round(self.epochs * n / min(self.batch_size, n)))
        return Plan(steps, self.learning_rate, self.seconds, patience=self.patience)


class Head(Protocol):
    """What turns items into probabilities, through the tuned encoder."""

    def predict_proba(self, items: Sequence[Item]) -> Probabilities:
        """Shape (n, n_way)."""

    def save(self, folder: Path) -> None:
        """Write what lies outside the encoder."""


class TunedMethod(Method[T]):
    """A method whose fit trains the weights of the context's encoder (a copy; the encoder stays as it is).

    After fit, ``trace`` says how the training went and ``tuned_encoder`` is the encoder that came out.
    Subclasses write ``_tune``.
    """

    head_name = "logistic"

    def __init__(self, config: T, context: Any) -> None:  # noqa: ANN401
        super().__init__(config, context)
        self.trace = Trace()
        self._backbone: Backbone | None = None
        self._head: Head | None = None

    @abstractmethod
    def _tune(self, backbone: Backbone, support: LabeledSet, progress: Progress) -> Trace:
        """Train the backbone in place."""

    def fit(self, support: LabeledSet, *, progress: Progress | None = None) -> Self:
        """Train on the support, then fit the head on its new vectors.

        Raises DataError for fewer than two classes with an example, ConfigError for an encoder that cannot
        be trained, TrainingError when the loss runs away, Cancelled through ``progress``.
        """
        import torch

        report = progress or silent
        if len(support) == 0 or len(set(support.labels)) < 2:
            raise DataError(
                "Tuning needs labelled examples of at least two classes; there are {n}.",
                "Label an example of another class first.",
                n=len(set(support.labels)),
            )
        if support.sets and not self.info.sets:
            raise ConfigError(
                "{title} learns one class an item.",
                "Where items have several, choose contrastive tuning or the adapter.",
                title=self.info.title,
            )
        report(0.0, "Loading the encoder")
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(self.context.seed)
            backbone = Backbone.load(self._folder(report), device.resolve(self.config.device), self.config.max_tokens)
            self.trace = self._tune(backbone, support, span(report, 0.02, 0.9))
        if cut := backbone.truncated(support.items):
            self.trace.notes.append(
                Note(
                    "{n} of {all} texts were longer than the encoder reads; only their beginnings counted.",
                    n=cut,
                    all=len(support),
                )
            )
        self._backbone = backbone
        # Several classes an item: a head for each class belongs on the tuned encoder, and that is not ours.
        self._head = None if support.sets else self._fit_head(support, span(report, 0.9, 1.0))
        self._classes = support.classes
        return self

    def _fit_head(self, support: LabeledSet, report: Progress) -> Head:
        """What answers from the tuned encoder; a method that trains its own head gives that."""
        vectors = self.tuned_encoder.encode(support.items, progress=report)
        head = self._new_head()
        return head.fit_vectors(vectors, support.codes, support.classes)

    def _new_head(self) -> VectorMethod[Any]:
        if self.context.create is None:
            raise ConfigError("{title} needs a head.", "Pass Context(create=registry.create_method).",
                              title=self.info.title)  # fmt: skip
        around = replace(self.context, encoder=self.tuned_encoder, pool_mean=None)
        head = self.context.create(self.head_name, {"name_prior": self.config.name_prior}, around)
        assert isinstance(head, VectorMethod)
        return head

    def predict_proba(self, items: Sequence[Item]) -> Probabilities:  # noqa: D102
        names = self.classes
        if not items:
            return np.zeros((0, len(names)), dtype=np.float32)
        if self._head is None:
            raise NotFittedError(
                "Tuned on items with several classes, {title} has no head of its own.",
                "Put one on its tuned_encoder.",
                title=self.info.title,
            )
        return self._head.predict_proba(items)

    @property
    def tuned_encoder(self) -> TunedEncoder:
        """The encoder as it is after fit. Raises NotFittedError before."""
        if self._backbone is None:
            raise NotFittedError(
                "{title} has not been fitted.", "Call fit with a support set first.", title=self.info.title
            )
        return TunedEncoder(self._backbone)

    def _scorer(self, backbone: Backbone, support: LabeledSet) -> Callable[[], float] | None:
        """Accuracy on the context's held-out items by the nearest prototype; None without any."""
        held_out = self.context.held_out
        if held_out is None or not len(held_out):
            return None

        def score() -> float:
            names = self.class_vectors(backbone, support)
            prototypes = ops.prototypes(backbone.encode(support.items), support.codes, names, 1.0)
            answers = (backbone.encode(held_out.items) @ ops.unit(prototypes).T).argmax(1)
            return float(held_out.members[np.arange(len(answers)), answers].mean())

        return score

    def class_vectors(self, backbone: Backbone, support: LabeledSet) -> Vectors:
        """Shape (n_way, d): the words for each class, as the backbone reads them now."""
        return ops.unit(backbone.encode([self.context.text_of(name) for name in support.classes]))

    def _folder(self, report: Progress) -> Path:
        encoder = self.context.encoder
        if encoder is not None and encoder.info.modality == "image":
            raise ConfigError(
                "{title} trains encoders of texts, and these items are images.",
                "Choose a method that works on vectors, such as the logistic head.",
                title=self.info.title,
            )
        folder = encoder.trainable_folder(report) if encoder is not None else None
        if folder is None:
            raise ConfigError(
                "This encoder cannot be trained.",
                "Choose the built-in one or a sentence-transformers model for the project, then tune.",
            )
        return folder

    # -- on disk ---------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """``method.json``, ``encoder/`` (a sentence-transformers folder) and ``head/``."""
        meta = {"method": self.info.name, "config": self.config.model_dump(), "classes": list(self.classes)}
        meta["encoder"] = self.context.encoder.key if self.context.encoder else ""
        folder.mkdir(parents=True, exist_ok=True)
        self.tuned_encoder.save(folder / "encoder")
        if self._head is not None:
            self._head.save(folder / "head")
        (folder / "method.json").write_text(json.dumps(meta, ensure_ascii=False, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, context: Any) -> Self:  # noqa: ANN401, D102
        meta = json.loads((folder / "method.json").read_text(encoding="utf-8"))
        method = cls(make_settings(cls.settings, meta["config"]), context)  # type: ignore[arg-type]
        if context.encoder is not None and context.encoder.key != meta["encoder"]:
            raise ConfigError(
                "This model was tuned from encoder {wanted}, but the context has {found}.",
                "Choose the same encoder, or tune again.",
                wanted=meta["encoder"],
                found=context.encoder.key,
            )
        method._backbone = Backbone.load(
            folder / "encoder", device.resolve(method.config.device), method.config.max_tokens
        )
        method._head = method._load_head(folder / "head") if (folder / "head").is_dir() else None
        method._classes = tuple(meta["classes"])
        return method

    def _load_head(self, folder: Path) -> Head:
        head = self._new_head()
        return type(head).load(folder, head.context)


class _NoSettings(Settings):
    """A fitted backbone has nothing left to set."""


class TunedEncoder(Encoder[_NoSettings]):
    """A backbone in memory as an encoder, for the head that stands on it."""

    info = EncoderInfo("tuned", "Tuned", "A tuned encoder in memory.", "as its base", offline=True)
    settings = _NoSettings

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(_NoSettings())
        self._backbone = backbone

    @property
    def key(self) -> str:
        """One for all: the weights lie beside the head and are loaded with it."""
        return "tuned"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), rows of length 1."""
        return self._backbone.encode(items, progress)

    def save(self, folder: Path) -> None:
        """Write a sentence-transformers folder."""
        self._backbone.save(folder)
