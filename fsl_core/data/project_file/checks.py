"""Whether a dump hangs together: every reference leads somewhere and the journal explains the present.

Shapes and types were checked before. What passes here can be written to any store, and undo, history
and labels work there as they did where the project came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NoReturn

from fsl_core.data.project_file import row_checks
from fsl_core.data.project_file.soundness import (
    known,
    numbered,
    refuse,
    sound_json,
    sound_name,
    sound_texts,
    sound_times,
)
from fsl_core.data.store.dump import ChangePart, ClassChangePart, EntryPart, Numbers, ProjectDump, Value, translate_note
from fsl_core.data.store.records import MAX_NAME, digest_of

_FIELDS = ("name", "description", "color", "key", "position", "deleted")


def check(dump: ProjectDump, counts: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raises DataError with the first thing that does not fit; ``counts`` is what the manifest promises."""
    for what, n in {"rows": 0, **found}.items():
        if counts.get(what, 0 if what == "rows" else None) != n:
            refuse(
                "The manifest promises {promised} {what}, but there are {n}", promised=counts.get(what), what=what, n=n
            )
    _check_project(dump)
    _check_classes(dump)
    _check_items(dump)
    row_checks.check(dump)
    _Journal(dump).check()


def check_images(dump: ProjectDump, names: Iterable[str]) -> None:
    """Raises DataError unless exactly the images of the items are there."""
    wanted = {part.blob: number for number, part in enumerate(dump.items, start=1) if part.blob is not None}
    found = set(names)
    for blob, number in wanted.items():
        if blob not in found:
            refuse("The image of item {number} is not there", number=number)
    if strange := sorted(found - set(wanted)):
        refuse("The image {blob} belongs to no item", blob=strange[0][:12])


def _check_project(dump: ProjectDump) -> None:
    part = dump.project
    sound_name(part.name, "project", "project.json")
    sound_texts("project.json", part.guidelines, *(one.filename for one in part.imports))
    sound_times("project.json", part.created_at, *(one.created_at for one in part.imports))
    sound_json("project.json", part.settings, *(one.counts for one in part.imports))


def _check_classes(dump: ProjectDump) -> None:
    live: dict[str, set[str]] = {"name": set(), "key": set()}
    for number, part in enumerate(dump.classes, start=1):
        where = f"class {number}"
        numbered(part.id, number, where)
        sound_name(part.name, "class", where)
        sound_texts(where, part.description, part.color, part.key)
        sound_times(where, part.created_at, part.deleted_at)
        if abs(part.position) > 2**31 - 1:
            refuse("{where} has position {position}", where=where, position=part.position)
        if part.moved_to is not None:
            known(part.moved_to, len(dump.classes), "class", where)
            if part.deleted_at is None or part.moved_to == number:
                refuse("{where} is there and counts for another class as well", where=where)
        if part.deleted_at is None:
            for name, taken in live.items():
                value = getattr(part, name)
                if value and value in taken:
                    refuse("{where} has the {name} '{value}' of another class", where=where, name=name, value=value)
                taken.add(value)


def _check_items(dump: ProjectDump) -> None:
    seen: set[str] = set()
    for number, part in enumerate(dump.items, start=1):
        where = f"item {number}"
        numbered(part.id, number, where)
        kind = "image" if part.blob is not None else "text" if part.text_pair is None else "pair"
        if part.kind != kind or (part.text is None and part.text_pair is None and part.blob is None):
            refuse("{where} is of kind '{kind}', but its content is not", where=where, kind=part.kind)
        if part.blob is not None and (part.text_pair is not None or not re.fullmatch("[0-9a-f]{64}", part.blob)):
            refuse("{where} names no image that can be", where=where)
        if (kind == "image") != (dump.project.kind == "image"):
            refuse("{where} is of kind '{kind}', which the project is not", where=where, kind=kind)
        sound_texts(where, part.text or "", part.text_pair or "")
        sound_times(where, part.created_at)
        sound_json(where, part.meta)
        if part.digest != digest_of(part.text, part.text_pair, part.blob):
            refuse("{where} has another content than its digest says", where=where)
        if part.digest in seen:
            refuse("{where} is there twice", where=where)
        seen.add(part.digest)


class _Journal:
    """Follows the journal from its start, the way the store wrote it."""

    def __init__(self, dump: ProjectDump) -> None:
        self.dump = dump
        self.multi = bool(dump.project.settings.get("multi_label"))
        self.now: dict[tuple[int, str], Value] = {}
        self.class_now: dict[tuple[int, str], int | str | None] = {}
        self.kinds: list[str] = []
        self.said: set[tuple[int, int, str]] = set()
        """(Entry, item, field) of every value that an entry gave by itself."""
        self.where = ""

    def check(self) -> None:
        for number, entry in enumerate(self.dump.entries, start=1):
            self.where = f"entry {number}"
            numbered(entry.id, number, self.where)
            sound_texts(self.where, entry.author)
            sound_times(self.where, entry.created_at)
            sound_json(self.where, entry.note)
            self.kinds.append(entry.kind)
            self._target(entry)
            self._note(entry)
            self._changes(entry)
            self._class_changes(entry)
        self._outcome()

    def _target(self, entry: EntryPart) -> None:
        if entry.kind == "do":
            if entry.target is not None:
                self._refuse("it is about another entry, which only undo, redo and revert are")
        elif entry.target is not None:
            if not 1 <= entry.target < entry.id:
                self._refuse("it is about entry {target}, which does not come before it", target=entry.target)
            if self.kinds[entry.target - 1] in ("undo", "redo"):
                self._refuse("it is about entry {target}, which is no act", target=entry.target)
        elif entry.kind != "revert":
            self._refuse("it does not say which entry it is about")

    def _note(self, entry: EntryPart) -> None:
        if entry.kind == "revert" and entry.target is None:
            for key in ("targets", "revived", "buried"):
                acts = entry.note.get(key)
                if not isinstance(acts, list) or not all(type(act) is int for act in acts):
                    self._refuse("its note has no list '{key}'", key=key)
                for act in acts:
                    if not 1 <= act < entry.id or self.kinds[act - 1] in ("undo", "redo"):
                        self._refuse("it is about entry {target}, which is no act", target=act)
        numbers = Numbers(
            item=lambda one: self._in(one, len(self.dump.items), "item"),
            of_class=lambda one: self._in(one, len(self.dump.classes), "class"),
            entry=lambda one: self._in(one, entry.id - 1, "entry"),
            since=lambda one: self._in(one, entry.id, "entry"),
        )
        translate_note(entry.note, numbers)

    def _changes(self, entry: EntryPart) -> None:
        for part in entry.changes:
            self._in(part.item, len(self.dump.items), "item")
            key = (part.item, part.field)
            if not part.field or len(part.field) > MAX_NAME:
                self._refuse("it changes something without a name")
            for value in (part.before, part.after):
                self._value(part, value)
            if self.now.get(key) != part.before:
                self._refuse(
                    "it says that item {item} was {before!r} before, but it was {now!r}",
                    item=part.item,
                    before=part.before,
                    now=self.now.get(key),
                )
            self.now[key] = part.after
            self._origin(entry, part)

    def _origin(self, entry: EntryPart, part: ChangePart) -> None:
        if part.origin == entry.id and entry.kind == "do":
            self.said.add((entry.id, part.item, part.field))
        elif part.origin is None:
            if part.after is not None:
                self._refuse("it gives item {item} a value that stems from nowhere", item=part.item)
        elif (part.origin, part.item, part.field) not in self.said:
            self._refuse("item {item}: entry {origin} did not give it this value", item=part.item, origin=part.origin)

    def _value(self, part: ChangePart, value: Value) -> None:
        if value is None:
            return
        if part.field != "label":
            if not isinstance(value, str):
                self._refuse("the {field} of item {item} is not a text", field=part.field, item=part.item)
            sound_texts(self.where, value)
        elif isinstance(value, list):
            if not self.multi or not value or sorted(set(value)) != value:
                self._refuse("the label {value!r} of item {item} cannot be", value=value, item=part.item)
            for one in value:
                self._in(one, len(self.dump.classes), "class")
        elif isinstance(value, int):
            if self.multi:
                self._refuse("the label {value!r} of item {item} cannot be", value=value, item=part.item)
            self._in(value, len(self.dump.classes), "class")
        elif value != "none":
            self._refuse("the label {value!r} of item {item} cannot be", value=value, item=part.item)

    def _class_changes(self, entry: EntryPart) -> None:
        for part in entry.class_changes:
            self._in(part.of_class, len(self.dump.classes), "class")
            if part.field not in _FIELDS:
                self._refuse("it changes '{field}' of a class", field=part.field)
            for value in (part.before, part.after):
                self._class_value(part, value)
            if part.origin is not None and not (1 <= part.origin <= entry.id and self.kinds[part.origin - 1] == "do"):
                self._refuse("class {number} stems from entry {origin}", number=part.of_class, origin=part.origin)
            key = (part.of_class, part.field)
            if key in self.class_now and self.class_now[key] != part.before:
                self._refuse("it does not say what the {field} of class {number} was", field=key[1], number=key[0])
            self.class_now[key] = part.after

    def _class_value(self, part: ClassChangePart, value: int | str | None) -> None:
        if part.field == "deleted":
            if isinstance(value, int):
                self._in(value, len(self.dump.classes), "class")
            elif value:
                self._refuse("class {number} went to {value!r}", number=part.of_class, value=value)
        elif not isinstance(value, str) or (part.field == "position" and not _is_number(value)):
            self._refuse(
                "the {field} of class {number} is {value!r}", field=part.field, number=part.of_class, value=value
            )
        else:
            sound_texts(self.where, value)

    def _outcome(self) -> None:
        for (number, field), value in self.class_now.items():
            part = self.dump.classes[number - 1]
            if field == "deleted":
                is_so = value is not None if part.deleted_at is not None else value is None
                is_so = is_so and (part.moved_to if part.moved_to is not None else "") == (value or "")
            else:
                is_so = str(getattr(part, field)) == value
            if not is_so:
                refuse("Class {number} is not what the journal says ({field})", number=number, field=field)
        gone = {part.id for part in self.dump.classes if part.deleted_at is not None}
        for (item, field), label in self.now.items():
            if field == "label" and gone.intersection(label if isinstance(label, list) else [label]):
                refuse("Item {item} has the label of a class that is gone", item=item)

    def _in(self, number: int, n: int, what: str) -> int:
        return known(number, n, what, self.where)

    def _refuse(self, problem: str, **values: object) -> NoReturn:
        refuse("{where}: " + problem, where=self.where, **values)


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdecimal() and len(text) <= 9
