"""Undo, redo and revert against a model in memory that replays everything from the start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsl_core.errors import StoreError
from fsl_core.store import NewItem, Store

AUTHORS = ("ann", "bob")
N_ITEMS = 3

label_op = st.tuples(
    st.just("label"),
    st.sampled_from(AUTHORS),
    st.dictionaries(st.integers(0, N_ITEMS - 1), st.sampled_from(["a", "b", "none", None]), min_size=1),
)
step_op = st.tuples(st.sampled_from(["undo", "redo"]), st.sampled_from([*AUTHORS, None]), st.none())
revert_op = st.tuples(st.just("revert"), st.sampled_from(AUTHORS), st.integers(0, 30))
import_op = st.tuples(st.just("import"), st.just("file"), st.none())
reopen_op = st.tuples(st.just("reopen"), st.none(), st.none())
any_op = st.one_of(label_op, label_op, step_op, step_op, step_op, revert_op, import_op, reopen_op)
operations = st.lists(any_op, max_size=22)


@dataclass
class Act:
    """A label, an import or a revert; ``live`` is switched by undo and redo."""

    id: int
    author: str
    assigned: dict[int, Any]
    reverts: Act | None = None
    undoable: bool = True
    live: bool = True


@dataclass
class Model:
    """What the store should do, in the plainest words: full stacks, replayed from the first event."""

    acts: list[Act] = field(default_factory=list)
    events: list[tuple[str, Act]] = field(default_factory=list)

    def do(self, act: Act) -> None:
        self.acts.append(act)
        if act.undoable:
            self.events.append(("do", act))

    def stacks(self, author: str | None) -> tuple[list[Act], list[Act]]:
        undo: list[Act] = []
        redo: list[Act] = []
        for kind, act in self.events:
            if author is not None and act.author != author:
                continue
            if kind == "do":
                undo.append(act)
                redo.clear()
            elif kind == "undo":
                undo.remove(act)
                redo.append(act)
            else:
                # Somebody else's redo need not take the top of this view's stack.
                redo[:] = [other for other in redo if other is not act]
                undo.append(act)
        return undo, redo

    def switch(self, kind: str, author: str | None) -> Act | None:
        undo, redo = self.stacks(author)
        stack = undo if kind == "undo" else redo
        if not stack:
            return None
        act = stack[-1]
        act.live = kind == "redo"
        self.events.append((kind, act))
        return act

    def counts(self, act: Act) -> bool:
        return act.live and not any(other.reverts is act and self.counts(other) for other in self.acts)

    def labels(self) -> dict[int, tuple[Any, int]]:
        """Item -> (label, act it stems from)."""
        found: dict[int, tuple[Any, int]] = {}
        for act in self.acts:
            if act.reverts is None and self.counts(act):
                found.update({item: (label, act.id) for item, label in act.assigned.items()})
        return {item: (label, act) for item, (label, act) in found.items() if label is not None}


class Play:
    """Runs the same operations on the store and on the model and compares after each one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store(url)
        project = self.store.projects.create("p", classes=["a", "b"])
        self.project_id = project.id
        self.store.items.add(project.id, [NewItem(f"text {i}") for i in range(N_ITEMS)])
        self.items: list[int] = self.store.items.all(project.id).ids.tolist()
        self.class_ids = {c.name: c.id for c in self.store.classes.list(project.id)}
        self.model = Model()
        self.mirror: dict[int, Any] = {}
        self.mark = 0

    def run(self, kind: str, author: str | None, what: Any) -> None:  # noqa: ANN401
        if kind == "reopen":
            self.store.close()
            self.store = Store(self.url)
        else:
            getattr(self, f"_{kind}" if kind not in ("undo", "redo") else "_switch")(kind, author, what)
        self._compare()

    def _label(self, kind: str, author: str, what: dict[int, Any]) -> None:
        assigned = {self.items[i]: self.class_ids.get(label, label) for i, label in what.items()}
        entry = self.store.journal.label_many(self.project_id, assigned, author=author)
        self.model.do(Act(entry.id, author, assigned))

    def _import(self, kind: str, author: str, what: None) -> None:
        rows = [NewItem(f"text {i}", label="a") for i in range(N_ITEMS)]
        free = [item for item in self.items if item not in self.model.labels()]
        if self.store.items.add(self.project_id, rows, author=author).n_labeled:
            assigned = dict.fromkeys(free, self.class_ids["a"])
            self.model.do(Act(self.store.journal.last_id(self.project_id), author, assigned, undoable=False))

    def _switch(self, kind: str, author: str | None, what: None) -> None:
        entry = getattr(self.store.journal, kind)(self.project_id, author)
        act = self.model.switch(kind, author)
        assert (entry and entry.target_id) == (act and act.id)

    def _revert(self, kind: str, author: str, what: int) -> None:
        if not self.model.acts:
            return
        act = self.model.acts[what % len(self.model.acts)]
        if not self.model.counts(act):
            with pytest.raises(StoreError, match="already been taken back"):
                self.store.journal.revert(self.project_id, act.id, author)
            return
        entry = self.store.journal.revert(self.project_id, act.id, author)
        self.model.do(Act(entry.id, author, {}, reverts=act))

    def _compare(self) -> None:
        journal = self.store.journal
        found = {item: (state.label, state.entry_id) for item, state in journal.labels(self.project_id).items()}
        assert found == self.model.labels()
        for author in (*AUTHORS, None):
            undo, redo = self.model.stacks(author)
            assert journal.can_undo(self.project_id, author) == bool(undo)
            assert journal.can_redo(self.project_id, author) == bool(redo)
        self.mark, changed = journal.since(self.project_id, self.mark)
        self.mirror.update(changed)
        mirrored = {item: label for item, label in self.mirror.items() if label is not None}
        assert mirrored == {item: label for item, (label, _) in found.items()}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations)
def test_labels_and_stacks_agree_with_a_replay_of_everything(
    any_store_url: str, operations: list[tuple[str, Any, Any]]
) -> None:
    play = Play(any_store_url)
    try:
        for operation in operations:
            play.run(*operation)
    finally:
        play.store.close()
