"""Episodes, inner loops and learners against hand-computed numbers and loops over tasks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.meta_speed import begin, maml_loop, reptile_loop
from fsl_core.base.errors import Cancelled, ConfigError, DataError
from fsl_core.learning.meta import files
from fsl_core.learning.meta.episodes import ClassPool, TaskBatch
from fsl_core.learning.meta.inner_loop import adam_steps, descending_steps, gradient_steps
from fsl_core.learning.meta.learner import class_means, squared_distances
from fsl_core.learning.meta.learners import LEARNERS, learner_class
from fsl_core.learning.meta.learners.maml import Anil, AnilSettings, Maml, MamlSettings
from fsl_core.learning.meta.learners.matching import Matching, MatchingSettings, read_support
from fsl_core.learning.meta.learners.reptile import Reptile, ReptileSettings, turns
from fsl_core.learning.meta.learners.siamese import contrastive_loss
from fsl_core.learning.meta.scoring import embedded, score
from fsl_core.learning.meta.training import TrainingSettings, jitter, train
from fsl_core.models.backends.backbone import Conv4, Params, Projection, trainable

SMALL = Conv4(side=8, channels=4, down="stride")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def exact(params: Params, batch: TaskBatch) -> tuple[Params, TaskBatch]:
    """In double precision, so that only the order of sums can differ."""
    found = {name: value.detach().double() for name, value in params.items()}
    for value in trainable(found).values():
        value.requires_grad_(True)
    return found, TaskBatch(batch.support.double(), batch.query.double(), batch.classes)


def blobs(n_classes: int = 12, per_class: int = 8, d: int = 16, noise: float = 0.4) -> ClassPool:
    """Unit vectors around one random direction a class."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(n_classes, d))
    codes = np.arange(n_classes).repeat(per_class)
    found = centers[codes] + noise * rng.normal(size=(len(codes), d)) * np.sqrt(d) / 2
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return ClassPool(torch.from_numpy(found.astype(np.float32)), codes)


@given(
    counts=st.lists(st.integers(2, 7), min_size=2, max_size=9),
    n_way=st.integers(2, 9),
    per_class=st.integers(1, 7),
    seed=st.integers(0, 1000),
)
def test_an_episode_has_no_class_and_no_item_twice_and_every_item_is_of_its_class(counts, n_way, per_class, seed):
    codes = np.concatenate([np.full(count, c) for c, count in enumerate(counts)])
    pool = ClassPool(torch.arange(len(codes), dtype=torch.float32)[:, None], codes)
    if n_way > len(counts) or per_class > min(counts):
        with pytest.raises(DataError, match="cannot be drawn"):
            pool.rows(3, n_way, per_class, generator(seed))
        return
    rows, classes = pool.rows(3, n_way, per_class, generator(seed))
    assert rows.shape == (3, n_way, per_class)
    assert (torch.from_numpy(codes)[rows] == classes[..., None]).all()
    for task in range(3):
        assert len(set(classes[task].tolist())) == n_way
        assert all(len(set(row.tolist())) == per_class for row in rows[task])


def test_every_item_is_drawn_about_equally_often():
    pool = ClassPool(torch.zeros(12, 1), np.array([0] * 3 + [1] * 4 + [2] * 5))
    rows, _ = pool.rows(4000, 2, 2, generator())
    seen = torch.bincount(rows.flatten(), minlength=12) / 4000
    # A class is in two of three tasks, and two of its items are drawn then.
    wanted = [2 / 3 * 2 / 3] * 3 + [2 / 3 * 2 / 4] * 4 + [2 / 3 * 2 / 5] * 5
    np.testing.assert_allclose(seen.numpy(), wanted, atol=0.04)


def test_images_stay_bytes_until_they_are_drawn():
    pool = ClassPool(torch.full((4, 1, 2, 2), 255, dtype=torch.uint8), np.array([0, 0, 1, 1]))
    batch = pool.tasks(1, 2, 1, 1, generator())
    assert pool.inputs.dtype == torch.uint8 and batch.support.dtype == torch.float32
    assert batch.support.shape == (1, 2, 1, 1, 2, 2) and (batch.query == 1.0).all()


def test_one_gradient_step_on_a_parabola_lands_where_the_pencil_says():
    # loss = (3 w)^2 at w = 2: slope 36; 2 - 0.1 * 36 = -1.6, then slope -28.8: 1.28.
    start = {"w": torch.tensor(2.0)}
    assert gradient_steps(lambda p: (3 * p["w"]) ** 2, start, 0.1, 1)["w"] == pytest.approx(-1.6)
    assert gradient_steps(lambda p: (3 * p["w"]) ** 2, start, 0.1, 2)["w"] == pytest.approx(1.28)


def test_a_step_that_would_climb_is_taken_back_and_the_next_is_shorter():
    def parabola(p):
        return (3 * p["w"]) ** 2  # its slope is 18 w

    start = {"w": torch.tensor(2.0)}
    # 2 -> -1.6 -> 1.28 goes down all the way: the same as plain steps.
    assert descending_steps(parabola, start, 0.1, 2)["w"] == pytest.approx(1.28)
    # A step of 0.2 leads to 2 - 0.2 * 36 = -5.2, higher than before; a quarter of it to 2 - 0.05 * 36 = 0.2.
    assert descending_steps(parabola, start, 0.2, 1)["w"] == 2.0
    assert descending_steps(parabola, start, 0.2, 2)["w"] == pytest.approx(0.2)
    # Where the first step falls off the world, the ones after it still arrive.
    assert abs(descending_steps(lambda p: p["w"].cosh(), {"w": torch.tensor(40.0)}, 1.0, 60)["w"]) < 40.0


def test_each_of_many_tasks_shortens_its_own_steps():
    steep = torch.tensor([1.0, 3.0, 30.0])

    def end(a):
        return descending_steps(lambda p: (a * p["w"]) ** 2, {"w": torch.tensor(2.0)}, 0.1, 3)["w"]

    together = torch.func.vmap(end)(steep)
    assert torch.equal(together, torch.stack([end(a) for a in steep]))
    assert together.tolist() == pytest.approx([2 * 0.8**3, 2 * (-0.8) ** 3, 2.0])


def test_the_outer_slope_goes_through_the_step_only_in_second_order():
    def outer(w: torch.Tensor, first_order: bool) -> torch.Tensor:
        end = gradient_steps(lambda p: p["w"] ** 2, {"w": w}, 0.1, 1, first_order=first_order)["w"]
        return end**2  # w' = w - 0.2 w = 0.8 w

    for first_order, wanted in ((False, 2 * 0.8 * 0.8 * 3.0), (True, 2 * 0.8 * 3.0)):
        w = torch.tensor(3.0, requires_grad=True)
        (slope,) = torch.autograd.grad(outer(w, first_order), w)
        assert slope == pytest.approx(wanted)


@pytest.mark.parametrize("fading", [False, True])
def test_adam_steps_are_those_of_torch_with_beta_one_zero(fading):
    w = torch.tensor([1.0, -2.0], requires_grad=True)
    adam = torch.optim.Adam([w], lr=0.05, betas=(0.0, 0.999))
    shares = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: (1.0, 2 / 3, 1 / 3, 0.0)[step] if fading else 1.0)
    for k in (1.0, 2.0, 3.0):
        adam.zero_grad()
        (k * w**2).sum().backward()
        adam.step()
        shares.step()
    losses = [lambda p, k=k: (k * p["w"] ** 2).sum() for k in (1.0, 2.0, 3.0)]
    found = adam_steps(losses, {"w": torch.tensor([1.0, -2.0])}, 0.05, fading=fading)
    torch.testing.assert_close(found["w"], w.detach())


@pytest.mark.parametrize("down", ["stride", "pool"])
@pytest.mark.parametrize("first_order", [False, True])
def test_maml_at_once_is_maml_in_a_loop(first_order, down):
    learner = Maml(Conv4(down=down, channels=8), MamlSettings(first_order=first_order, inner_steps=2))
    params, batch = exact(*begin(learner, 3, 2, 2))
    with torch.no_grad():  # a head of zeros would hide the slopes of the body
        params["weight"].normal_(generator=generator())
    at_once, loss = learner.slopes(params, batch)
    looped, wanted = maml_loop(learner, params, batch)
    torch.testing.assert_close(loss, wanted)
    assert any(slope.abs().max() > 1e-4 for slope in looped.values())
    for name in looped:
        torch.testing.assert_close(at_once[name], looped[name], msg=name)


@pytest.mark.parametrize("down", ["stride", "pool"])
def test_reptile_at_once_is_reptile_in_a_loop(down):
    learner = Reptile(Conv4(down=down, channels=8), ReptileSettings(inner_steps=3))
    params, batch = exact(*begin(learner, 3, 1, 4))
    at_once, _ = learner.slopes(params, batch)
    looped = reptile_loop(learner, params, batch)
    for name in looped:
        torch.testing.assert_close(at_once[name], looped[name], rtol=1e-5, atol=1e-6, msg=name)


def test_reptile_meets_every_item_once_a_round():
    rows = turns(7, 4, 3, seed=1)
    assert rows.shape == (4, 3) and sorted(rows.flatten()[:7].tolist()) == list(range(7))
    assert turns(2, 3, 10, seed=0).shape == (3, 2)


def test_prototypes_are_means_and_distances_are_squared():
    features = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 3.0]])
    means = class_means(features, torch.tensor([0, 0, 1]), 3)
    assert means.tolist() == [[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]]
    assert squared_distances(torch.tensor([[1.0, 1.0]]), means).tolist() == [[1.0, 5.0, 2.0]]


def test_the_contrastive_loss_by_hand():
    # Pairs 0-1 are of one class at D = 0.5; 0-2 at 0.2 and 1-2 at 3 are not; margin 1: 0.5 + 0.8.
    apart = torch.tensor([[0.0, 0.5, 0.2], [0.5, 0.0, 3.0], [0.2, 3.0, 0.0]])
    assert contrastive_loss(apart, torch.tensor([0, 0, 1]), 1.0) == pytest.approx(1.3)


def test_matching_is_a_softmax_over_cosines():
    learner = Matching(Projection(2), MatchingSettings())
    params = learner.init(generator())
    support = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    found = learner.logits(params, support, torch.tensor([0, 1, 1]), torch.tensor([[1.0, 0.0]]), 2, "kept").exp()
    weights = np.exp(10 * np.array([1.0, 0.0, 0.6]))
    np.testing.assert_allclose(
        found[0].numpy(), [weights[0] / weights.sum(), weights[1:].sum() / weights.sum()], rtol=1e-4
    )


def test_full_context_reads_the_whole_support_both_ways():
    learner = Matching(Projection(3), MatchingSettings(full_context=True))
    params = learner.init(generator())
    support = torch.randn(1, 4, 3, generator=generator(1))
    first = read_support(params, support)
    for changed in (0, 3):
        other = support.clone()
        other[0, changed] += 1.0
        moved = (read_support(params, other) - first).abs().sum(-1)[0] > 1e-6
        assert moved.all(), "an embedding did not notice a changed neighbour"


def test_anil_moves_the_head_alone():
    settings = AnilSettings(inner_steps=1, test_steps=1, inner_lr=0.5)
    learner = Anil(Projection(2), settings)
    params = {**learner.init(generator()), "gain": torch.tensor(1.0)}
    support, codes = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])
    # From zero both classes have 1/2: slope of w_0 is (-1/2 x_0 + 1/2 x_1) / 2. The step is 0.5 for five ways,
    # 0.2 for two: w_0 = 0.2 * (0.25, -0.25).
    found = learner.logits(params, support, codes, torch.tensor([[1.0, 0.0]]), 2, "kept")
    assert found[0].tolist() == pytest.approx([0.05, -0.05])


@pytest.mark.parametrize("name", list(LEARNERS))
def test_the_order_of_the_classes_does_not_matter(name):
    kind = learner_class(name)
    learner = kind(Projection(4), kind.settings(), 6)
    params = learner.init(generator())
    support, query = torch.randn(6, 4, generator=generator(2)), torch.randn(5, 4, generator=generator(3))
    codes, turned = torch.tensor([0, 0, 1, 1, 2, 2]), torch.tensor([2, 2, 0, 0, 1, 1])
    first = learner.logits(params, support, codes, query, 3, "kept")
    second = learner.logits(params, support, turned, query, 3, "kept")
    torch.testing.assert_close(first, second[:, [2, 0, 1]], rtol=1e-4, atol=1e-4)


def test_kept_statistics_answer_item_by_item_and_batch_statistics_do_not():
    params = SMALL.init(generator())
    images = torch.rand(6, 1, 8, 8, generator=generator())
    together = SMALL.features(params, images, "kept")
    alone = torch.cat([SMALL.features(params, image[None], "kept") for image in images])
    torch.testing.assert_close(together, alone)
    with_others = SMALL.features(params, images, "batch")[0]
    assert (with_others - SMALL.features(params, images[:3], "batch")[0]).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["maml", "reptile"])
def test_a_query_is_answered_by_itself_under_the_statistics_of_the_support(name):
    learner = learner_class(name)(SMALL, learner_class(name).settings())
    params = learner.init(generator())
    support, query = torch.rand(4, 1, 8, 8, generator=generator()), torch.rand(5, 1, 8, 8, generator=generator(1))
    codes = torch.tensor([0, 0, 1, 1])
    together = learner.logits(params, support, codes, query, 2, "kept")
    alone = torch.cat([learner.logits(params, support, codes, one[None], 2, "kept") for one in query])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert together.std() > 1e-4
    assert (learner.logits(params, support, codes, query, 2, "batch") - together).abs().max() > 1e-5


@pytest.mark.parametrize("name", list(LEARNERS))
def test_training_on_some_classes_helps_on_others_or_does_no_harm(name):
    pool, unseen = blobs(), blobs(8, 8)
    kind = learner_class(name)
    learner = kind(Projection(16), kind.settings(), pool.n_classes)
    sgd = {"lr": 0.5, "optimizer": "sgd"} if name == "reptile" else {"lr": 2e-3}
    config = TrainingSettings(n_way=5, k_shot=2, n_query=3, tasks=4, steps=30, **sgd)
    first = learner.init(generator())
    trained = train(learner, pool, config)
    before = score(learner, first, unseen, n_way=5, k_shot=1, n_query=4, episodes=60)
    after = score(learner, trained.params, unseen, n_way=5, k_shot=1, n_query=4, episodes=60)
    assert after.mean > 0.5, "five ways by chance give 0.2"
    assert after.mean > before.mean - 0.05
    assert any((trained.params[name] != first[name]).any() for name in trainable(first))


@pytest.mark.parametrize("name", ["protonet", "reptile"])
def test_a_stopped_training_goes_on_to_the_same_weights(name, tmp_path):
    kind = learner_class(name)
    learner, pool = kind(Projection(16), kind.settings()), blobs()
    config = TrainingSettings(n_way=4, n_query=2, steps=12, optimizer="sgd" if name == "reptile" else "adam")
    whole = train(learner, pool, config)
    file = tmp_path / "state.safetensors"

    def stop(fraction: float, message: str) -> None:
        if fraction >= 0.5:
            raise Cancelled("stopped", "")

    with pytest.raises(Cancelled):
        train(learner, pool, config, file=file, progress=stop)
    resumed = train(learner, pool, config, file=file)
    for key, value in whole.params.items():
        torch.testing.assert_close(resumed.params[key], value)
    with pytest.raises(ConfigError, match="other settings"):
        train(learner, pool, TrainingSettings(n_way=5, n_query=2, steps=12), file=file)


def test_a_loss_that_is_no_number_stops_with_the_step():
    learner = Maml(Projection(16), MamlSettings(inner_lr=10.0))
    with pytest.raises(DataError, match="step 0"):
        train(
            learner,
            ClassPool(torch.full((8, 16), float("nan")), np.arange(4).repeat(2)),
            TrainingSettings(n_way=3, n_query=1, steps=3),
        )  # noqa: E501


def test_a_model_comes_back_from_its_file_with_its_facts(tmp_path):
    learner = Maml(SMALL, MamlSettings(inner_lr=0.2))
    params = learner.init(generator())
    files.save(tmp_path / "m.safetensors", learner, params, {"steps": 3})
    found = files.load(tmp_path / "m.safetensors")
    assert found.learner.config == learner.config and found.backbone == SMALL and found.facts == {"steps": 3}
    assert all((found.params[name] == value).all() for name, value in params.items())
    (tmp_path / "x.safetensors").write_bytes(b"nonsense")
    with pytest.raises(DataError, match="no meta-trained model"):
        files.load(tmp_path / "x.safetensors")


def test_the_same_seed_scores_every_learner_on_the_same_tasks():
    pool = blobs()
    learner = learner_class("protonet")(Projection(16), learner_class("protonet").settings())
    params = learner.init(generator())
    first, second = (score(learner, params, pool, n_way=4, k_shot=1, n_query=3, episodes=20, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.accuracies, second.accuracies)
    spread = first.accuracies.std(ddof=1) / np.sqrt(20)
    assert first.half_width == pytest.approx(1.959964 * spread, rel=1e-5)


@pytest.mark.parametrize("name", ["protonet", "matching-net", "anil"])
def test_items_embedded_once_answer_like_items_embedded_in_each_task(name):
    kind = learner_class(name)
    learner = kind(SMALL, kind.settings())
    params = learner.init(generator())
    pool = ClassPool(torch.rand(20, 1, 8, 8, generator=generator()), np.arange(4).repeat(5))
    once, features = embedded(learner, params, pool)
    batch, told = pool.tasks(1, 3, 1, 4, generator(4)), features.tasks(1, 3, 1, 4, generator(4))
    found = [
        one.logits(params, part.support[0].flatten(0, 1), torch.arange(3), part.query[0].flatten(0, 1), 3, "kept")
        for one, part in ((learner, batch), (once, told))
    ]
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)


def test_jitter_keeps_shape_and_range_and_moves_each_image_by_itself():
    images = torch.zeros(2, 3, 2, 1, 28, 28)
    images[..., 10:18, 10:18] = 1.0
    moved = jitter(images, generator())
    assert moved.shape == images.shape and moved.min() >= 0 and moved.max() <= 1 + 1e-6
    flat = moved.reshape(-1, 784)
    assert len({tuple(row.tolist()) for row in flat}) == len(flat)
