"""One item more for a project, with the label that this person gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.base.errors import DataError
from pages.ui.kit import state

if TYPE_CHECKING:
    from fsl_core.data.store import Label, NewItem, Project, Store


def add_item(store: Store, project: Project, item: NewItem, label: str | None) -> int:
    """Import one item and label it with the class of this name, which is made when missing; None leaves it unlabelled.

    Returns the id of the item; where the project has it already, that of the old one, which gets the label.
    """
    item_id = add(store, project, item)
    if label and (clean := label.strip()):
        classes = {one.name: one.id for one in store.classes.list(project.id)}
        if clean not in classes:
            store.classes.add_many(project.id, [clean], author=state.author.get())
            classes = {one.name: one.id for one in store.classes.list(project.id)}
        several = bool(project.settings.get("multi_label"))
        give(store, project, item_id, (classes[clean],) if several else classes[clean])
    return item_id


def add(store: Store, project: Project, item: NewItem) -> int:
    """Import one item; the id of it, or of the one that the project has already. Raises DataError for an empty text."""
    from fsl_core.data.store.records import clean_text, digest_of

    store.items.add(project.id, [item], author=state.author.get())
    text = None if item.text is None else clean_text(item.text)
    found = store.items.id_of(project.id, digest_of(text, item.text_pair, item.blob))
    if found is None:
        raise DataError("There is nothing to keep.", "Type a text first.")
    return found


def give(store: Store, project: Project, item: int, label: Label) -> None:
    """Label the item as this person."""
    store.journal.label(project.id, [item], label, author=state.author.get())
