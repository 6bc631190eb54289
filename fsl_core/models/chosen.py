"""The encoder and the language model that a project chose, or those that it has by default."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.payloads import Record
from fsl_core.models.shelf import places
from fsl_core.models.vector_cache import CachedEncoder, VectorCache

if TYPE_CHECKING:
    from fsl_core.data.store import Project

DEFAULT_ENCODER = "minilm"
DEFAULT_PICTURES = "hog"
"""What reads pictures while nothing was chosen."""
DEFAULT_GENERATOR = "causal"


class Choice(Record):
    """An encoder by its name and settings, as jobs are told which one is meant."""

    name: str
    settings: dict[str, Any] = {}


def generator_choice(project_settings: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Kind and settings of the language model that a project chose; the one that comes with the program by default."""
    choice = project_settings.get("generator") or {}
    name = registry.generators().canonical(choice.get("name") or DEFAULT_GENERATOR)
    return name, dict(choice.get("settings") or {})


def servers_of(project_settings: Mapping[str, Any]) -> dict[str, str]:
    """Which choices of a project send texts to a server: 'encoder' or 'generator' -> its address."""
    found = {}
    for kind, known in (("encoder", registry.encoders()), ("generator", registry.generators())):
        choice = project_settings.get(kind)
        plugin = known.get(choice.get("name", "")) if isinstance(choice, dict) else None
        if plugin is not None and "base_url" in plugin.settings.model_fields:
            default = plugin.settings.model_fields["base_url"].default
            found[kind] = str((choice.get("settings") or {}).get("base_url", default))  # type: ignore[union-attr]
    return found


def encoder_choice(project_settings: Mapping[str, Any], kind: str = "text") -> tuple[str, dict[str, Any]]:
    """Name and settings of the encoder that a project chose; the default of its kind when it chose none."""
    choice = project_settings.get("encoder") or {}
    default = DEFAULT_PICTURES if kind == "image" else DEFAULT_ENCODER
    return registry.encoders().canonical(choice.get("name") or default), dict(choice.get("settings") or {})


def best_here(kind: str, *, english: bool = True) -> Choice:
    """The encoder that a new project gets: the best of those on this machine that know its language, or pictures."""
    if kind == "image":
        return Choice(name="efficientnet-lite" if places.find("efficientnet-lite0") else DEFAULT_PICTURES)
    if english:
        return Choice(name=DEFAULT_ENCODER)
    return Choice(name="e5" if places.find("e5") else "char-ngram")


def encoder_of(project: Project) -> CachedEncoder:
    """The encoder that a project reads its items with, behind the vector cache."""
    return cached_encoder(*encoder_choice(project.settings, project.kind))


def cached_encoder(name: str, settings: Mapping[str, Any] | None = None) -> CachedEncoder:
    """An encoder behind the vector cache of this machine."""
    return CachedEncoder(registry.create_encoder(name, settings), _cache(paths.cache_dir() / "vectors.db"))


@lru_cache(maxsize=4)
def _cache(file: Path) -> VectorCache:
    return VectorCache(file)
