"""Every error a person can meet, as one tree.

FslError
├── ConfigError      a setting, a method or an encoder that does not exist or does not fit
├── DataError        a file, a text or a set of labels that cannot be used as it is
├── MissingBackend   a model, a library or a server that is not there (or not reachable offline)
├── NotFittedError   predict before fit
├── StoreError       the database refused, or the row is not there
└── Cancelled        the person asked to stop
"""

from __future__ import annotations

from fsl_core.base.notes import Note


class FslError(Exception):
    """An error with a sentence for the person and the step that mends it.

    ``message`` and ``hint`` are templates in ``str.format`` syntax and ``values`` fills them, so
    that a page can translate the template before the values go in.
    """

    def __init__(self, message: str, hint: str = "", **values: object) -> None:
        self.template = message
        self.hint_template = hint
        self.values = values
        super().__init__(self.message)

    @property
    def message(self) -> Note:
        """What was found and what was expected."""
        return Note(self.template, **self.values)

    @property
    def hint(self) -> Note:
        """The next step; empty when there is none."""
        return Note(self.hint_template, **self.values)


class ConfigError(FslError):
    """A setting or a name that does not exist or does not fit."""


class DataError(FslError):
    """Input that cannot be used as it is."""


class MissingBackend(FslError):
    """A model, library or server that is not there."""


class NotFittedError(FslError):
    """Predict was called before fit."""


class StoreError(FslError):
    """The store refused, or has no such row."""


class Cancelled(FslError):
    """The person asked to stop."""

    def __init__(self, message: str = "Stopped as you asked.", hint: str = "", **values: object) -> None:
        super().__init__(message, hint, **values)
