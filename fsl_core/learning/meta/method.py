"""The base of the app's meta-learning methods: a learner on vectors, begun well and trained on what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import create_model

from fsl_core.base import ops
from fsl_core.base.config import FormField, form_fields, setting
from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Codes, Probabilities, Vectors
from fsl_core.contracts.method import Context, State, VectorMethod, VectorSettings
from fsl_core.contracts.portable import PortableHead
from fsl_core.learning.meta import files, kept, recipes
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.files import MetaModel
from fsl_core.learning.meta.learner import HeadLearner, Learner, laid_out
from fsl_core.learning.meta.training import TrainingSettings, fitting, train
from fsl_core.models.backends import shipped
from fsl_core.models.backends.backbone import Conv4, Params, Projection

if TYPE_CHECKING:
    from torch import Tensor

MOST_WAYS, MOST_SHOTS, MOST_QUERIES = 20, 5, 5
"""Of the training tasks drawn from a person's own classes."""
PARAM, ADAPTED = "param.", "adapted."
"""Before the names of the parameters in the state: those to begin with, and those after the steps on the support."""


class MetaSettings(VectorSettings):
    """The settings all meta-learning methods share."""

    start: str = setting(
        "",
        "A meta-trained model to begin with, by its name (page Meta-learning). Without one: the shipped model for "
        "drawings, else the vectors of the encoder as they are. A model brings the settings of its inner loop along.",
        title="Begin with",
    )
    steps: int = setting(
        100,
        "Training tasks drawn from your own labelled classes before answering; 0 takes the beginning as it is. "
        "Classes with one example take no part; backbones for drawings are never changed by it.",
        title="Own training tasks",
        ge=0,
        le=1000,
    )


def settings_of(learner: type[Learner[Any]]) -> type[MetaSettings]:
    """``MetaSettings`` and those settings of a learner that a project's own method offers, with the defaults for it."""
    shared = {field.name: field for field in form_fields(MetaSettings)}
    offered = {field.name: field for field in form_fields(learner.settings)}
    recipe = recipes.RECIPES[learner.name]
    fields: dict[str, tuple[Any, Any]] = {"steps": (int, _with_default(shared["steps"], recipe.own_steps))}
    for name, default in recipes.own_settings(learner.name).items():
        fields[name] = (learner.settings.model_fields[name].annotation, _with_default(offered[name], default))
    return create_model(  # type: ignore[no-any-return, call-overload]
        f"Own{learner.settings.__name__}", __base__=MetaSettings, __doc__=f"Settings of {learner.name}.", **fields
    )


def _with_default(field: FormField, default: Any) -> Any:  # noqa: ANN401
    return setting(
        default, field.help, title=field.title, ge=field.low, le=field.high,
        advanced=field.advanced, log_scale=field.log_scale,
    )  # fmt: skip


class MetaMethod(VectorMethod[MetaSettings]):
    """Encode, train the learner on tasks drawn from the support, then answer from the support.

    On the pixels of drawings it is the whole network of a shipped backbone that answers (and that MAML and
    Reptile adapt); on other vectors a projection learned on top of them. A subclass names its ``info`` and its
    ``learner``; the settings follow from the learner and ``recipes``.
    """

    learner: ClassVar[type[Learner[Any]]]

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401
        super().__init_subclass__(**options)
        cls.settings = settings_of(cls.learner)

    def __init__(self, config: MetaSettings, context: Context) -> None:
        super().__init__(config, context)
        self._begun: dict[tuple[int, int], MetaModel] = {}

    def _learner_settings(self) -> dict[str, Any]:
        """The values of the learner's own settings; those that a person cannot set here take their defaults."""
        return self.config.model_dump(include=set(self.learner.settings.model_fields))

    def _shipped(self, shots: int) -> str:
        """Name of the backbone for drawings, for so many examples a class."""
        return self.learner.name

    def features(self, vectors: Vectors) -> Vectors:
        """As the base; pixels stay as they are."""
        return vectors if self._on_pixels else super().features(vectors)

    @property
    def _on_pixels(self) -> bool:
        encoder = self.context.encoder
        return encoder is not None and encoder.key.startswith(shipped.PIXELS)

    def _begin(self, d: int, shots: int) -> MetaModel:
        """What answers are begun with; read once, as every answer asks for it."""
        if (d, shots) not in self._begun:
            self._begun[d, shots] = self._beginning(d, shots)
        return self._begun[d, shots]

    def _beginning(self, d: int, shots: int) -> MetaModel:
        import torch

        if self.config.start:
            model = kept.load(self.config.start)
            self._check(model)
            return model
        if self._on_pixels:
            return files.shipped_model(self._shipped(shots))
        kind = self.learner
        learner = kind(Projection(d), kind.settings(**self._learner_settings()))
        return MetaModel(learner, learner.init(torch.Generator().manual_seed(self.context.seed)), {})

    def _check(self, model: MetaModel) -> None:
        if not isinstance(model.learner, self.learner):
            raise ConfigError(
                "'{start}' was trained as {found}, and this method is {wanted}.",
                "Choose a model of this method, or leave the field empty.",
                start=self.config.start,
                found=model.learner.name,
                wanted=self.learner.name,
            )
        if model.facts.get("encoder") != self._encoder().key:
            raise ConfigError(
                "'{start}' was trained on the vectors of another encoder.",
                "Choose the encoder it was trained on, train one for this encoder, or leave the field empty.",
                start=self.config.start,
            )

    def _fit(self, z: Vectors, y: Codes, names: Vectors) -> State:
        known, codes, _weights = ops.with_names(z, y, names, self.config.name_prior)
        shots = int(np.bincount(codes, minlength=len(names)).max()) if len(codes) else 0
        model = self._begin(z.shape[1], shots)
        params = model.params
        if self.config.steps and isinstance(model.backbone, Projection):
            params = self._own_training(model, known, codes)
        state = {f"{PARAM}{name}": value.numpy() for name, value in params.items() if name != "classifier"}
        state = {**state, "known": known, "known_codes": codes, "shots": np.array([shots])}
        return {**state, **self._adapted(model.learner, params, state, len(names))}

    def _adapted(self, learner: Learner[Any], params: Params, state: State, n_way: int) -> State:
        """The steps on the support, taken once and not with every question; nothing where a learner takes none."""
        import torch

        if not isinstance(learner, HeadLearner):
            return {}
        inputs, codes = self._inputs(learner, state["known"]), torch.from_numpy(state["known_codes"])
        with torch.no_grad():
            found = learner.adapted(params, inputs, codes, n_way, "kept", self.context.progress)
        return {f"{ADAPTED}{name}": value.numpy() for name, value in found.items() if name != "classifier"}

    def _own_training(self, model: MetaModel, known: Vectors, codes: Codes) -> Params:
        """Tasks among the classes with two examples or more; with fewer than two such classes nothing changes."""
        import torch

        counts = np.bincount(codes)
        usable = np.flatnonzero(counts >= 2)
        if len(usable) < 2:
            return model.params
        rows = np.flatnonzero(np.isin(codes, usable))
        pool = ClassPool(torch.from_numpy(known[rows]), np.searchsorted(usable, codes[rows]))
        config = TrainingSettings(
            n_way=MOST_WAYS,
            k_shot=max(1, min(MOST_SHOTS, pool.smallest // 2)),
            n_query=MOST_QUERIES,
            tasks=2,
            steps=self.config.steps,
            augment=False,
            seed=self.context.seed,
            **recipes.RECIPES[self.learner.name].own_training,
        )
        kind = type(model.learner)
        learner = kind(model.backbone, model.learner.config, pool.n_classes)
        progress = self.context.progress
        return train(learner, pool, fitting(config, pool), start=model.params, progress=progress).params

    def _predict(self, state: State, z: Vectors) -> Probabilities:
        import torch

        n_way, model = len(state["names"]), self._model(state)
        learner, codes = model.learner, torch.from_numpy(state["known_codes"])
        query, adapted = self._inputs(learner, z), _named(state, ADAPTED)
        with torch.no_grad():
            if adapted and isinstance(learner, HeadLearner):
                logits = learner.answer(adapted, query, "kept")
            else:
                logits = learner.logits(
                    model.params, self._inputs(learner, state["known"]), codes, query, n_way, "kept"
                )
        found = logits.numpy()
        found[:, np.bincount(state["known_codes"], minlength=n_way) == 0] = -np.inf
        return ops.softmax(found)

    def _portable(self, state: State) -> PortableHead:
        import torch

        n_way, model = len(state["names"]), self._model(state)
        learner, codes = model.learner, torch.from_numpy(state["known_codes"])
        params = _named(state, ADAPTED) or model.params
        with torch.no_grad():
            head = learner.portable(params, self._inputs(learner, state["known"]), codes, n_way)
        known = np.bincount(state["known_codes"], minlength=n_way) > 0
        through, values = learner.backbone.portable(params)
        arrays = {**head.arrays, **{f"through.{name}": array for name, array in through.items()}, "known": known}
        return replace(head, arrays=arrays, values={**head.values, **values, "raw": self._on_pixels})

    def _model(self, state: State) -> MetaModel:
        """The learner around the parameters in ``state``."""
        model = self._begin(state["known"].shape[1], int(state["shots"][0]))
        return MetaModel(model.learner, _named(state, PARAM), {})

    @staticmethod
    def _inputs(learner: Learner[Any], vectors: Vectors) -> Tensor:
        import torch

        found = torch.from_numpy(np.ascontiguousarray(vectors))
        backbone = learner.backbone
        if not isinstance(backbone, Conv4):
            return found
        return laid_out(found.reshape(-1, 1, backbone.side, backbone.side))


def _named(state: State, prefix: str) -> Params:
    """The parameters in the state whose names begin so."""
    import torch

    return {
        name.removeprefix(prefix): torch.from_numpy(value) for name, value in state.items() if name.startswith(prefix)
    }
