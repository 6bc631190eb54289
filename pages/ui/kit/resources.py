"""What all sessions of one server share: the store, encoders, open projects."""

from __future__ import annotations

import gc
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core.base import paths
from fsl_core.base.errors import StoreError

if TYPE_CHECKING:
    from fsl_core.contracts.generator import Generator
    from fsl_core.data.store import Project, Store
    from fsl_core.models.vector_cache import CachedEncoder
    from fsl_core.workspace import Workspace

log = logging.getLogger(__name__)


def store() -> Store:
    """The one store of this server; opening migrates."""
    return _store(paths.database_url())


def encoder(name: str, settings: dict[str, Any] | None = None) -> CachedEncoder:
    """An encoder behind the vector cache, shared by every session."""
    return _encoder(name, json.dumps(settings or {}, sort_keys=True), str(paths.cache_dir()))


def encoder_for(project: Project) -> CachedEncoder:
    """The encoder that the project's settings name; the bundled one when they name none."""
    from fsl_core.models import chosen

    return encoder(*chosen.encoder_choice(project.settings, project.kind))


def generator(name: str, settings: dict[str, Any] | None = None) -> Generator[Any]:
    """A language model, shared by every session: its weights are loaded once."""
    return _generator(name, json.dumps(settings or {}, sort_keys=True))


def generator_for(project: Project) -> Generator[Any]:
    """The language model that the project's settings name; the one that comes with the program when they name none."""
    from fsl_core.models import chosen

    return generator(*chosen.generator_choice(project.settings))


def workspace(project_id: int) -> Workspace:
    """The project as the pages see it: one per project and encoder, shared, call ``sync`` on it."""
    chosen = encoder_for(store().projects.get(project_id))
    return _workspace(paths.database_url(), project_id, chosen.key, chosen)


def workspace_under(project_id: int, name: str, settings: dict[str, Any]) -> Workspace:
    """The project as another encoder than its own reads it; up to date."""
    chosen = encoder(name, settings)
    found = _workspace(paths.database_url(), project_id, chosen.key, chosen)
    found.sync()
    return found


def project_names() -> dict[int, str]:
    """Live projects, newest change first: id -> name."""
    return _project_names(paths.database_url())


def project_exists(project_id: int) -> bool:
    """Whether the project is there and not in the trash; finds one that another program just made."""
    if project_id in project_names():
        return True
    try:
        found = store().projects.get(project_id).deleted_at is None
    except StoreError:
        return False
    if found:
        projects_changed()
    return found


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
    from fsl_core.models import chosen

    try:
        encoder(chosen.DEFAULT_ENCODER).encoder.encode(["warm up"])
    except Exception:  # the page that needs the encoder reports the problem in its own words
        log.warning("Warming up the bundled encoder did not work", exc_info=True)
    # What is imported by now stays for good: later collections need not look at it again.
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False, on_release=lambda store: store.close())
def _store(url: str) -> Store:
    from fsl_core.data.store import Store

    return Store(url)


@st.cache_resource(show_spinner=False, max_entries=8)
def _encoder(name: str, settings: str, cache_dir: str) -> CachedEncoder:
    from fsl_core.models import chosen

    return chosen.cached_encoder(name, json.loads(settings))


@st.cache_resource(show_spinner=False, max_entries=2)
def _generator(name: str, settings: str) -> Generator[Any]:
    from fsl_core import registry

    return registry.create_generator(name, json.loads(settings))


@st.cache_resource(show_spinner=False, max_entries=12)
def _workspace(url: str, project_id: int, key: str, _chosen: CachedEncoder) -> Workspace:
    from fsl_core.workspace import Workspace

    return Workspace(_store(url), project_id, _chosen)


@st.cache_data(show_spinner=False, ttl=30)
def _project_names(url: str) -> dict[int, str]:
    return {project.id: project.name for project in _store(url).projects.list()}
