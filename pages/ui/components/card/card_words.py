"""Every word on the labelling card."""

from __future__ import annotations

from pages.ui.components.keys import ACTS
from pages.ui.kit.text import N_, _

WITH_KEY = 5
"""Among many classes so many suggestions have a key."""

_STRINGS = {
    "card": N_("Labelling card"),
    "item": N_("Item to label"),
    "show_all": N_("Show all"),
    "classes": N_("Classes"),
    "suggestions": N_("Suggestions"),
    "filter": N_("Find a class (press {key} to type)"),
    "no_match": N_("No class is called that."),
    "rest": N_("More suggestions: the other {n} classes share {share}"),
    "rest_multi": N_("More suggestions"),
    "confirm": N_("Confirm"),
    "skip": N_("Skip"),
    "space": N_("space"),
    "none": N_("None of these"),
    "flag": N_("Flag"),
    "why": N_("Why"),
    "undo": N_("Undo"),
    "redo": N_("Redo"),
    "search": N_("Search"),
    "help": N_("Keys"),
    "progress": N_("{done} labelled, {left} to go"),
    "saved": N_("Saved {time}"),
    "saving_one": N_("Saving…"),
    "saving_many": N_("Saving…"),
    "slow_one": N_("No answer yet: 1 label waiting, sending again"),
    "slow_many": N_("No answer yet: {n} labels waiting, sending again"),
    "offline_one": N_("Offline: 1 label waiting"),
    "offline_many": N_("Offline: {n} labels waiting"),
    "offline_idle": N_("Offline: go on, labels will wait here"),
    "labeled_as": N_("Labelled {name}"),
    "labeled_now": N_("Now labelled {name}"),
    "flagged": N_("Flagged"),
    "unflagged": N_("Flag taken away"),
    "flagged_now": N_("Flagged"),
    "nothing_picked": N_("Choose a class first, or press {key} for none of these"),
    "skipped": N_("Skipped"),
    "undone": N_("Undone"),
    "redone": N_("Redone"),
    "nothing_to_undo": N_("Nothing to undo"),
    "nothing_to_redo": N_("Nothing to redo"),
    "loading": N_("Fetching the next items…"),
    "all_done": N_("Everything here is labelled."),
    "none_left": N_("Nothing is left that fits your search and filters."),
    "search_hint": N_("Find items by meaning or by words, then Enter"),
    "search_label": N_("Search the items"),
    "search_end": N_("End search"),
    "search_offline": N_("Searching needs the server; it answers when the connection is back"),
    "pulls": N_("These labelled examples pull it there most, the last one may pull elsewhere:"),
    "pulls_hidden": N_("On a check item the model keeps silent until you have labelled it."),
    "no_pulls": N_("No labelled example speaks for an answer yet; the class names alone do."),
    "they_labeled": N_("{who} labelled this {name} at {time}."),
    "you_labeled": N_("You labelled this {name} elsewhere at {time}."),
    "you_chose": N_("You chose {name} just now."),
    "somebody": N_("Somebody"),
    "keep": N_("Keep"),
    "replace": N_("Replace"),
    "kept": N_("Kept as it was"),
    "edit": N_("Change keys and colours"),
    "edit_choose": N_("Choose the class whose key or colour you want to change."),
    "edit_press": N_("Press the new key for {name}, or choose a colour. Backspace takes the key away, Escape stops."),
    "edit_colors": N_("Colours"),
    "edit_color_to": N_("Colour {color}"),
    "edit_own_color": N_("A colour of your own"),
    "edit_auto": N_("Automatic"),
    "edit_done": N_("Close"),
    "key_taken": N_("That key means something else here: choose a digit or another letter"),
    "class_changed": N_("Changed {name}"),
}

_HELP = (
    ("1 2 … a b", N_("label and go on")),
    (f"⇧1 – ⇧{WITH_KEY}", N_("take a suggestion, with many classes")),
    (ACTS["filter"], N_("find a class by name, Enter takes the first")),
    (ACTS["search"], N_("find items that look like what you type")),
    ("space", N_("skip for now")),
    (ACTS["none"], N_("none of these classes")),
    (ACTS["flag"], N_("flag, to come back to it")),
    (ACTS["why"], N_("why: the examples behind the suggestion")),
    (ACTS["undo"], N_("undo, go back to the item")),
    (f"⇧{ACTS['undo']}", N_("redo")),
    (f"⇧{ACTS['keep']} ⇧{ACTS['replace']}", N_("keep or replace somebody else's label")),
    (ACTS["help"], N_("show or hide this list")),
)
_HELP_SEVERAL = (
    ("1 2 … a b", N_("choose a class, or not after all")),
    ("⏎", N_("confirm what is chosen and go on")),
)


def strings() -> dict[str, str]:
    """All words in the person's language."""
    return {name: _(text) for name, text in _STRINGS.items()}


def help_rows(multi: bool) -> list[tuple[str, str]]:
    """Each key and what it does, where an item takes one class or several."""
    rows = (*_HELP_SEVERAL, *_HELP[1:]) if multi else _HELP
    return [(_("space") if cap == "space" else cap, _(text)) for cap, text in rows]
