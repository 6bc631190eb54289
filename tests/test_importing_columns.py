"""Which column is which, and what becomes of the rows."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core.base.errors import DataError
from fsl_core.data.importing import Conflict, Duplicate, Table, guess_columns, read_table, to_items
from fsl_core.data.importing.words import name_match, name_parts

PLACES = ["the station", "my hotel", "the airport", "our office", "the old bridge", "a quiet beach"]
ASKS = {
    "directions": "How do I get to {} from here, please?",
    "opening_hours": "When does {} open on Sundays and holidays?",
    "prices": "How much would a taxi to {} cost tonight?",
}


def messages(n: int = 48) -> list[tuple[str, str]]:
    names = list(ASKS)
    return [
        (f"{ASKS[names[i % 3]].format(PLACES[i % 6])} (asked by traveller {chr(97 + i % 26)}{i})", names[i % 3])
        for i in range(n)
    ]


def made(columns: list[str], rows: list[tuple[str | None, ...]]) -> Table:
    return Table(tuple(columns), rows, range(2, len(rows) + 2), "csv")


def extended(n: int = 48) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """Text and label beside an id, a date, a link, a number and a user name."""
    rows: list[tuple[str | None, ...]] = [
        (text, label, f"T-{1000 + i}", f"2024-0{1 + i % 9}-1{i % 10}", f"https://example.org/{i}", f"{i * 0.37:.2f}",
         f"user_{i * 7}")
        for i, (text, label) in enumerate(messages(n))
    ]  # fmt: skip
    return ["text", "label", "id", "date", "url", "score", "user"], rows


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("names", ["kept", "letters"])
def test_text_and_label_are_found_in_any_order_and_under_any_name(seed: int, names: str) -> None:
    columns, rows = extended()
    order = random.Random(seed).sample(range(len(columns)), len(columns))
    shown = [columns[i] for i in order] if names == "kept" else list("abcdefg")
    guess = guess_columns(made(shown, [tuple(row[i] for i in order) for row in rows]))
    assert guess.text == shown[order.index(0)]
    assert guess.label == shown[order.index(1)]
    assert len(guess.reasons) == 2


def test_columns_are_found_without_a_header() -> None:
    _, rows = extended()
    text = "\n".join("\t".join(cell or "" for cell in row) for row in rows)
    table = read_table(text.encode(), "a.tsv")
    guess = guess_columns(table)
    assert (table.header, guess.text, guess.label) == (False, "column 1", "column 2")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("utterance", "intent"),
        ("Review Body", "Sentiment"),
        ("customerMessage", "topic_name"),
        ("内容", "类别"),
        ("用户评论", "标签"),
        ("本文", "カテゴリ"),
        ("content", "target"),
    ],
)
def test_names_decide_when_values_leave_it_open(text: str, label: str) -> None:
    rows: list[tuple[str | None, ...]] = [("good phone", "pos", "x y"), ("bad phone", "neg", "z w")]
    guess = guess_columns(made([text, label, "remark_id"], rows))
    assert (guess.text, guess.label) == (text, label)
    assert "so it is named" in guess.reasons[1]


@pytest.mark.parametrize("name", ["label", "b"])
def test_a_few_numbers_are_labels(name: str) -> None:
    rows: list[tuple[str | None, ...]] = [(text, str(i % 3)) for i, (text, _) in enumerate(messages())]
    assert guess_columns(made(["a", name], rows)).label == name


@pytest.mark.parametrize("kind", range(2, 7))
def test_ids_dates_links_numbers_and_names_are_no_labels(kind: int) -> None:
    columns, rows = extended()
    guess = guess_columns(made(["a", columns[kind]], [(row[0], row[kind]) for row in rows]))
    assert (guess.text, guess.label) == ("a", None)
    assert "without labels" in guess.reasons[1]


def test_splits_and_languages_are_no_labels_but_the_label_beside_them_is() -> None:
    rows: list[tuple[str | None, ...]] = [
        (text, "test" if i % 4 else "train", "en", label) for i, (text, label) in enumerate(messages())
    ]
    assert guess_columns(made(list("abcd"), rows)).label == "d"
    assert guess_columns(made(list("abc"), [row[:3] for row in rows])).label is None


def test_class_names_are_preferred_to_their_numbers() -> None:
    rows: list[tuple[str | None, ...]] = [(text, str(list(ASKS).index(label)), label) for text, label in messages()]
    assert guess_columns(made(["text", "label", "label_text"], rows)).label == "label_text"


def test_the_longer_of_title_and_body_is_the_text() -> None:
    rows: list[tuple[str | None, ...]] = [(f"Question {i}", text, label) for i, (text, label) in enumerate(messages())]
    assert guess_columns(made(["title", "body", "tag"], rows)).text == "body"


def test_an_empty_label_column_is_named_as_empty() -> None:
    guess = guess_columns(made(["text", "label"], [(text, None) for text, _ in messages()]))
    assert guess.label is None
    assert guess.reasons[1] == "The column 'label' is empty, so the texts start without labels."


def test_a_few_labels_among_many_rows_are_enough() -> None:
    rows: list[tuple[str | None, ...]] = [(t, label if i < 5 else "") for i, (t, label) in enumerate(messages())]
    assert guess_columns(made(["text", "label"], rows)).label == "label"


def test_a_table_of_numbers_is_refused() -> None:
    with pytest.raises(DataError, match="No column holds words"):
        guess_columns(made(["a", "b"], [("1", "2"), ("3", "4")]))


def test_names_are_split_into_words() -> None:
    assert name_parts("customerMessage_1") >= {"customer", "message"}
    assert name_match("Label", frozenset({"label"})) == 1.0
    assert name_match("gold_label", frozenset({"label"})) == 0.8
    assert name_match("labelled", frozenset({"label"})) == 0.0


# to_items -------------------------------------------------------------------


def test_rows_become_items_and_every_row_is_accounted_for() -> None:
    table = made(
        ["text", "label", "source"],
        [
            ("  Hello there ", " greeting ", "web"),
            ("Bye", None, None),
            ("   ", "greeting", "web"),
            ("Hello there", "greeting", "mail"),
            ("Cafe\u0301", "place", ""),
            ("Café", "", "web"),
            (None, None, None),
        ],
    )
    items, report = to_items(table, "text", "label")
    assert [(item.text, item.label, dict(item.meta)) for item in items] == [
        ("Hello there", "greeting", {"source": "web"}),
        ("Bye", None, {}),
        ("Café", "place", {}),
    ]
    assert (report.n_rows, report.n_items, report.n_empty, report.n_duplicates) == (7, 3, 2, 2)
    assert (report.n_labeled, report.n_classes, report.classes) == (2, 2, {"greeting": 1, "place": 1})
    assert report.empties == (4, 8)
    assert report.duplicates == (Duplicate(5, 2, "Hello there"), Duplicate(7, 6, "Café"))
    assert (report.n_conflicts, report.conflicts) == (0, ())


def test_a_text_with_several_labels_gets_the_most_frequent_or_the_first() -> None:
    rows: list[tuple[str | None, ...]] = [
        ("x", "a"),
        ("y", "b"),
        ("x", "b"),
        ("x", "b"),
        ("y", "a"),
        ("z", ""),
        ("z", "c"),
    ]
    items, report = to_items(made(["text", "label"], rows), "text", "label")
    assert [(item.text, item.label) for item in items] == [("x", "b"), ("y", "b"), ("z", "c")]
    assert report.n_conflicts == 2
    assert report.conflicts == (Conflict("x", 2, {"a": 1, "b": 2}, "b"), Conflict("y", 3, {"b": 1, "a": 1}, "b"))


def test_without_a_label_column_or_meta_only_the_text_goes_along() -> None:
    items, report = to_items(made(["text", "label"], [("x", "a")]), "text", meta=False)
    assert (items[0].label, dict(items[0].meta), report.n_labeled) == (None, {}, 0)


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [("nope", None, "no column 'nope'"), ("text", "text", "both text and label"), ("empty", None, "holds no text")],
)
def test_a_wrong_choice_of_columns_is_refused(text: str, label: str | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        to_items(made(["text", "label", "empty"], [("x", "a", None)]), text, label)


def test_labels_that_are_too_long_or_too_many_are_refused() -> None:
    with pytest.raises(DataError, match="Row 2, column 'label': the label has 201 characters"):
        to_items(made(["text", "label"], [("x", "a" * 201)]), "text", "label")
    rows: list[tuple[str | None, ...]] = [(f"text {i}", f"class {i}") for i in range(1_001)]
    with pytest.raises(DataError, match="1001 different labels; at most 1000"):
        to_items(made(["text", "label"], rows), "text", "label")


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(["x", "y ", " y", "", "é", "e\u0301"]), st.sampled_from(["a", "b", ""])))
)
def test_the_counts_add_up_and_no_text_comes_twice(rows: list[tuple[str | None, ...]]) -> None:
    if not any((row[0] or "").strip() for row in rows):
        rows = [*rows, ("x", "a")]
    items, report = to_items(made(["text", "label"], rows), "text", "label")
    assert report.n_rows == len(rows) == report.n_items + report.n_empty + report.n_duplicates
    assert len({item.text for item in items}) == len(items) == report.n_items
    assert sum(report.classes.values()) == report.n_labeled == sum(1 for item in items if item.label)
