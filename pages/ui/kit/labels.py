"""Labels in words, and as the browser takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.data.store.values import class_ids
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fsl_core.data.store import Label
    from fsl_core.workspace import Workspace


def label_words(label: Label, names: Mapping[int, str]) -> str:
    """The names of a label's classes with commas between them; 'no label', 'none of these'."""
    if label is None:
        return _("no label")
    if label == "none":
        return _("none of these")
    return ", ".join(names.get(one, "?") for one in class_ids(label))


def sets_of(workspace: Workspace) -> dict[str, list[int] | str]:
    """Item -> its classes, or "none", where an item may have several labels."""
    found: dict[str, list[int] | str] = {}
    for item, one in workspace.labels.items():
        found[str(item)] = "none" if one.label == "none" else list(class_ids(one.label))
    return found
