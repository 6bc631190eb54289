"""The Label page and the server's end of the card's queue, on a real store in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from fsl_core.metrics import confusion_matrix, report
from fsl_core.store import NewItem, Store
from pages.ui import desk_card, live, outbox, resources
from pages.ui.components import card

APP = str(Path(__file__).resolve().parents[1] / "app.py")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
TEXTS = [f"parcel {i} is late" for i in range(6)] + [f"money back for order {i}" for i in range(6)]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))
    monkeypatch.delenv("HANDFUL_DATABASE_URL", raising=False)
    yield resources.store()
    for cached in (
        resources._workspace,
        resources._encoder,
        resources._store,
        resources._project_names,
        outbox._ledger,
    ):
        cached.clear()


@pytest.fixture(autouse=True)
def navigated(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets before each run that app.py calls st.navigation; a server remembers."""
    make = PagesManager.__init__

    def init(self: PagesManager, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


def project(store: Store, texts: list[str] = TEXTS, classes: tuple[str, ...] = ("Delivery", "Refund")) -> int:
    made = store.projects.create("Test", classes=classes, settings={"encoder": {"name": "char-ngram"}})
    store.items.add(made.id, [NewItem(text=text) for text in texts])
    return made.id


def open_label(project_id: int | None = None) -> AppTest:
    at = AppTest.from_file(APP, default_timeout=120)
    if project_id is not None:
        at.query_params["project"] = str(project_id)
    at.run()
    at.switch_page("pages/label.py").run()
    assert not at.exception
    return at


def shown(at: AppTest) -> str:
    parts = [*at.markdown, *at.title, *at.subheader, *at.caption, *at.error, *at.warning, *at.info, *at.get("html")]
    return "\n".join(str(getattr(part, "value", "") or part.proto) for part in parts)


def drawn_card(at: AppTest) -> bool:
    return any(part.proto.component_name == "handful_card" for part in at.get("bidi_component"))


# -- the page ------------------------------------------------------------------------------------


def test_without_a_project_the_page_leads_to_the_projects(store: Store) -> None:
    assert "No project is open" in shown(open_label())


def test_without_items_the_page_says_where_to_add_some(store: Store) -> None:
    assert "There is nothing to label yet" in shown(open_label(project(store, [])))


def test_without_classes_two_can_be_named_right_there(store: Store) -> None:
    empty = project(store, classes=())
    at = open_label(empty)
    assert not drawn_card(at)
    at.text_area(key="label-class-names").input("Only one")
    at.button[-1].click().run()
    assert "Two classes at least" in shown(at)
    at.text_area(key="label-class-names").input("Delivery: late parcels\n\nRefund：money back\nRefund")
    at.button[-1].click().run()
    assert not at.exception
    assert [(one.name, one.description) for one in store.classes.list(empty)] == [
        ("Delivery", "late parcels"),
        ("Refund", "money back"),
    ]
    assert drawn_card(at)


def test_the_page_draws_the_card_and_says_how_many_labels_are_missing(store: Store) -> None:
    at = open_label(project(store))
    assert drawn_card(at)
    assert "Not enough to say yet." in shown(at)
    assert "Label 10 more." in shown(at)


def test_scores_appear_with_interval_and_n_and_imported_labels_are_explained(store: Store) -> None:
    made = store.projects.create("Test", settings={"encoder": {"name": "char-ngram"}})
    store.items.add(made.id, [NewItem(text=t, label="Refund" if "money" in t else "Delivery") for t in TEXTS])
    at = open_label(made.id)
    words = shown(at)
    assert "Accuracy" in words
    assert "12 labels, each judged by a model that has not seen it." in words
    assert "12 labels came with the file." in words


# -- the queue -----------------------------------------------------------------------------------


class Browser:
    """Numbers events like the card does."""

    def __init__(self, store: Store, project_id: int, client: str = "a", author: str = "me") -> None:
        self.store, self.project_id, self.client, self.author = store, project_id, client, author
        self.desk = outbox.Desk()
        self.events: list[dict[str, Any]] = []

    def do(self, op: str, **more: Any) -> int:
        self.events.append({"op": op, "seq": len(self.events) + 1, "at": 0, **more})
        return len(self.events)

    def send(self, start: int = 0) -> None:
        message = {"project": self.project_id, "batches": [{"client": self.client, "events": self.events[start:]}]}
        outbox.receive(self.store, self.project_id, self.author, message, self.desk)

    def labels(self) -> dict[int, Any]:
        return {item: one.label for item, one in self.store.journal.labels(self.project_id).items()}


def browser_on(store: Store) -> tuple[Browser, list[int], list[int]]:
    made = project(store)
    items = store.items.all(made).ids.tolist()
    return Browser(store, made), items, [one.id for one in store.classes.list(made)]


def test_events_are_committed_in_order_and_acknowledged(store: Store) -> None:
    me, items, (first, second) = browser_on(store)
    me.do("label", id=items[0], label=first, was=None)
    me.do("label", id=items[1], label="none", was=None)
    me.do("skip", id=items[2])
    me.send()
    assert me.labels() == {items[0]: first, items[1]: "none"}
    assert me.desk.acks == {"a": 3}
    assert me.desk.saved_at is not None
    assert me.desk.skipped == {items[2]}


@pytest.mark.parametrize("restart", [False, True])
def test_what_is_sent_twice_is_labelled_once_even_after_a_restart(store: Store, restart: bool) -> None:
    me, items, (first, _second) = browser_on(store)
    for item in items[:3]:
        me.do("label", id=item, label=first, was=None)
    me.send()
    if restart:
        outbox._ledger.clear()
        me.desk = outbox.Desk()
    me.do("label", id=items[3], label=first, was=None)
    me.send()
    assert me.desk.acks == {"a": 4}
    assert len(me.labels()) == 4
    assert store.journal.entries(me.project_id)[0].note == {"client": "a", "seq": 4}
    assert len(store.journal.entries(me.project_id)) == 4


def test_undo_and_redo_name_the_act_so_that_sending_them_again_changes_nothing(store: Store) -> None:
    me, items, (first, second) = browser_on(store)
    one = me.do("label", id=items[0], label=first, was=None)
    two = me.do("label", id=items[1], label=second, was=None)
    me.do("undo", id=items[1], of="label", target=two)
    me.do("undo", id=items[0], of="label", target=one)
    me.do("redo", id=items[0], of="label", target=one, label=first, was=None)
    me.send()
    assert me.labels() == {items[0]: first}
    assert [entry.kind for entry in store.journal.entries(me.project_id)] == ["redo", "undo", "undo", "do", "do"]
    outbox._ledger.clear()  # a new server, and no acknowledgement had come through
    me.desk = outbox.Desk()
    me.send(start=2)
    assert me.labels() == {items[0]: first}
    me.do("redo", id=items[1], of="label", target=two, label=second, was=None)
    me.send(start=5)
    assert me.labels() == {items[0]: first, items[1]: second}


def test_undo_reaches_an_act_beneath_one_of_another_tab(store: Store) -> None:
    me, items, (first, second) = browser_on(store)
    other = Browser(store, me.project_id, client="b")
    mine = me.do("label", id=items[0], label=first, was=None)
    me.send()
    other.do("label", id=items[1], label=second, was=None)
    other.send()
    me.do("undo", id=items[0], of="label", target=mine)
    me.send()
    assert me.labels() == {items[1]: second}


def test_somebody_elses_label_stays_and_the_person_is_told(store: Store) -> None:
    me, items, (first, second) = browser_on(store)
    store.journal.label(me.project_id, [items[0]], second, author="Ada")
    me.do("label", id=items[0], label=first, was=None)
    me.send()
    assert me.labels() == {items[0]: second}
    assert "Somebody else" in me.desk.notices[0]["text"]
    assert me.desk.acks == {"a": 1}


def test_an_event_that_can_never_succeed_is_explained_and_does_not_block_the_next(store: Store) -> None:
    me, items, (first, _second) = browser_on(store)
    me.do("label", id=999_999, label=first, was=None)
    me.do("label", id=items[0], label=first, was=None)
    me.send()
    assert me.labels() == {items[0]: first}
    assert "999999" in me.desk.notices[0]["text"]
    assert me.desk.acks == {"a": 2}


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"project": -1, "batches": [{"client": "a", "events": [{"seq": 1, "op": "label", "id": 1}]}]},
        {"batches": 3},
        {"project": 1, "batches": [{"client": 5, "events": []}, {"client": "a", "events": "x"}]},
        {"project": 1, "batches": [{"client": "a", "events": [{"seq": "1"}, 7, {"seq": 1, "op": "format"}]}]},
    ],
)
def test_a_malformed_message_changes_nothing(store: Store, message: object) -> None:
    me, _items, _classes = browser_on(store)
    outbox.receive(store, me.project_id, "me", message, me.desk)
    assert me.labels() == {}
    assert me.desk.error is None


def test_taking_back_a_label_from_the_list_opens_its_item(store: Store) -> None:
    me, items, (first, _second) = browser_on(store)
    me.do("label", id=items[0], label=first, was=None)
    me.send()
    entry = store.journal.entries(me.project_id)[0].id
    outbox.take_back(store, me.project_id, "me", entry, items[0], me.desk)
    assert me.labels() == {}
    assert me.desk.wish == items[0]


# -- what the card and the strip are given --------------------------------------------------------


def test_keys_are_digits_then_letters_and_chosen_keys_come_first() -> None:
    plain = [SimpleNamespace(key="") for _ in range(40)]
    caps = card.key_caps(plain)  # type: ignore[arg-type]
    assert caps[:12] == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "a", "b"]
    assert not {"u", "n", "f"} & set(caps)
    assert caps[33:] == [""] * 7
    chosen = [SimpleNamespace(key=key) for key in ("", "1", "u", "x")]
    assert card.key_caps(chosen) == ["2", "1", "3", "x"]  # type: ignore[arg-type]


def test_suggestions_are_the_most_probable_classes_best_first(store: Store) -> None:
    made = project(store)
    workspace = resources.workspace(made)
    snapshot = SimpleNamespace(classes=("Delivery", "Refund"), probabilities=np.array([[0.25, 0.75], [0.9, 0.1]]))
    delivery, refund = (one.id for one in workspace.classes)
    assert desk_card.suggestions(workspace, snapshot, [0, 1]) == [  # type: ignore[arg-type]
        [(refund, 0.75), (delivery, 0.25)],
        [(delivery, 0.9), (refund, 0.1)],
    ]
    assert desk_card.suggestions(workspace, None, [0]) == [[]]


def test_what_the_last_label_changed_counts_the_others_by_where_they_went() -> None:
    ids = np.arange(6)
    before = live.Belief(1, (1,), ("a", "b", "c"), ids, np.array([0, 0, 0, 1, 1, 2]))
    after = live.Belief(1, (2,), ("a", "b", "c"), ids, np.array([1, 1, 0, 2, 0, 2]))
    assert live.moves(before, after) == {"b": 2, "a": 1, "c": 1}
    assert live.moves(before, after, ignore=[0, 3]) == {"a": 1, "b": 1}
    other = live.Belief(1, (2,), ("a", "b"), ids, np.zeros(6, dtype=np.int64))
    assert live.moves(before, other) == {}
    assert live.moved_sentence({"b": 2, "a": 1}) == "Your last label moved 3 other predictions: 2 to b, 1 to a."
    assert "elsewhere" in live.moved_sentence({"a": 4, "b": 3, "c": 2, "d": 1})


def test_scores_stay_silent_below_ten_judged_labels() -> None:
    few = report(confusion_matrix(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2), ("a", "b"))
    assert "Label 6 more" in live.score_rows(few, 4)
    assert "100%" not in live.score_rows(few, 4)
    true = np.array([0] * 10 + [1] * 10)
    guess = np.array([0] * 9 + [1] + [1] * 10)
    enough = live.score_rows(report(confusion_matrix(true, guess, 2), ("a", "b")), 20)
    assert "95%" in enough and "20 labels" in enough


def test_class_names_are_escaped_in_the_strip(store: Store) -> None:
    made = project(store, classes=("<b>bold</b>", "other"))
    at = open_label(made)
    assert "&lt;b&gt;bold" in shown(at)
    assert "<b>bold" not in shown(at)
