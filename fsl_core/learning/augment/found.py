"""The sources of examples by id, found in their folder."""

from __future__ import annotations

from functools import cache

from fsl_core.base.discovery import Plugins, discover
from fsl_core.learning.augment.source import Source


@cache
def sources() -> Plugins[type[Source]]:
    """Every source by name, in their order."""
    return discover("source", "fsl_core.learning.augment.sources", "SOURCE")


def create(name: str) -> Source:
    """A source. ConfigError lists what there is."""
    return sources().find(name)()
