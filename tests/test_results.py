"""Results: what the table is drawn from, what accepting writes, what the sentences say."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from fsl_core.base.intervals import prediction
from fsl_core.data.store import NewItem, Store
from fsl_core.evaluation.metrics import Measure
from fsl_core.evaluation.trusting import Accepted, Floor, Kept
from fsl_core.workspace.explaining import WORD
from fsl_core.workspace.standing import Trust
from pages.ui.components.messages import AskWhy, read_batches, read_sheet_question
from pages.ui.kit import columns, measures, resources
from pages.ui.labelling import desk_card, queueing
from pages.ui.results import answers, board, report, rows, trust, why
from pages.ui.results.desk import ResultsDesk
from tests.page_fixtures import TEXTS, open_page, shown, text_project

CLASSES = ("Delivery", "Refund")


def unpack(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)


def labeled(store: Store, n: int = 5, **settings: object):
    """A project of twelve texts, the first and last ``n`` of which have a label of a person; its workspace."""
    project = text_project(store, **{"audit_share": 0.0, **settings})
    classes = [one.id for one in store.classes.list(project)]
    ids = store.items.all(project).ids.tolist()
    several = bool(settings.get("multi_label"))
    for i in range(n):
        for item, one in ((ids[i], classes[0]), (ids[-1 - i], classes[1])):
            store.journal.label(project, [item], (one,) if several else one, author="me")
    workspace = resources.workspace(project)
    workspace.sync()
    workspace.encode()
    return workspace, workspace.snapshot(*workspace.chosen_method()), ids, classes


def test_labels_answers_and_authors_are_those_of_the_engine_in_the_order_of_the_rows(page_store) -> None:
    workspace, snapshot, ids, classes = labeled(page_store)
    page_store.journal.label(workspace.project_id, [ids[5]], "none", author="ada")
    page_store.journal.flag(workspace.project_id, [ids[6]], author="ada")
    workspace.sync()
    found = workspace.standing(snapshot)
    got = answers.arrays(workspace, found, None, "me")
    assert unpack(got["labels"], "<i2").tolist() == [0] * 5 + [-2, -1] + [1] * 5
    assert unpack(got["predicted"], "<i2").tolist() == found.predicted.tolist()
    assert unpack(got["second"], "<i2").tolist() == (1 - found.predicted).tolist()
    np.testing.assert_allclose(unpack(got["confidence"], "u1") / 255, found.confidence, atol=0.002)
    np.testing.assert_allclose(unpack(got["doubt"], "<u2") / 65535, found.doubt, atol=1e-4)
    flags = unpack(got["flags"], "u1")
    assert (flags & answers.UNSURE > 0).tolist() == found.unsure.tolist()
    assert np.flatnonzero(flags & answers.FLAGGED).tolist() == [6]
    assert got["authors"] == ["me", "ada"] and unpack(got["author"], "<u2")[5] == 1
    assert [answers.SOURCES[i] for i in unpack(got["source"], "u1")[[0, 5, 6]]] == ["person", "person", ""]


def test_what_the_model_says_of_a_check_item_that_nobody_has_judged_leaves_the_server_with_no_payload(
    page_store,
) -> None:
    workspace, snapshot, ids, _classes = labeled(page_store, audit_share=1.0)
    open_ = [5, 6]
    assert queueing.audit_rows(workspace) == set(open_)
    got = answers.arrays(workspace, workspace.standing(snapshot), None, "me")
    assert unpack(got["predicted"], "<i2")[open_].tolist() == [-1, -1]
    assert unpack(got["second"], "<i2")[open_].tolist() == [-1, -1]
    assert unpack(got["confidence"], "u1")[open_].tolist() == [0, 0]
    assert (unpack(got["flags"], "u1")[open_] & answers.HIDDEN).all()
    asked = AskWhy(kind="why", nonce=1, id=ids[5])
    said = why.answer(workspace, snapshot, asked)
    assert said is not None and said["text"] == TEXTS[5] and not said["top"] and not said["pulls"]
    # A label that was accepted in bulk is what the model said: the item is still one to be judged, and stays hidden.
    page_store.journal.label(workspace.project_id, [ids[5]], workspace.classes[0].id, author="me", source="model")
    workspace.sync()
    assert queueing.audit_rows(workspace) == set(open_)


def test_of_several_labels_the_answers_travel_as_bits(page_store) -> None:
    workspace, snapshot, ids, _classes = labeled(page_store, multi_label=True)
    got = answers.arrays(workspace, workspace.standing(snapshot), None, "me")
    bits = np.unpackbits(unpack(got["members"], "u1").reshape(len(ids), -1), axis=1)[:, :2]
    assert snapshot.sets is not None and (bits.astype(bool) == snapshot.sets).all()
    assert got["sets"][str(ids[0])] == [workspace.classes[0].id]


def test_of_many_texts_the_most_doubtful_come_first_and_the_others_from_a_file(page_store, monkeypatch) -> None:
    workspace, snapshot, _ids, _classes = labeled(page_store)
    monkeypatch.setattr(rows, "AT_ONCE", 10)
    monkeypatch.setattr(rows, "FIRST", 3)
    rows._rows.clear()
    doubt = workspace.standing(snapshot).doubt
    found = rows.rows(workspace, doubt)
    head = found.payload["head"]
    order = np.argsort(-doubt, kind="stable")[:3]
    assert unpack(head["rows"], "<i4").tolist() == order.tolist()
    assert head["texts"] == [TEXTS[row] for row in order]
    assert found.rest is not None and TEXTS[3] in found.rest.decode()
    assert rows.rows(workspace, doubt) is found
    rows._rows.clear()


def test_columns_of_the_file_are_sent_as_codes_and_shown_of_one_item(page_store) -> None:
    made = page_store.projects.create("Meta", classes=CLASSES, settings={"encoder": {"name": "char-ngram"}})
    metas = [{"channel": "mail", "n": 1}, {"channel": "phone"}, {"channel": "mail", "n": None}]
    page_store.items.add(made.id, [NewItem(text=f"text {i}", meta=one) for i, one in enumerate(metas)])
    workspace = resources.workspace(made.id)
    assert page_store.items.metas(made.id) == metas
    assert columns.values(workspace, ["channel", "n"]) == [["mail", "phone", "mail"], ["1", "", ""]]
    got = rows._column("channel", ["mail", "phone", "mail"])
    assert got["values"] == ["mail", "phone"] and unpack(got["codes"], "<i4").tolist() == [0, 1, 0]
    first = int(workspace.ids[0])
    assert columns.of_item(workspace, first, ["channel", "n", "gone"]) == [("channel", "mail"), ("n", "1")]


# -- what is written -------------------------------------------------------------------------------


def send(workspace, desk: ResultsDesk, *events: dict) -> None:
    queue = f"sheet:{workspace.project_id}"
    message = {"project": queue, "batches": [{"client": "a", "events": list(events)}]}
    board.commit(workspace.project_id, "me", desk, read_batches(message, queue))


def sources(store: Store, project: int) -> dict[int, tuple[object, str]]:
    return {item: (one.label, one.source) for item, one in store.journal.labels(project).items()}


def test_one_item_is_labelled_by_a_person_and_many_accepted_ones_by_the_model(page_store) -> None:
    workspace, snapshot, ids, (first, second) = labeled(page_store, 3, audit_share=0.0)
    desk = ResultsDesk()
    send(workspace, desk, {"op": "label", "seq": 1, "id": ids[3], "label": second, "was": None})
    many = {"op": "label", "seq": 2, "ids": ids[4:6], "to": [first, second], "was": [None, None], "bulk": True}
    send(workspace, desk, {**many, "answered": [ids[6]]})
    found = sources(page_store, workspace.project_id)
    assert found[ids[3]] == (second, "person")
    assert found[ids[4]] == (first, "model") and found[ids[5]] == (second, "model")
    workspace.sync()
    wanted = workspace.classes[int(workspace.snapshot(*workspace.chosen_method()).predicted[6])].id
    assert found[ids[6]] == (wanted, "model")
    assert desk.acks == {"a": 2}
    assert not workspace.labeled_by_people()[4:7].any() and workspace.labeled_by_people()[3]
    send(workspace, desk, {"op": "undo", "seq": 3, "of": "label", "target": 2, "ids": ids[4:7]})
    assert set(sources(page_store, workspace.project_id)) == {*ids[:4], *ids[-3:]}


def test_without_the_flag_many_labels_stay_those_of_a_person_and_hidden_answers_are_not_taken(page_store) -> None:
    workspace, _snapshot, ids, (first, _second) = labeled(page_store, 3)
    desk = ResultsDesk()
    event = {"op": "label", "seq": 1, "ids": [ids[4]], "label": first, "was": [None], "answered": [ids[5]]}
    send(workspace, desk, event)
    found = sources(page_store, workspace.project_id)
    assert found[ids[4]] == (first, "person") and ids[5] not in found


def test_a_label_that_came_meanwhile_stays_and_the_person_is_told(page_store) -> None:
    workspace, _snapshot, ids, (first, second) = labeled(page_store, 3)
    page_store.journal.label(workspace.project_id, [ids[4]], first, author="ada")
    desk = ResultsDesk()
    send(workspace, desk, {"op": "label", "seq": 1, "id": ids[4], "label": second, "was": None})
    assert sources(page_store, workspace.project_id)[ids[4]] == (first, "person")
    assert "that label stays" in desk.notices[0]["text"]


@pytest.mark.parametrize(
    "message",
    [
        None,
        {"kind": "why", "nonce": 1},
        {"kind": "why", "nonce": 1, "id": "2"},
        {"kind": "pictures", "nonce": 1, "ids": list(range(101))},
        {"kind": "look", "nonce": 1, "ids": [], "total": 0},
    ],
)
def test_questions_of_another_shape_are_none(message) -> None:
    assert read_sheet_question(message) is None


def test_only_check_items_come_where_they_are_asked_for_those_accepted_in_bulk_too(page_store) -> None:
    workspace, snapshot, ids, (first, _second) = labeled(page_store, 2, audit_share=1.0)
    page_store.journal.label(workspace.project_id, [ids[4]], first, author="me", source="model")
    workspace.sync()
    wish = queueing.Wish("typical", state="check")
    got = [one.item_id for one in queueing.next_items(workspace, snapshot, wish, "me", 20)]
    order = [int(workspace.ids[row]) for row in workspace.audit_rows()]
    assert got == [item for item in order if item not in {*ids[:2], *ids[-2:]}]
    assert ids[4] in got and wish.filters == 1 and wish.narrowed


# -- what is said ----------------------------------------------------------------------------------


def made_trust(hits: int, n: int, accepted: int, of: int, how: str | None = "check", **more: int) -> Trust:
    low, high = prediction(hits, n, accepted)
    taken = np.arange(of) < accepted
    measure = Measure(hits / n if n else 0.0, low, high, n, n >= 10)
    return Trust(how, Accepted(0.5, taken, measure), np.arange(of), accepted / of, more.pop("missing", 0), **more)


def test_the_sentence_and_its_interval_by_hand() -> None:
    found = made_trust(2, 100, 1840, 2300)
    assert (
        trust.sentence(found) == "Accept **1,840** of 2,300, about **2\xa0%** wrong (0.2 to 7.2\xa0%); look at **460**."
    )
    assert "100 check items" in trust.judged(found)
    few = made_trust(0, 4, 1840, 2300)
    assert "not enough to say" in trust.sentence(few) and "Only 4 items" in trust.judged(few)
    assert "flatter" in trust.judged(made_trust(0, 20, 10, 30, "left_out"))
    assert "3 are like nothing" in trust.judged(made_trust(0, 20, 10, 30, unlike=3))
    assert trust.sentence(made_trust(0, 0, 0, 30, None)) == "Accept **none** of 30; look at **30**."


def test_a_floor_says_what_it_costs_or_how_many_items_could_promise_it(page_store) -> None:
    workspace, *_rest = labeled(page_store)
    measure = Measure(0.0, 0.0, 0.025, 150, True)
    kept = Kept(Floor(1, 0.01), 0.2, measure, 12, True)
    assert trust.floor_sentence(workspace, kept) == (
        "Refund: misses 0\xa0% (0 to 2.5\xa0%) of its items, at most 1\xa0% was wanted; measured on 150. "
        "Because of it 12 more are looked at."
    )
    broken = Kept(Floor(1, 0.01), 0.2, Measure(0.0, 0.0, 0.3, 8, False), 5, False)
    assert "8 known items cannot promise" in trust.floor_sentence(workspace, broken)
    assert "99 without a miss" in trust.floor_sentence(workspace, broken)


def test_class_by_class_every_mistake_has_its_items(page_store) -> None:
    workspace, snapshot, ids, (first, second) = labeled(page_store)
    page_store.journal.label(workspace.project_id, [ids[0]], second, author="me")
    workspace.sync()
    snapshot = workspace.snapshot(*workspace.chosen_method())
    score = workspace.score(snapshot)
    assert score is not None and score.how == "left_out"
    got = report.payload(workspace, workspace.standing(snapshot), score)
    assert sum(len(cell["ids"]) for cell in got["cells"]) == score.report.n == 10
    off = {item for cell in got["cells"] if cell["true"] != cell["said"] for item in cell["ids"]}
    assert ids[0] in off
    assert off == {item for one in got["classes"] for item in one["missed"]}
    assert off == {item for one in got["classes"] for item in one["wrong"]}
    assert [one["labelled"] for one in got["classes"]] == [4, 6]
    assert sum(one["predicted"] for one in got["classes"]) == int((~workspace.standing(snapshot).new).sum())
    assert got["words"] == measures.how(workspace, score)


def test_the_page_names_the_method_its_score_and_what_may_be_taken(page_store) -> None:
    workspace, snapshot, *_rest = labeled(page_store)
    at = open_page("results", workspace.project_id)
    assert not at.exception
    words = shown(at)
    assert "Nearest prototype: 10 labels, each judged by a model that has not seen it" in words
    found = trust.of(workspace, snapshot)
    assert trust.sentence(found.trust) in words
    slider = next(one for one in at.slider if str(one.key).startswith("results-share"))
    assert slider.value == round(100 * found.trust.share)
    slider.set_value(0).run()
    assert not at.exception and "Accept **none** of 2" in shown(at)
    workspace.sync()
    assert workspace.standing(snapshot).unsure_below > 1


def test_accepting_writes_one_act_of_the_model_that_undo_takes_back(page_store) -> None:
    workspace, snapshot, ids, _classes = labeled(page_store)
    page_store.projects.update(workspace.project_id, settings={"unsure_below": 0.0})
    at = open_page("results", workspace.project_id)
    button = next(one for one in at.button if str(one.key) == "results-accept")
    n = trust.of(workspace, snapshot).trust.accepted.n_accepted
    button.click().run()
    assert not at.exception
    found = [item for item, one in sources(page_store, workspace.project_id).items() if one[1] == "model"]
    assert len(found) == n and set(found) <= set(ids[5:7])
    page_store.journal.undo(workspace.project_id, "me")
    assert not [1 for one in sources(page_store, workspace.project_id).values() if one[1] == "model"]


def test_the_words_that_moved_an_answer_are_those_without_which_it_changes(page_store) -> None:
    text = "parcel money is for late order"
    workspace, snapshot, ids, _classes = labeled(page_store, texts=[*TEXTS[:6], text, *TEXTS[6:]])
    found = workspace.moving_words(text, snapshot)
    assert found and max(abs(weight) for *_span, weight in found) == pytest.approx(1.0)
    spans = [text[start:end] for start, end, _weight in found]
    assert set(spans) <= set(text.split())
    # Brute force: the strongest word is the one without which the likeliest class loses most.
    words = text.split()
    left_out = [" ".join([*words[:i], "", *words[i + 1 :]]) for i in range(len(words))]
    answers_ = workspace.answer([text, *left_out], snapshot)
    shares = [workspace.explain(one, snapshot).probabilities[answers_.predicted[0]] for one in [text, *left_out]]
    strongest = words[int(np.argmax(np.abs(shares[0] - np.array(shares[1:]))))]
    assert spans[int(np.argmax([abs(weight) for *_span, weight in found]))] == strongest
    assert workspace.moving_words("word " * 41, snapshot) == [] and workspace.moving_words("one", snapshot) == []
    asked = AskWhy(kind="why", nonce=1, id=ids[6], words=True)
    said = why.answer(workspace, snapshot, asked)
    assert said is not None and [span[:2] for span in said["words"]] == [one[:2] for one in found]


def test_words_are_counted_as_browsers_count_signs_and_chinese_sign_by_sign(page_store) -> None:
    workspace, snapshot, *_rest = labeled(page_store)
    text = "🎉🎉 money back 退款 now"
    plain = workspace.moving_words(text, snapshot)
    sent = why._words(workspace, snapshot, text)
    units = text.encode("utf-16-le")
    assert [units[2 * a : 2 * b].decode("utf-16-le") for a, b, _weight in sent] == [text[a:b] for a, b, _w in plain]
    assert [one.group() for one in WORD.finditer("退款 don't now")] == ["退", "款", "don't", "now"]


def test_a_class_is_guarded_and_the_page_says_what_that_costs(page_store) -> None:
    workspace, _snapshot, _ids, (_first, second) = labeled(page_store)
    page_store.projects.update(workspace.project_id, settings={"unsure_below": 0.0})
    at = open_page("results", workspace.project_id)
    assert "Accepting labels them as predicted (" in shown(at)
    guarded = next(one for one in at.multiselect if str(one.key).endswith("-classes"))
    guarded.set_value([1]).run()
    assert not at.exception
    assert page_store.projects.get(workspace.project_id).settings["floors"] == {str(second): 0.01}
    assert "Refund: 5 known items cannot promise to miss at most 1" in shown(at)
    limit = next(one for one in at.number_input if str(one.key).endswith(f"-{second}"))
    limit.set_value(50.0).run()
    assert page_store.projects.get(workspace.project_id).settings["floors"] == {str(second): 0.5}
    assert "Refund: misses 0" in shown(at)


def test_columns_that_one_chose_stand_on_the_card_too(page_store) -> None:
    made = page_store.projects.create("Meta", classes=CLASSES, settings={"encoder": {"name": "char-ngram"}})
    page_store.items.add(made.id, [NewItem(text=f"text {i}", meta={"channel": "mail", "id": i}) for i in range(3)])
    workspace = resources.workspace(made.id)
    assert desk_card._Items(workspace, None).make([int(workspace.ids[1])], [""])[0]["meta"] == []
    page_store.projects.update(made.id, settings={"person:columns:me": ["id", "gone"]})
    workspace.sync()
    assert desk_card._Items(workspace, None).make([int(workspace.ids[1])], [""])[0]["meta"] == [("id", "1")]
