"""The Label page and the server's end of the card's queue, on a real store in a temporary folder."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from fsl_core.data.store import NewItem, Store
from fsl_core.evaluation.metrics import confusion_matrix, report
from pages.ui.components.card import card
from pages.ui.components.messages import Wish
from pages.ui.kit import feedback, resources, state
from pages.ui.labelling import desk_card, live, queueing, suggesting
from pages.ui.labelling.desk import Desk
from tests.page_fixtures import APP, TEXTS, open_page, shown
from tests.page_fixtures import text_project as project

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def open_label(project_id: int | None = None) -> AppTest:
    at = open_page("label", project_id)
    assert not at.exception
    return at


def drawn_card(at: AppTest) -> bool:
    return any(part.proto.component_name == "handful_card" for part in at.get("bidi_component"))


# -- the page ------------------------------------------------------------------------------------


def test_what_comes_next_is_kept_for_each_person_and_fits_no_model_anew(page_store: Store) -> None:
    number = project(page_store)
    at = open_label(number)
    workspace = resources.workspace(number)
    version = workspace.version
    at.selectbox(key=f"label-strategy-{number}-me").set_value("order").run()
    at.toggle(key=f"label-flagged-{number}-me").set_value(True).run()
    assert not at.exception and not workspace.sync() and workspace.version == version
    kept = page_store.projects.get(number).settings["person:queue:me"]
    assert kept == {"strategy": "order", "flagged": True}, "what nobody has touched is not kept"
    again = open_label(number)
    assert again.selectbox(key=f"label-strategy-{number}-me").value == "order"
    assert again.toggle(key=f"label-flagged-{number}-me").value is True
    second = project(page_store, classes=("A", "B"))  # of the same name
    other = open_label(second)
    assert other.selectbox(key=f"label-strategy-{second}-me").value != "order"


def test_a_change_that_comes_after_its_controls_are_gone_is_kept_without_an_error(page_store: Store) -> None:
    number = project(page_store)
    at = open_label(number)
    control = at.selectbox(key=f"label-strategy-{number}-me")
    sent = WidgetStates()
    sent.widgets.add(id=control.proto.id, string_value="File order")
    at.text_input(key="shell-author").set_value("Ana").run()
    # The browser knows nothing yet of the new name, nor of what is in a popover that was never opened.
    at._run(sent)
    assert not at.exception and not at.error
    settings = page_store.projects.get(number).settings
    assert "person:queue:Ana" not in settings and settings.get("person:queue:me", {}) in ({}, {"strategy": "order"})


def test_labels_and_what_the_model_expects_are_two_columns_and_no_progress(page_store: Store) -> None:
    # More labels than the model expects: "6 / 5" beside a bar on a track read as 6 of 5.
    number = project(page_store)
    classes = {one.name: one.id for one in page_store.classes.list(number)}
    for item in page_store.items.all(number).ids.tolist():
        page_store.journal.label(number, [item], classes["Delivery" if item % 2 else "Refund"], author="me")
    strip = next(part.proto.body for part in open_label(number).get("html") if "hf-live counts" in part.proto.body)
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", strip, flags=re.DOTALL).split()
    assert words[:3] == ["Class", "Labels", "Expected"]
    assert words[words.index("Delivery") + 1] == words[words.index("Refund") + 1] == "6"
    assert "/" not in words and 'class="track"' not in strip


@pytest.mark.parametrize(
    "kept", ["junk", {}, {"strategy": "gone", "state": 7, "predicted": 999, "flagged": "x", "unsure": [1]}]
)
def test_a_choice_that_no_longer_exists_gives_way_to_the_first(page_store: Store, kept: object) -> None:
    number = project(page_store, **{"person:queue:me": kept})
    at = open_label(number)
    assert drawn_card(at) and at.toggle(key=f"label-unsure-{number}-me").value is False
    assert at.selectbox(key=f"label-predicted-{number}-me").value is None


def test_without_a_project_the_page_leads_to_the_projects(page_store: Store) -> None:
    assert "No project is open" in shown(open_label())


def test_without_items_the_page_says_where_to_add_some(page_store: Store) -> None:
    assert "There is nothing to label yet" in shown(open_label(project(page_store, [])))


def test_without_classes_two_can_be_named_right_there(page_store: Store) -> None:
    empty = project(page_store, classes=())
    at = open_label(empty)
    assert not drawn_card(at)
    at.text_area(key="label-class-names").input("Only one")
    at.button[-1].click().run()
    assert "Two classes at least" in shown(at)
    at.text_area(key="label-class-names").input("Delivery: late parcels\n\nRefund：money back\nRefund")
    at.button[-1].click().run()
    assert not at.exception
    assert [(one.name, one.description) for one in page_store.classes.list(empty)] == [
        ("Delivery", "late parcels"),
        ("Refund", "money back"),
    ]
    assert drawn_card(at)


def test_the_page_draws_the_card_and_says_how_many_labels_are_missing(page_store: Store) -> None:
    at = open_label(project(page_store))
    assert drawn_card(at)
    assert "Not enough to say yet." in shown(at)
    assert "Label 10 more." in shown(at)


def test_scores_appear_with_interval_and_n_and_imported_labels_are_explained(page_store: Store) -> None:
    made = page_store.projects.create("Test", settings={"encoder": {"name": "char-ngram"}})
    page_store.items.add(made.id, [NewItem(text=t, label="Refund" if "money" in t else "Delivery") for t in TEXTS])
    at = open_label(made.id)
    words = shown(at)
    assert "Accuracy" in words
    assert "12 labels, each judged by a model that has not seen it." in words
    assert "12 labels came with the file." in words


# -- what the card and the strip are given --------------------------------------------------------


def test_keys_are_digits_then_letters_and_chosen_keys_come_first() -> None:
    plain = [SimpleNamespace(key="") for _ in range(40)]
    caps = card.key_caps(plain)  # type: ignore[arg-type]
    assert caps[:12] == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "a", "b"]
    assert not {"u", "n", "f", "e"} & set(caps)
    assert caps[32:] == [""] * 8
    chosen = [SimpleNamespace(key=key) for key in ("", "1", "u", "x")]
    assert card.key_caps(chosen) == ["2", "1", "3", "x"]  # type: ignore[arg-type]
    moved = [SimpleNamespace(key=key) for key in ("x", "", "")]
    assert card.key_caps(moved) == ["x", "2", "3"]  # type: ignore[arg-type]


def test_suggestions_are_the_most_probable_classes_best_first(page_store: Store) -> None:
    made = project(page_store)
    workspace = resources.workspace(made)
    snapshot = SimpleNamespace(classes=("Delivery", "Refund"), probabilities=np.array([[0.25, 0.75], [0.9, 0.1]]))
    delivery, refund = (one.id for one in workspace.classes)
    assert suggesting.suggestions(workspace, snapshot, [0, 1]) == [  # type: ignore[arg-type]
        [(refund, 0.75), (delivery, 0.25)],
        [(delivery, 0.9), (refund, 0.1)],
    ]
    assert suggesting.suggestions(workspace, snapshot, [0, 1], {0})[0] == []  # type: ignore[arg-type]
    assert suggesting.suggestions(workspace, None, [0]) == [[]]


def labeled_workspace(store: Store, n: int = 3) -> Any:
    made = project(store)
    items, classes = store.items.all(made), store.classes.list(made)
    for c in (0, 1):
        store.journal.label(made, items.ids[6 * c : 6 * c + n].tolist(), classes[c].id, author="Ada")
    workspace = resources.workspace(made)
    workspace.encode()
    workspace.sync()
    return workspace


def test_the_examples_behind_a_suggestion_speak_for_its_class_and_one_for_another(page_store: Store) -> None:
    workspace = labeled_workspace(page_store)
    snapshot = workspace.snapshot()
    (found, none) = suggesting.pulls(workspace, snapshot, [4, 5], {5})
    delivery, refund = (one.id for one in workspace.classes)
    assert [one["label"] for one in found][:2] == [delivery, delivery]
    assert all(one["text"] in TEXTS for one in found)
    assert max(one["weight"] for one in found) == 1.0
    assert none == []


def wish(**more: Any) -> queueing.Wish:
    return queueing.Wish("order", **more)


def texts_of(workspace: Any, items: list[Any]) -> list[str]:
    return [workspace.texts[workspace.position[one.item_id]] for one in items]


def test_the_queue_narrows_to_what_is_flagged_labelled_or_expected(page_store: Store) -> None:
    workspace = labeled_workspace(page_store)
    snapshot = workspace.snapshot()
    free = {TEXTS[i] for i in (3, 4, 5, 9, 10, 11)}
    shown_next = lambda wanted: queueing.next_items(workspace, snapshot, wanted, "me", 20)  # noqa: E731
    assert set(texts_of(workspace, shown_next(wish()))) == free
    assert len(shown_next(wish(state="any"))) == 6
    assert len(shown_next(wish(state=""))) == 12
    delivery = workspace.classes[0].id
    assert set(texts_of(workspace, shown_next(wish(predicted=delivery)))) == set(TEXTS[3:6])
    page_store.journal.flag(workspace.project_id, [int(workspace.ids[4])], author="me")
    workspace.sync()
    assert texts_of(workspace, shown_next(wish(flagged=True))) == [TEXTS[4]]
    assert len(shown_next(queueing.Wish(queueing.SECOND))) == 6
    assert queueing.next_items(workspace, snapshot, queueing.Wish(queueing.SECOND), "Ada", 20) == []


def test_a_search_finds_by_words_among_what_has_no_label(page_store: Store) -> None:
    workspace = labeled_workspace(page_store)
    found = queueing.next_items(workspace, None, wish(search="money back for order 11"), "me", 3)
    assert texts_of(workspace, found)[0] == "money back for order 5" or "money" in texts_of(workspace, found)[0]
    assert all("money" in text or "parcel" in text for text in texts_of(workspace, found))
    first = found[0].item_id
    again = queueing.next_items(workspace, None, wish(search="money back for order 11"), "me", 3, {first})
    assert first not in {one.item_id for one in again}


def test_what_the_model_says_of_a_check_item_is_hidden_until_it_is_labelled(page_store: Store) -> None:
    workspace = labeled_workspace(page_store)
    page_store.projects.update(workspace.project_id, settings={"audit_share": 0.5})
    workspace.sync()
    sent = desk_card.payload(workspace, workspace.snapshot(), wish(), Desk(), "me")
    audit = [one for one in sent["items"] if one["audit"]]
    other = [one for one in sent["items"] if not one["audit"]]
    assert audit and other
    assert all(one["top"] == [] and one["pulls"] == [] and "Check item" in one["why"] for one in audit)
    assert all(one["top"] and one["pulls"] for one in other)


def test_the_card_resumes_an_item_only_while_it_has_no_label(page_store: Store) -> None:
    workspace = labeled_workspace(page_store)
    for row, there in ((5, True), (0, False)):
        desk = Desk()
        desk.take(Wish(resume=int(workspace.ids[row])))
        item = desk_card.payload(workspace, None, wish(), desk, "me")["show"]["item"]
        assert (item is not None) is there


def test_guidelines_load_nothing_from_elsewhere() -> None:
    assert "![" not in feedback.person_markdown("see ![x](http://example.org/a.png) and ![y][ref]")


def test_the_name_of_the_link_is_the_author_and_the_sidebar_changes_it(page_store: Store) -> None:
    at = AppTest.from_file(APP, default_timeout=120)
    at.query_params["me"] = "  Ana   Lima "
    at.run()
    assert at.session_state[state.author.key] == "Ana Lima"
    at.text_input(key="shell-author").set_value("Bo").run()
    assert at.session_state[state.author.key] == "Bo"
    assert at.query_params["me"] == "Bo"


def test_guidelines_are_written_and_changed_beside_the_card(page_store: Store) -> None:
    made = project(page_store)
    at = open_label(made)
    at.button(key="label-guidelines-edit").click().run()
    at.text_area(key="label-guidelines-text").input("**Refund** wins over Delivery").run()
    at.button(key="label-guidelines-save").click().run()
    assert not at.exception
    assert page_store.projects.get(made).guidelines == "**Refund** wins over Delivery"
    assert "**Refund** wins over Delivery" in shown(at)


def test_what_the_last_label_changed_counts_the_others_by_where_they_went() -> None:
    ids = np.arange(6)
    before = live.Belief(1, (1,), ("a", "b", "c"), ids, np.array([0, 0, 0, 1, 1, 2]))
    after = live.Belief(1, (2,), ("a", "b", "c"), ids, np.array([1, 1, 0, 2, 0, 2]))
    assert live.moves(before, after) == {"b": 2, "a": 1, "c": 1}
    assert live.moves(before, after, ignore=[0, 3]) == {"a": 1, "b": 1}
    other = live.Belief(1, (2,), ("a", "b"), ids, np.zeros(6, dtype=np.int64))
    assert live.moves(before, other) == {}
    assert live.moved_sentence({"b": 2, "a": 1}) == "The last label moved 3 other predictions: 2 to b, 1 to a."
    assert "elsewhere" in live.moved_sentence({"a": 4, "b": 3, "c": 2, "d": 1})


def test_scores_stay_silent_below_ten_judged_labels() -> None:
    few = report(confusion_matrix(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2), ("a", "b"))
    assert "Label 6 more" in live.score_rows(few, 4)
    assert "100%" not in live.score_rows(few, 4)
    true = np.array([0] * 10 + [1] * 10)
    guess = np.array([0] * 9 + [1] + [1] * 10)
    enough = live.score_rows(report(confusion_matrix(true, guess, 2), ("a", "b")), 20)
    assert "95%" in enough and "20 labels" in enough


def test_class_names_are_escaped_in_the_strip(page_store: Store) -> None:
    made = project(page_store, classes=("<b>bold</b>", "other"))
    at = open_label(made)
    assert "&lt;b&gt;bold" in shown(at)
    assert "<b>bold" not in shown(at)


def test_when_everything_is_labelled_the_page_leads_on(page_store: Store) -> None:
    number = project(page_store)
    onward = ("See the results", "Take the file and the model", "Add more items")
    links = [link.proto.label for link in open_label(number).get("page_link")]
    assert not set(onward) & set(links)
    one = page_store.classes.list(number)[0].id
    ids = [row.id for row in page_store.items.page(number, limit=1_000)]
    page_store.journal.label(number, ids, one)
    links = [link.proto.label for link in open_label(number).get("page_link")]
    assert set(onward) <= set(links)
