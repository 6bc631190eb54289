"""The audit stream: who belongs to it, when its items come, and whether its score tells the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.errors import ConfigError
from fsl_core.contracts.method import Context
from fsl_core.contracts.strategy import Pool
from fsl_core.data.project_file import export_project, import_project
from fsl_core.data.store import NewItem, Store, digest_of
from fsl_core.evaluation import streams
from fsl_core.evaluation.streams import AuditStream

DIGESTS = [digest_of(f"item {i}") for i in range(5000)]
SALTS = st.text(max_size=12)
SHARES = st.floats(0, 1)


def ordered(stream: AuditStream, digests: list[str]) -> list[str]:
    return [digests[row] for row in stream.order(digests)]


@settings(deadline=None, max_examples=60)
@given(SALTS, st.sampled_from([0.05, 0.1, 0.3, 0.9]))
def test_the_share_is_right_within_the_noise_of_drawing_by_lot(salt, share):
    n = AuditStream(share, salt).members(DIGESTS).sum()
    assert abs(n - 5000 * share) < 5 * np.sqrt(5000 * share * (1 - share))


@settings(deadline=None)
@given(SALTS, SHARES, st.lists(st.text(max_size=5), max_size=60, unique=True), st.randoms())
def test_membership_depends_on_the_salt_and_the_item_alone(salt, share, texts, random):
    """Neither the order of the items nor what else is in the project makes a difference."""
    stream, digests = AuditStream(share, salt), [digest_of(text) for text in texts]
    mixed = random.sample(digests, len(digests))
    assert ordered(stream, mixed) == ordered(stream, digests)
    assert ordered(stream, digests[::3]) == [d for d in ordered(stream, digests) if d in digests[::3]]


def test_two_salts_draw_independently():
    both = AuditStream(0.5, "3").members(DIGESTS) & AuditStream(0.5, "4").members(DIGESTS)
    assert abs(both.mean() - 0.25) < 0.03


def test_a_larger_share_adds_items_at_the_end_of_the_order():
    small, large = AuditStream(0.1, "5").order(DIGESTS), AuditStream(0.3, "5").order(DIGESTS)
    np.testing.assert_array_equal(large[: len(small)], small)
    assert set(small.tolist()) == set(np.flatnonzero(AuditStream(0.1, "5").members(DIGESTS)).tolist())


def test_what_an_older_version_had_drawn_comes_first():
    plain = ordered(AuditStream(0.1, "5"), DIGESTS)
    first = (DIGESTS[7], plain[3], DIGESTS[4999])
    rest = [digest for digest in plain if digest not in first]
    assert ordered(AuditStream(0.1, "5", first), DIGESTS) == [*first, *rest]
    assert ordered(AuditStream(0.0, "5", first), DIGESTS) == []


def test_a_project_that_was_exported_and_imported_keeps_its_stream(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'a.db'}") as store, Store(f"sqlite:///{tmp_path / 'b.db'}") as other:
        for i in range(3):
            other.projects.create(f"in the way {i}")  # so that no id is the same there
        made = store.projects.create("p", settings={"audit_share": 0.3})
        store.items.add(made.id, [NewItem(text=f"text {i}", label="a" if i % 3 else None) for i in range(200)])
        far = import_project(other, export_project(store, made.id))
        back = import_project(store, export_project(other, far.id), name="again")
        seen = []
        for place, project in ((store, made), (other, far), (store, back)):
            stream = streams.stream_of(place.projects.get(project.id).settings)
            seen.append(ordered(stream, place.items.all(project.id).digests))
    assert len({made.id, far.id, back.id}) == 3
    assert seen[0] == seen[1] == seen[2] and 30 < len(seen[0]) < 90


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all_are_possible_shares(share):
    assert len(AuditStream(share, "5").order(DIGESTS)) == share * len(DIGESTS)
    assert streams.is_audit_turn(0, share) == bool(share)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 300), st.floats(0, 1))
def test_any_stretch_of_turns_holds_its_share_give_or_take_one(first, n, share):
    planned = streams.turns(first, n, share, n, n)
    assert len(planned) == n and abs(sum(planned) - share * n) <= 1.0 + 1e-6


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 40), st.integers(0, 40), st.integers(0, 60), st.floats(0, 1))
def test_a_dry_stream_leaves_its_turns_to_the_other(first, n_audit, n_other, n, share):
    planned = streams.turns(first, n, share, n_audit, n_other)
    assert len(planned) == min(n, n_audit + n_other)
    assert sum(planned) <= n_audit and len(planned) - sum(planned) <= n_other


def test_by_default_the_fifth_and_fifteenth_item_are_drawn_at_random():
    assert [turn for turn in range(30) if streams.is_audit_turn(turn, 0.1)] == [4, 14, 24]


def test_the_sample_ends_where_more_than_a_tenth_was_left_out():
    order, labeled = np.arange(40), np.zeros(100, dtype=bool)
    assert len(streams.sample(order, labeled)) == 0
    labeled[:8] = True
    assert streams.sample(order, labeled).tolist() == list(range(8))
    labeled[9] = True  # item 8 was skipped: 1 of 10 left out
    assert streams.sample(order, labeled).tolist() == [*range(8), 9]
    labeled[30:] = True  # labelled elsewhere before their turn
    assert streams.sample(order, labeled).tolist() == [*range(8), 9]


@pytest.mark.parametrize("share", [-0.1, 1.5, "half", None, True])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError, match="audit share"):
        streams.share_of({"audit_share": share})


def test_the_audit_score_is_unbiased_where_the_chosen_labels_are_not():
    """Active labelling, and an easy region labelled by lasso: the audit sample still tells the true accuracy."""
    rng = np.random.default_rng(0)
    n, share, audit_errors, chosen_errors = 600, 0.2, [], []
    for project in range(60):
        codes = rng.integers(0, 3, n)
        centers = np.eye(3, 6, dtype=np.float32)
        vectors = ops.unit(centers[codes] + 0.55 * rng.normal(size=(n, 6)).astype(np.float32))
        stream = AuditStream(share, str(project))
        order, member = stream.order(DIGESTS[:n]), stream.members(DIGESTS[:n])
        labeled = np.zeros(n, dtype=bool)
        labeled[np.argsort(-vectors[:, 0])[:60]] = True  # the lasso: surely class 0, audit items among them
        labeled[order[:15]] = True
        context = Context(class_texts={}, create=registry.create_method)
        for _step in range(12):
            train = np.flatnonzero(labeled & ~member)
            model = registry.create_method("prototype", None, context)
            model.fit_vectors(vectors[train], codes[train], ("a", "b", "c"), centers)
            free = np.flatnonzero(~labeled & ~member)
            pool = Pool(vectors, model.predict_vectors(vectors), free, train, ("a", "b", "c"))
            labeled[[pick.row for pick in registry.create_strategy("margin").pick(pool, 4)]] = True
            labeled[order[: int(labeled[order].cumprod().sum()) + 1]] = True
        train = np.flatnonzero(labeled & ~member)
        model.fit_vectors(vectors[train], codes[train], ("a", "b", "c"), centers)
        right = model.predict_vectors(vectors).argmax(1) == codes
        truth = right[member].mean()
        sampled = streams.sample(order, labeled)
        assert 20 <= len(sampled) < 70
        audit_errors.append(right[sampled].mean() - truth)
        chosen_errors.append((model.leave_one_out().argmax(1) == codes[train]).mean() - truth)
    standard_error = np.std(audit_errors) / np.sqrt(len(audit_errors))
    assert abs(np.mean(audit_errors)) < 3 * standard_error < 0.04
    assert abs(np.mean(chosen_errors)) > 0.03  # what the labelled items themselves would have said
