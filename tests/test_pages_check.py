"""The Check page on a real store: suspected mistakes, twins, people; every decision and its undo."""

from __future__ import annotations

import pytest

from fsl_core.data.store import NewItem, Store
from fsl_core.evaluation.agreement import Coefficient
from fsl_core.jobs.tasks import label_check
from fsl_core.jobs.worker import serve
from pages.ui.checking import people as check_people
from pages.ui.checking import session
from pages.ui.kit import resources
from tests.page_fixtures import open_page, shown

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
LATE = [f"the parcel {word} is late" for word in ("one", "two", "three", "four", "five", "six", "seven")]
MONEY = [f"refund my order {word} please" for word in ("one", "two", "three", "four", "five", "six", "seven")]
CLASSES = ("Late", "Refund", "Praise")


def project(store: Store, rows: list[tuple[str, str | tuple[str, ...] | None]], multi: bool = False) -> int:
    settings = {"encoder": {"name": "char-ngram"}, "multi_label": multi}
    made = store.projects.create("Test", classes=CLASSES, settings=settings)
    store.items.add(made.id, [NewItem(text=text, label=label) for text, label in rows])
    return made.id


def planted(store: Store, multi: bool = False) -> int:
    """One parcel is labelled a refund."""
    rows = [(text, "Late") for text in LATE] + [(text, "Refund") for text in MONEY]
    rows[3] = (rows[3][0], "Refund")
    return project(store, [(t, (label,) if multi else label) for t, label in rows], multi)


def by_text(store: Store, number: int) -> dict[str, object]:
    names = {one.id: one.name for one in store.classes.list(number)}
    table = store.items.all(number)
    texts = dict(zip(table.ids.tolist(), table.texts, strict=True))

    def named(label):
        return tuple(names[one] for one in label) if isinstance(label, tuple) else names.get(label, label)

    return {texts[item]: named(state.label) for item, state in store.journal.labels(number).items()}


def words(at) -> str:
    return shown(at).replace("\\", "") + "\n".join(str(one.proto.body) for one in at.get("html"))


def press(at, start: str):
    next(one for one in at.button if str(one.key).startswith(start)).click().run()
    assert not at.exception
    return at


def has(at, start: str) -> bool:
    return any(str(one.key).startswith(start) for one in at.button)


def section(store: Store, number: int, name: str):
    at = open_page("check", number)
    at.segmented_control(key="check-section").set_value(name).run()
    assert not at.exception
    return at


def people(store: Store, n: int = 12) -> tuple[int, list[int], list[int]]:
    """Ana and Ben label the same items and differ on the first; Ben comes last."""
    number = project(store, [(f"message number {i}", None) for i in range(n)])
    items, ids = store.items.all(number).ids.tolist(), [one.id for one in store.classes.list(number)]
    for i, item in enumerate(items):
        store.journal.label(number, [item], ids[i % 2], author="Ana")
        store.journal.label(number, [item], ids[1 if i == 0 else i % 2], author="Ben")
    return number, items, ids


# -- the page --------------------------------------------------------------------------------------


def test_without_a_project_or_labels_the_page_says_what_to_do(page_store):
    assert "No project is open" in shown(open_page("check"))
    number = project(page_store, [(text, None) for text in LATE])
    assert "Nothing to check yet" in shown(open_page("check", number))


@pytest.mark.parametrize(("late", "money", "enough"), [(1, 1, False), (4, 1, False), (2, 2, True)])
def test_a_label_that_is_alone_in_its_class_counts_as_unchecked(page_store, late, money, enough):
    rows = [(text, "Late") for text in LATE[:late]] + [(text, "Refund") for text in MONEY[:money]]
    number = project(page_store, [*rows, ("what a lovely lamp", "Praise")])
    found = words(open_page("check", number))
    assert ("Too few labels for this check" in found) != enough
    assert ("4 labels" in found) == enough and "5 labels" not in found


# -- suspected mistakes ----------------------------------------------------------------------------


def test_the_planted_mistake_comes_first_with_both_sides(page_store):
    at = open_page("check", planted(page_store))
    found = words(at)
    assert not at.exception and "suspected" in found and "it can be wrong" in found
    assert LATE[3] in found and "came with the file" in found
    assert "Suspected instead" in found and "The model gives it" in found
    assert any(text in found for text in LATE[:3]) and any(text in found for text in MONEY)
    shortcuts = {str(one.proto.shortcut).lower() for one in at.button if str(one.key).startswith("check-")}
    assert {"a", "k", "f", "s", "u"} <= shortcuts


def test_the_suggestion_is_accepted_and_undone(page_store):
    number = planted(page_store)
    at = press(open_page("check", number), "check-accept-")
    assert by_text(page_store, number)[LATE[3]] == "Late"
    entry = page_store.journal.entries(number, limit=1)[0]
    assert (entry.author, entry.note) == ("me", {"check": "suspects"})
    press(at, "check-undo")
    assert by_text(page_store, number)[LATE[3]] == "Refund" and has(at, "check-accept-")


def test_a_kept_label_does_not_come_back_in_another_session(page_store):
    number = planted(page_store)
    at = open_page("check", number)
    while has(at, "check-keep-"):
        press(at, "check-keep-")
    assert "No suspected mistake is left" in shown(at) and "no proof" in shown(at)
    later = open_page("check", number)
    assert not has(later, "check-accept-") and by_text(page_store, number)[LATE[3]] == "Refund"
    press(at, "check-undo")
    assert has(at, "check-keep-")
    assert has(open_page("check", number), "check-keep-")


def test_flag_and_skip_go_on_to_the_next(page_store):
    number = planted(page_store)
    at = press(open_page("check", number), "check-flag-")
    table = page_store.items.all(number)
    assert page_store.journal.flags(number) == {int(table.ids[table.texts.index(LATE[3])])}
    press(at, "check-undo")
    assert page_store.journal.flags(number) == set() and has(at, "check-accept-")
    while has(at, "check-skip-"):
        press(at, "check-skip-")
    assert "skipped" in shown(at)
    press(at, "check-again")
    assert has(at, "check-skip-")


def test_another_label_can_be_chosen(page_store):
    number = planted(page_store)
    at = open_page("check", number)
    box = next(one for one in at.selectbox if str(one.key).startswith("check-other-"))
    box.set_value(page_store.classes.list(number)[2].id).run()
    assert not at.exception and by_text(page_store, number)[LATE[3]] == "Praise"


def test_a_label_changed_elsewhere_meanwhile_is_not_overwritten(page_store):
    number = planted(page_store)
    at = open_page("check", number)
    table = page_store.items.all(number)
    item = int(table.ids[table.texts.index(LATE[3])])
    page_store.journal.label(number, [item], "none", author="Ana")
    press(at, "check-accept-")
    assert by_text(page_store, number)[LATE[3]] == "none"
    assert not at.error


def test_sets_of_labels_are_mended_class_by_class(page_store):
    number = planted(page_store, multi=True)
    at = open_page("check", number)
    assert not at.exception and has(at, "check-accept-")
    for _turn in range(6):
        if by_text(page_store, number)[LATE[3]] == ("Late",) or not has(at, "check-accept-"):
            break
        press(at, "check-accept-")
    assert by_text(page_store, number)[LATE[3]] in (("Late",), ("Late", "Refund"))


# -- twins -----------------------------------------------------------------------------------------


def twins(store: Store) -> int:
    rows = [(text, "Late") for text in LATE] + [(text, "Refund") for text in MONEY]
    extra = [("Refund my order ONE please", "Late"), ("REFUND my order one please", "Refund")]
    return project(store, [*rows, *extra])


def test_twins_with_different_labels_get_one_label_by_one_key(page_store):
    number = twins(page_store)
    at = section(page_store, number, "twins")
    found = words(at)
    assert "Equal but for upper and lower case" in found and "Refund my order ONE please" in found
    assert len([one for one in at.button if str(one.key).startswith("check-all-")]) == 2
    button = next(one for one in at.button if str(one.key).startswith("check-all-") and "Refund" in one.label)
    button.click().run()
    assert not at.exception
    labels = by_text(page_store, number)
    three = {labels[text] for text in (MONEY[0], "Refund my order ONE please", "REFUND my order one please")}
    assert three == {"Refund"}
    press(at, "check-undo")
    assert by_text(page_store, number)["Refund my order ONE please"] == "Late"


def test_twins_that_differ_on_purpose_are_kept(page_store):
    number = twins(page_store)
    at = section(page_store, number, "twins")
    while has(at, "check-keep-"):
        press(at, "check-keep-")
    assert "No twins with different labels" in shown(at)
    assert not has(section(page_store, number, "twins"), "check-keep-")


# -- people ----------------------------------------------------------------------------------------


def test_one_person_alone_is_told_what_agreement_needs(page_store):
    number = planted(page_store)
    assert "two people" in shown(section(page_store, number, "people"))


def test_agreement_is_said_with_interval_n_and_plain_words(page_store):
    number, _items, _ids = people(page_store)
    at = section(page_store, number, "people")
    found = shown(at)
    assert "Krippendorff's alpha: 0." in found.replace("\\", "") and "n = 12" in found
    table = at.dataframe[0].value
    assert table["pair"].tolist() == ["Ana · Ben"] and table["same"].tolist() == ["11 / 12"]
    assert table["kappa"].iloc[0].startswith("0.8")


def test_somebody_decides_and_nobody_asks_again(page_store):
    number, items, (late, _refund, _praise) = people(page_store)
    at = section(page_store, number, "people")
    found = words(at)
    assert "message number 0" in found and "Ana" in found and "Ben" in found and "Holds now: Refund" in found
    before = page_store.journal.by_author(number)
    press(at, "check-decide-0-")
    assert page_store.journal.labels(number)[items[0]].label == late
    assert page_store.journal.by_author(number) == before
    assert "Nobody has to decide anything now." in shown(at)
    history = open_page("history", number)
    assert "Decided between people: Late" in shown(history).replace("\\", "")
    press(at, "check-undo")
    assert page_store.journal.labels(number)[items[0]].label != late and has(at, "check-decide-0-")


def test_a_difference_may_stay_open(page_store):
    number, _items, _ids = people(page_store)
    at = press(section(page_store, number, "people"), "check-keep-")
    assert "Nobody has to decide anything now." in shown(at)
    assert not has(section(page_store, number, "people"), "check-decide-0-")


@pytest.mark.parametrize(
    ("value", "low", "high", "enough", "expected"),
    [
        (0.9, 0.85, 1.0, True, "agree well: labels"),
        (0.9, 0.6, 1.0, True, "seem to agree well"),
        (0.7, 0.5, 0.9, True, "agree fairly"),
        (0.6, 0.2, 0.9, True, "too wide to say"),
        (0.4, 0.2, 0.6, True, "agree too little"),
        (0.9, 0.85, 1.0, False, "Too few items"),
        (None, 0.0, 1.0, True, "Too few items"),
    ],
)
def test_the_verdict_follows_the_interval_and_n(value, low, high, enough, expected):
    assert expected in check_people.verdict(Coefficient(value, low, high, 20, enough))


# -- many labels -----------------------------------------------------------------------------------


def test_many_labels_are_checked_by_a_job_with_progress(page_store, monkeypatch):
    monkeypatch.setattr(session, "AT_ONCE", 5)
    number = planted(page_store)
    page_store.jobs.submit("label_check", {}, number)
    at = open_page("check", number)
    assert "Checking the labels" in "".join(one.proto.text for one in at.get("progress")) and not has(
        at, "check-accept"
    )
    serve(page_store, idle_seconds=0.3)
    at = open_page("check", number)
    assert not at.exception and LATE[3] in words(at)
    other = planted(page_store)
    items = page_store.items.all(other).ids.tolist()
    for item in items[:3]:  # of another project: none of this one's business
        page_store.journal.label(other, [item], "none")
    press(at, "check-accept-")
    assert by_text(page_store, number)[LATE[3]] == "Late"
    assert "the journal has moved on by 1 since" in shown(at)
    later = section(page_store, number, "twins")
    assert not later.exception


def test_a_check_that_failed_says_why_and_starts_again_by_hand_only(page_store, monkeypatch):
    monkeypatch.setattr(session, "AT_ONCE", 5)
    number = planted(page_store)
    job = page_store.jobs.submit("label_check", {}, number)
    page_store.jobs.claim(1)
    page_store.jobs.fail(job.id, "Something went wrong.", "Do this.")
    at = open_page("check", number)
    assert "Something went wrong" in shown(at).replace("\\", "") and has(at, "check-again")
    assert page_store.jobs.live(number) == []


@pytest.mark.parametrize("multi", [False, True])
def test_the_job_finds_what_the_workspace_finds(page_store, multi):
    number = planted(page_store, multi)
    workspace = resources.workspace(number)
    workspace.encode()
    found = label_check.suspects(workspace)
    assert [row[0] for row in found] == [int(workspace.ids[one.row]) for one in workspace.suspects()]
    assert len(found) >= 1
