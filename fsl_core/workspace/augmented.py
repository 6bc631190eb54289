"""Generated examples that a project uses: kept in its settings, so they are items of no list, queue, count or score.

``settings["augmented"]`` is None or {"examples": [{"text", "class" (id), "parents" (item ids)}], "by", "weight",
"at"}; taking it out takes all of them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fsl_core.base.types import Codes
from fsl_core.evaluation.cross_validation import Generated
from fsl_core.workspace.data import ProjectData

SETTING = "augmented"
MOST_WEIGHT = 0.3
"""What a generated example counts at most, beside one of a person."""


def count(data: ProjectData) -> int:
    """How many generated examples the project uses."""
    return len(_kept(data).get("examples", []))


def generated(data: ProjectData, rows: Codes) -> Generated | None:
    """Those for the classes that there are, with the places of their parents among ``rows``; None without any."""
    kept = _kept(data)
    place = {one.id: code for code, one in enumerate(data.classes)}
    known = {int(data.ids[row]): number for number, row in enumerate(rows)}
    examples = [one for one in kept.get("examples", []) if one["class"] in place]
    if not examples:
        return None
    vectors = data.encoder.encode([one["text"] for one in examples])
    codes = np.array([place[one["class"]] for one in examples], dtype=np.int64)
    parents = tuple(frozenset(known[item] for item in one["parents"] if item in known) for one in examples)
    return Generated(vectors, codes, min(float(kept.get("weight", MOST_WEIGHT)), MOST_WEIGHT), parents)


def _kept(data: ProjectData) -> Mapping[str, Any]:
    found = data.project.settings.get(SETTING)
    return found if isinstance(found, dict) and not data.multi_label and not data.of_images else {}
