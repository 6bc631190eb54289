"""The sources that there are, found by walking their folder."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from fsl_core.base.errors import ConfigError
from fsl_core.learning.augment import sources as package
from fsl_core.learning.augment.source import Source


@cache
def sources() -> dict[str, type[Source]]:
    """Every source by name, in their order."""
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    found = [importlib.import_module(f"{package.__name__}.{name}").SOURCE for name in names]
    return {one.name: one for one in sorted(found, key=lambda one: one.order)}


def create(name: str) -> Source:
    """A source. ConfigError lists what there is."""
    if name not in sources():
        raise ConfigError("There is no source '{name}'.", "There are: {known}.", name=name, known=", ".join(sources()))
    return sources()[name]()
