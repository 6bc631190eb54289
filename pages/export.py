"""Export: the labels for other programs, or the whole project for Handful."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from fsl_core.base.config import make_settings
from fsl_core.base.errors import FslError
from fsl_core.base.texts import shorten
from fsl_core.data import exporting, project_file
from pages.ui.guide import tour
from pages.ui.kit import chrome, feedback, fitting, form, method, project, resources, state
from pages.ui.kit.text import _, ngettext, say, tr
from pages.ui.projects import project_import

if TYPE_CHECKING:
    from fsl_core.data.exporting import Content, ExportedFile, Format
    from fsl_core.workspace import Snapshot, Workspace

PROJECT = "handful"
PREVIEW_LINES = 12
PREVIEW_WIDTH = 400
PREVIEW_ROWS = 8


def page() -> None:
    corner = chrome.heading(
        _("Export"), _("Your labels as a file for other programs, or the whole project for Handful.")
    )
    workspace = project.opened()
    if workspace is None:
        return
    formats = exporting.formats(workspace.project.kind)
    titles = {name: _(each.title) for name, each in formats.items()} | {PROJECT: _("Whole project")}
    chosen = st.pills(
        _("Format"),
        list(titles),
        default=next(iter(formats)),
        required=True,
        format_func=lambda name: titles[name],
        key="export-format",
        persist_state="session",
    )
    if workspace.ready and len(workspace.classes) > 1:
        method.control(workspace, corner)
    if chosen == PROJECT:
        _whole_project(workspace)
    else:
        _labels(workspace, formats[chosen or next(iter(formats))])


# -- labels ----------------------------------------------------------------------------------------


def _labels(workspace: Workspace, format: Format) -> None:
    st.caption(_(format.summary))
    left, right = st.columns([2, 3], gap="large")
    with left:
        download = st.container()
        values = form.settings_form(format.settings, f"export-{format.name}")
        wanted = _suggesting(workspace, format) if values["unlabeled"] else None
        if wanted is not None:
            fitting.draw(wanted)
            if not wanted.current:
                return  # a file with the answers of another model would be worse than none
        suggested = _suggestions(workspace, wanted.snapshot) if wanted is not None and wanted.snapshot else None
    with right:
        try:
            content, file = _made(workspace, format, values, suggested)
        except FslError as error:
            feedback.error_box(error)
            return
        _inside(content, file)
        _preview(content, file, format, values)
    with download:
        _download(file.name, file.data, file.media_type)


def _made(
    workspace: Workspace, format: Format, values: dict[str, Any], suggested: _Suggested | None
) -> tuple[Content, ExportedFile]:
    store = resources.store()
    changed = store.projects.get(workspace.project_id).updated_at
    settings = json.dumps(values, sort_keys=True)
    key = (workspace.project_id, changed, format.name, settings, suggested.digest if suggested else None)

    def make() -> tuple[Content, ExportedFile]:
        with st.spinner(_("Writing the file")):
            content = exporting.gather(
                store, workspace.project_id, unlabeled=values["unlabeled"], suggestions=suggested and suggested.found
            )
            return content, exporting.write(content, format.name, values)

    return state.remember("export.file", key, make)


class _Suggested(NamedTuple):
    """Item -> what the model says of it; ``digest`` changes with any of it."""

    digest: str
    found: dict[int, exporting.Suggestion]


def _suggesting(workspace: Workspace, format: Format) -> fitting.Model | None:
    """The model whose answers go along, when the person wants them and there can be one."""
    if not workspace.ready or len(workspace.classes) < 2 or workspace.project.settings.get("multi_label"):
        return None
    wanted = st.toggle(
        _("With suggestions of the model"),
        key=f"export-{format.name}-suggestions",
        help=_("Items without a label go along with the most likely class and its probability."),
        persist_state="session",
    )
    return fitting.model(workspace) if wanted else None


def _suggestions(workspace: Workspace, snapshot: Snapshot) -> _Suggested:
    """What the model says of the items without a label."""
    name = snapshot.name

    parts = (workspace.ids, snapshot.predicted, snapshot.confidence)
    said = repr((workspace.project_id, name, snapshot.classes)).encode() + b"".join(part.tobytes() for part in parts)
    digest = hashlib.sha256(said).hexdigest()

    def make() -> _Suggested:
        rows = zip(workspace.ids.tolist(), snapshot.predicted.tolist(), snapshot.confidence.tolist(), strict=True)
        found = {
            item: exporting.Suggestion((snapshot.classes[code],), score, name)
            for item, code, score in rows
            if code >= 0
        }
        return _Suggested(digest, found)

    return state.remember("export.suggestions", digest, make)


def _inside(content: Content, file: ExportedFile) -> None:
    states = Counter(row.state for row in content.rows)
    facts = [ngettext("{n} row", "{n} rows", file.n_rows)]
    if states["labeled"]:
        facts.append(tr("{n} labelled", n=f"{states['labeled']:,}"))
    if states["none of these"]:
        facts.append(tr("{n} none of these", n=f"{states['none of these']:,}"))
    if states["unlabeled"]:
        facts.append(tr("{n} without a label", n=f"{states['unlabeled']:,}"))
    if flagged := sum(row.flag for row in content.rows):
        facts.append(tr("{n} flagged", n=f"{flagged:,}"))
    st.markdown(" · ".join(facts))
    for note in file.notes:
        st.caption(f":material/info: {feedback.plain(say(note))}")


def _preview(content: Content, file: ExportedFile, format: Format, values: dict[str, Any]) -> None:
    if format.media_type == "application/zip":
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            st.code("\n".join(archive.namelist()[:PREVIEW_LINES]), language=None)
    elif format.text:
        head = file.data[: PREVIEW_LINES * 4_000].decode("utf-8-sig", "ignore")
        lines = [shorten(line, PREVIEW_WIDTH) for line in head.splitlines()]
        st.code("\n".join(lines[:PREVIEW_LINES]), language=None)
    else:
        checked = make_settings(format.settings, values)
        columns = exporting.flat(content, meta=checked.meta)
        shown = {name: cells[:PREVIEW_ROWS] for name, cells in columns.items()}
        st.dataframe(shown, hide_index=True, height="content", row_height=32)
    if file.usage:
        with st.expander(_("How to load it there"), icon=":material/code:", key=f"export-usage-{format.name}"):
            st.code(file.usage, language=format.usage_language)


# -- the whole project -----------------------------------------------------------------------------


@feedback.guard
def _whole_project(workspace: Workspace) -> None:
    st.caption(
        _(
            "Items, classes, guidelines, settings and every step of the history, in one zip of open formats. "
            "Imported on the Projects page, here or elsewhere, it is the identical project, undo included."
        )
    )
    store = resources.store()
    found = store.projects.get(workspace.project_id)

    def make() -> tuple[bytes, project_file.Contents]:
        with st.spinner(_("Writing the file")):
            dump = project_file.dump_project(store, workspace.project_id)
            return project_file.pack_project(dump), project_file.contents(dump)

    data, contents = state.remember("export.project", (found.id, found.updated_at), make)
    _download(exporting.file_name(found.name, project_file.SUFFIX), data, "application/zip")
    st.markdown("\n".join(f"- {line}" for line in project_import.summary(contents)))
    st.caption(_("Left out, because they can be made again: comparisons, vectors and maps."))


def _download(name: str, data: bytes, media_type: str) -> None:
    st.download_button(
        tr("Download {name}", name=feedback.plain(name)),
        data,
        file_name=name,
        mime=media_type,
        type="primary",
        icon=":material/download:",
        key="export-download",
        on_click=tour.on_download(),
    )
    st.caption(size(len(data)))


def size(n: int) -> str:
    """'12 KB', in the unit that keeps it short."""
    if n < 1_000:
        return tr("{n} bytes", n=n)
    if n < 1_000_000:
        return tr("{n} KB", n=round(n / 1_000))
    return tr("{n} MB", n=f"{n / 1_000_000:.1f}")


page()
