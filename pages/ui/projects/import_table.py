"""The table a person brought: read, preview, which column is the text and which the label."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from fsl_core.base.errors import FslError
from pages.ui.kit import feedback, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import N_, _, ngettext, say

if TYPE_CHECKING:
    from fsl_core.data.importing import ImportReport, Table
    from fsl_core.data.store import NewItem

PREVIEW_ROWS = 8
AUTO = ""
NONE = ""
HEADERS = {
    AUTO: N_("Find out"),
    "names": N_("holds the names of the columns"),
    "texts": N_("is a text like the others"),
}
DELIMITERS = {AUTO: N_("Find out"), ",": N_("Comma"), ";": N_("Semicolon"), "\t": N_("Tab"), "|": N_("Bar")}


@dataclass(frozen=True, slots=True)
class Source:
    """What a person brought: the bytes of a file and its name, or pasted text."""

    data: bytes | str
    filename: str
    token: str
    """Changes with the content: part of every widget key of this import."""

    @classmethod
    def pasted(cls, text: str) -> Source:
        """Pasted text, with a token made from the content."""
        return cls(text, "", hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12])


@dataclass(slots=True)
class Plan:
    """What the import button will do."""

    table: Table
    text_column: str
    label_column: str | None
    items: list[NewItem]
    report: ImportReport
    options: dict[str, Any]


def open_table(source: Source) -> Table | None:
    """The table of a file; an error in a box, with the means to read it differently, when there is none."""
    from fsl_core.data.importing import read_pasted, read_table

    options = chosen_options(source)

    def read() -> Table:
        if isinstance(source.data, str):
            return read_pasted(source.data, header=options["header"])
        with feedback.inline_progress(_("Reading the file")) as report:
            return read_table(source.data, source.filename, **options, progress=report)

    try:
        return state.remember("import.table", _as_read(source), read)
    except FslError as error:
        feedback.error_box(error)
        reading_options(source)
        return None


def choose_columns(source: Source, table: Table) -> tuple[str, str | None]:
    """Preview, and which columns hold the text and the label."""
    from fsl_core.data.importing import guess_columns

    name = plain(source.filename) or _("Pasted texts")
    st.markdown(f"**{name}** · {ngettext('{n} row', '{n} rows', table.n_rows)}")
    for note in table.notes:
        st.caption(f":material/info: {plain(say(note))}")
    guess = state.remember("import.guess", _as_read(source), lambda: guess_columns(table))
    columns = list(table.columns)
    one, two = st.columns(2)
    text_column = one.selectbox(
        _("Column with the text"),
        columns,
        index=columns.index(guess.text),
        key=f"import-text-{source.token}",
        disabled=len(columns) == 1,
        help=plain(say(guess.reasons[0])),
    )
    labels = [NONE, *(column for column in columns if column != text_column)]
    label_column = two.selectbox(
        _("Column with the label"),
        labels,
        index=labels.index(guess.label or NONE) if (guess.label or NONE) in labels else 0,
        format_func=lambda column: column or _("None, I will label here"),
        key=f"import-label-{source.token}",
        disabled=len(columns) == 1,
        help=plain(say(guess.reasons[-1])),
    )
    _preview(table, text_column, label_column or None)
    reading_options(source)
    return text_column, label_column or None


def make_plan(source: Source, table: Table, text_column: str, label_column: str | None) -> Plan:
    """What an import with these columns would bring. Raises DataError when it would bring nothing."""
    from fsl_core.data.importing import to_items

    key = (_as_read(source), text_column, label_column)

    def make() -> tuple[list[NewItem], ImportReport]:
        with feedback.inline_progress(_("Checking the rows")) as progress:
            return to_items(table, text_column, label_column, progress=progress)

    items, report = state.remember("import.items", key, make)
    return Plan(table, text_column, label_column, items, report, chosen_options(source))


def _preview(table: Table, text_column: str, label_column: str | None) -> None:
    rows = table.rows[:PREVIEW_ROWS]
    shown = {name: [row[i] for row in rows] for i, name in enumerate(table.columns)}
    order = [text_column, *([label_column] if label_column else [])]
    order += [name for name in table.columns if name not in order]
    config: dict[str, Any] = {text_column: st.column_config.TextColumn(width="large")}
    st.dataframe(shown, hide_index=True, column_order=order, column_config=config, height="content", row_height=32)


def reading_options(source: Source) -> None:
    """Header, encoding, delimiter, sheet: for the file that was read wrongly."""
    from fsl_core.data.importing import ENCODINGS

    table: Table | None = state.recall("import.table")
    suffix = Path(source.filename).suffix.lower().removeprefix(".")
    if suffix in ("jsonl", "json", "parquet"):
        return
    with st.popover(_("Read it differently"), icon=":material/tune:", type="tertiary", key="import-differently"):
        st.selectbox(
            _("First row"),
            list(HEADERS),
            format_func=lambda choice: _(HEADERS[choice]),
            key=f"import-header-{source.token}",
        )
        if table and len(table.sheets) > 1:
            st.selectbox(
                _("Sheet"), table.sheets, index=table.sheets.index(table.sheet), key=f"import-sheet-{source.token}"
            )
        if isinstance(source.data, str) or suffix in ("xlsx", "xlsm"):
            return
        st.selectbox(
            _("Columns are separated by"),
            list(DELIMITERS),
            format_func=lambda sign: _(DELIMITERS[sign]),
            key=f"import-delimiter-{source.token}",
        )
        st.selectbox(
            _("Encoding"),
            [AUTO, *ENCODINGS],
            format_func=lambda name: name or _("Find out"),
            key=f"import-encoding-{source.token}",
            help=_("Choose another one when letters look wrong in the preview."),
        )


def _as_read(source: Source) -> tuple[str, str]:
    """What decides the table: the content, and how it is read."""
    return source.token, str(chosen_options(source))


def chosen_options(source: Source) -> dict[str, Any]:
    """What the person chose by hand, as ``read_table`` takes it."""
    names = ("encoding", "delimiter", "sheet")
    chosen: dict[str, Any] = {name: st.session_state.get(f"import-{name}-{source.token}") or None for name in names}
    header = st.session_state.get(f"import-header-{source.token}", AUTO)
    return {**chosen, "header": None if header == AUTO else header == "names"}
