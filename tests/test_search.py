"""Search by meaning and words at once, in any script, behind filters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core.base import ops
from fsl_core.learning.choosing import folding, search
from fsl_core.learning.choosing.search import Facts, Filters, TextIndex

TEXTS = (
    "Where is my refund?",
    "The café near the Zürich office was closed",
    "REFUNDS take five days",
    "我的退款什么时候到账",
    "包裹还没有到",
    "パスワードを忘れました",
    "money back please",
    "Ο λογαριασμός μου",
)
INDEX = TextIndex(TEXTS)


def found(query: str, **more) -> list[int]:
    return search.search(INDEX, query, **more).rows.tolist()


@pytest.mark.parametrize(
    ("query", "row"),
    [("CAFE", 1), ("zurich", 1), ("Café Nea", 1), ("退款", 3), ("什么时候", 3), ("ﾊﾟｽﾜｰﾄﾞ", 5), ("λογαριασμος", 7)],
)
def test_words_are_found_whatever_their_case_accents_and_script(query, row):
    assert found(query) == [row]


def test_marks_that_make_another_word_are_kept():
    assert folding.fold("が") != folding.fold("か")
    assert folding.fold("कि") != folding.fold("क")
    assert folding.fold("Straße  Ø") == "strasse o"


def test_a_whole_word_comes_before_a_part_of_one():
    assert found("refund") == [0, 2]
    assert found("refunds") == [2]


def test_a_run_without_spaces_matches_by_pairs_of_characters():
    assert folding.words("我的退款") == ("我的", "的退", "退款")
    assert found("退款没有")[:1] == [4] or found("退款没有")[:1] == [3]
    assert set(found("退款没有")) == {3, 4}


def test_a_rare_word_counts_more_than_a_common_one():
    index = TextIndex(["the cat", "the dog", "the bird", "a zebra"])
    assert search.search(index, "the zebra").rows[0] == 3


@settings(deadline=None)
@given(st.text(max_size=30))
def test_folding_twice_changes_nothing_more(text):
    once = folding.fold(text)
    assert folding.fold(once) == once


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8), st.text(min_size=1, max_size=6))
def test_what_contains_the_query_as_it_stands_is_found(texts, query):
    wanted = [row for row, text in enumerate(texts) if query.strip() and query in text]
    result = search.search(TextIndex(texts), query)
    assert not folding.fold(query) or set(wanted) <= set(result.rows.tolist())


def test_meaning_and_words_are_fused_by_reciprocal_rank():
    vectors = ops.unit(np.array([[1, 0], [0.9, 0.2], [0.2, 1]], dtype=np.float32))
    index = TextIndex(["nothing", "the word", "word word"])
    result = search.search(index, "word", vectors=vectors, query_vector=np.array([1, 0], dtype=np.float32))
    # By cosine 0, 1, 2. By words 1 and 2 are equal: both are first.
    assert dict(zip(result.rows.tolist(), result.score, strict=True)) == pytest.approx(
        {1: 1 / 62 + 1 / 61, 2: 1 / 63 + 1 / 61, 0: 1 / 61}
    )
    assert result.rows.tolist() == [1, 2, 0]
    assert result.in_text.tolist() == [True, True, False]
    assert result.similarity[2] == pytest.approx(1.0)


def test_ranks_are_counted_among_what_passes_the_filters():
    vectors = ops.unit(np.array([[1, 0], [1, 0.1], [0, 1]], dtype=np.float32))
    index = TextIndex(["one", "two", "three"])
    facts = facts_of(3, flagged=[1, 2])
    query = np.array([1, 0], dtype=np.float32)
    result = search.search(index, "x", vectors=vectors, query_vector=query, facts=facts, filters=Filters(flagged=True))
    assert result.rows.tolist() == [1, 2] and result.score[0] == pytest.approx(1 / 61) and result.n_matching == 2


def test_without_a_query_what_passes_comes_in_project_order():
    result = search.search(INDEX, "  ", filters=Filters(text="REFUND"))
    assert result.rows.tolist() == [0, 2] and np.isnan(result.similarity).all()
    assert search.search(INDEX, limit=3).rows.tolist() == [0, 1, 2]
    assert search.search(INDEX, limit=3).n_matching == len(TEXTS)
    assert search.search(TextIndex([]), "x").rows.tolist() == []


def facts_of(n: int, *, flagged=(), labels=None, model=True) -> Facts:
    """Items 0..: class 0, class 1, none, no label, both classes ..."""
    given_labels = np.zeros((n, 2), dtype=bool) if labels is None else labels
    has = np.ones(n, dtype=bool)
    has[3:4] = False
    predicted = np.tile([True, False], (n, 1))
    return Facts(
        given_labels,
        has,
        np.isin(np.arange(n), flagged),
        np.where(has, np.where(np.arange(n) % 2 == 0, "person", "import"), ""),
        predicted if model else None,
        np.linspace(0.1, 0.9, n).astype(np.float32) if model else None,
        has & (predicted != given_labels).any(axis=1) if model else None,
    )


LABELS = np.array([[1, 0], [0, 1], [0, 0], [0, 0], [1, 1]], dtype=bool)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (Filters(), [0, 1, 2, 3, 4]),
        (Filters(label=0), [0, 4]),
        (Filters(label=1), [1, 4]),
        (Filters(label="none"), [2]),
        (Filters(label="missing"), [3]),
        (Filters(label="any"), [0, 1, 2, 4]),
        (Filters(predicted=0), [0, 1, 2, 3, 4]),
        (Filters(predicted=1), []),
        (Filters(min_confidence=0.5), [2, 3, 4]),
        (Filters(min_confidence=0.2, max_confidence=0.6), [1, 2]),
        (Filters(disagreement=True), [1, 2, 4]),
        (Filters(disagreement=False), [0]),
        (Filters(flagged=True), [1]),
        (Filters(flagged=False), [0, 2, 3, 4]),
        (Filters(source="person"), [0, 2, 4]),
        (Filters(source="import", flagged=True), [1]),
        (Filters(label=0, text="E"), [0, 4]),
        (Filters(label=0, text="FIVE"), [4]),
    ],
)
def test_each_filter_keeps_what_it_says(filters, rows):
    index = TextIndex(["one", "two", "three", "four", "five"])
    facts = facts_of(5, labels=LABELS, flagged=[1])
    assert search.search(index, facts=facts, filters=filters).rows.tolist() == rows


@pytest.mark.parametrize("filters", [Filters(predicted=0), Filters(min_confidence=0.1), Filters(disagreement=False)])
def test_a_filter_on_a_model_that_does_not_answer_passes_nothing(filters):
    index = TextIndex(["one", "two", "three", "four", "five"])
    assert search.search(index, facts=facts_of(5, labels=LABELS, model=False), filters=filters).n_matching == 0
