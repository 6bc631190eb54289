"""Plain text: one item a line."""

from __future__ import annotations

from fsl_core.data.importing.dialect import lines
from fsl_core.data.importing.source import Format, Source
from fsl_core.data.importing.table import Records, Table, collect, make_table


def _recognise(source: Source) -> float:
    return 0.5


def _read(source: Source) -> Table:
    rows = ([line.strip()] for line in lines(source.text))
    found = collect(rows, source.progress, expected=source.text.count("\n") + 1)
    named = Records([("text",), *found.rows], [0, *found.numbers], found.n_nul) if found.rows else found
    table = make_table(named, header=True, format="txt", notes=source.notes, encoding=source.used_encoding)
    return table


FORMAT = Format("txt", "Plain text, one item a line", ("txt", "text"), binary=False, recognise=_recognise, read=_read)
