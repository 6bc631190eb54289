"""Every kind of act, undo, redo and revert against a model in memory that derives everything anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsl_core.base.errors import DataError, StoreError
from fsl_core.data.store import NewItem, Store
from tests.store_model import Act, Model, named

AUTHORS = ("ann", "bob")
N_ITEMS = 3

number = st.integers(0, 30)
items = st.sets(st.integers(0, N_ITEMS - 1), min_size=1)


def op(kind: str, what: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, str, Any]]:
    return st.tuples(st.just(kind), st.sampled_from(AUTHORS), what)


# A label is drawn as numbers of classes; what there is decides which classes these are.
label = st.one_of(st.lists(number, min_size=1, max_size=2), st.sampled_from(["none", None]))
label_op = op("label", st.dictionaries(st.integers(0, N_ITEMS - 1), label, min_size=1))
step_op = st.tuples(st.sampled_from(["undo", "redo"]), st.sampled_from([*AUTHORS, None]), st.none())
name = st.sampled_from(["a", "b", "c"])
class_op = st.one_of(
    op("add", name),
    op("rename", st.tuples(number, name)),
    op("merge", st.tuples(number, number)),
    op("delete", st.tuples(number, st.none() | number)),
    op("split", st.tuples(number, items, name)),
)
any_op = st.one_of(
    label_op,
    label_op,
    op("flag", st.tuples(items, st.booleans())),
    step_op,
    step_op,
    class_op,
    class_op,
    op("revert", number),
    op("since", number),
    op("import", st.none()),
    op("reopen", st.none()),
)
operations = st.lists(any_op, max_size=20)


class Opened:
    """One store for all examples, each in a project of its own: opening costs more than most operations."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store(url)

    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.url)


@pytest.fixture
def opened(any_store_url: str) -> Iterator[Opened]:
    made = Opened(any_store_url)
    yield made
    made.store.close()


class Play:
    """Runs the same operations on the store and on the model and compares after each one."""

    def __init__(self, opened: Opened, multi: bool) -> None:
        self.opened = opened
        self.multi = multi
        project = self.store.projects.create("p", classes=["a", "b"], settings={"multi_label": multi})
        self.project_id = project.id
        self.store.items.add(project.id, [NewItem(f"text {i}") for i in range(N_ITEMS)])
        self.items: list[int] = self.store.items.all(project.id).ids.tolist()
        self.model = Model()
        for info in self.store.classes.list(project.id):
            self.model.new_class(info.id, info.name)
        self.mirror: dict[int, Any] = {}
        self.mark = 0
        self.past: dict[int, Any] = {}
        self.exact = True

    @property
    def store(self) -> Store:
        return self.opened.store

    def run(self, kind: str, author: str, what: Any) -> None:  # noqa: ANN401
        self.past[self.store.journal.last_id(self.project_id) + 1] = self._seen()
        if kind in ("undo", "redo"):
            self._switch(kind, author)
        else:
            getattr(self, f"_{kind}")(author, what)
        self._compare()

    def _live(self, n: int) -> int | None:
        live = sorted(self.model.live())
        return live[n % len(live)] if live else None

    def _value(self, drawn: Any) -> Any:  # noqa: ANN401
        if not isinstance(drawn, list):
            return drawn
        ids = sorted({class_id for n in drawn if (class_id := self._live(n)) is not None})
        if not ids:
            return "none"
        return tuple(ids) if self.multi else ids[0]

    def _reopen(self, author: str, what: None) -> None:
        self.opened.reopen()

    def _label(self, author: str, what: dict[int, Any]) -> None:
        assigned = {self.items[i]: self._value(drawn) for i, drawn in what.items()}
        entry = self.store.journal.label_many(self.project_id, assigned, author=author)
        self.model.do(Act(entry.id, author, {(item, "label"): value for item, value in assigned.items()}))

    def _flag(self, author: str, what: tuple[set[int], bool]) -> None:
        chosen = [self.items[i] for i in sorted(what[0])]
        entry = self.store.journal.flag(self.project_id, chosen, what[1], author=author)
        self.model.do(Act(entry.id, author, {(item, "flag"): what[1] or None for item in chosen}))

    def _import(self, author: str, what: None) -> None:
        rows = [NewItem(f"text {i}", label="a") for i in range(N_ITEMS)]
        free = [item for item in self.items if item not in self.model.labels()]
        added = self.store.items.add(self.project_id, rows, author=author)
        made = {}
        for info in self.store.classes.list(self.project_id):
            if info.id not in self.model.live():
                self.model.new_class(info.id, info.name)
                self.model.classes[info.id, "deleted"] = ""
                made[info.id, "deleted"] = None
        # An import that labels nothing but makes a class is an entry too.
        if added.n_labeled or made:
            a = next(info.id for info in self.store.classes.list(self.project_id) if info.name == "a")
            given = free if added.n_labeled else []
            assigned = {(item, "label"): (a,) if self.multi else a for item in given}
            last = self.store.journal.last_id(self.project_id)
            self.model.do(Act(last, author, assigned, made, undoable=False, own_words=False))

    # -- classes -----------------------------------------------------------------------------------

    def _add(self, author: str, name: str) -> None:
        if name in self.model.live().values():
            with pytest.raises(DataError, match="already a class"):
                self.store.classes.add(self.project_id, name, author=author)
            return
        made = self.store.classes.add(self.project_id, name, author=author).id
        self.model.new_class(made, name)
        self.model.classes[made, "deleted"] = ""
        self._class_act(author, {(made, "deleted"): None})

    def _rename(self, author: str, what: tuple[int, str]) -> None:
        class_id, name = self._live(what[0]), what[1]
        if class_id is None or name in self.model.live().values():
            return
        assert self.store.classes.rename(class_id, name, author=author).name == name
        self._class_act(author, {(class_id, "name"): name})

    def _merge(self, author: str, what: tuple[int, int]) -> None:
        old, new = map(self._live, what)
        if old is None or new is None or old == new:
            return
        self.store.classes.merge(self.project_id, old, new, author)
        self._class_act(author, {(old, "deleted"): new})

    def _delete(self, author: str, what: tuple[int, int | None]) -> None:
        old, new = self._live(what[0]), None if what[1] is None else self._live(what[1])
        if old is None or old == new:
            return
        self.store.classes.delete(self.project_id, old, new, author)
        self._class_act(author, {(old, "deleted"): new or ""})

    def _split(self, author: str, what: tuple[int, set[int], str]) -> None:
        old, chosen, name = self._live(what[0]), [self.items[i] for i in sorted(what[1])], what[2]
        labels = {item: label for item, (label, _) in self.model.labels().items()}
        members = [item for item in chosen if old in named(labels.get(item))]
        if old is None or name in self.model.live().values():
            return
        if not members:
            with pytest.raises(DataError, match="None of the chosen items"):
                self.store.classes.split(self.project_id, old, chosen, name, author)
            return
        entry = self.store.classes.split(self.project_id, old, chosen, name, author)
        made = entry.note["class_id"]
        assert entry.note.get("conflicts", []) == [item for item in chosen if item not in members]
        self.model.new_class(made, name)
        self.model.classes[made, "deleted"] = old
        given = {}
        for item in members:
            rest = {one for one in labels[item] if one != old} if self.multi else set()
            given[item, "label"] = tuple(sorted({*rest, made})) if self.multi else made
        self._class_act(author, {(made, "deleted"): None}, given)

    def _class_act(self, author: str, changes: dict[Any, Any], given: dict[Any, Any] | None = None) -> None:
        last = self.store.journal.last_id(self.project_id)
        self.model.do(Act(last, author, given or {}, changes, own_words=False))

    # -- taking back -------------------------------------------------------------------------------

    def _switch(self, kind: str, author: str | None) -> None:
        entry = getattr(self.store.journal, kind)(self.project_id, author)
        undo, redo = self.model.stacks(author)
        stack = undo if kind == "undo" else redo
        assert (entry and entry.target_id) == (stack[-1].id if stack else None)
        if entry:
            self.model.switch(kind, stack[-1], entry.id)
            self._note(entry)

    def _revert(self, author: str, what: int) -> None:
        if not self.model.acts:
            return
        act = self.model.acts[what % len(self.model.acts)]
        if not self.model.counts(act):
            with pytest.raises(StoreError, match="already been taken back"):
                self.store.journal.revert(self.project_id, act.id, author)
            return
        entry = self.store.journal.revert(self.project_id, act.id, author)
        self.model.revert(entry.id, author, act)
        self._note(entry)

    def _since(self, author: str, what: int) -> None:
        last = self.store.journal.last_id(self.project_id)
        first = sorted(self.past)[what % len(self.past)]
        new = self.model.revert_since(last + 1, author, first)
        if new is None:
            with pytest.raises(StoreError, match="Nothing has changed"):
                self.store.journal.revert_since(self.project_id, first, author)
            assert self.store.journal.preview_since(self.project_id, first) is None
            return
        promised = self.store.journal.preview_since(self.project_id, first)
        assert self.store.journal.last_id(self.project_id) == last
        entry = self.store.journal.revert_since(self.project_id, first, author)
        assert promised is not None and entry.n_changes == promised.n_changes
        new.id = entry.id
        self.model.events[-1] = ("do", new, entry.id)
        self._note(entry)
        if self.exact:
            assert self._seen() == self.past[first]

    def _note(self, entry: Any) -> None:  # noqa: ANN401
        # A class that others use stays, and one that comes back to a taken name takes another: then
        # a moment of the past cannot be had again to the letter.
        names = self.model.live().values()
        self.exact &= "kept_classes" not in entry.note and not any("(" in name for name in names)

    # -- comparing ---------------------------------------------------------------------------------

    def _seen(self) -> Any:  # noqa: ANN401
        journal = self.store.journal
        labels = {item: (state.label, state.entry_id) for item, state in journal.labels(self.project_id).items()}
        classes = {info.id: info.name for info in self.store.classes.list(self.project_id)}
        return labels, journal.flags(self.project_id), classes

    def _compare(self) -> None:
        journal = self.store.journal
        labels, flags, classes = self._seen()
        assert labels == self.model.labels()
        assert flags == self.model.flags()
        assert classes == self.model.live()
        assert journal.by_author(self.project_id) == self.model.by_author()
        for author in (*AUTHORS, None):
            undo, redo = self.model.stacks(author)
            assert journal.can_undo(self.project_id, author) == bool(undo)
            assert journal.can_redo(self.project_id, author) == bool(redo)
        rows = {row.entry.id: row.undone_by for row in journal.history(self.project_id, limit=999)}
        assert all((rows[act.id] is None) == self.model.counts(act) for act in self.model.acts)
        self.mark, changed = journal.since(self.project_id, self.mark)
        self.mirror.update(changed)
        mirrored = {item: label for item, label in self.mirror.items() if label is not None}
        assert mirrored == {item: label for item, (label, _) in labels.items()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations, st.booleans())
def test_labels_flags_classes_and_stacks_agree_with_a_model(
    opened: Opened, operations: list[tuple[str, Any, Any]], multi: bool
) -> None:
    play = Play(opened, multi)
    for operation in operations:
        play.run(*operation)
