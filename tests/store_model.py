"""What the journal should do, in the plainest words: every act kept in memory, everything derived anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Key = tuple[int, str]


@dataclass(eq=False)
class Act:
    """A label, flag, import, act on classes or a revert; undo and redo switch it off and on."""

    id: int
    author: str
    items: dict[Key, Any] = field(default_factory=dict)
    """(Item, field) -> value."""
    classes: dict[Key, Any] = field(default_factory=dict)
    """(Class, field) -> value."""
    reverts: list[Act] = field(default_factory=list)
    words: dict[Act, bool] = field(default_factory=dict)
    undoable: bool = True
    own_words: bool = True
    """Whether its labels are what its author said item by item."""


@dataclass
class Model:
    """The acts, every press of undo and redo, and the classes as they are now."""

    acts: list[Act] = field(default_factory=list)
    events: list[tuple[str, Act, int]] = field(default_factory=list)
    """Kind, act, id of the entry."""
    classes: dict[Key, Any] = field(default_factory=dict)
    first: dict[Key, Any] = field(default_factory=dict)
    """What each field of a class was before its first act."""
    origins: dict[Key, int | None] = field(default_factory=dict)

    # -- what counts -----------------------------------------------------------------------------

    def word(self, act: Act, before: float = float("inf")) -> bool:
        for kind, other, entry_id in reversed(self.events):
            if entry_id >= before:
                continue
            if other is act and kind in ("undo", "redo"):
                return kind == "redo"
            if kind == "do" and act in other.words and self.counts(other, before):
                return other.words[act]
        return True

    def counts(self, act: Act, before: float = float("inf")) -> bool:
        killers = (other for other in self.acts if other.id < before and act in other.reverts)
        return self.word(act, before) and not any(self.counts(other, before) for other in killers)

    def stacks(self, author: str | None) -> tuple[list[Act], list[Act]]:
        undo: list[Act] = []
        redo: list[Act] = []
        for kind, act, _ in self.events:
            if not act.undoable or (author is not None and act.author != author):
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

    # -- acts ------------------------------------------------------------------------------------

    def new_class(self, class_id: int, name: str) -> None:
        self.classes |= {(class_id, "name"): name, (class_id, "deleted"): None}

    def do(self, act: Act) -> None:
        self.acts.append(act)
        self.events.append(("do", act, act.id))
        for key, value in act.classes.items():
            self.first.setdefault(key, self.classes[key])
            self.classes[key], self.origins[key] = value, act.id

    def switch(self, kind: str, act: Act, entry_id: int) -> None:
        self.events.append((kind, act, entry_id))
        self.settle([act])

    def revert(self, entry_id: int, author: str, act: Act) -> None:
        self.do(Act(entry_id, author, reverts=[act]))
        self.settle([act])

    def revert_since(self, entry_id: int, author: str, first: int) -> Act | None:
        """The act that makes what counts the same as before entry ``first``; None when it does already."""
        new = Act(entry_id, author)
        since = [act for act in self.acts if act.id >= first]
        older = [act for act in self.acts if act.id < first]
        new.reverts = [act for act in since if self.word(act)]
        self.acts.append(new)
        self.events.append(("do", new, entry_id))
        while more := [act for act in since if self.counts(act)]:
            new.reverts += more
        then = {act: self.word(act, before=first) for act in older}
        new.words = {act: word for act, word in then.items() if word != self.word(act)}
        if not (new.reverts or new.words):
            self.acts.pop()
            self.events.pop()
            return None
        self.settle([*new.reverts, *new.words])
        return new

    # -- what follows ----------------------------------------------------------------------------

    def given(self, what: str) -> dict[int, tuple[Any, int]]:
        """Item -> (value as it was given, act)."""
        found: dict[int, tuple[Any, int]] = {}
        for act in self.acts:
            if self.counts(act):
                found.update({item: (value, act.id) for (item, name), value in act.items.items() if name == what})
        return {item: one for item, one in found.items() if one[0] is not None}

    def gone(self) -> dict[int, Any]:
        return {class_id: to for (class_id, name), to in self.classes.items() if name == "deleted" and to is not None}

    def live(self) -> dict[int, str]:
        gone = self.gone()
        return {c: value for (c, name), value in self.classes.items() if name == "name" and c not in gone}

    def labels(self) -> dict[int, tuple[Any, int]]:
        gone = self.gone()
        found = {item: (counted(label, gone), act) for item, (label, act) in self.given("label").items()}
        return {item: one for item, one in found.items() if one[0] is not None}

    def flags(self) -> set[int]:
        return set(self.given("flag"))

    def by_author(self) -> dict[int, dict[str, Any]]:
        gone, found = self.gone(), {}
        for act in self.acts:
            if act.own_words and self.counts(act):
                for (item, name), value in act.items.items():
                    if name == "label":
                        found.setdefault(item, {})[act.author] = counted(value, gone)
        said = {item: {who: one for who, one in each.items() if one is not None} for item, each in found.items()}
        return {item: each for item, each in said.items() if each}

    def settle(self, acts: Iterable[Act]) -> None:
        """Bring the classes that these acts touched in line with the acts that count now."""
        keys = {key for act in _roots(acts) for key in act.classes}
        target: dict[Key, tuple[Any, int | None]] = {}
        for key in keys:
            value, origin = self.first[key], None
            for act in self.acts:
                if key in act.classes and self.counts(act):
                    value, origin = act.classes[key], act.id
            if key[1] == "deleted" or origin != self.origins[key]:
                target[key] = value, origin
        self._settle_presence({key[0]: one for key, one in target.items() if key[1] == "deleted"})
        for key, (value, origin) in target.items():
            if key[1] == "name":
                self.classes[key], self.origins[key] = value, origin
        mine = sorted({class_id for class_id, _ in target})
        taken = {name for class_id, name in self.live().items() if class_id not in mine}
        for class_id in mine:
            if class_id in self.live():
                key = (class_id, "name")
                self.first.setdefault(key, self.classes[key])
                self.origins.setdefault(key, None)
                plain, number = self.classes[key], 2
                while self.classes[key] in taken:
                    self.classes[key], number = f"{plain} ({number})", number + 1
                taken.add(self.classes[key])

    def _settle_presence(self, target: dict[int, tuple[Any, int | None]]) -> None:
        for class_id in target:
            self.classes[class_id, "deleted"] = None
        given = {one for label, _ in self.given("label").values() for one in named(label)}
        for class_id, (value, origin) in sorted(target.items(), key=lambda one: (one[1][1] or 0, one[0]), reverse=True):
            if value is None:
                continue
            end = counted(value, self.gone()) if value else None
            used = class_id in given or class_id in self.gone().values()
            if end != class_id and not (end is None and origin is None and used):
                self.classes[class_id, "deleted"] = value


def counted(label: Any, gone: dict[int, Any]) -> Any:  # noqa: ANN401
    """The label when every class that is gone is followed to where it went."""
    if not named(label):
        return label
    ends = set()
    for one in named(label):
        steps = 0
        while one and one in gone and steps <= len(gone):
            one, steps = gone[one], steps + 1
        if one and one not in gone:
            ends.add(one)
    if not ends:
        return None
    return tuple(sorted(ends)) if isinstance(label, tuple) else ends.pop()


def named(label: Any) -> tuple[int, ...]:  # noqa: ANN401
    return label if isinstance(label, tuple) else (label,) if isinstance(label, int) else ()


def _roots(acts: Iterable[Act]) -> set[Act]:
    found: set[Act] = set()
    for act in acts:
        found |= _roots([*act.reverts, *act.words]) if act.reverts or act.words else {act}
    return found
