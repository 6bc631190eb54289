"""The one error that people meet here."""

from __future__ import annotations


class ModelError(Exception):
    """A sentence on what is wrong and one that mends it, both templates that ``values`` fill."""

    def __init__(self, template: str, hint: str = "", **values: object) -> None:
        self.template = template
        self.hint = hint
        self.values = values
        super().__init__(" ".join(part.format(**values) for part in (template, hint) if part))


def missing(package: str, what: str) -> ModelError:
    """A library that is not installed."""
    return ModelError(
        "{what} needs the library {package}, which is not installed.",
        "Install it: pip install {package}",
        what=what,
        package=package,
    )
