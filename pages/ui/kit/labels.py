"""A label in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.data.store.values import class_ids
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fsl_core.data.store import Label


def label_words(label: Label, names: Mapping[int, str]) -> str:
    """The names of a label's classes with commas between them; 'no label', 'none of these'."""
    if label is None:
        return _("no label")
    if label == "none":
        return _("none of these")
    return ", ".join(names.get(one, "?") for one in class_ids(label))
