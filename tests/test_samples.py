"""The bundled samples: no row twice, and the bundled encoder sorts well what is said to impress."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.types import Codes, Vectors
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.models import chosen
from pages.ui.projects import creating

NAMES_ALONE, FIVE_SHOTS = 0.88, 0.93
DRAWS = 100


@dataclass(frozen=True)
class Read:
    """A sample as the bundled encoder reads it: vectors (n, d), codes (n,), names (n_way, d)."""

    sample: creating.Sample
    vectors: Vectors
    codes: Codes
    names: Vectors
    context: Context

    def fitted(self, support: Codes) -> VectorMethod:
        method = registry.create_method("prototype", {}, self.context)
        assert isinstance(method, VectorMethod)
        classes = tuple(name for name, _words in self.sample.classes)
        return method.fit_vectors(self.vectors[support], self.codes[support], classes, self.names)

    def accuracy(self, shots: int, seed: int = 0) -> float:
        """On all rows that are no example."""
        dice = np.random.default_rng(seed)
        drawn = [dice.permutation(np.flatnonzero(self.codes == code))[:shots] for code in range(len(self.names))]
        support = np.concatenate(drawn)
        others = np.setdiff1d(np.arange(len(self.codes)), support)
        answers = self.fitted(support).predict_vectors(self.vectors[others]).argmax(1)
        return float((answers == self.codes[others]).mean())


def read(slug: str) -> Read:
    sample = next(one for one in creating.samples() if one.slug == slug)
    encoder = chosen.cached_encoder("minilm")
    names = [name for name, _words in sample.classes]
    vectors = encoder.encode([str(text) for text in sample.table.column(sample.text_column)])
    codes = np.array([names.index(str(label)) for label in sample.table.column(sample.label_column)])
    mean = ops.unit(vectors).mean(axis=0)
    context = Context(encoder=encoder, class_texts=dict(sample.classes), pool_mean=mean, create=registry.create_method)
    return Read(sample, vectors, codes, context.name_vectors(names), context)


@pytest.mark.parametrize("slug", ["clinic_messages", "industry_news"])
def test_the_samples_that_come_first_are_sorted_from_class_names_alone_and_from_five_examples(slug: str) -> None:
    first = read(slug)
    assert [one.slug for one in creating.samples()].index(slug) < 2
    assert first.accuracy(0) >= NAMES_ALONE
    assert np.mean([first.accuracy(5, seed) for seed in range(DRAWS)]) >= FIVE_SHOTS


def test_crushing_chest_pain_is_an_emergency_from_the_class_names_and_from_the_labels_it_opens_with() -> None:
    triage = read("triage_notes")
    texts, labels = (triage.sample.table.column(one) for one in ("text", "label"))
    typed = ["Crushing chest pain for half an hour, going into the left arm", "crushing chest pain"]
    asked = np.concatenate(
        [
            chosen.cached_encoder("minilm").encode(typed),
            triage.vectors[[n for n, t in enumerate(texts) if "crushing" in t]],
        ]
    )
    assert len(asked) == 3 and triage.sample.classes[0][0] == "Emergency"
    opened = np.array(sorted(creating.spread(labels, creating.SHOTS, creating.SEED)))
    for support in (np.array([], dtype=np.int64), opened):
        assert triage.fitted(support).predict_vectors(asked).argmax(1).tolist() == [0, 0, 0]


def test_the_one_that_is_hard_says_so_and_is_hard() -> None:
    triage = read("triage_notes")
    assert "hard on purpose" in triage.sample.title
    assert triage.accuracy(0) < NAMES_ALONE


@pytest.mark.parametrize("sample", creating.samples(), ids=lambda sample: sample.slug)
def test_no_row_of_a_sample_is_repeated_and_every_class_has_its_share(sample: creating.Sample) -> None:
    texts = [" ".join(str(text).casefold().split()) for text in sample.table.column(sample.text_column)]
    assert [text for text, n in Counter(texts).items() if n > 1] == []
    labels = Counter(sample.table.column(sample.label_column))
    assert set(labels) == {name for name, _words in sample.classes}
    assert min(labels.values()) >= 25 and sample.n >= 150
