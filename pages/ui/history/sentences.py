"""An entry of the journal in words: what was done, and what it meant for items and classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from fsl_core.base.texts import one_line
from fsl_core.data.store.records import ADJUDICATE
from pages.ui.kit import thumbnails
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import N_, _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.data.store import ClassLine, Entry, HistoryRow, Label
    from fsl_core.data.store.records import ActKind

KINDS: dict[ActKind, str] = {
    "label": N_("Labels"),
    "flag": N_("Flags"),
    "class": N_("Classes"),
    "import": N_("Imports"),
    "back": N_("Taken back"),
}
ICONS: dict[ActKind, str] = {
    "label": ":material/label:",
    "flag": ":material/flag:",
    "class": ":material/category:",
    "import": ":material/upload_file:",
    "back": ":material/undo:",
}
FIELDS = {
    "name": N_("Name"),
    "description": N_("Description"),
    "key": N_("Key"),
    "color": N_("Colour"),
    "position": N_("Place"),
}
COLOR = re.compile("#[0-9a-fA-F]{6}")
MAX_TEXT = 160
MOST_NAMES = 6
MOST_FIELDS = 8
STYLE = """<style>
.hf-lines { display: grid; gap: 0.25rem; font-size: 0.92rem; line-height: 1.4; }
.hf-lines .line { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 0.9rem; align-items: baseline; }
.hf-lines .text { overflow-wrap: anywhere; }
.hf-lines .to { text-align: right; overflow-wrap: anywhere; max-width: 24rem; }
.hf-lines .soft { opacity: 0.78; }
.hf-lines s { opacity: 0.78; }
.hf-lines .chip { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 0.2em; }
@media (max-width: 640px) {
  .hf-lines .line { grid-template-columns: minmax(0, 1fr); }
  .hf-lines .to { text-align: left; font-weight: 600; }
}
</style>"""


def who(entry: Entry) -> str:
    """The author, or where the entry comes from."""
    if entry.author:
        return entry.author
    named = {"import": _("Import"), "sample": _("Sample"), "model": _("Model")}
    return named.get(entry.source, _("somebody"))


def mark_words(mark: Label | bool, names: Mapping[int, str]) -> str:
    """A label in words; 'flagged' or 'not flagged'."""
    if isinstance(mark, bool):
        return _("flagged") if mark else _("not flagged")
    return label_words(mark, names)


def sentence(row: HistoryRow, names: Mapping[int, str]) -> str:
    """What was done, without who and when."""
    entry, kind = row.entry, row.what
    items = ngettext("{n} item", "{n} items", entry.n_changes)
    only_classes = bool(row.classes) and not entry.n_changes
    called = _some(dict.fromkeys(f"“{one.name}”" for one in row.classes))
    if kind == "back":
        return _back(entry, called if only_classes else items)
    if kind == "class":
        return class_act(entry.note, items)
    if kind == "import":
        return (
            tr("Imported classes: {names}", names=called)
            if only_classes
            else tr("Imported labels: {items}", items=items)
        )
    return _labels(row, names, items) if entry.n_changes else _("Changed nothing: somebody was there first")


def _labels(row: HistoryRow, names: Mapping[int, str], items: str) -> str:
    entry = row.entry
    after = {line.after for line in row.lines}
    if row.what == "flag":
        return tr("Flagged: {items}", items=items) if True in after else tr("Flag taken off: {items}", items=items)
    if entry.source == "model" and entry.author:
        return tr("Predictions accepted in bulk: {items}", items=items)
    if after == {None}:
        return tr("Label taken away: {items}", items=items)
    if entry.note.get("act") == ADJUDICATE and len(after) == 1:
        return tr("Decided between people: {name}", name=mark_words(after.pop(), names))
    if len(after) == 1 and entry.n_changes <= len(row.lines):
        return tr("{name}: {items}", name=mark_words(after.pop(), names), items=items)
    return tr("Labelled: {items}", items=items)


def _back(entry: Entry, items: str) -> str:
    if "since" in entry.note:
        acts = len(entry.note.get("targets", ())) + len(entry.note.get("revived", ()))
        return tr(
            "Everything since act {id} taken back ({acts} acts): {items}",
            id=entry.note["since"],
            acts=acts,
            items=items,
        )
    words = {
        "undo": N_("Undo of act {id}: {items}"),
        "redo": N_("Redo of act {id}: {items}"),
        "revert": N_("Act {id} taken back: {items}"),
    }
    return tr(words[entry.kind], id=entry.target_id, items=items)


def class_act(note: Mapping[str, Any], items: str) -> str:
    """'Merged “A” into “B”: 12 items'."""
    words = {
        "add": N_("Added classes: {names}"),
        "rename": N_("Renamed “{name}”"),
        "describe": N_("Described “{name}”"),
        "key": N_("Another key for “{name}”"),
        "color": N_("Another colour for “{name}”"),
        "edit": N_("Changed “{name}”"),
        "reorder": N_("Put the classes into another order"),
        "merge": N_("Merged “{name}” into “{into_name}”: {items}"),
        "split": N_("Split “{name}” off “{from_name}”: {items}"),
        "delete": N_("Deleted “{name}”: {items}"),
    }
    act = note["act"]
    if act == "delete" and note.get("into_name"):
        return tr("Deleted “{name}”, labels to “{into_name}”: {items}", note, items=items)
    names = _some(note.get("names", ()))
    return tr(words.get(act, N_("Changed the classes")), {**note, "items": items, "names": names})


def lines_html(row: HistoryRow, names: Mapping[int, str]) -> str:
    """Sample items and class fields with before and after."""
    parts = []
    for line in row.lines:
        if row.entry.note.get("act") in ("merge", "delete") or line.before in (None, False, line.after):
            change = escape(mark_words(line.after, names))
        else:
            change = f"<s>{escape(mark_words(line.before, names))}</s> → {escape(mark_words(line.after, names))}"
        text = one_line(line.text, MAX_TEXT)
        picture = thumbnails.html(thumbnails.of_blob(line.blob), height=40)
        words = escape(text) or ("" if picture else f"<i>{escape(_('no text'))}</i>")
        parts.append(_line(picture + words, change))
    if (rest := row.entry.n_changes - len(row.lines)) > 0 and row.lines:
        more = escape(ngettext("and {n} more", "and {n} more", rest))
        parts.append(f'<div class="soft">{more}</div>')
    parts += _class_lines(row, names)
    return f'<div class="hf-lines">{"".join(parts)}</div>' if parts else ""


def _class_lines(row: HistoryRow, names: Mapping[int, str]) -> list[str]:
    """One line for each field of a class that changed; what came or went, where the sentence does not say it."""
    if row.entry.note.get("act") == "add":
        return []
    told = row.entry.kind == "do"
    fields = [one for one in row.classes if one.field in FIELDS or (one.field == "deleted" and not told)]
    # An act on one class has its name in the sentence above.
    named = not told or len({one.class_id for one in fields}) > 1
    parts = []
    for one in fields[:MOST_FIELDS]:
        words = [one.name] if named else []
        if one.field in FIELDS:
            words.append(_(FIELDS[one.field]))
        parts.append(_line(escape(" · ".join(words)), _class_change(one, names)))
    if (rest := len(fields) - len(parts)) > 0:
        parts.append(f'<div class="soft">{escape(ngettext("and {n} more", "and {n} more", rest))}</div>')
    return parts


def _class_change(one: ClassLine, names: Mapping[int, str]) -> str:
    """Before and after of one field; of the class itself whether it is there now (see ``store.class_state``)."""
    if one.field == "deleted":
        if one.after is None:
            return escape(_("is back"))
        if not one.after:
            return escape(_("is gone"))
        return escape(tr("went into “{name}”", name=names.get(int(one.after), "?")))
    before, after = one.before, one.after
    if one.field == "position":  # people count from 1
        before, after = (str(int(value or 0) + 1) for value in (before, after))
    old, new = (escape(value) if value else "–" for value in (before, after))
    if one.field == "color":
        old, new = _swatch(before) + old, _swatch(after) + new
    return (f"<s>{old}</s>" if before else old) + f" → {new}"


def _swatch(color: str | None) -> str:
    """The colour to see; nothing where it is none that a person chose here."""
    shown = color and COLOR.fullmatch(color)
    return f'<span class="chip" style="background:{color}"></span> ' if shown else ""


def _some(names: Iterable[str]) -> str:
    """The first names, and an ellipsis when there are more."""
    listed = list(names)
    return ", ".join(listed[:MOST_NAMES]) + ("…" if len(listed) > MOST_NAMES else "")


def _line(text: str, change: str) -> str:
    return f'<div class="line"><span class="text">{text}</span><span class="to">{change}</span></div>'
