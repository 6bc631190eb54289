"""The History page on a real store: who did what, filters, pages, taking back one act or all since a moment."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select

from fsl_core.data.store import NewItem, Store, schema
from pages.ui.history import sentences
from tests.page_fixtures import open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def project(store: Store, n: int = 6, multi: bool = False) -> tuple[int, list[int], list[int]]:
    """Project, its items, its classes (Refund, Delivery)."""
    made = store.projects.create(
        "Test", classes=["Refund", "Delivery"], settings={"encoder": {"name": "char-ngram"}, "multi_label": multi}
    )
    store.items.add(made.id, [NewItem(text=f"message number {i}") for i in range(n)])
    return made.id, store.items.all(made.id).ids.tolist(), [one.id for one in store.classes.list(made.id)]


def words(at) -> str:
    return shown(at).replace("\\", "") + "\n".join(str(one.proto.body) for one in at.get("html"))


def press(at, key: str):
    at.button(key=key).click().run()
    assert not at.exception
    return at


def labels(store: Store, number: int) -> dict[int, object]:
    return {item: state.label for item, state in store.journal.labels(number).items()}


def rows(at) -> list[int]:
    keys = [str(one.key) for one in at.button]
    return [int(key.rsplit("-", 1)[1]) for key in keys if key.startswith("history-since-") and key[-1].isdigit()]


def test_without_a_project_the_page_leads_to_the_projects(page_store):
    assert "No project is open" in shown(open_page("history"))


def test_an_empty_journal_says_what_will_be_here(page_store):
    number = page_store.projects.create("Empty").id
    at = open_page("history", number)
    assert not at.exception and "Nothing has happened yet" in shown(at)


def test_an_act_says_who_when_what_with_before_and_after(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.journal.label(number, items[:1], refund, author="Ana")
    page_store.journal.label(number, items[:1], delivery, author="Ben")
    page_store.journal.flag(number, items[1:2], True, author="Ben")
    page_store.journal.label(number, items[:6], "none", author="Ana")
    found = words(open_page("history", number))
    assert "Delivery: 1 item" in found and "<s>Refund</s> → Delivery" in found
    assert "Ana · just now" in found and "Ben · just now" in found
    assert "Flagged: 1 item" in found and "message number 1" in found
    assert "Labelled: 6 items" in found and "and 1 more" in found


def test_author_kind_and_item_narrow_the_list(page_store):
    number, items, (refund, delivery) = project(page_store)
    first = page_store.journal.label(number, items[:1], refund, author="Ana").id
    second = page_store.journal.flag(number, items[2:3], True, author="Ana").id
    third = page_store.journal.label(number, items[3:5], delivery, author="Ben").id
    at = open_page("history", number)
    at.selectbox(key="history-author").set_value("Ben").run()
    assert rows(at) == [third]
    at.selectbox(key="history-author").set_value("Ana").run()
    at.pills(key="history-kind").set_value("flag").run()
    assert rows(at) == [second]
    at.selectbox(key="history-author").set_value("\n").run()
    at.pills(key="history-kind").set_value(None).run()
    at.text_input(key="history-item").set_value("NUMBER 4").run()
    assert rows(at) == [third] and not at.exception
    at.text_input(key="history-item").set_value("message").run()
    assert rows(at) == [first]
    at.text_input(key="history-item").set_value("nowhere").run()
    assert "No item contains these words." in shown(at)


def test_of_items_that_read_alike_the_chosen_one_is_shown(page_store):
    number, _items, (refund, _delivery) = project(page_store, n=0)
    page_store.items.add(number, [NewItem(text="x" * 150 + end) for end in "ab"])
    one, two = page_store.items.all(number).ids.tolist()
    acts = [page_store.journal.label(number, [item], refund).id for item in (one, two)]
    at = open_page("history", number)
    at.text_input(key="history-item").set_value("xxx").run()
    which = next(box for box in at.selectbox if str(box.key).startswith("history-which"))
    for item, act in zip((one, two), acts, strict=True):
        which.set_value(item).run()
        assert rows(at) == [act] and not at.exception


def test_pages_go_back_to_the_first_act_and_forth(page_store):
    number, items, (refund, delivery) = project(page_store)
    made = [page_store.journal.label(number, items[:1], (refund, delivery)[i % 2]).id for i in range(40)]
    at = open_page("history", number)
    seen = rows(at)
    while [one for one in at.button if one.key == "history-older"]:
        press(at, "history-older")
        seen += rows(at)
    assert [one for one in seen if one in made] == made[::-1]
    press(at, "history-newer")
    assert rows(at)[-1] in made


def test_what_lies_behind_thousands_of_other_acts_is_found(page_store):
    number, items, (refund, _delivery) = project(page_store)
    added = page_store.items.add(number, [NewItem(text="imported", label="Refund")], source="import")
    assert added.n_added == 1
    (imported,) = [entry.id for entry in page_store.journal.entries(number) if entry.source == "import"][:1]
    with page_store.database.write() as connection:  # one by one they would take a minute
        row = {"project_id": number, "kind": "do", "author": "Ana", "source": "person", "note": {}, "created_at": 1.0}
        connection.execute(insert(schema.entries), [row] * 3_050)
        acts = connection.execute(select(schema.entries.c.id).where(schema.entries.c.author == "Ana")).scalars().all()
        change = {"project_id": number, "item_id": items[0], "field": "label", "before": None, "after": str(refund)}
        connection.execute(insert(schema.changes), [{**change, "entry_id": act, "origin_id": act} for act in acts])
    at = open_page("history", number)
    at.pills(key="history-kind").set_value("import").run()
    assert imported in rows(at) and "Imported labels: 1 item" in words(at)
    at.pills(key="history-kind").set_value("flag").run()
    assert not rows(at) and "Nothing like this has happened." in shown(at)
    assert not [one for one in at.button if one.key == "history-older"]


def test_one_act_is_taken_back_and_undo_brings_it_again(page_store):
    number, items, (refund, delivery) = project(page_store)
    one = page_store.journal.label(number, items[:2], refund, author="Ana").id
    page_store.journal.label(number, items[2:3], delivery, author="Ana")
    at = press(open_page("history", number), f"history-revert-{one}")
    assert labels(page_store, number) == {items[2]: delivery}
    assert "taken back" in words(at)
    assert not [button for button in at.button if button.key == f"history-revert-{one}"]
    press(at, "history-undo")
    assert labels(page_store, number) == {items[0]: refund, items[1]: refund, items[2]: delivery}


def test_undo_and_redo_are_my_own(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.journal.label(number, items[:1], refund, author="me")
    page_store.journal.label(number, items[1:2], delivery, author="Ana")
    at = press(open_page("history", number), "history-undo")
    assert labels(page_store, number) == {items[1]: delivery}
    assert at.button(key="history-undo").disabled and not at.button(key="history-redo").disabled
    press(at, "history-redo")
    assert labels(page_store, number) == {items[0]: refund, items[1]: delivery}


def test_back_to_a_moment_shows_first_what_would_change(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.journal.label(number, items[:1], refund, author="Ana")
    first = page_store.journal.label(number, items[:3], delivery, author="Ben").id
    page_store.classes.rename(refund, "Money back", author="Ana")
    before = labels(page_store, number)
    at = press(open_page("history", number), f"history-since-{first}")
    found = shown(at)
    assert "2 acts, of " in found and "Ben (1)" in found and "Ana (1)" in found
    assert "**3 items** would change." in found and "act on classes" in found
    assert labels(page_store, number) == before
    press(at, "history-since-go")
    assert labels(page_store, number) == {items[0]: refund}
    assert page_store.classes.list(number)[0].name == "Refund"
    press(at, "history-undo")
    assert labels(page_store, number) == before
    assert page_store.classes.list(number)[0].name == "Money back"


def test_back_to_a_moment_since_which_nothing_counts_is_said_calmly(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.journal.label(number, items[:1], refund, author="me")
    taken_back = page_store.journal.label(number, items[1:2], delivery, author="me").id
    page_store.journal.undo(number, "me")
    before = page_store.journal.last_id(number)
    at = press(open_page("history", number), f"history-since-{taken_back}")
    assert not at.error and "Nothing would change" in shown(at)
    assert not [one for one in at.button if one.key == "history-since-go"]
    press(at, "history-since-cancel")
    assert "Nothing would change" not in shown(at)
    assert labels(page_store, number) == {items[0]: refund} and page_store.journal.last_id(number) == before


def test_a_preview_that_is_out_of_date_is_not_carried_out(page_store):
    number, items, (refund, delivery) = project(page_store)
    first = page_store.journal.label(number, items[:1], refund, author="Ana").id
    at = press(open_page("history", number), f"history-since-{first}")
    page_store.journal.label(number, items[1:2], delivery, author="Ben")
    press(at, "history-since-go")
    assert labels(page_store, number) == {items[0]: refund, items[1]: delivery}
    press(at, "history-since-cancel")
    assert not [one for one in at.button if one.key == "history-since-go"]


def test_acts_on_classes_are_told_in_words(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.journal.label(number, items[:2], refund, author="Ana")
    page_store.classes.add(number, "Praise", author="Ana")
    page_store.classes.describe(delivery, "late or lost", author="Ana")
    page_store.classes.split(number, refund, items[:1], "Broken", author="Ana")
    page_store.classes.merge(number, refund, delivery, author="Ana")
    page_store.classes.delete(number, delivery, None, author="Ana")
    at = open_page("history", number)
    at.pills(key="history-kind").set_value("class").run()
    found = words(at)
    for sentence in (
        "Added classes: Praise",
        "Described “Delivery”",
        "Split “Broken” off “Refund”: 1 item",
        "Merged “Refund” into “Delivery”: 1 item",
        "Deleted “Delivery”: 1 item",
    ):
        assert sentence in found
    assert not at.exception and "late or lost" in found


def test_an_act_on_classes_alone_says_which_and_what_also_on_its_way_back(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.classes.set_key(refund, "r", author="Ana")
    page_store.journal.undo(number, "Ana")
    found = words(open_page("history", number))
    assert "Another key for “Refund”" in found and "– → r" in found
    (undo, keyed, *_rest) = page_store.journal.entries(number, limit=2)
    assert f"Undo of act {keyed.id}: “Refund”" in found and undo.n_changes == 0
    assert "Refund · Key" in found and "<s>r</s> → –" in found and "0 items" not in found


def test_another_order_and_a_class_that_comes_back_are_told(page_store):
    number, items, (refund, delivery) = project(page_store)
    page_store.classes.reorder(number, [delivery, refund], author="Ana")
    page_store.classes.merge(number, refund, delivery, author="Ana")
    page_store.journal.undo(number, "Ana")
    page_store.journal.redo(number, "Ana")
    found = words(open_page("history", number))
    assert "Delivery · Place" in found and "<s>2</s> → 1" in found
    assert "Refund · Place" in found and "<s>1</s> → 2" in found
    assert "is back" in found and "went into “Delivery”" in found


def test_of_many_classes_some_are_shown(page_store):
    number = page_store.projects.create("Many", classes=[f"c{i:02d}" for i in range(40)]).id
    ids = [one.id for one in page_store.classes.list(number)]
    page_store.classes.reorder(number, ids[::-1], author="Ana")
    page_store.journal.undo(number, "Ana")
    at = open_page("history", number)
    lines = "".join(str(one.proto.body) for one in at.get("html"))
    assert lines.count('class="line"') == 2 * sentences.MOST_FIELDS and lines.count("and 32 more") == 2
    assert sum(one.value.count("“c") for one in at.markdown) == sentences.MOST_NAMES


def test_several_labels_of_an_item_are_named_together(page_store):
    number, items, (refund, delivery) = project(page_store, multi=True)
    page_store.journal.label(number, items[:1], (refund, delivery), author="Ana")
    assert "Refund, Delivery: 1 item" in words(open_page("history", number))


def test_labels_and_flags_are_words():
    given = [(3, 7), None, True, False]
    assert [sentences.mark_words(one, {3: "A", 7: "B"}) for one in given] == [
        "A, B",
        "no label",
        "flagged",
        "not flagged",
    ]


def test_markup_in_texts_and_names_stays_text(page_store):
    made = page_store.projects.create("M", classes=["<b>x</b>", "*y*"])
    page_store.items.add(made.id, [NewItem(text="<script>alert(1)</script>")])
    page_store.journal.label(
        made.id, [int(page_store.items.all(made.id).ids[0])], page_store.classes.list(made.id)[0].id
    )
    found = words(open_page("history", made.id))
    assert "&lt;script&gt;" in found and "&lt;b&gt;x" in found
