"""A zip of a sentence-transformers folder: what such a model needs, and nothing that could run."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from fsl_core.base.errors import DataError

WANTED = (".json", ".safetensors", ".txt", ".model")


def convert(file: Path, folder: Path) -> None:
    """Unpack ``file`` into ``folder`` without its top folder. Raises DataError for what is no such zip."""
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                parts = PurePosixPath(info.filename).parts[1:]
                if info.is_dir() or not parts or ".." in parts or not info.filename.endswith(WANTED):
                    continue
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
    except zipfile.BadZipFile as error:
        raise DataError("This is no zip of a model: {problem}", "Fetch it again.", problem=error) from error
    if not (folder / "modules.json").is_file():
        raise DataError("The zip holds no sentence-transformers model.", "Fetch it again.")
