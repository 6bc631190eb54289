"""Agreement between people, against published examples and figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core.evaluation.agreement import agreement, cohen_kappa, krippendorff_alpha


def codes(line: str) -> list[int]:
    signs = sorted(set(line) - {" ", "."})
    return [-1 if sign == "." else ord(sign) - ord("0" if signs[0].isdigit() else "a") for sign in line if sign != " "]


def test_alpha_of_krippendorffs_example_of_four_observers_with_missing_values():
    ratings = np.array(
        [
            codes("1 2 3 3 2 1 4 1 2 . . ."),
            codes("1 2 3 3 2 2 4 1 2 5 . 3"),
            codes(". 3 3 3 2 3 4 2 2 5 1 ."),
            codes("1 2 3 3 2 4 4 1 2 5 1 ."),
        ]
    )
    alpha = krippendorff_alpha(ratings)
    assert alpha.value == pytest.approx(0.743, abs=5e-4)
    assert alpha.n == 11  # one item has a single rating
    assert alpha.low < alpha.value < alpha.high


def test_alpha_of_krippendorffs_example_of_two_observers_and_two_values():
    alpha = krippendorff_alpha(np.array([codes("0100000010"), codes("1110010000")]))
    assert alpha.value == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_krippendorffs_example_of_two_observers_and_five_values():
    alpha = krippendorff_alpha(np.array([codes("aabbdcccedda"), codes("babbbccceddd")]))
    assert alpha.value == pytest.approx(0.692, abs=5e-4)


def pair_of(table: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _one in range(n)]
    return np.array([i for i, _j in cells]), np.array([j for _i, j in cells])


def test_kappa_of_fifty_proposals():
    kappa = cohen_kappa(*pair_of([[20, 5], [10, 15]]))  # observed 0.7, by chance 0.5
    assert kappa.value == pytest.approx(0.4) and kappa.n == 50 and kappa.enough
    # The large-sample interval around 0.4 is about +- 0.25.
    assert kappa.low == pytest.approx(0.15, abs=0.06) and kappa.high == pytest.approx(0.65, abs=0.06)


def test_the_same_agreement_counts_less_where_one_answer_is_common():
    assert cohen_kappa(*pair_of([[45, 15], [25, 15]])).value == pytest.approx(0.1304, abs=1e-4)
    assert cohen_kappa(*pair_of([[25, 35], [5, 35]])).value == pytest.approx(0.2593, abs=1e-4)


def test_nothing_is_claimed_without_overlap_or_variety():
    assert cohen_kappa(np.zeros(0, dtype=int), np.zeros(0, dtype=int)).value is None
    assert cohen_kappa(np.zeros(20, dtype=int), np.zeros(20, dtype=int)).value is None
    alone = krippendorff_alpha(np.array([[0, 1, -1], [-1, -1, 1]]))
    assert alone.value is None and alone.n == 0 and not alone.enough
    assert krippendorff_alpha(np.full((2, 0), -1)).value is None


def test_perfect_agreement_on_few_items_is_no_certainty():
    few = cohen_kappa(np.arange(12) % 3, np.arange(12) % 3)
    assert few.value == pytest.approx(1.0) and few.high == pytest.approx(1.0) and few.low < 0.9
    alpha = krippendorff_alpha(np.tile(np.arange(12) % 3, (3, 1)))
    assert alpha.value == pytest.approx(1.0) and alpha.low < 0.95


def brute_alpha(ratings: np.ndarray) -> float:
    """By its definition: disagreeing pairs within items over disagreeing pairs among all ratings."""
    units = [[v for v in column if v >= 0] for column in ratings.T]
    units = [unit for unit in units if len(unit) >= 2]
    values = [v for unit in units for v in unit]
    n = len(values)
    observed = sum(
        (a != b) / (len(unit) - 1) for unit in units for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j
    )
    expected = sum(a != b for i, a in enumerate(values) for j, b in enumerate(values) if i != j) / (n - 1)
    return 1 - observed / expected if expected else float("nan")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=1, max_size=12))
def test_alpha_equals_its_definition(columns):
    ratings = np.array(columns).T
    value = krippendorff_alpha(ratings, draws=20).value
    if (np.sum(ratings >= 0, axis=0) >= 2).any():
        expected = brute_alpha(ratings)
        assert (value is None) == np.isnan(expected) and (value is None or value == pytest.approx(expected))
    else:
        assert value is None


def test_the_interval_covers_the_true_agreement_about_as_often_as_it_says():
    rng, hits = np.random.default_rng(0), 0
    for _trial in range(200):
        truth = rng.integers(0, 3, 60)
        other = np.where(rng.random(60) < 0.7, truth, rng.integers(0, 3, 60))  # kappa is 0.7
        kappa = cohen_kappa(truth, other, draws=300)
        hits += kappa.low <= 0.7 <= kappa.high
    assert 180 <= hits


def test_everybody_is_paired_with_everybody_they_overlap_with():
    said = {
        1: {"ana": 1, "bo": 1}, 2: {"ana": 2, "bo": 1}, 3: {"ana": "none", "bo": "none", "cy": None},
        4: {"ana": (1, 2), "dee": (1, 2)}, 5: {"dee": 1},
    }  # fmt: skip
    found = agreement(said)
    assert found.authors == ("ana", "bo", "cy", "dee")
    assert [(p.author_a, p.author_b, p.same, p.kappa.n) for p in found.pairs] == [
        ("ana", "bo", 2, 3),
        ("ana", "dee", 1, 1),
    ]
    assert found.alpha.n == 4 and not found.alpha.enough
    assert agreement({}).alpha.value is None
