"""A project file that a person brought: what is in it, and one click to have it here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.base.errors import FslError
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.projects import creating, opening

if TYPE_CHECKING:
    from fsl_core.data.store.dump import ProjectDump


def is_project(data: bytes, filename: str) -> bool:
    """Whether this upload is a project file, by its content; a broken one at least by its name."""
    from fsl_core.data.project_file import SUFFIX, is_project_file

    return Path(filename).suffix.lower() == SUFFIX or is_project_file(data)


@feedback.guard
def project_flow(data: bytes, token: str) -> None:
    """Check the file, show what is in it, import it: whole, or not at all with the reason."""
    from fsl_core.data.project_file import contents, import_project, read_project

    def read() -> object:
        # An error is kept too: each rerun would find it anew in a large file.
        with st.spinner(_("Checking the project file")):
            try:
                return read_project(data)
            except FslError as error:
                return error

    dump = state.remember("import.project", token, read)
    if isinstance(dump, FslError):
        raise dump
    dump, servers = without_servers(dump)  # type: ignore[arg-type]
    found = contents(dump)
    st.markdown("**" + tr("Project file: {name}", name=plain(found.name)) + "**")
    st.markdown("\n".join(f"- {line}" for line in summary(found)))
    for address in servers:
        st.warning(
            tr(
                "The file names a server that texts would be sent to: {address}. It is left out; choose it again on "
                "the Models or the Tune page if you trust it.",
                address=plain(address),
            ),
            icon=":material/shield:",
        )
    name = st.text_input(
        _("Name of the project"),
        value=creating.free_name(found.name, list(resources.project_names().values())),
        key=f"project-import-name-{token}",
        max_chars=200,
    )
    label = _("Import the project")
    if st.button(label, type="primary", icon=":material/upload:", key="project-import-go", disabled=not name.strip()):
        with feedback.inline_progress(_("Importing")) as report:
            project = import_project(resources.store(), dump, name=name, progress=report)
        state.import_round.set(state.import_round.get() + 1)
        opening.enter(project.id)


def without_servers(dump: ProjectDump) -> tuple[ProjectDump, list[str]]:
    """The project without the servers that its settings name, and their addresses.

    A file of somebody else must not decide where texts go, nor which key goes along.
    """
    from fsl_core.models import chosen

    settings = dump.project.settings
    named = chosen.servers_of(settings)
    if not named:
        return dump, []
    kept = {name: value for name, value in settings.items() if name not in named}
    return replace(dump, project=replace(dump.project, settings=kept)), list(dict.fromkeys(named.values()))


def summary(found: object) -> list[str]:
    """What a project file holds, one sentence a line."""
    from fsl_core.data.project_file import Contents

    assert isinstance(found, Contents)
    lines = [
        ngettext("{n} item", "{n} items", found.n_items) + ", " + tr("{n} labelled", n=f"{found.n_labeled:,}"),
        ngettext("{n} class", "{n} classes", found.n_classes),
        ngettext("{n} entry of history, undo included", "{n} entries of history, undo included", found.n_entries),
    ]
    if found.authors:
        lines.append(tr("Labelled by {names}", names=plain(", ".join(found.authors[:8]))))
    return lines
