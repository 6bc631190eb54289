"""What all sessions of one server share: the store, encoders, open projects."""

from __future__ import annotations

import gc
import json
import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import paths

if TYPE_CHECKING:
    from fsl_core.workspace import Workspace

    from fsl_core.store import Project, Store
    from fsl_core.vector_cache import CachedEncoder, VectorCache

DEFAULT_ENCODER = "minilm"
log = logging.getLogger(__name__)


def store() -> Store:
    """The one store of this server; opening migrates."""
    return _store(paths.database_url())


def encoder(name: str = DEFAULT_ENCODER, settings: dict[str, Any] | None = None) -> CachedEncoder:
    """An encoder behind the vector cache, shared by every session."""
    return _encoder(name, json.dumps(settings or {}, sort_keys=True), str(paths.cache_dir()))


def encoder_for(project: Project) -> CachedEncoder:
    """The encoder that the project's settings name; the bundled one when they name none."""
    choice = project.settings.get("encoder") or {}
    if isinstance(choice, str):
        choice = {"name": choice}
    return encoder(choice.get("name") or DEFAULT_ENCODER, choice.get("settings"))


def workspace(project_id: int) -> Workspace:
    """The project as the pages see it: one per project and encoder, shared, call ``sync`` on it."""
    chosen = encoder_for(store().projects.get(project_id))
    return _workspace(paths.database_url(), project_id, chosen.key, chosen)


def project_names() -> dict[int, str]:
    """Live projects, newest change first: id -> name. At most two seconds old."""
    return _project_names(paths.database_url())


def projects_changed() -> None:
    """Call after a project was created, renamed, put into the trash or taken out of it."""
    _project_names.clear()


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Thread:
    """Load the heavy libraries and the bundled encoder once, behind the page's back."""
    thread = threading.Thread(target=_warm, name="handful-warm-up", daemon=True)
    thread.start()
    return thread


def _warm() -> None:
    try:
        encoder().encode(["warm up"])
    except Exception:  # the page that needs the encoder reports the problem in its own words
        log.warning("Warming up the bundled encoder did not work", exc_info=True)
    # What is imported by now stays for good: later collections need not look at it again.
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False, on_release=lambda store: store.close())
def _store(url: str) -> Store:
    from fsl_core.store import Store

    return Store(url)


@st.cache_resource(show_spinner=False, max_entries=8)
def _encoder(name: str, settings: str, cache_dir: str) -> CachedEncoder:
    from fsl_core import registry
    from fsl_core.vector_cache import CachedEncoder

    return CachedEncoder(registry.create_encoder(name, json.loads(settings)), _vectors(cache_dir))


@st.cache_resource(show_spinner=False, on_release=lambda cache: cache.close())
def _vectors(cache_dir: str) -> VectorCache:
    from fsl_core.vector_cache import VectorCache

    return VectorCache(Path(cache_dir) / "vectors.db")


@st.cache_resource(show_spinner=False, max_entries=12)
def _workspace(url: str, project_id: int, key: str, _chosen: CachedEncoder) -> Workspace:
    from fsl_core.workspace import Workspace

    return Workspace(_store(url), project_id, _chosen)


@st.cache_data(show_spinner=False, ttl=2)
def _project_names(url: str) -> dict[int, str]:
    return {project.id: project.name for project in _store(url).projects.list()}
