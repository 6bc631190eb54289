"""Methods, encoders, generators and strategies by id, and how one is made; ``base.discovery`` finds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fsl_core.base.config import make_settings
from fsl_core.base.discovery import Plugins, discover
from fsl_core.base.errors import ConfigError
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.generator import Generator
from fsl_core.contracts.method import Context, Method
from fsl_core.contracts.strategy import Strategy


@cache
def methods() -> Plugins[type[Method[Any]]]:
    """Every method by name."""
    return discover("method", "fsl_core.learning.methods", "METHOD")


@cache
def encoders() -> Plugins[type[Encoder[Any]]]:
    """Every encoder by name."""
    return discover("encoder", "fsl_core.models.encoders", "ENCODER")


@cache
def generators() -> Plugins[type[Generator[Any]]]:
    """Every kind of language model by name."""
    return discover("generator", "fsl_core.models.generators", "GENERATOR")


@cache
def strategies() -> Plugins[type[Strategy]]:
    """Every queue strategy by name."""
    return discover("strategy", "fsl_core.learning.choosing.strategies", "STRATEGY")


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


def get_method(name: str) -> type[Method[Any]]:
    """The method class of that name. ConfigError lists what there is."""
    return methods().find(name)


def get_encoder(name: str) -> type[Encoder[Any]]:
    """The encoder class of that name. ConfigError lists what there is."""
    return encoders().find(name)


def get_generator(name: str) -> type[Generator[Any]]:
    """The class of that kind of language model. ConfigError lists what there is."""
    return generators().find(name)


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
    return strategies().find(name)()


def load_method(folder: Path, context: Context) -> Method[Any]:
    """The fitted method that was saved in ``folder``, whichever it is."""
    file = folder / "method.json"
    if not file.is_file():
        raise ConfigError(
            "There is no saved model in {folder}.", "Choose a folder that holds method.json.", folder=folder
        )
    return get_method(json.loads(file.read_text(encoding="utf-8"))["method"]).load(folder, context)
