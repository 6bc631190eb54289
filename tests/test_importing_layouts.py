"""Exports of other labelling tools, read as they come from there; broken ones refused with the row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fsl_core.base.errors import DataError
from fsl_core.data.importing import to_items
from tests.importing_files import labels_in, table_of


def test_label_studio_exports_are_read_with_the_answer_of_most_people() -> None:
    def task(text: str, *answers: tuple[str, list[str]], **more: Any) -> dict[str, Any]:
        annotations = [
            {"id": 5, "completed_by": {"id": 1, "email": who}, "was_cancelled": False, "ground_truth": False,
             "created_at": "2024-01-02T03:04:05Z",
             "result": [{"from_name": "mood", "to_name": "t", "type": "choices", "value": {"choices": chosen}}]
             if chosen else []}
            for who, chosen in answers
        ]  # fmt: skip
        return {
            "id": 1,
            "data": {"review": text, "shop": "north"},
            "annotations": annotations,
            "predictions": [7],
            **more,
        }

    tasks = [
        task("good thing it is", ("a@x", ["Positive"]), ("b@x", ["Negative"]), ("c@x", ["Positive"])),
        task("bad thing it was", ("a@x", ["Negative"])),
        task(
            "nobody looked here",
        ),
        task("nothing fits to this", ("a@x", [])),
        task("skipped this one here", ("a@x", ["Positive"])),
    ]
    tasks[4]["annotations"][0]["was_cancelled"] = True
    tasks[1]["annotations"][0]["result"].append({"type": "labels", "value": {"labels": ["PER"]}})
    table = table_of(json.dumps(tasks).encode())
    assert table.format == "label-studio"
    assert table.columns == ("review", "shop", "label", "annotator", "labeled_at")
    assert labels_in(table) == {
        "good thing it is": ("Positive",),
        "bad thing it was": ("Negative",),
        "nobody looked here": None,
        "nothing fits to this": (),
        "skipped this one here": None,
    }
    assert any("1 items have annotations that differ" in note for note in table.notes)
    assert any("type labels" in note for note in table.notes)
    for one in tasks:
        one["data"]["label"] = "old"
    assert table_of(json.dumps(tasks).encode()).columns == (
        "review", "shop", "label (2)", "label", "annotator", "labeled_at",
    )  # fmt: skip


def test_label_studio_several_controls_predictions_truth_and_json_min() -> None:
    def result(control: str, kind: str, value: Any) -> dict[str, Any]:
        return {"from_name": control, "to_name": "t", "type": kind, "value": {kind: value}}

    tasks = [
        {"data": {"text": f"some text {i}"},
         "annotations": [
             {"result": [result("topic", "choices", ["AB"[i % 2]]),
                         result("path", "taxonomy", [["x", "y"]]), result("stars", "rating", 4)], "ground_truth": True},
             {"result": [result("topic", "choices", ["wrong"])]}],
         "predictions": [{"score": 0.9, "result": [result("topic", "choices", ["A", "B"])]}]}
        for i in range(6)
    ]  # fmt: skip
    table = table_of(json.dumps(tasks).encode())
    assert table.columns == ("text", "topic", "path", "stars", "suggestion", "suggestion score")
    assert table.rows[1] == ("some text 1", "B", "x > y", "4", '["A", "B"]', "0.9")
    small = [
        {"id": i, "text": f"some text {i}", "sentiment": {"choices": ["A", "B"]} if i else "A", "annotator": 1,
         "annotation_id": 3, "lead_time": 2.5, "created_at": "2024-01-02T03:04:05Z"}
        for i in range(5)
    ]  # fmt: skip
    table = table_of(json.dumps(small).encode())
    assert table.format == "label-studio"
    assert labels_in(table)["some text 0"] == ("A",) and labels_in(table)["some text 1"] == ("A", "B")


def test_prodigy_examples_by_choice_by_number_and_by_yes_or_no() -> None:
    options = [{"id": 1, "text": "Happy"}, {"id": 0, "text": "Sad"}]
    choice = [
        {"text": "nice day today", "options": options, "accept": [1], "answer": "accept", "_annotator_id": "ada",
         "_timestamp": 1704164645, "meta": {"shop": "north"}, "_input_hash": 1},
        {"text": "rain again today", "options": options, "accept": [0], "answer": "accept"},
        {"text": "nothing of it fits", "options": options, "accept": [], "answer": "accept"},
        {"text": "thrown away this", "options": options, "accept": [1], "answer": "ignore"},
        {"text": "not answered at all", "options": options},
    ]  # fmt: skip
    table = table_of("\n".join(map(json.dumps, choice)).encode(), "a.jsonl")
    assert (table.format, table.columns) == ("prodigy", ("text", "shop", "label", "annotator", "labeled_at"))
    assert table.rows[0] == ("nice day today", "north", "Happy", "ada", "2024-01-02T03:04:05Z")
    assert labels_in(table) == {
        "nice day today": ("Happy",),
        "rain again today": ("Sad",),
        "nothing of it fits": (),
        "thrown away this": None,
        "not answered at all": None,
    }
    binary = [
        {"text": "send it back now", "label": "Refund", "answer": "accept"},
        {"text": "send it back now", "label": "Delivery", "answer": "accept"},
        {"text": "where is it today", "label": "Refund", "answer": "reject"},
        {"text": "where is it today", "label": "Delivery", "answer": "accept"},
        {"text": "what about this one", "label": "Refund", "answer": "reject"},
    ]
    table = table_of("\n".join(map(json.dumps, binary)).encode(), "a.jsonl")
    assert labels_in(table) == {
        "send it back now": ("Delivery", "Refund"),
        "where is it today": ("Delivery",),
        "what about this one": None,
    }
    assert "2 answers only say what an item is not" in table.notes[0]


def test_a_question_with_an_answer_is_no_prodigy_example() -> None:
    rows = [{"text": "What is it?", "answer": "Paris"}, {"text": "And this?", "answer": "accept"}]
    assert table_of("\n".join(map(json.dumps, rows)).encode(), "a.jsonl").format == "jsonl"


def test_argilla_records_nested_and_flat() -> None:
    def record(text: str, *values: Any, **more: Any) -> dict[str, Any]:
        given = [{"value": value, "user_id": f"u{i}"} for i, value in enumerate(values)]
        return {"id": "1", "fields": {"prompt": text}, "metadata": {"shop": "north"}, "suggestions": {},
                "responses": {"mood": given} if given else {}, "vectors": {}, "_server_id": "s", **more}  # fmt: skip

    nested = [
        record("first text of all", "good", "bad", "good"),
        record("second text of all", "bad", suggestions={"mood": {"value": "good", "score": 0.5, "agent": "m"}}),
        record("third text of all"),
        record("fourth text of all", "good"),
    ]
    nested[3]["responses"]["mood"][0]["status"] = "discarded"
    table = table_of(json.dumps(nested).encode())
    assert (table.format, table.columns) == (
        "argilla", ("prompt", "shop", "label", "annotator", "suggestion", "suggestion score"),
    )  # fmt: skip
    said = {"first text of all": ("good",), "second text of all": ("bad",), "third text of all": None}
    assert labels_in(table) == {**said, "fourth text of all": None}
    flat = [
        {"id": "1", "status": "completed", "prompt": text, "mood.responses": values, "mood.responses.users": ["u"],
         "mood.responses.status": ["submitted"] * len(values or []), "mood.suggestion": None}
        for text, values in [("first text of all", ["good"]), ("second text of all", [["bad", "good"]]),
                             ("third text of all", None)]
    ]  # fmt: skip
    table = table_of(json.dumps(flat).encode())
    assert (table.format, table.columns) == ("argilla", ("id", "prompt", "label", "annotator"))
    assert labels_in(table)["second text of all"] == ("bad", "good")


def test_rows_of_the_dataset_viewer_get_their_class_names() -> None:
    whole = {
        "features": [
            {"feature_idx": 0, "name": "text", "type": {"dtype": "string", "_type": "Value"}},
            {"feature_idx": 1, "name": "label", "type": {"names": ["neg", "pos"], "_type": "ClassLabel"}},
        ],
        "rows": [{"row_idx": i, "row": {"text": f"a text number {i}", "label": i - 1}, "truncated_cells": []}
                 for i in range(3)],
        "num_rows_total": 3,
    }  # fmt: skip
    table = table_of(json.dumps(whole).encode())
    assert table.format == "datasets"
    assert labels_in(table) == {"a text number 0": None, "a text number 1": ("neg",), "a text number 2": ("pos",)}
    whole["rows"][1]["row"]["label"] = 9
    with pytest.raises(DataError, match="Row 2 cannot be read: there is no class number 9"):
        table_of(json.dumps(whole).encode())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"data": {"text": "a"}, "annotations": []}, {"data": "b", "annotations": []}], "Row 2 .*'data' should be"),
        ([{"data": {"text": "a"}, "annotations": []}, {"data": {}, "annotations": {}}], "'annotations' should be a l"),
        ([{"data": {"text": "a"}, "annotations": []}, {"data": {}, "annotations": [{"result": [{"type": "choices"}]}]}],
         "type 'choices' has no such value"),
        ([{"data": {"text": "a"}, "annotations": []}, 5], "Row 2 cannot be read: it is not an object"),
        ([{"text": "a", "label": "b", "answer": "accept"}, {"text": "a", "answer": "maybe"}], "the answer is 'maybe'"),
        ([{"text": "a", "options": [{"id": "x", "text": "x"}], "accept": "x", "answer": "accept"}],
         "'accept' should be"),
        ([{"fields": {"t": "a"}, "responses": {}}, {"fields": 1}], "Row 2 .*'fields' should be"),
        ([{"fields": {"t": "a"}, "responses": {"q": {}}}], "'responses' should be a list"),
    ],
)  # fmt: skip
def test_a_half_broken_export_is_refused_whole_with_the_row(rows: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        table_of(json.dumps(rows).encode())
    assert caught.value.hint


def test_several_labels_in_one_column_are_known_by_their_json_lists() -> None:
    table = table_of(b'text,labels\nfirst of all,"[""b"", ""a""]"\nsecond,b\nthird,[]\nfourth,\nfifth,"[x"\n', "a.csv")
    items, report = to_items(table, "text", "labels")
    assert [item.label for item in items] == [("a", "b"), ("b",), (), None, ("[x",)]
    assert (report.several, report.n_labeled, report.classes) == (True, 4, {"a": 1, "b": 2, "[x": 1})
    again = table_of(b'text,labels\nsame,"[""b"", ""a""]"\nsame,"[""a"", ""b""]"\nsame,a\nx,b\n', "a.csv")
    items, report = to_items(again, "text", "labels")
    assert items[0].label == ("a", "b")
    assert report.conflicts[0].labels == {"a, b": 2, "a": 1}
    single = table_of(b"text,label\nfirst of all,a\nsecond,[]\n", "a.csv")
    items, report = to_items(single, "text", "label")
    assert ([item.label for item in items], report.several) == (["a", ()], False)
