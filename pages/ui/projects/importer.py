"""From a file or pasted text to a project: preview, columns, what will happen, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import streamlit as st

from fsl_core import registry
from fsl_core.base.errors import FslError
from fsl_core.data import images
from fsl_core.data.importing import language
from fsl_core.jobs.tasks import import_file
from fsl_core.models import chosen
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import _, ngettext, tr
from pages.ui.projects import creating, import_pictures, opening, project_import
from pages.ui.projects.import_table import Plan, Source, choose_columns, make_plan, open_table

if TYPE_CHECKING:
    from fsl_core.data.importing import ImportReport

TYPES = ["csv", "tsv", "xlsx", "jsonl", "json", "parquet", "txt", "handful"]
MAX_UPLOAD_MB = 500
"""As much as a project file may have; tables have a lower limit of their own."""
INLINE_ROWS = 5_000
SHOWN_CLASSES = 12
MOSTLY = 0.5
"""From this share of English texts on the built-in encoder reads them."""


def file_flow(round_: int) -> None:
    """Import a file of texts, or pictures. ``round_`` makes a fresh uploader after each import."""
    uploads = st.file_uploader(
        _("A file with one text per row, or pictures"),
        type=[*TYPES, *images.SUFFIXES, "zip"],
        accept_multiple_files=True,
        max_upload_size=MAX_UPLOAD_MB,
        key=f"projects-upload-{round_}",
        help=_(
            "CSV, TSV, JSONL, Excel, Parquet or plain text; exports of Label Studio, Prodigy and Argilla; "
            "a project file of Handful. Pictures, several at once or as a ZIP of class folders. "
            "All of it stays on this machine."
        ),
    )
    if not uploads:
        return
    upload, data = uploads[0], uploads[0].getvalue()
    several = [(one.name, one.getvalue()) for one in uploads]
    # A project of images is an archive with pictures in it, too.
    if len(uploads) == 1 and project_import.is_project(data, upload.name):
        project_import.project_flow(data, upload.file_id)
    elif import_pictures.are_pictures(several):
        import_pictures.pictures_flow(several, "-".join(one.file_id for one in uploads)[:200])
    else:
        _flow(Source(data, upload.name, upload.file_id))


def paste_flow(round_: int) -> None:
    """Import pasted text: one text per line, or cells copied from a spreadsheet."""
    pasted = st.text_area(
        _("Your texts, one per line"),
        key=f"projects-paste-{round_}",
        height=180,
        placeholder=_("Where is my parcel?\nThe app closes as soon as I log in."),
        help=_("Cells copied from a spreadsheet work too, with the column names in the first row."),
    )
    if pasted.strip():
        _flow(Source.pasted(pasted))
    else:
        st.caption(_("Press Ctrl+Enter when the texts are in."))


def _flow(source: Source) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        if (table := open_table(source)) is None:
            return
        text_column, label_column = choose_columns(source, table)
    with right:
        try:
            _confirm(source, make_plan(source, table, text_column, label_column))
        except FslError as error:
            feedback.error_box(error)


# -- what will happen ------------------------------------------------------------------------------


def _confirm(source: Source, plan: Plan) -> None:
    report = plan.report
    n = report.n_items
    target = _target()
    st.markdown("**" + _("What will happen") + "**")
    st.markdown("\n".join(f"- {line}" for line in summary(report, plan.label_column)))
    if problem := refusal(report, plan.label_column):
        st.warning(problem, icon=":material/warning:")
        return
    classes: list[tuple[str, str]] = []
    name = ""
    if target is None:
        if not report.n_classes:
            classes = creating.parse_classes(class_lines(f"import-classes-{source.token}"))
        name = st.text_input(
            _("Name of the project"), value=_title(source.filename), key=f"import-name-{source.token}", max_chars=200
        )
    # A project that already holds texts keeps the encoder its vectors were made with.
    fresh = target is None or resources.store().items.count(target) == 0
    settings = _language(source, plan) if fresh else {}
    label = ngettext("Import {n} text", "Import {n} texts", n)
    if st.button(
        label, type="primary", icon=":material/upload:", key="import-go", disabled=target is None and not name.strip()
    ):
        _run(source, plan, target, name, classes, settings)


def _target() -> int | None:
    """The project to add to; None for a new one."""
    current = state.project_id()
    names = resources.project_names()
    if current not in names:
        return None
    empty = resources.store().items.count(current) == 0
    chosen = st.selectbox(
        _("Import into"),
        [0, current],
        index=1 if empty else 0,
        format_func=lambda project: names.get(project, "") if project else _("A new project"),
        key=f"import-target-{current}",
    )
    return chosen or None


def summary(report: ImportReport, label_column: str | None) -> list[str]:
    """What the import will do, one sentence a line."""
    lines = [ngettext("{n} text will be imported.", "{n} texts will be imported.", report.n_items)]
    if report.n_empty:
        lines.append(ngettext("{n} empty row is left out.", "{n} empty rows are left out.", report.n_empty))
    if report.n_duplicates:
        lines.append(
            ngettext("{n} repeated text is left out.", "{n} repeated texts are left out.", report.n_duplicates)
        )
    if report.n_conflicts:
        line = ngettext(
            "{n} text has different labels in different rows; the most frequent one is kept.",
            "{n} texts have different labels in different rows; the most frequent one is kept.",
            report.n_conflicts,
        )
        rows = ", ".join(str(conflict.row) for conflict in report.conflicts[:5])
        lines.append(line + " " + tr("See row {rows}.", rows=rows))
    if label_column and report.n_classes:
        found = ngettext("{n} class found:", "{n} classes found:", report.n_classes)
        counts = sorted(report.classes.items(), key=lambda pair: -pair[1])
        shown = [f"{plain(name)} ({count:,})" for name, count in counts[:SHOWN_CLASSES]]
        if len(counts) > SHOWN_CLASSES:
            shown.append(tr("and {n} more", n=len(counts) - SHOWN_CLASSES))
        lines.append(f"{found} {', '.join(shown)}")
        if report.several:
            lines.append(_("Some texts have several labels: only a project with several labels per item takes them."))
        if unlabeled := report.n_items - report.n_labeled:
            lines.append(ngettext("{n} text has no label yet.", "{n} texts have no label yet.", unlabeled))
    return lines


def refusal(report: ImportReport, label_column: str | None) -> str:
    """Why this import would not help anybody; empty when all is well."""
    if label_column and report.n_labeled == 0:
        return tr(
            "The column {column} is empty in every row. Choose another label column, or none.",
            column=plain(label_column),
        )
    if label_column and report.n_classes > 20 and report.n_classes == report.n_labeled:
        return tr(
            "Every row has a label of its own in {column}, so it looks like a number or a name rather than a label. "
            "Choose another label column, or none.",
            column=plain(label_column),
        )
    return ""


def class_lines(key: str) -> str:
    """The box for class names, one per line."""
    return st.text_area(
        _("Classes, one per line"),
        key=key,
        height=120,
        placeholder=_("Refund: the customer wants money back\nDelivery"),
        help=_("A short description after a colon helps the first suggestions. You can add classes later, too."),
    )


def _language(source: Source, plan: Plan) -> dict[str, Any]:
    """What reads the texts: the encoder that knows their language, with a word where that is not the built-in one."""
    texts = [item.text or "" for item in plan.items]
    key = (source.token, plan.text_column, str(plan.options))
    with st.spinner(_("Looking at the language")):
        found = state.remember("import.language", key, lambda: language.detect(texts))
    usual = chosen.best_here("text", english=found.share_english >= MOSTLY)
    if found.share_english >= MOSTLY:
        return creating.read_by(usual)
    words = tr(
        "Most of these texts seem to be {language} ({english} of {n} looked English), which the built-in encoder does "
        "not know.",
        language=_(found.main),
        english=found.counts.get("en", 0),
        n=found.n,
    )
    more = _("Others can be chosen afterwards on the page [Models](/models?part=text).")
    if usual.name == "char-ngram":
        more = _(
            "Fetch the multilingual encoder on the page [Models](/models?part=text), and they are read by meaning."
        )
    st.info(f"{words} {more}", icon=":material/translate:")
    known = registry.encoders()
    names = [usual.name, *(name for name in ("char-ngram", chosen.DEFAULT_ENCODER) if name != usual.name)]
    name = st.selectbox(
        _("Read by"), names, format_func=lambda one: _(known[one].info.title), key=f"import-encoder-{source.token}"
    )
    return creating.read_by(chosen.Choice(name=name or usual.name))


def _title(filename: str) -> str:
    stem = Path(filename).stem.replace("_", " ").strip()
    return creating.free_name((stem or _("Pasted texts"))[:180], list(resources.project_names().values()))


# -- doing it --------------------------------------------------------------------------------------


def _run(
    source: Source, plan: Plan, target: int | None, name: str, classes: list[tuple[str, str]], settings: dict[str, Any]
) -> None:
    store = resources.store()
    author = state.author.get()
    if target is None and plan.report.several:
        settings = {**settings, "multi_label": True}
    if target is not None and settings:
        store.projects.update(target, settings=settings)
    if plan.table.n_rows >= INLINE_ROWS and isinstance(source.data, bytes):
        project = target or store.projects.create(name, classes=creating.new_classes(classes), settings=settings).id
        _in_background(source.data, source.filename, plan, project, new=target is None)
    with feedback.inline_progress(_("Importing")) as report:
        if target is None:
            project = creating.create_with_items(
                store, name, plan.items, classes=classes, settings=settings, author=author,
                filename=source.filename, file=plan.report.file, progress=report,
            )  # fmt: skip
        else:
            project = target
            store.items.add(
                project, plan.items, author=author, filename=source.filename, file=plan.report.file, progress=report
            )
    state.import_round.set(state.import_round.get() + 1)
    opening.enter(project)


def _in_background(data: bytes, filename: str, plan: Plan, project: int, *, new: bool) -> NoReturn:
    params = import_file.Params(
        path=opening.upload_path(Path(filename).suffix.lower()),
        filename=filename,
        text_column=plan.text_column,
        label_column=plan.label_column,
        **plan.options,
    )
    opening.import_later(lambda path: path.write_bytes(data), params, project, new=new)
