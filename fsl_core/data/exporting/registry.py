"""Finds the formats: every module of this package that offers a ``FORMAT``."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from fsl_core.base.errors import ConfigError
from fsl_core.data.exporting.format import Format


def formats(kind: str = "text") -> dict[str, Format]:
    """The formats for a kind of project by name, in the order a page should offer them."""
    return {name: each for name, each in _all().items() if kind in each.kinds}


@cache
def _all() -> dict[str, Format]:
    package = importlib.import_module("fsl_core.data.exporting")
    found = []
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != __name__.rpartition(".")[2]:
            offered = getattr(importlib.import_module(f"fsl_core.data.exporting.{module.name}"), "FORMAT", None)
            if isinstance(offered, Format):
                found.append(offered)
    return {each.name: each for each in sorted(found, key=lambda each: (each.order, each.name))}


def get_format(name: str) -> Format:
    """The format of that name. ConfigError lists what there is."""
    if name not in _all():
        raise ConfigError(
            "There is no export format '{name}'.", "The formats are: {known}.", name=name, known=", ".join(_all())
        )
    return _all()[name]
