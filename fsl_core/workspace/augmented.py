"""Generated examples that a project uses: kept in its settings, so they are items of no list, queue, count or score.

``settings["augmented"]`` is None or an Augmented; taking it out takes all of them out.
"""

from __future__ import annotations

import numpy as np
from pydantic import AliasChoices, Field

from fsl_core.base.payloads import Record, read
from fsl_core.base.types import Codes
from fsl_core.data.store import Project
from fsl_core.evaluation.cross_validation import Generated
from fsl_core.workspace.data import ProjectData

SETTING = "augmented"
MOST_WEIGHT = 0.3
"""What a generated example counts at most, beside one of a person."""


class Example(Record):
    """A generated text, the class (id) that it stands for, and the items (ids) that it was made from."""

    text: str
    class_id: int = Field(validation_alias=AliasChoices("class_id", "class"), serialization_alias="class")
    parents: tuple[int, ...] = ()


class Augmented(Record):
    """The examples that a project uses: what made them, what each counts, and since when (epoch seconds)."""

    examples: tuple[Example, ...] = ()
    by: str = ""
    weight: float = MOST_WEIGHT
    at: float | None = None


def in_use(project: Project) -> Augmented:
    """What a project uses; nothing when it uses none."""
    found = project.settings.get(SETTING)
    return (read(Augmented, found) if isinstance(found, dict) else None) or Augmented()


def count(data: ProjectData) -> int:
    """How many generated examples the models of the project learn from."""
    return len(_usable(data).examples)


def generated(data: ProjectData, rows: Codes) -> Generated | None:
    """Those for the classes that there are, with the places of their parents among ``rows``; None without any."""
    used = _usable(data)
    place = {one.id: code for code, one in enumerate(data.classes)}
    known = {int(data.ids[row]): number for number, row in enumerate(rows)}
    examples = [one for one in used.examples if one.class_id in place]
    if not examples:
        return None
    vectors = data.encoder.encode([one.text for one in examples])
    codes = np.array([place[one.class_id] for one in examples], dtype=np.int64)
    parents = tuple(frozenset(known[item] for item in one.parents if item in known) for one in examples)
    return Generated(vectors, codes, min(used.weight, MOST_WEIGHT), parents)


def _usable(data: ProjectData) -> Augmented:
    return Augmented() if data.multi_label or data.of_images else in_use(data.project)
