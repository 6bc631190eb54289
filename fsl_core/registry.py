"""Finds methods, encoders, generators and strategies by walking their folders.

Adding one is adding one file that ends in ``METHOD = ThatClass`` (``ENCODER``, ``GENERATOR``, ``STRATEGY``);
nothing else has to be told.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from fsl_core.base.config import make_settings
from fsl_core.base.errors import ConfigError
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.generator import Generator
from fsl_core.contracts.method import Context, Method
from fsl_core.contracts.strategy import Strategy

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


def encoders_for(kind: str) -> dict[str, type[Encoder[Any]]]:
    """Those that read the items of a project of that kind, by name; the first one is the default for images."""
    wanted = "image" if kind == "image" else "text"
    return {name: encoder for name, encoder in encoders().items() if encoder.info.modality == wanted}


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
