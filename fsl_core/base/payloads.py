"""Records that travel as JSON: what a job is asked to do, what it answers, what is saved of it.

Whoever writes one and whoever reads it share the names by type. What is read may have been written by another version:
fields it had too many are left out, those it had not take their defaults, and a record of another shape is none.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from fsl_core.base.errors import DataError

log = logging.getLogger(__name__)

Number = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]
"""A float that may have been no number: JSON has neither NaN nor infinity, so null was written."""


class Record(BaseModel):
    """A frozen record; of one that was saved, what this version does not know is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def plain(self) -> dict[str, Any]:
        """As JSON holds it, under the names that older versions know."""
        return self.model_dump(mode="json", by_alias=True, fallback=_of_numpy)


class Params(Record):
    """What a job is asked to do; ``kind`` names the module of ``fsl_core.jobs.tasks`` that does it.

    What it does not know is refused: to leave a wish out would be to do something else.
    """

    model_config = ConfigDict(extra="forbid")
    kind: ClassVar[str]


class SavedRun(Record):
    """A result that is saved with its project, one of the runs of this ``kind``."""

    kind: ClassVar[str]


R = TypeVar("R", bound=Record)
P = TypeVar("P", bound=Params)


def read(model: type[R], plain: Mapping[str, Any]) -> R | None:
    """The record; None, with a line in the log, when it was written in a shape that this version cannot read."""
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        log.warning("A saved %s cannot be read: %s", model.__name__, error)
        return None


def read_params(model: type[P], plain: Mapping[str, Any]) -> P:
    """What a job is asked to do. Raises DataError that names the first field of another shape."""
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise DataError(
            "This work was asked for in another way than this version does it: {field}: {problem}.",
            "Start it again.",
            field=".".join(str(part) for part in first["loc"]),
            problem=first["msg"],
        ) from error


def _of_numpy(value: Any) -> Any:  # noqa: ANN401
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")
