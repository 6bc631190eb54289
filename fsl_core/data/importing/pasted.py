"""Text from the clipboard: one item a line, or a table when it clearly is one."""

from __future__ import annotations

from fsl_core.data.importing.reading import read_source
from fsl_core.data.importing.source import Source
from fsl_core.data.importing.table import Table


def read_pasted(text: str, *, delimiter: str | None = None, header: bool | None = None) -> Table:
    """Read pasted text; cells copied from a spreadsheet arrive with tabs and are recognised.

    Raises DataError for text that is empty or over a limit.
    """
    return read_source(Source.of_text(text.removeprefix("\ufeff"), delimiter=delimiter, header=header))
