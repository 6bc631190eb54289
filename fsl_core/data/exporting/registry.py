"""The export formats by id: every module of this package that offers a ``FORMAT``."""

from __future__ import annotations

from functools import cache

from fsl_core.base.discovery import Plugins, discover
from fsl_core.data.exporting.format import Format


def formats(kind: str = "text") -> dict[str, Format]:
    """The formats for a kind of project by name, in the order a page should offer them."""
    return {name: each for name, each in _all().items() if kind in each.kinds}


def get_format(name: str) -> Format:
    """The format of that name. ConfigError lists what there is."""
    return _all().find(name)


@cache
def _all() -> Plugins[Format]:
    return discover("export format", "fsl_core.data.exporting", "FORMAT")
