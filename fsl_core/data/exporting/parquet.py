"""Parquet: typed columns, for pandas, DuckDB and data pipelines."""

from __future__ import annotations

import importlib
import io
from typing import Any

from fsl_core.data.exporting.content import Content
from fsl_core.data.exporting.flat import flat
from fsl_core.data.exporting.format import ExportSettings, Format

_MOMENT = "labeled_at"


def _write(content: Content, settings: ExportSettings) -> bytes:
    pa: Any = importlib.import_module("pyarrow")
    pq: Any = importlib.import_module("pyarrow.parquet")
    lists = {"labels"} | ({"suggestion"} if content.multi_label else set())
    columns = flat(content, meta=settings.meta)
    columns[_MOMENT] = [None if row.at is None else int(row.at * 1_000_000) for row in content.rows]
    # The types are said, not found out: an empty column would otherwise have none.
    types = {
        name: pa.list_(pa.string())
        if name in lists
        else {_MOMENT: pa.timestamp("us", tz="UTC"), "flag": pa.bool_(), "suggestion_score": pa.float64()}.get(
            name, pa.string()
        )
        for name in columns
    }
    arrays = [pa.array(cells, type=types[name]) for name, cells in columns.items()]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), out, compression="zstd")
    return out.getvalue()


FORMAT = Format(
    name="parquet",
    title="Parquet",
    summary="Typed columns in a small file. For pandas, DuckDB and data pipelines.",
    suffix=".parquet",
    media_type="application/vnd.apache.parquet",
    settings=ExportSettings,
    write=_write,
    order=30,
    text=False,
)
