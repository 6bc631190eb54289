"""Parquet: typed columns, for pandas, DuckDB and data pipelines."""

from __future__ import annotations

import importlib
import io
from typing import Any

from fsl_core.data.exporting.arrow import arrow_array
from fsl_core.data.exporting.content import Content
from fsl_core.data.exporting.flat import flat
from fsl_core.data.exporting.format import Format, TableSettings


def _write(content: Content, settings: TableSettings) -> bytes:
    pa: Any = importlib.import_module("pyarrow")
    pq: Any = importlib.import_module("pyarrow.parquet")
    columns = flat(content, meta=settings.meta)
    arrays = [arrow_array(column) for column in columns.values()]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(columns)), out, compression="zstd")
    return out.getvalue()


FORMAT = Format(
    name="parquet",
    title="Parquet",
    summary="Typed columns in a small file. For pandas, DuckDB and data pipelines.",
    suffix=".parquet",
    media_type="application/vnd.apache.parquet",
    settings=TableSettings,
    write=_write,
    order=30,
    text=False,
)
