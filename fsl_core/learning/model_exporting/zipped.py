"""An export as one file to download."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from fsl_core.base.types import Progress, silent
from fsl_core.learning.model_exporting.writing import unwritable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_WEIGHTS = (".safetensors", ".onnx")
_CHUNK = 2**20


def zip_export(folder: Path, file: Path, progress: Progress | None = None) -> Path:
    """Write all of ``folder`` into the zip ``file``, a MB at a time; two zips of one export are the same bytes.

    Inside, everything lies in one folder of the same name. Weights are stored as they are: packing them takes
    long and saves little. Raises ExportError when the disk refuses, Cancelled through ``progress``; nothing
    half written stays.
    """
    report = progress or silent
    making = file.with_name(f".{file.name}.part")
    sources = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in (file, making)]
    total, done = max(1, sum(path.stat().st_size for path in sources)), 0
    try:
        with zipfile.ZipFile(making, "w") as archive:
            for path in sources:
                report(done / total, "Packing")
                info = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", _EPOCH)
                info.compress_type = zipfile.ZIP_STORED if path.suffix in _WEIGHTS else zipfile.ZIP_DEFLATED
                info.external_attr, info.create_system = 0o644 << 16, 3
                info.file_size = path.stat().st_size  # beyond 2 GiB the zip needs to know beforehand
                with path.open("rb") as source, archive.open(info, "w") as target:
                    shutil.copyfileobj(source, target, _CHUNK)
                done += path.stat().st_size
        making.replace(file)
    except OSError as error:
        raise unwritable(file, error) from error
    finally:
        making.unlink(missing_ok=True)
    return file
