"""The model: what ``model.json`` and ``model.safetensors`` say, and the answers that follow from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import heads, texts
from .heads import Head
from .problem import ModelError, missing

Array = NDArray[Any]
FORM = 1
"""Goes up when older scripts could not read the files any more."""
HALF = np.float32(0.5)
ENCODER = "encoder"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says of one item."""

    classes: tuple[str, ...]
    """The likeliest class; of a model with several labels an item all that it has, which may be none."""
    nearest: str
    """The likeliest class, also where the item is like none of the classes."""
    probability: float
    """That the answer is right: of the likeliest class, or of the whole set."""
    second: str
    unsure: bool
    """Less probable than the threshold, or like none of the classes."""
    none_of_these: bool
    probabilities: dict[str, float]


class Model:
    """A model out of its folder. ``answers`` is safe to call from several threads."""

    def __init__(self, facts: Mapping[str, Any], arrays: Mapping[str, Array], folder: Path) -> None:
        self.facts = facts
        self.classes: tuple[str, ...] = tuple(facts["classes"])
        self.of_pictures = facts["kind"] == "image"
        self.several = bool(facts["several"])
        self.unsure_below = float(facts["unsure_below"])
        self._temperature = float(facts["temperature"])
        self._arrays = arrays
        self._heads = [Head(one["rule"], self._named(one["arrays"]), one["values"]) for one in facts["heads"]]
        if strange := sorted({head.rule for head in self._heads} - set(heads.RULES)):
            raise KeyError(f"the rule {strange[0]}")
        self._near = self._named(facts["near"]["arrays"])["reference"] if facts["near"] else None
        self._folder = folder
        self._reader: Any = None

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Raises ModelError for a folder that is none, or of another version."""
        try:
            from safetensors import SafetensorError
            from safetensors.numpy import load_file
        except ImportError as error:
            raise missing("safetensors", "This model") from error
        try:
            facts = json.loads((folder / "model.json").read_text("utf-8"))
            if facts["form"] != FORM:
                raise ModelError(
                    "The model in {folder} was written by another version of Handful (form {form}).",
                    "Run the scripts that came with it, or export it again.",
                    folder=folder,
                    form=facts["form"],
                )
            return cls(facts, load_file(folder / "model.safetensors"), folder)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(
                "There is no model in {folder} that can be read: {problem}",
                "Give the folder (or the zip) that Handful exported, whole.",
                folder=folder,
                problem=f"{type(error).__name__}: {error}"[:300],
            ) from error

    def answers(self, items: Sequence[Any]) -> list[Answer]:
        """One answer for each text, or for each picture (its path or its bytes)."""
        if not items:
            return []
        vectors = self.vectors(items)
        said, new = self.said(vectors), self.is_new(vectors)
        rows = zip(said, self.calibrated(said), new, strict=True)
        return [self._answer(own, shown, bool(strange)) for own, shown, strange in rows]

    def vectors(self, items: Sequence[Any]) -> Array:
        """Shape (n, d), as the encoder gives them."""
        if self._reader is None:
            self._reader = self._encoder()
        return np.asarray(self._reader(items), dtype=np.float32)

    def said(self, vectors: Array) -> Array:
        """Shape (n, n_way): the probabilities as the method says them, before calibration."""
        if not self.several:
            return heads.probabilities(self._heads[0], vectors)
        return np.stack([heads.probabilities(head, vectors)[:, 1] for head in self._heads], axis=1)

    def calibrated(self, said: Array) -> Array:
        """The same answers as sure as they should be; the likeliest class stays the likeliest."""
        exact, power = np.clip(said.astype(np.float64), 0.0, 1.0), 1.0 / self._temperature
        if self.several:
            yes, no = exact**power, (1.0 - exact) ** power
            found = np.asarray(yes / (yes + no), dtype=np.float32)
            found[(said < HALF) & (found >= HALF)] = np.nextafter(HALF, np.float32(0.0))
            return found
        top, rows = said.argmax(axis=1), np.arange(len(said))
        powers = (exact / exact[rows, top][:, None]) ** power
        found = np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)
        # Rounding may make two classes equal that were nearly so.
        level = np.flatnonzero(found.argmax(axis=1) != top)
        found[level, top[level]] = np.nextafter(found[level].max(axis=1), np.float32(2.0))
        return found

    def is_new(self, vectors: Array) -> Array:
        """Shape (n,): whether nothing that the model knows is near."""
        if self._near is None:
            return np.zeros(len(vectors), dtype=bool)
        similarity = (heads.unit(vectors) @ self._near.T).max(axis=1)
        return np.asarray(similarity < self.facts["near"]["threshold"])

    def _answer(self, said: Array, shown: Array, new: bool) -> Answer:
        names = self.classes
        order = np.argsort(-shown, kind="stable")
        if self.several:
            has = said >= HALF
            # That the whole set is right, classes counted as independent.
            probability = float(np.where(has, shown, np.float32(1.0) - shown).prod())
        else:
            has, probability = np.arange(len(names)) == order[0], float(shown[order[0]])
        return Answer(
            classes=tuple(names[c] for c in np.flatnonzero(has)),
            nearest=names[order[0]],
            probability=probability,
            second=names[order[1]],
            unsure=new or probability < self.unsure_below,
            none_of_these=new,
            probabilities={name: float(value) for name, value in zip(names, shown, strict=True)},
        )

    def _encoder(self) -> Any:  # noqa: ANN401  # a Reader of texts or of pictures
        told = self.facts["encoder"]
        arrays = self._named(told["arrays"])
        if not self.of_pictures:
            return texts.READERS[told["reader"]](self._folder / ENCODER, told["values"], arrays)
        try:
            from . import pictures
        except ImportError as error:
            raise missing("pillow", "A model of pictures") from error
        if told["reader"] == "transformers-pictures":
            from .vision import transformers_pictures

            return transformers_pictures(self._folder / ENCODER, told["values"], arrays)
        return pictures.READERS[told["reader"]](self._folder / ENCODER, told["values"], arrays)

    def _named(self, names: Mapping[str, str]) -> dict[str, Array]:
        """Arrays by their names in a part; equal ones lie in the file once."""
        return {name: self._arrays[key] for name, key in names.items()}
