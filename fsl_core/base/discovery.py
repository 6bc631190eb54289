"""Finds the plugins of a kind: one module each, in the package of their kind.

Adding one is adding one file that ends in ``METHOD = ThatClass`` (``ENCODER``, ``STRATEGY``, ``FORMAT`` ...);
nothing else has to be told.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fsl_core.base.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plugin(Generic[T]):
    """What was found, by what it says of itself: its id, its place in lists (lower comes first), its former ids."""

    found: T
    name: str
    order: int = 100
    aliases: tuple[str, ...] = ()


class Plugins(Mapping[str, T]):
    """Plugins of one kind by id, in their order.

    A former id finds its plugin too, so that what was saved under it still opens; whoever goes through them sees
    today's ids alone. Raises ConfigError when two plugins claim one id.
    """

    def __init__(self, kind: str, plugins: Iterable[Plugin[T]]) -> None:
        self.kind = kind
        self._found: dict[str, T] = {}
        self._names: dict[str, str] = {}
        for plugin in plugins:
            for name in (plugin.name, *plugin.aliases):
                if name in self._names:
                    raise ConfigError(
                        "The id '{name}' of a {kind} is taken by '{other}'.",
                        "Give each {kind} its own 'name' and 'aliases'.",
                        kind=kind,
                        name=name,
                        other=self._names[name],
                    )
                self._names[name] = plugin.name
            self._found[plugin.name] = plugin.found

    def __getitem__(self, name: str) -> T:
        return self._found[self._names[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def canonical(self, name: str) -> str:
        """Today's id for a former one; any other name stays as it is."""
        return self._names.get(name, name)

    def find(self, name: str) -> T:
        """The plugin of that name, or of that former name. Raises ConfigError that lists what there is."""
        if name not in self._names:
            raise ConfigError(
                "There is no {kind} '{name}'.", "There are: {known}.", kind=self.kind, name=name, known=", ".join(self)
            )
        return self[name]


def discover(kind: str, package: str, attribute: str) -> Plugins[Any]:
    """Every ``attribute`` that a module of ``package`` offers; ``kind`` is the word for one in errors.

    A plugin says ``name``, ``order`` and ``aliases`` in its ``info`` or itself; one that does not say its name
    goes by that of its module. Those of one order stand by name.
    """
    plugins = []
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        found = getattr(importlib.import_module(f"{package}.{module.name}"), attribute, None)
        if found is not None:
            says = getattr(found, "info", found)
            plugins.append(
                Plugin(
                    found,
                    getattr(says, "name", module.name),
                    getattr(says, "order", 100),
                    getattr(says, "aliases", ()),
                )
            )
    return Plugins(kind, sorted(plugins, key=lambda plugin: (plugin.order, plugin.name)))
