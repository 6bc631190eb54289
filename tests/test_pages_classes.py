"""The Classes page on a real store: every act says what it will do, does it, and can be taken back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from fsl_core.data.store import NewClass, NewItem, Store
from tests.page_fixtures import open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
LATE, MONEY, PRAISE = "Late parcel", "Money back", "Praise"


def project(store: Store, multi: bool = False) -> int:
    settings = {"encoder": {"name": "char-ngram"}, "multi_label": multi}
    made = store.projects.create("Test", classes=[LATE, MONEY, PRAISE], settings=settings)
    rows = [NewItem(text=f"my parcel {i} is late", label=LATE) for i in range(8)]
    rows += [NewItem(text=f"give me money back for order {i}", label=MONEY) for i in range(6)]
    rows += [NewItem(text=f"order {i} is cancelled, refund please", label=MONEY) for i in range(3)]
    store.items.add(made.id, [*rows, NewItem(text="no label here")])
    return made.id


def classes(store: Store, number: int) -> dict[str, int]:
    """Name -> number of labels, in the order of the project."""
    labels = [state.label for state in store.journal.labels(number).values()]
    flat = [one for label in labels for one in (label if isinstance(label, tuple) else (label,))]
    return {one.name: flat.count(one.id) for one in store.classes.list(number)}


def id_of(store: Store, number: int, name: str) -> int:
    return next(one.id for one in store.classes.list(number) if one.name == name)


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception
    return at


def field(at: AppTest, start: str):
    widgets = [*at.text_input, *at.selectbox, *at.number_input, *at.get("color_picker")]
    return next(one for one in widgets if str(one.key).startswith(start))


def open_class(store: Store, number: int, name: str, act: str = "edit") -> tuple[AppTest, int]:
    at = open_page("classes", number)
    one = id_of(store, number, name)
    press(at, f"class-edit-{one}")
    if act != "edit":
        at.segmented_control(key=f"class-act-{one}").set_value(act).run()
        assert not at.exception
    return at, one


def test_without_a_project_the_page_leads_to_the_projects(page_store):
    assert "No project is open" in shown(open_page("classes"))


def test_a_project_without_items_and_classes_gets_them_here(page_store):
    number = page_store.projects.create("Empty").id
    at = open_page("classes", number)
    assert not at.exception and "no classes yet" in shown(at)
    at.text_area(key=f"classes-add-{number}").set_value("b: second\nc")
    press(at, f"classes-go-{number}")
    assert [(c.name, c.description) for c in page_store.classes.list(number)] == [("b", "second"), ("c", "")]
    assert "2 classes added." in shown(at)
    press(at, "classes-undo")
    assert page_store.classes.list(number) == []


def test_a_repeated_name_is_refused_in_one_box(page_store):
    number = project(page_store)
    at = open_page("classes", number)
    at.text_area(key=f"classes-add-{number}").set_value(LATE)
    press(at, f"classes-go-{number}")
    assert len(at.error) == 1 and len(page_store.classes.list(number)) == 3


def test_rename_says_that_labels_stay_and_is_undone(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, LATE)
    press(at, f"class-save-{one}")
    assert [one.value for one in at.toast] == ["Nothing was changed."]
    assert not page_store.journal.can_undo(number, "me")
    field(at, "class-name-").set_value("Delay").run()
    assert "All 8 labels stay." in shown(at)
    press(at, f"class-save-{one}")
    assert classes(page_store, number) == {"Delay": 8, MONEY: 9, PRAISE: 0}
    press(at, "classes-undo")
    assert classes(page_store, number) == {LATE: 8, MONEY: 9, PRAISE: 0}
    assert not [button for button in at.button if button.key == "classes-undo"]


def test_a_description_shows_what_it_is_worth_before_it_is_saved(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, MONEY)
    field(at, "class-description-").set_value("order cancelled, refund please").run()
    words = shown(at)
    assert "0-shot accuracy on your 17 labels" in words and "→" in words
    press(at, f"class-save-{one}")
    assert page_store.classes.list(number)[1].description == "order cancelled, refund please"
    entry = page_store.journal.entries(number, limit=1)[0]
    assert entry.note["act"] == "describe" and entry.author == "me"
    assert "Names alone, then with the descriptions." in shown(at)


def test_with_few_labels_nothing_is_claimed_of_a_description(page_store):
    made = page_store.projects.create("Few", classes=["a", "b"], settings={"encoder": {"name": "char-ngram"}})
    page_store.items.add(made.id, [NewItem(text="alpha", label="a"), NewItem(text="beta", label="b")])
    at, _one = open_class(page_store, made.id, "a")
    field(at, "class-description-").set_value("alpha").run()
    assert "Too few labels" in shown(at) and "0-shot accuracy" not in shown(at)


def test_key_colour_and_place_are_saved_together_and_taken_back_together(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, PRAISE)
    field(at, "class-key-").set_value("p").run()
    field(at, "class-color-").set_value("#123456").run()
    field(at, "class-place-").set_value(1).run()
    words = shown(at)
    assert "Its key becomes p." in words and "from place 3 to 1" in words and "colour changes" in words
    press(at, f"class-save-{one}")
    first = page_store.classes.list(number)[0]
    assert (first.name, first.key, first.color) == (PRAISE, "p", "#123456")
    press(at, "classes-undo")
    assert [(c.name, c.key, c.color) for c in page_store.classes.list(number)] == [
        (LATE, "", ""),
        (MONEY, "", ""),
        (PRAISE, "", ""),
    ]


@pytest.mark.parametrize("key", ["u", "é", "?"])
def test_a_key_that_the_card_uses_itself_is_refused(page_store, key):
    at, one = open_class(page_store, project(page_store), PRAISE)
    field(at, "class-key-").set_value(key).run()
    assert at.button(key=f"class-save-{one}").disabled and at.warning


def test_merge_says_how_many_items_change_and_undo_brings_both_back(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, LATE, "merge")
    field(at, "class-merge-").set_value(id_of(page_store, number, MONEY)).run()
    assert "8 items" in shown(at)
    press(at, f"class-merge-go-{one}")
    assert classes(page_store, number) == {MONEY: 17, PRAISE: 0}
    assert "was merged into" in shown(at)
    press(at, "classes-undo")
    assert classes(page_store, number) == {LATE: 8, MONEY: 9, PRAISE: 0}


def test_delete_asks_where_the_labels_go(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, LATE, "delete")
    assert "8 items lose this label." in shown(at)
    press(at, f"class-delete-go-{one}")
    assert classes(page_store, number) == {MONEY: 9, PRAISE: 0}
    press(at, "classes-undo")
    assert classes(page_store, number)[LATE] == 8
    at, one = open_class(page_store, number, LATE, "delete")
    field(at, "class-delete-").set_value(id_of(page_store, number, PRAISE)).run()
    press(at, f"class-delete-go-{one}")
    assert classes(page_store, number) == {MONEY: 9, PRAISE: 8}


@pytest.mark.parametrize("multi", [False, True])
def test_split_off_what_a_search_finds(page_store, multi):
    number = project(page_store, multi)
    at, one = open_class(page_store, number, MONEY, "split")
    assert at.button(key=f"class-split-go-{one}").disabled
    at.text_input(key=f"class-split-find-{one}").set_value("cancelled").run()
    assert "3 items contain these words." in shown(at)
    press(at, f"class-split-choose-{one}")
    press(at, f"class-split-go-{one}")
    assert len(at.error) == 1 and "3 items" in shown(at) and len(page_store.classes.list(number)) == 3
    field(at, "class-split-name-").set_value("Cancelled")  # and the click, without a run between them
    press(at, f"class-split-go-{one}")
    assert classes(page_store, number) == {LATE: 8, MONEY: 6, PRAISE: 0, "Cancelled": 3}
    press(at, "classes-undo")
    assert classes(page_store, number) == {LATE: 8, MONEY: 9, PRAISE: 0}


def test_split_off_single_items_from_the_list(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, LATE, "split")
    at.checkbox[0].check().run()
    at.checkbox[2].check().run()
    at.checkbox[0].uncheck().run()
    field(at, "class-split-name-").set_value("Very late").run()
    press(at, f"class-split-go-{one}")
    assert classes(page_store, number)["Very late"] == 1


def test_a_change_refused_by_the_store_is_shown_and_changes_nothing(page_store):
    number = project(page_store)
    at, one = open_class(page_store, number, LATE)
    field(at, "class-name-").set_value(MONEY).run()
    press(at, f"class-save-{one}")
    assert len(at.error) == 1 and "already a class" in at.error[0].value
    assert list(classes(page_store, number)) == [LATE, MONEY, PRAISE]


def test_150_classes_can_be_searched_and_sorted(page_store):
    names = [NewClass(f"Class {i:03d}", "odd one" if i % 2 else "") for i in range(150)]
    number = page_store.projects.create("Many", classes=names[::-1]).id
    at = open_page("classes", number)
    assert len([b for b in at.button if str(b.key).startswith("class-edit-")]) == 30
    at.text_input(key="classes-find").set_value("class 07").run()
    assert len([b for b in at.button if str(b.key).startswith("class-edit-")]) == 10
    press(at, "classes-sort-name")
    assert page_store.classes.list(number)[0].name == "Class 000"
    press(at, "classes-undo")
    assert page_store.classes.list(number)[0].name == "Class 149"


def test_guidelines_are_kept(page_store):
    number = project(page_store)
    at = open_page("classes", number)
    at.text_area(key=f"classes-guidelines-{number}").set_value("In doubt: late.").run()
    assert not at.exception and page_store.projects.get(number).guidelines == "In doubt: late."


def test_an_edit_of_the_guidelines_is_undone_beside_the_word_that_it_is_saved(page_store):
    number = project(page_store)
    page_store.projects.update(number, guidelines="old")
    at = open_page("classes", number)
    assert not [one for one in at.button if one.key == "guidelines-undo"]
    at.text_area(key=f"classes-guidelines-{number}").set_value("new").run()
    assert "Guidelines saved." in shown(at)
    press(at, "guidelines-undo")
    assert page_store.projects.get(number).guidelines == "old"
    assert at.text_area(key=f"classes-guidelines-{number}").value == "old"
    assert not [one for one in at.button if one.key == "guidelines-undo"]


def test_undo_never_overwrites_the_guidelines_of_somebody_else(page_store):
    number = project(page_store)
    at = open_page("classes", number)
    at.text_area(key=f"classes-guidelines-{number}").set_value("mine").run()
    page_store.projects.update(number, guidelines="theirs")
    press(at, "guidelines-undo")
    assert page_store.projects.get(number).guidelines == "theirs"
    assert at.text_area(key=f"classes-guidelines-{number}").value == "theirs"


def test_markup_in_names_stays_text(page_store):
    number = page_store.projects.create("M", classes=["<b>*x*</b>", "y"]).id
    at, _one = open_class(page_store, number, "<b>*x*</b>", "delete")
    assert "\\<b\\>\\*x\\*" in at.button(key=f"class-delete-go-{_one}").label


def test_a_language_model_proposes_descriptions_and_a_person_takes_them(page_store, tmp_path):
    from fsl_core.data.store import NewItem
    from tests.tiny_language_models import tiny_causal

    model = {"name": "causal", "settings": {"model": str(tiny_causal(tmp_path / "llama"))}}
    made = page_store.projects.create(
        "Test", classes=["Card", "Food"], settings={"encoder": {"name": "char-ngram"}, "generator": model}
    )
    page_store.items.add(made.id, [NewItem(text="my card", label="Card"), NewItem(text="good food", label="Food")])
    at = open_page("classes", made.id)
    at.button(key="class-describe-ask").click().run()
    assert not at.exception
    boxes = [box for box in at.text_input if "class-words" in box.key]
    assert boxes, "a random model writes something"
    boxes[0].set_value("  about <b>cards</b> ")
    for box in boxes[1:]:
        box.set_value("")
    next(button for button in at.button if button.label == "Use these").click().run()
    assert not at.exception
    words = {one.name: one.description for one in page_store.classes.list(made.id)}
    assert sorted(words.values()) == ["", "about <b>cards</b>"]
