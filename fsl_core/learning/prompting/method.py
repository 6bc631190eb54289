"""The base of methods that ask a language model: the task, its demonstrations and an item become a prompt."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base import ops
from fsl_core.base.config import Settings, make_settings, setting
from fsl_core.base.errors import ConfigError, DataError
from fsl_core.base.types import Item, LabeledSet, Probabilities, Progress, Vectors, silent
from fsl_core.contracts.generator import Generator, Prompt
from fsl_core.contracts.method import Context, Method, VectorMethod, readable
from fsl_core.learning.prompting import demonstrations, template
from fsl_core.learning.prompting.demonstrations import Choice
from fsl_core.learning.prompting.template import Demonstration

P = TypeVar("P", bound="PromptSettings")
START = "Sort each text into one of these classes:"


class PromptSettings(Settings):
    """What all prompts share."""

    instruction: str = setting(START, "What to do, before the list of classes.")
    n_demonstrations: int = setting(8, "Labelled examples shown in a prompt.", title="Demonstrations", ge=0, le=100)
    choose: Choice = setting(
        "similar",
        "'similar' shows those most like the item; 'by class' as many of each class, and 'fixed' the same drawn ones: "
        "with these two all prompts begin alike, which is much quicker.",
        title="Choice of demonstrations",
    )
    shortlist: int = setting(
        15,
        "With more classes than this, the prompt lists only the likeliest of them by the encoder; 0 lists all.",
        title="Classes listed",
        ge=0,
        le=200,
    )
    budget: int = setting(
        1024,
        "Tokens of a prompt at most: the least similar demonstrations go first, then the end of the text.",
        title="Budget of a prompt",
        ge=64,
        le=32768,
        log_scale=True,
    )


@dataclass(frozen=True, slots=True)
class Built:
    """One item's prompt and what it is made of.

    ``listed``: class numbers in the header. ``cut``: whether the text had to be shortened. ``tokens``: of the
    whole prompt, as counted piece by piece.
    """

    item: str
    prompt: Prompt
    shown: tuple[Demonstration, ...]
    listed: tuple[int, ...]
    tokens: int
    cut: bool = False


class PromptMethod(Method[P]):
    """A method whose answers come from a language model. Subclasses write ``_learn`` and ``answer``."""

    def __init__(self, config: P, context: Context) -> None:
        super().__init__(config, context)
        self.support = LabeledSet((), ())
        self.state: dict[str, NDArray[Any]] = {}
        self._vectors: Vectors | None = None
        self._near: VectorMethod[Any] | None = None
        self._shown: list[Demonstration] = []
        """The whole support set as demonstrations, and below the tokens of each."""
        self._sizes: list[int] = []

    # -- what a subclass writes ------------------------------------------------------------------

    def _learn(self, progress: Progress) -> None:
        """Fill ``state`` from the support set, if there is anything to learn."""

    @abstractmethod
    def answer(self, built: Sequence[Built], progress: Progress | None = None) -> Probabilities:
        """Shape (n, n_way): what the model says to each prompt."""

    # -- the contract ----------------------------------------------------------------------------

    @property
    def generator(self) -> Generator[Any]:
        """The language model. Raises ConfigError without one."""
        if self.context.generator is None:
            raise ConfigError(
                "{title} needs a language model.", "Choose one on the Models page.", title=self.info.title
            )
        return self.context.generator

    def fit(self, support: LabeledSet, *, progress: Progress | None = None) -> Self:  # noqa: D102
        if support.n_way < 2:
            raise DataError(
                "A classifier needs at least two classes; there are {n}.", "Add another class.", n=support.n_way
            )
        if any(isinstance(item, Path) for item in support.items):
            raise DataError("Language models here read texts, not pictures.", "Choose another method.")
        report = progress or silent
        self.support, self._classes = support, support.classes
        encoder = self.context.encoder
        self._vectors = encoder.encode(list(support.items)) if encoder is not None and len(support) else None
        self._prepare()
        self._learn(report)
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """How each class is called in the prompt: its name made readable, where that keeps names apart."""
        words = tuple(template.one_line(readable(name)) for name in self.classes)
        return words if len(set(words)) == len(words) else tuple(template.one_line(name) for name in self.classes)

    def predict_proba(self, items: Sequence[Item]) -> Probabilities:  # noqa: D102
        if not items:
            return np.zeros((0, len(self.classes)), dtype=np.float32)
        return self.answer(self.build(items))

    def _prepare(self) -> None:
        """What follows from the support set and its vectors alone."""
        labels = self.labels
        self._shown = [
            Demonstration(str(item), labels[code], row)
            for row, (item, code) in enumerate(zip(self.support.items, self.support.codes, strict=True))
        ]
        self._sizes = self.shown_sizes(self._shown)
        self._near = None
        if self.context.encoder is not None and self.context.create is not None:
            near = self.context.create("prototype", None, self.context)
            assert isinstance(near, VectorMethod)
            try:
                self._near = near.fit_vectors(self._vectors, self.support.codes, self.classes)
            except DataError:
                self._near = None  # no example yet, and an encoder that reads no words

    def asked(self, built: Built) -> list[str]:
        """The exact texts that the model is given for one item."""
        return [built.prompt.text]

    def shown_sizes(self, shown: Sequence[Demonstration]) -> list[int]:
        """Tokens of each demonstration."""
        return self.generator.count([template.shown(one) for one in shown])

    # -- prompts ---------------------------------------------------------------------------------

    def build(self, items: Sequence[Item], *, without: Sequence[int] = ()) -> list[Built]:
        """The prompt of each item. ``without``: the support row of each item, which it must not see (-1: none)."""
        texts = [str(item) for item in items]
        vectors = self._encoded(texts)
        lists = self._shortlists(texts, vectors)
        chosen = self._chosen(vectors, without if len(without) else [-1] * len(texts))
        return [
            self.build_one(text, [self._shown[row] for row in rows], listed)
            for text, rows, listed in zip(texts, chosen, lists, strict=True)
        ]

    def build_one(self, text: str, shown: Sequence[Demonstration], listed: Sequence[int] = ()) -> Built:
        """The prompt of one text with these demonstrations, the first of which go when the budget asks for it."""
        names = [self.labels[code] for code in listed] or list(self.labels)
        count, limit = self.generator.count, min(self.config.budget, self.generator.room())
        answer = max(count([template.option(name) for name in names]))
        head, head_tokens = self._header(names, limit - answer)
        own_tokens = count([template.asked(text)])[0]
        room = limit - head_tokens - answer
        cut = False
        if own_tokens > room:
            text, cut = self._cut(text, room), True
            own_tokens = count([template.asked(text)])[0]
        kept, left = [], room - own_tokens
        for one in reversed(shown):
            size = self._sizes[one.row] if 0 <= one.row < len(self._sizes) else count([template.shown(one)])[0]
            if size > left:
                break
            kept.append(one)
            left -= size
        kept.reverse()
        middle = "".join(template.shown(one) for one in kept)
        alike = self.config.choose != "similar"
        prompt = Prompt(
            head + middle if alike else head, template.asked(text) if alike else middle + template.asked(text)
        )
        return Built(
            text, prompt, tuple(kept), tuple(listed) or tuple(range(len(names))), room - left + head_tokens, cut
        )

    def _header(self, names: Sequence[str], room: int) -> tuple[str, int]:
        """The header and its tokens; without the descriptions where they would take more than half of the room."""
        instruction = self.config.instruction or START
        whole = template.header(names, self._descriptions(), instruction)
        bare = template.header(names, {}, instruction)
        tokens, fewest = self.generator.count([whole, bare])
        return (whole, tokens) if tokens <= room / 2 else (bare, fewest)

    def _cut(self, text: str, room: int) -> str:
        """As much of the text as fits. Raises ConfigError when not even its beginning does."""
        count = self.generator.count
        low, high = 0.0, 1.0
        for _step in range(12):
            middle = (low + high) / 2
            fits = count([template.asked(template.shortened(text, middle))])[0] <= room
            low, high = (middle, high) if fits else (low, middle)
        if count([template.asked(template.shortened(text, low))])[0] > room:
            raise ConfigError(
                "The instruction and the names of the classes alone fill the budget of {budget} tokens.",
                "Raise the budget, list fewer classes, or shorten their descriptions.",
                budget=min(self.config.budget, self.generator.room()),
            )
        return template.shortened(text, low)

    def _descriptions(self) -> dict[str, str]:
        texts = (
            (label, self.context.class_texts.get(name)) for label, name in zip(self.labels, self.classes, strict=True)
        )
        return {label: words for label, words in texts if words and words != label}

    def _encoded(self, texts: Sequence[str]) -> Vectors | None:
        """Raw vectors of the items, where they are needed to choose anything."""
        needed = self._near is not None and 0 < self.config.shortlist < len(self.classes)
        needed |= self.config.choose == "similar" and len(self.support) > 0
        if not needed or self.context.encoder is None:
            return None
        return self.context.encoder.encode(list(texts))

    def _shortlists(self, texts: Sequence[str], vectors: Vectors | None) -> list[tuple[int, ...]]:
        if vectors is None or self._near is None or not 0 < self.config.shortlist < len(self.classes):
            return [()] * len(texts)
        best = ops.top_rows(self._near.predict_vectors(vectors), self.config.shortlist)
        return [tuple(sorted(int(code) for code in row)) for row in best]

    def _chosen(self, vectors: Vectors | None, without: Sequence[int]) -> list[list[int]]:
        """Rows of the support to show with each item, none of them the one it must not see."""
        config, n, seed = self.config, min(self.config.n_demonstrations, len(self.support)), self.context.seed
        if not n:
            return [[] for _ in without]
        if config.choose == "similar":
            if vectors is None or self._vectors is None:
                raise ConfigError(
                    "Choosing similar demonstrations needs an encoder.", "Choose them 'by class' or 'fixed'."
                )
            mean = self.context.pool_mean
            center = np.zeros(vectors.shape[1], np.float32) if mean is None else mean
            units, queries = ops.centered(self._vectors, center), ops.centered(vectors, center)
            return [
                demonstrations.most_similar(units, query, n, without=row)
                for query, row in zip(queries, without, strict=True)
            ]
        if config.choose == "by class":
            unit = None if self._vectors is None else ops.unit(self._vectors)
            rows = demonstrations.by_class(self.support.codes, n, support=unit, seed=seed)
        else:
            rows = demonstrations.fixed(len(self.support), n, seed=seed)
        return [[row for row in rows if row != own] for own in without]

    # -- on disk ---------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:  # noqa: D102
        from safetensors.numpy import save_file

        encoder = self.context.encoder
        meta = {
            "method": self.info.name,
            "config": self.config.model_dump(),
            "classes": list(self.classes),
            "generator": self.generator.key,
            "encoder": encoder.key if encoder is not None else "",
            "support": {"items": [str(item) for item in self.support.items], "labels": list(self.support.labels)},
        }
        folder.mkdir(parents=True, exist_ok=True)
        arrays = dict(self.state)
        if self._vectors is not None:
            arrays["support_vectors"] = self._vectors
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / "state.safetensors")
        (folder / "method.json").write_text(json.dumps(meta, ensure_ascii=False, indent=2), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, context: Context) -> Self:  # noqa: D102
        from safetensors.numpy import load_file

        meta = json.loads((folder / "method.json").read_text(encoding="utf-8"))
        method = cls(make_settings(cls.settings, meta["config"]), context)  # type: ignore[arg-type]
        found = {"generator": method.generator.key, "encoder": context.encoder.key if context.encoder else ""}
        for part, key in found.items():
            if key != meta[part]:
                raise ConfigError(
                    "This model was made with {part} {wanted}, but the context has {found}.",
                    "Choose the same {part}, or fit again.",
                    part=part,
                    wanted=meta[part] or "none",
                    found=key or "none",
                )
        support = meta["support"]
        method.support = LabeledSet(tuple(support["items"]), tuple(support["labels"]), tuple(meta["classes"]))
        method._classes = tuple(meta["classes"])
        method.state = load_file(folder / "state.safetensors")
        method._vectors = method.state.pop("support_vectors", None)
        method._prepare()
        return method


def with_text(built: Built, text: str) -> Built:
    """The same prompt with another text asked for: what it shows and lists stays."""
    old = template.asked(built.item)
    own = built.prompt.own.removesuffix(old) + template.asked(text)
    return replace(built, item=text, prompt=Prompt(built.prompt.shared, own))
