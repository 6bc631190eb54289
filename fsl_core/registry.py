"""Finds methods, encoders, generators and strategies by walking their folders.

Adding one is adding one file that ends in ``METHOD = ThatClass`` (``ENCODER``, ``GENERATOR``, ``STRATEGY``);
nothing else has to be told.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fsl_core.base import paths
from fsl_core.base.config import make_settings
from fsl_core.base.errors import ConfigError
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.generator import Generator
from fsl_core.contracts.method import Context, Method
from fsl_core.contracts.strategy import Strategy
from fsl_core.models.vector_cache import CachedEncoder, VectorCache

if TYPE_CHECKING:
    from fsl_core.data.store import Project

DEFAULT_ENCODER = "minilm"
DEFAULT_GENERATOR = "causal"
_FOLDERS = {
    "method": ("fsl_core.learning.methods", "METHOD"),
    "encoder": ("fsl_core.models.encoders", "ENCODER"),
    "generator": ("fsl_core.models.generators", "GENERATOR"),
    "strategy": ("fsl_core.learning.choosing.strategies", "STRATEGY"),
}


@cache
def _found(kind: str) -> dict[str, type[Any]]:
    package_name, attribute = _FOLDERS[kind]
    package = importlib.import_module(package_name)
    found: dict[str, type[Any]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if (plugin := getattr(importlib.import_module(f"{package_name}.{module.name}"), attribute, None)) is not None:
            found[plugin.info.name] = plugin
    return dict(sorted(found.items(), key=lambda pair: (getattr(pair[1].info, "order", 100), pair[0])))


def _get(kind: str, name: str) -> type[Any]:
    found = _found(kind)
    if name not in found:
        raise ConfigError(
            "There is no {kind} '{name}'.", "There are: {known}.", kind=kind, name=name, known=", ".join(found)
        )
    return found[name]


def methods() -> dict[str, type[Method[Any]]]:
    """Every method by name."""
    return cast(dict[str, type[Method[Any]]], _found("method"))


def live_methods() -> dict[str, type[Method[Any]]]:
    """Those that fit in a moment, after every label; the others run as jobs, or ask a language model."""
    return {name: kind for name, kind in methods().items() if not kind.info.trains and kind.info.needs == "encoder"}


def prompt_methods(generator: str = "") -> dict[str, type[Method[Any]]]:
    """Those that ask a language model; with ``generator``, those that this kind of model can serve."""
    asking = {name: kind for name, kind in methods().items() if kind.info.needs == "generator"}
    if not generator:
        return asking
    abilities = get_generator(generator).info.abilities
    return {name: kind for name, kind in asking.items() if kind.info.asks in abilities}


def encoders() -> dict[str, type[Encoder[Any]]]:
    """Every encoder by name."""
    return cast(dict[str, type[Encoder[Any]]], _found("encoder"))


def generators() -> dict[str, type[Generator[Any]]]:
    """Every kind of language model by name."""
    return cast(dict[str, type[Generator[Any]]], _found("generator"))


def strategies() -> dict[str, type[Strategy]]:
    """Every queue strategy by name."""
    return cast(dict[str, type[Strategy]], _found("strategy"))


def get_method(name: str) -> type[Method[Any]]:
    """The method class of that name. ConfigError lists what there is."""
    return cast(type[Method[Any]], _get("method", name))


def get_encoder(name: str) -> type[Encoder[Any]]:
    """The encoder class of that name. ConfigError lists what there is."""
    return cast(type[Encoder[Any]], _get("encoder", name))


def get_generator(name: str) -> type[Generator[Any]]:
    """The class of that kind of language model. ConfigError lists what there is."""
    return cast(type[Generator[Any]], _get("generator", name))


def create_method(name: str, settings: Mapping[str, Any] | None, context: Context) -> Method[Any]:
    """A method with checked settings; missing ones take their defaults."""
    kind = get_method(name)
    return kind(make_settings(kind.settings, dict(settings or {})), context)


def create_encoder(name: str, settings: Mapping[str, Any] | None = None) -> Encoder[Any]:
    """An encoder with checked settings. Its weights load at the first use."""
    kind = get_encoder(name)
    return kind(make_settings(kind.settings, dict(settings or {})))


def create_generator(name: str, settings: Mapping[str, Any] | None = None) -> Generator[Any]:
    """A language model with checked settings. Its weights load at the first use."""
    kind = get_generator(name)
    return kind(make_settings(kind.settings, dict(settings or {})))


def generator_choice(project_settings: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Kind and settings of the language model that a project chose; the one that comes with the program by default."""
    choice = project_settings.get("generator") or {}
    return choice.get("name") or DEFAULT_GENERATOR, dict(choice.get("settings") or {})


def servers_of(project_settings: Mapping[str, Any]) -> dict[str, str]:
    """Which choices of a project send texts to a server: 'encoder' or 'generator' -> its address."""
    found = {}
    for kind in ("encoder", "generator"):
        choice = project_settings.get(kind)
        plugin = _found(kind).get(choice.get("name", "")) if isinstance(choice, dict) else None
        if plugin is not None and "base_url" in plugin.settings.model_fields:
            default = plugin.settings.model_fields["base_url"].default
            found[kind] = str((choice.get("settings") or {}).get("base_url", default))  # type: ignore[union-attr]
    return found


def encoders_for(kind: str) -> dict[str, type[Encoder[Any]]]:
    """Those that read the items of a project of that kind, by name; the first one is the default for images."""
    wanted = "image" if kind == "image" else "text"
    return {name: encoder for name, encoder in encoders().items() if encoder.info.modality == wanted}


def encoder_choice(project_settings: Mapping[str, Any], kind: str = "text") -> tuple[str, dict[str, Any]]:
    """Name and settings of the encoder that a project chose; the default of its kind when it chose none."""
    choice = project_settings.get("encoder") or {}
    default = next(iter(encoders_for(kind)), "") if kind == "image" else DEFAULT_ENCODER
    return choice.get("name") or default, dict(choice.get("settings") or {})


def encoder_of(project: Project) -> CachedEncoder:
    """The encoder that a project reads its items with, behind the vector cache."""
    return cached_encoder(*encoder_choice(project.settings, project.kind))


def cached_encoder(name: str, settings: Mapping[str, Any] | None = None) -> CachedEncoder:
    """An encoder behind the vector cache of this machine."""
    return CachedEncoder(create_encoder(name, settings), _cache(paths.cache_dir() / "vectors.db"))


@lru_cache(maxsize=4)
def _cache(file: Path) -> VectorCache:
    return VectorCache(file)


def create_strategy(name: str) -> Strategy:
    """A queue strategy. ConfigError lists what there is."""
    return cast(Strategy, _get("strategy", name)())


def load_method(folder: Path, context: Context) -> Method[Any]:
    """The fitted method that was saved in ``folder``, whichever it is."""
    file = folder / "method.json"
    if not file.is_file():
        raise ConfigError(
            "There is no saved model in {folder}.", "Choose a folder that holds method.json.", folder=folder
        )
    return get_method(json.loads(file.read_text(encoding="utf-8"))["method"]).load(folder, context)
