"""Content as columns: what tables and the page's preview share."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from fsl_core.base.column_types import JSON, TEXT
from fsl_core.data.exporting.content import Content, Prediction, Row, when

MOMENT, NAMES, FLAG, SHARE = "moment", "names", "flag", "share"
"""Types of our own columns beside TEXT: epoch seconds, lists of class names, yes or no, a probability."""


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one column and their type: one of ours, or one of ``base.column_types``."""

    cells: list[Any]
    type: str = TEXT

    def texts(self) -> list[str]:
        """Each cell as a file without types writes it; nothing is an empty text."""
        write = _WRITTEN.get(self.type, text_of)
        return ["" if cell is None else write(cell) or "" for cell in self.cells]

    def values(self) -> list[Any]:
        """Each cell as JSON has it."""
        return [when(cell) for cell in self.cells] if self.type == MOMENT else self.cells


def flat(content: Content, *, meta: bool = True) -> dict[str, Column]:
    """Name -> column: what was said, who, when, what a model says, the other columns.

    A project with several labels an item has a column ``labels`` of lists instead of ``label``. Where the content
    has a layout, the columns of the files come first, as the files have them, texts and labels in their place. A
    name that is taken gets a number behind it.
    """
    own = _own(content)
    if content.layout is None:
        names = meta_names(content, set(own)) if meta else {}
        return own | {new: Column([row.meta.get(name) for row in content.rows], JSON) for name, new in names.items()}
    layout = content.layout
    place = {layout.text: "text", layout.label: _label(content)}
    found = {} if layout.text is not None else {free("text", layout.types): own.pop("text")}
    for name, type_ in layout.types.items():
        if name in place:
            found[name] = own.pop(place[name])
        elif meta:
            found[name] = Column([row.meta.get(name) for row in content.rows], type_)
    for name, column in own.items():
        found[free(name, found)] = column
    return found


def said(prediction: Prediction | None, *, multi_label: bool) -> dict[str, Any]:
    """What a model says of an item under the names that all formats with columns use; all None without it."""
    if prediction is None:
        return dict.fromkeys(PREDICTED)
    labels = list(prediction.labels)
    return {
        "prediction": labels if multi_label else labels[0] if labels else None,
        "probability": round(prediction.probability, 6),
        "unsure": prediction.unsure or prediction.none_of_these,
        "prediction_state": prediction.state,
        "predicted_by": f"model: {prediction.method}",
    }


PREDICTED = ("prediction", "probability", "unsure", "prediction_state", "predicted_by")
"""The columns of a model's answer."""


def _own(content: Content) -> dict[str, Column]:
    rows, multi = content.rows, content.multi_label

    def column(cell: Callable[[Row], Any], type_: str = TEXT) -> Column:
        return Column([cell(row) for row in rows], type_)

    found = {"text": column(lambda row: row.text)}
    if content.has_pairs:
        found["text_pair"] = column(lambda row: row.text_pair)
    if content.has_images:
        found["image"] = column(lambda row: row.image)
    if multi:
        found["labels"] = column(lambda row: None if row.labels is None else list(row.labels), NAMES)
    else:
        found["label"] = column(lambda row: row.label)
    found |= {
        "state": column(lambda row: row.state),
        "author": column(lambda row: row.author),
        "source": column(lambda row: row.source),
        "labeled_at": column(lambda row: row.at, MOMENT),
        "flag": column(lambda row: row.flag, FLAG),
    }
    if content.has_predictions:
        types = {"prediction": NAMES if multi else TEXT, "probability": SHARE, "unsure": FLAG}
        answers = [said(row.prediction, multi_label=multi) for row in rows]
        found |= {name: Column([one[name] for one in answers], types.get(name, TEXT)) for name in PREDICTED}
    return found


def _label(content: Content) -> str:
    return "labels" if content.multi_label else "label"


def meta_names(content: Content, taken: set[str]) -> dict[str, str]:
    """The other columns in order of first appearance -> a name for each that is not taken."""
    found: dict[str, str] = {}
    used = set(taken)
    for name in dict.fromkeys(name for row in content.rows for name in row.meta):
        found[name] = free(name, used)
        used.add(found[name])
    return found


def free(name: str, taken: Container[str]) -> str:
    """The name, with a number behind it where it is taken."""
    new, number = name, 2
    while new in taken:
        new, number = f"{name} ({number})", number + 1
    return new


def text_of(value: Any) -> str | None:  # noqa: ANN401
    """A value of another column as text; what is not a text is JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


_WRITTEN: dict[str, Callable[[Any], str | None]] = {
    MOMENT: when,
    FLAG: lambda cell: "yes" if cell else "",
    SHARE: lambda cell: f"{cell:.4f}",
}
