"""The contract of a few-shot method, and the base of those that work on vectors."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import Settings, make_settings, setting
from fsl_core.base.errors import ConfigError, DataError, NotFittedError
from fsl_core.base.types import Codes, Item, LabeledSet, Probabilities, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.generator import Generator
from fsl_core.contracts.portable import PortableHead

C = TypeVar("C", bound=Settings)
V = TypeVar("V", bound="VectorSettings")
State = dict[str, NDArray[Any]]
"""What a fitted vector method is: named arrays, nothing else."""


Watch = Callable[[int, Mapping[str, float]], None]
"""Called with the number of steps done and figures such as 'loss' and 'held_out_accuracy'."""


@dataclass(frozen=True, slots=True)
class Info:
    """What pages, the README and the contract tests must know of a method."""

    name: str
    title: str
    summary: str
    paper: str
    needs: Literal["encoder", "generator", "items"] = "encoder"
    weighs: bool = False
    """Of those on vectors: whether an example may count less than one, as generated ones do."""
    asks: str = ""
    """Of those that need a generator: the ability it must have, see ``fsl_core.contracts.generator``."""
    transductive: bool = False
    trains: bool = False
    """Takes more than a moment to fit: runs as a job, not after every label."""
    slow: bool = False
    """Of the others, those whose fit may take over a second on any handful: a page leaves it to a job and shows the
    old answer meanwhile. (What is quick on a handful and slow on thousands, a workspace finds out by itself.)"""
    sets: bool = False
    """Of those that train: whether it can learn from items with several classes."""
    order: int = 100
    """Place in lists; lower comes first."""
    aliases: tuple[str, ...] = ()
    """Former names: what was saved under them still opens."""
    fast: Mapping[str, Any] = field(default_factory=dict)
    """Small settings under which the contract tests finish quickly."""


@dataclass(frozen=True)
class Extra:
    """Examples that count less than those of people: vectors (e, d), codes (e,), and what each of them counts."""

    vectors: Vectors
    codes: Codes
    weight: float


@dataclass(frozen=True)
class Context:
    """What surrounds a method: the encoder, the words for each class, the pool's mean, the seed."""

    encoder: Encoder[Any] | None = None
    generator: Generator[Any] | None = None
    class_texts: Mapping[str, str] = field(default_factory=dict)
    """Class name -> the words that stand for it (its one-line description, or its name)."""
    pool_mean: NDArray[np.float32] | None = None
    """Shape (d,): mean of the unit vectors of the whole project, labelled or not."""
    device: str = "cpu"
    seed: int = 0
    watch: Watch | None = None
    """Hears of each training step and held-out score, for curves drawn live."""
    held_out: LabeledSet | None = None
    """Scored while training, never learned from."""
    progress: Progress | None = None
    """Hears how far a long fit on vectors is, which has no argument for it; may raise Cancelled."""
    create: Callable[..., Method[Any]] | None = None
    """``registry.create_method``, for a method that wraps another."""

    def text_of(self, name: str) -> str:
        """The words for one class: what the person wrote, else the name made readable."""
        return self.class_texts.get(name) or readable(name)

    def name_vectors(self, classes: Sequence[str]) -> Vectors:
        """Shape (n_way, d): one raw vector for the words of each class; (n_way, 0) where the encoder reads no words.

        Raises ConfigError without an encoder.
        """
        if self.encoder is None:
            raise ConfigError("Class names need an encoder to read them.", "Pass Context(encoder=...).")
        found = self.encoder.encode_words([self.text_of(name) for name in classes])
        return np.zeros((len(classes), 0), dtype=np.float32) if found is None else found


def readable(name: str) -> str:
    """'card_arrival' -> 'card arrival': a class name as a sentence encoder reads it best."""
    return " ".join(name.replace("_", " ").replace("-", " ").split()) or name


class Method(ABC, Generic[C]):
    """Learns from a support set, answers with probabilities.

    One file in ``fsl_core/learning/methods`` each: the paper, a Settings class, a Method class and
    ``METHOD = ThatClass``. The registry, the form, the contract tests, the benchmark row and the
    README table follow from that file alone. A whole one, on vectors:

    >>> import numpy as np
    >>> from fsl_core.base import ops
    >>> from fsl_core.contracts.method import Context, Info, VectorMethod, VectorSettings, temperature_setting
    >>> class NearestMeanSettings(VectorSettings):
    ...     temperature: float = temperature_setting(0.1)
    >>> class NearestMean(VectorMethod[NearestMeanSettings]):
    ...     info = Info(
    ...         name="nearest-mean", title="Nearest mean", summary="The class whose mean is nearest.",
    ...         paper="Snell et al. 2017, arXiv:1703.05175",
    ...     )
    ...     settings = NearestMeanSettings
    ...     def _fit(self, z, y, names):
    ...         return {"means": ops.prototypes(z, y, names, self.config.name_prior)}
    ...     def _predict(self, state, z):
    ...         # A class with neither example nor name has no mean, and so no probability.
    ...         cosines = np.nan_to_num(z @ ops.unit(state["means"]).T, nan=-np.inf)
    ...         return ops.softmax(cosines / self.config.temperature)
    >>> METHOD = NearestMean

    >>> method = NearestMean(NearestMeanSettings(), Context())
    >>> examples, names = np.array([[1.0, 0.1], [0.1, 1.0]]), np.eye(2)
    >>> method.fit_vectors(examples, np.array([0, 1]), ("left", "right"), names).predict_vectors(examples).argmax(1)
    array([0, 1])
    """

    info: ClassVar[Info]
    settings: ClassVar[type[Settings]]

    def __init__(self, config: C, context: Context) -> None:
        self.config = config
        self.context = context
        self._classes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The column order of ``predict_proba``. Raises NotFittedError before fit."""
        if not self._classes:
            raise NotFittedError(
                "{title} has not been fitted.", "Call fit with a support set first.", title=self.info.title
            )
        return self._classes

    @abstractmethod
    def fit(self, support: LabeledSet, *, progress: Progress | None = None) -> Self:
        """Learn from the support set. Raises DataError when there is nothing to learn from."""

    @abstractmethod
    def predict_proba(self, items: Sequence[Item]) -> Probabilities:
        """Shape (n, n_way). Pure: it changes nothing. Raises NotFittedError before fit."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write safetensors and JSON into ``folder`` (made when missing). Never a pickle."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path, context: Context) -> Self:
        """The method that ``save`` wrote; the same answers, the same settings."""


class VectorSettings(Settings):
    """The settings all vector methods share."""

    name_prior: float = setting(
        1.0,
        "How many examples the name (or description) of a class counts for. 0 switches it off; "
        "above 0 the model answers from the names alone before the first label.",
        title="Weight of class names",
        ge=0.0,
        le=10.0,
    )
    center: bool = setting(
        True,
        "Subtract the mean of all items of the project first, so that what every item shares no longer counts.",
        title="Centre on the project",
        advanced=True,
    )


def temperature_setting(default: float) -> Any:  # noqa: ANN401
    """The setting of a method whose scores are no probabilities yet."""
    return setting(
        default,
        "How sharply scores turn into probabilities; lower is surer. It never changes the chosen class.",
        title="Temperature",
        ge=0.005,
        le=1.0,
        advanced=True,
        log_scale=True,
    )


class VectorMethod(Method[V]):
    """A method whose support is vectors: encode once, then two small pure functions.

    Subclasses write ``_fit`` and ``_predict``, and may write ``_leave_one_out`` (a closed form)
    and ``_influence`` (exact contributions of the support examples). Inputs of these are unit
    vectors ``z`` (n, d), codes ``y`` (n,), unit name vectors ``names`` (n_way, d).
    """

    def __init__(self, config: V, context: Context) -> None:
        super().__init__(config, context)
        self.state: State = {}
        self.row_weights: NDArray[np.float32] | None = None
        """While fitting: shape (n,), how much each row counts; None where all count as one."""
        self._center = np.zeros(0, dtype=np.float32)
        self._extra = False

    # -- what a subclass writes ------------------------------------------------------------------

    @abstractmethod
    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        """Named arrays that hold all that was learned."""

    @abstractmethod
    def _predict(self, state: State, z: Vectors) -> Probabilities:
        """Shape (n, n_way)."""

    def _leave_one_out(self, z: Vectors, y: Codes, names: Vectors) -> Probabilities | None:
        """Shape (n, n_way): each support example answered by the model that never saw it."""
        return None

    def _influence(self, state: State, z: Vectors) -> NDArray[np.float32]:
        """Shape (n, n_support): how much each example speaks for its own class; cosine by default."""
        return np.asarray(z @ state["support"].T, dtype=np.float32)

    def _portable(self, state: State) -> PortableHead | None:
        """``_predict`` as a rule that runs outside of this program; None where there is none."""
        return None

    # -- on items --------------------------------------------------------------------------------

    def fit(self, support: LabeledSet, *, progress: Progress | None = None) -> Self:  # noqa: D102
        report = progress or silent
        encoder = self._encoder()
        vectors = encoder.encode(support.items, progress=progress) if len(support) else None
        report(0.8, "Encoding the class names")
        return self.fit_vectors(vectors, support.codes, support.classes)

    def predict_proba(self, items: Sequence[Item]) -> Probabilities:  # noqa: D102
        names = self.classes
        if not items:
            return np.zeros((0, len(names)), dtype=np.float32)
        return self.predict_vectors(self._encoder().encode(items))

    # -- on vectors, already encoded -------------------------------------------------------------

    def fit_vectors(
        self,
        vectors: Vectors | None,
        codes: Codes,
        classes: Sequence[str],
        name_vectors: Vectors | None = None,
        extra: Extra | None = None,
    ) -> Self:
        """Fit on raw encoder output (n, d); None or (0, d) means 0 shots.

        ``name_vectors`` (n_way, d) saves encoding the class names again. Where they are zero, or (n_way, 0),
        the encoder reads no words, and the weight of the names becomes 0 in ``config``. ``extra`` is left out by
        methods that do not weigh their examples (``info.weighs``).
        """
        if len(classes) < 2:
            raise DataError(
                "A classifier needs at least two classes; there are {n}.", "Add another class.", n=len(classes)
            )
        if name_vectors is None:
            name_vectors = self.encode_names(classes)
        nothing = vectors is None or len(vectors) == 0
        if not name_vectors.any():
            if nothing:
                raise DataError(
                    "There is no labelled example yet, and this encoder cannot read class names.",
                    "Label one example of each class first.",
                )
            self.config = self.config.model_copy(update={"name_prior": 0.0})
        if vectors is None or nothing:
            vectors = np.zeros((0, name_vectors.shape[1]), dtype=np.float32)
        elif name_vectors.shape[1] == 0:
            name_vectors = np.zeros((len(classes), vectors.shape[1]), dtype=np.float32)
        if self.config.name_prior == 0 and len(vectors) == 0:
            raise DataError(
                "There is no labelled example yet and the class names are switched off.",
                "Label one example, or raise 'Weight of class names' above 0.",
            )
        center = self.context.pool_mean if self.config.center else None
        self._center = np.zeros(name_vectors.shape[1], dtype=np.float32) if center is None else center
        z, names = self.features(vectors), self._name_features(name_vectors)
        self._extra = extra is not None and len(extra.codes) > 0 and self.info.weighs
        if extra is not None and self._extra:
            self.row_weights = np.concatenate([np.ones(len(z)), np.full(len(extra.codes), extra.weight)]).astype("f4")
            both = np.concatenate([z, self.features(extra.vectors)])
            state = self._fit(both, np.concatenate([codes, extra.codes]), names)
            self.row_weights = None
        else:
            state = self._fit(z, codes, names)
        self.state = {**state, "support": z, "support_codes": codes, "names": names, "center": self._center}
        self._classes = tuple(classes)
        return self

    def predict_vectors(self, vectors: Vectors) -> Probabilities:
        """Shape (n, n_way) from raw encoder output (n, d)."""
        _ = self.classes
        return self._predict(self.state, self.features(vectors))

    def leave_one_out(self) -> Probabilities | None:
        """Shape (n_support, n_way), or None where the method has no closed form for it."""
        _ = self.classes
        state = self.state
        if self._extra:
            return None  # the closed forms know of no examples that stem from one another
        return self._leave_one_out(state["support"], state["support_codes"], state["names"])

    def influence(self, vectors: Vectors) -> NDArray[np.float32]:
        """Shape (n, n_support): how much each support example pulls an item towards its class."""
        _ = self.classes
        return self._influence(self.state, self.features(vectors))

    def portable(self) -> PortableHead | None:
        """``predict_vectors`` as it runs outside, with the ``center`` of its vectors; None where it cannot leave."""
        _ = self.classes
        head = self._portable(self.state)
        return None if head is None else replace(head, arrays={"center": self._center, **head.arrays})

    def prototypes(self) -> Vectors:
        """Shape (n_way, d): the mean of each class, its name included, in feature space.

        NaN for a class without examples where the encoder reads no words.
        """
        _ = self.classes
        support, codes, names = (self.state[name] for name in ("support", "support_codes", "names"))
        return ops.prototypes(support, codes, names, max(self.config.name_prior, 1e-6) if names.any() else 0.0)

    def features(self, vectors: Vectors) -> Vectors:
        """l2(l2(x) - mean of the pool): shape (n, d)."""
        return ops.centered(vectors, self._center)

    def encode_names(self, classes: Sequence[str]) -> Vectors:
        """As ``Context.name_vectors``."""
        return replace(self.context, encoder=self._encoder()).name_vectors(classes)

    def _name_features(self, name_vectors: Vectors) -> Vectors:
        """Names are centred on their own mean.

        A class name is written in another style than the items; on the items' mean, all names
        would share that style, and the first class to get an example would win every item.
        """
        names = ops.unit(name_vectors)
        if self._center.any():
            names = names - names.mean(axis=0, keepdims=True)
        return ops.unit(names)

    def _encoder(self) -> Encoder[Any]:
        if self.context.encoder is None:
            raise ConfigError(
                "{title} needs an encoder.", "Pass Context(encoder=...) to the method.", title=self.info.title
            )
        return self.context.encoder

    # -- on disk ---------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:  # noqa: D102
        from safetensors.numpy import save_file

        meta = {
            "method": self.info.name,
            "config": self.config.model_dump(),
            "classes": list(self.classes),
            "encoder": self._encoder().key,
        }
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {name: np.ascontiguousarray(array) for name, array in self.state.items()}, folder / "state.safetensors"
        )
        (folder / "method.json").write_text(json.dumps(meta, ensure_ascii=False, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, context: Context) -> Self:  # noqa: D102
        from safetensors.numpy import load_file

        meta = json.loads((folder / "method.json").read_text(encoding="utf-8"))
        if meta["method"] not in (cls.info.name, *cls.info.aliases):
            raise ConfigError(
                "The folder holds method '{found}', not '{wanted}'.",
                "Load it through registry.load_method.",
                found=meta["method"],
                wanted=cls.info.name,
            )
        method = cls(make_settings(cls.settings, meta["config"]), context)  # type: ignore[arg-type]
        if (key := method._encoder().key) != meta["encoder"]:
            raise ConfigError(
                "This model was trained on encoder {wanted}, but the context has {found}.",
                "Choose the same encoder, or fit again.",
                wanted=meta["encoder"],
                found=key,
            )
        method.state = load_file(folder / "state.safetensors")
        method._center = method.state["center"]
        method._classes = tuple(meta["classes"])
        return method
