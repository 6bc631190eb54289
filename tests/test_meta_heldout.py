"""Meta-training on some classes and an honest score on others: the split, the pairing, the verdict."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from fsl_core.base.errors import Cancelled, DataError
from fsl_core.learning.meta import heldout, pairing, recipes
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.heldout import HeldOutSettings, Source
from fsl_core.learning.meta.learners import LEARNERS
from fsl_core.learning.meta.pairing import Figure
from fsl_core.learning.meta.training import TrainingSettings
from fsl_core.models.backends.backbone import Projection

SIGNAL, NOISE = 6, 24


def noisy(n_classes: int, per_class: int, seed: int = 0, name: str = "made") -> Source:
    """Classes that differ in a few directions only, under noise that is larger in all the others."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(n_classes, SIGNAL)) * 2.0
    rows = [
        np.concatenate([mean + 0.5 * rng.normal(size=SIGNAL), 2.5 * rng.normal(size=NOISE)])
        for mean in means
        for _ in range(per_class)
    ]
    vectors = heldout.features(np.array(rows, dtype=np.float32))
    return Source(name, vectors, tuple(f"class {c}" for c in range(n_classes) for _ in range(per_class)))


# -- the split -------------------------------------------------------------------------------------


def test_sides_share_no_class_and_the_share_is_kept():
    parts = heldout.split([noisy(10, 5)], HeldOutSettings(share=0.3))
    assert parts.held_out.n_classes == 3 and parts.training.n_classes == 7
    assert not set(parts.held_out.names) & set(parts.training.names)
    again = heldout.split([noisy(10, 5)], HeldOutSettings(share=0.3))
    assert again.held_out.names == parts.held_out.names
    seeds = {heldout.split([noisy(10, 5)], HeldOutSettings(share=0.3, seed=s)).held_out.names for s in range(5)}
    assert len(seeds) > 1


def test_each_item_stays_with_its_class():
    source = noisy(6, 4)
    parts = heldout.split([source], HeldOutSettings())
    for pool in (parts.training, parts.held_out):
        rows, classes = pool.rows(1, pool.n_classes, 4, torch.Generator().manual_seed(0))
        for way, code in enumerate(classes[0].tolist()):
            drawn = {tuple(row) for row in pool.take(rows[0, way]).numpy().tolist()}
            own = source.vectors[[label == pool.names[code] for label in source.labels]]
            assert drawn == {tuple(row) for row in own.tolist()}


def test_classes_of_one_name_are_on_one_side_whichever_project_they_come_from():
    one, other = noisy(6, 4, name="A"), noisy(6, 4, seed=1, name="B")
    other = Source("B", other.vectors, tuple(label.upper() for label in other.labels))
    for seed in range(5):
        parts = heldout.split([one, other], HeldOutSettings(seed=seed))
        sides = [{name.split(" (")[0].casefold() for name in pool.names} for pool in (parts.training, parts.held_out)]
        assert not sides[0] & sides[1]
        assert parts.training.n_classes + parts.held_out.n_classes == 12


@pytest.mark.parametrize(
    ("counts", "classes", "examples"),
    [([3, 3, 3, 2], 1, 1), ([3, 3], 2, 6), ([9, 1, 2, 2, 0], 3, 4), ([1], 4, 11)],
)
def test_what_is_missing_is_counted(counts, classes, examples):
    labels = tuple(f"c{c}" for c, n in enumerate(counts) for _ in range(n))
    source = Source("few", np.eye(len(labels), dtype=np.float32), labels)
    with pytest.raises(DataError, match="4 classes with 3 labelled examples") as caught:
        heldout.split([source], HeldOutSettings(k_shot=1))
    assert f"{classes} more such classes, {examples} labelled examples" in caught.value.hint


# -- pairing and verdict ---------------------------------------------------------------------------


def test_the_interval_of_a_mean_over_classes_by_hand():
    # Three classes in two episodes of two classes, two queries each; mean 5 / 8.
    classes = np.array([[0, 1], [1, 2]])
    values = np.array([[[1, 1], [1, 0]], [[0, 1], [1, 0]]], dtype=np.float64)
    found = pairing.mean_over_classes(values, classes)
    # Sums of value - mean: class 0 gives 2 - 1.25, class 1 gives 2 - 2.5, class 2 gives 1 - 1.25.
    error = np.sqrt(3 / 2 * (0.75**2 + 0.5**2 + 0.25**2)) / 8
    assert (found.value, found.n, found.n_classes) == (0.625, 8, 3)
    assert found.high - found.value == pytest.approx(4.302653 * error, rel=1e-6)
    assert found.value - found.low == pytest.approx(4.302653 * error, rel=1e-6)


def test_more_episodes_of_the_same_classes_do_not_make_the_interval_narrow():
    classes = np.array([[0, 1], [2, 3]])
    values = np.array([[[1.0], [0.0]], [[1.0], [0.0]]])
    once = pairing.mean_over_classes(values, classes)
    often = pairing.mean_over_classes(np.tile(values, (100, 1, 1)), np.tile(classes, (100, 1)))
    assert often.high - often.low == pytest.approx(once.high - once.low)


def test_everybody_answers_the_same_tasks_as_by_brute_force():
    source = noisy(6, 6)
    codes = np.repeat(np.arange(6), 6)
    pool = ClassPool(torch.from_numpy(source.vectors), codes)
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def remembering(support, codes, query, n_way):
        seen.extend(zip(support, query, strict=True))
        return pairing.nearest_mean(support, codes, query, n_way)

    answers = {"one": remembering, "other": pairing.logistic, "again": pairing.nearest_mean}
    found = pairing.duel(answers, pool, n_way=3, k_shot=2, n_query=4, episodes=7)
    assert (found.right["one"] == found.right["again"]).all() and found.right["one"].shape == (7, 3, 4)
    position = {tuple(row): c for row, c in zip(source.vectors.tolist(), codes.tolist(), strict=True)}
    for episode, (support, query) in enumerate(seen):
        means = support.numpy().reshape(3, 2, -1).mean(1)
        for i, asked in enumerate(query.numpy()):
            way = int(((asked - means) ** 2).sum(1).argmin())
            truth = position[tuple(asked.tolist())]
            assert truth == found.classes[episode, i // 4]
            assert found.right["one"][episode, i // 4, i % 4] == (found.classes[episode, way] == truth)
    apart = found.difference("one", "other")
    assert apart.value == pytest.approx(found.right["one"].mean() - found.right["other"].mean())
    assert apart.n == 7 * 3 * 4


@pytest.mark.parametrize(
    ("low", "high", "n", "classes", "said"),
    [
        (0.001, 0.03, 900, 10, "beat"),
        (-0.02, 0.009, 900, 10, "did not beat"),
        (-0.30, -0.20, 900, 10, "did not beat"),
        (-0.02, 0.05, 900, 10, "not enough to say"),
        (0.2, 0.3, 900, 3, "not enough to say"),
        (0.2, 0.3, 29, 10, "not enough to say"),
    ],
)
def test_the_verdict(low, high, n, classes, said):
    assert pairing.verdict(Figure((low + high) / 2, low, high, n, classes)) == said


# -- the whole -------------------------------------------------------------------------------------


def test_training_that_helps_beats_the_plain_heads_and_says_so():
    training = TrainingSettings(n_way=10, k_shot=1, n_query=5, steps=150, lr=3e-3, tasks=2)
    told: list[tuple[int, dict]] = []
    found = heldout.run(
        [noisy(40, 12)], "protonet", None, training, HeldOutSettings(share=0.4, n_way=5, episodes=150),
        watch=lambda step, figures: told.append((step, dict(figures))),
    )  # fmt: skip
    scores = found.accuracies()
    assert set(scores) == {"protonet", "nearest mean", "logistic"}
    figure, said = found.differences()["nearest mean"]
    assert said == "beat" and figure.value > 0.05 and figure.n_classes == 16
    assert figure.value == pytest.approx(scores["protonet"].value - scores["nearest mean"].value)
    assert sum("held_out_accuracy" in figures for _step, figures in told) == heldout.LOOKS


def test_without_training_the_prototypes_are_the_nearest_means():
    training = TrainingSettings(n_way=3, steps=1, lr=1e-6)
    found = heldout.run([noisy(12, 6)], "protonet", None, training, HeldOutSettings(episodes=40))
    figure, said = found.differences()["nearest mean"]
    assert abs(figure.value) < 0.01 and said != "beat"


def test_ways_shots_and_queries_are_cut_to_what_the_classes_allow():
    training = TrainingSettings(n_way=20, k_shot=9, n_query=9, steps=2)
    found = heldout.run([noisy(5, 4)], "protonet", None, training, HeldOutSettings(n_way=9, k_shot=2, episodes=20))
    assert (found.n_way, found.k_shot, found.n_query) == (2, 2, 2)
    assert found.differences()["nearest mean"][1] == "not enough to say"


def test_a_training_that_was_stopped_goes_on_to_the_same_end(tmp_path):
    training = TrainingSettings(n_way=4, steps=30)
    check = HeldOutSettings(episodes=20)
    whole = heldout.run([noisy(10, 6)], "protonet", None, training, check)
    steps = itertools.count()

    def stop(fraction, message):
        if next(steps) == 12:
            raise Cancelled()

    file = tmp_path / "state.safetensors"
    with pytest.raises(Cancelled):
        heldout.run([noisy(10, 6)], "protonet", None, training, check, file=file, progress=stop)
    assert file.exists()
    rest = heldout.run([noisy(10, 6)], "protonet", None, training, check, file=file)
    for name, value in whole.trained.params.items():
        assert torch.equal(value, rest.trained.params[name])


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_tasks_answered_together_are_answered_as_one_by_one(name):
    source = noisy(6, 6)
    pool = ClassPool(torch.from_numpy(source.vectors), np.repeat(np.arange(6), 6))
    kind = LEARNERS[name]
    settings = {**recipes.settings(name), "full_context": True} if name == "matching-net" else recipes.settings(name)
    learner = kind(Projection(SIGNAL + NOISE), kind.settings(**settings), 6)
    params = learner.init(torch.Generator().manual_seed(0))
    batch = pool.tasks(3, 4, 2, 3, torch.Generator().manual_seed(0))
    support, query = batch.support.flatten(1, 2), batch.query.flatten(1, 2)
    codes = torch.arange(4).repeat_interleave(2)
    together = pairing.of_learner(learner, params)(support, codes, query, 4)
    for task in range(3):
        alone = learner.logits(params, support[task], codes, query[task], 4, "kept").argmax(1)
        assert together[task].tolist() == alone.tolist()
