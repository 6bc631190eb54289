"""Export: the labels for other programs, or the whole project for Handful."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from fsl_core import registry
from fsl_core.base.config import make_settings
from fsl_core.base.errors import DataError, FslError
from fsl_core.base.texts import shorten
from fsl_core.data import exporting, project_file
from fsl_core.workspace import predictions
from pages.ui.exporting import model, sort_file
from pages.ui.guide import tour
from pages.ui.kit import chrome, feedback, fitting, form, method, project, resources, state
from pages.ui.kit.text import N_, _, ngettext, say, size, tr
from pages.ui.projects import project_import

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from fsl_core.data.exporting import Content, ExportedFile, Format
    from fsl_core.workspace import Workspace

PROJECT, MODEL, SORT = "handful", "model", "sort"
OTHERS = {MODEL: N_("The model"), SORT: N_("Sort a new file"), PROJECT: N_("Whole project")}
PREVIEW_LINES = 12
PREVIEW_WIDTH = 400
PREVIEW_ROWS = 8


def page() -> None:
    corner = chrome.heading(
        _("Export"),
        _("Your labels for other programs, the model to run elsewhere, a new file sorted, the whole project."),
    )
    workspace = project.opened()
    if workspace is None:
        return
    formats = exporting.formats(workspace.project.kind)
    titles = {name: _(each.title) for name, each in formats.items()} | {
        name: _(title) for name, title in OTHERS.items()
    }
    chosen = st.pills(
        _("Format"),
        list(titles),
        default=next(iter(formats)),
        required=True,
        format_func=lambda name: titles[name],
        key="export-format",
        persist_state="session",
    )
    if chosen == PROJECT:
        _whole_project(workspace)
    elif chosen in (MODEL, SORT):
        (model if chosen == MODEL else sort_file).draw(workspace)
    else:
        _labels(workspace, formats[chosen or next(iter(formats))], corner)


# -- labels ----------------------------------------------------------------------------------------


def _labels(workspace: Workspace, format: Format, corner: DeltaGenerator) -> None:
    st.caption(_(format.summary))
    left, right = st.columns([2, 3], gap="large")
    with left:
        download = st.container()
        values = form.settings_form(
            format.settings, f"export-{format.name}", skip=("rows",) if workspace.of_images else ()
        )
        said = _predicted(workspace, corner) if values["predictions"] else _NOTHING
        if said is None:
            return  # a file with the answers of another model would be worse than none
    with right:
        try:
            content, file = _made(workspace, format, values, said)
        except FslError as error:
            feedback.error_box(error)
            return
        _inside(content, file)
        _preview(content, file, format, values)
    with download:
        _download(file.name, file.data, file.media_type)


def _made(
    workspace: Workspace, format: Format, values: dict[str, Any], said: _Predicted
) -> tuple[Content, ExportedFile]:
    store = resources.store()
    changed = store.projects.get(workspace.project_id).updated_at
    settings = json.dumps(values, sort_keys=True)
    key = (workspace.project_id, changed, format.name, settings, said.digest)

    def make() -> tuple[Content, ExportedFile]:
        with st.spinner(_("Writing the file")):
            content = exporting.gather(
                store,
                workspace.project_id,
                unlabeled=values["unlabeled"],
                predictions=said.found,
                rows=exporting.wants_rows(make_settings(format.settings, values)),
            )
            return content, exporting.write(content, format.name, values)

    return state.remember("export.file", key, make)


class _Predicted(NamedTuple):
    """Item -> what the model says of it; ``digest`` changes with any of it."""

    digest: str
    found: dict[int, exporting.Prediction]


_NOTHING = _Predicted("", {})


def _predicted(workspace: Workspace, corner: DeltaGenerator) -> _Predicted | None:
    """What the model in use says of every item; None while it is being made, nothing where there can be no model."""
    if len(workspace.classes) < 2:
        st.caption(_("Predictions need two classes: this file has the labels alone."))
        return _NOTHING
    try:
        if not project.read(workspace):
            st.caption(_("Without the model's predictions, the file is there at once."))
            return None
    except FslError as error:
        st.caption(tr("This file has the labels alone. {reason}", reason=feedback.plain(say(error.message))))
        return _NOTHING
    method.control(workspace, corner)
    try:
        model = fitting.model(workspace)
    except DataError as error:
        st.caption(tr("This file has the labels alone. {reason}", reason=feedback.plain(say(error.message))))
        return _NOTHING
    fitting.draw(model)
    if not model.current or model.snapshot is None:
        return None
    name, standing = model.snapshot.name, workspace.standing(model.snapshot)
    parts = (workspace.ids, standing.members(), standing.confidence, standing.unsure)
    facts = repr((workspace.project_id, name, standing.classes)).encode() + b"".join(part.tobytes() for part in parts)
    digest = hashlib.sha256(facts).hexdigest()

    def make() -> _Predicted:
        return _Predicted(digest, predictions(workspace.ids.tolist(), standing, name))

    return state.remember("export.predictions", digest, make)


def _inside(content: Content, file: ExportedFile) -> None:
    rows = ngettext("{n} row", "{n} rows", file.n_rows)
    states = Counter(row.state for row in content.rows)
    n_labeled = states["labeled"] + states["none of these"]
    said = [row.prediction for row in content.rows if row.prediction is not None and row.labels is None]
    if file.has_predictions:
        st.markdown(
            tr(
                "{rows}: {labeled} labelled by people, {predicted} predicted by {method}, of which {unsure} unsure.",
                rows=rows,
                labeled=f"{n_labeled:,}",
                predicted=f"{len(said):,}",
                method=feedback.plain(_methods(content)),
                unsure=f"{sum(one.state != 'confident' for one in said):,}",
            )
        )
    else:
        words = tr(
            "{rows}: {labeled} labelled by people, {open} without a label.",
            rows=rows,
            labeled=f"{n_labeled:,}",
            open=f"{states['unlabeled']:,}",
        )
        st.markdown(words)
    facts = []
    if states["none of these"]:
        facts.append(tr("{n} labelled none of these", n=f"{states['none of these']:,}"))
    if states["no text"]:
        facts.append(tr("{n} without a text", n=f"{states['no text']:,}"))
    if flagged := sum(row.flag for row in content.rows):
        facts.append(tr("{n} flagged", n=f"{flagged:,}"))
    if facts:
        st.markdown(" · ".join(facts))
    for note in file.notes:
        st.caption(f":material/info: {feedback.plain(say(note))}")


def _methods(content: Content) -> str:
    """The method that predicted, as people know it."""
    names = sorted({row.prediction.method for row in content.rows if row.prediction is not None})
    return ", ".join(_(registry.get_method(name).info.title) for name in names)


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
        shown = {name: column.texts()[:PREVIEW_ROWS] for name, column in columns.items()}
        widths = {next(iter(shown)): st.column_config.Column(width="medium")}
        st.dataframe(shown, hide_index=True, height="content", row_height=32, column_config=widths)
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


page()
