"""From the catalogue to a folder on this machine: fetched in parts, verified, converted; whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from fsl_core.base.errors import MissingBackend, StoreError
from fsl_core.base.notes import Note
from fsl_core.base.types import Progress, silent
from fsl_core.models.shelf import archives, e5_q4, lite, packages, places
from fsl_core.models.shelf.catalogue import Form, ShelfModel

CONVERT: dict[Form, Callable[[Path, Path], None]] = {
    "e5-q4": e5_q4.convert,
    "efficientnet-lite": lite.convert,
    "sentence-transformers-zip": archives.convert,
}
FETCHED = 0.9
"""Where the bar stands when all has arrived."""
WAIT_SECONDS = 1.0
CHUNK = 1 << 20


def fetch(model: ShelfModel, progress: Progress | None = None, root: Path | None = None) -> Path:
    """The folder of the model, fetched into ``root`` (the data folder) unless it is there.

    What has arrived before an interruption is used again. Two processes that want the same model fetch it once. Raises
    MissingBackend when it is not to be had or another file than it should be, StoreError when the disk is full.
    """
    report, root = progress or silent, root or places.own()
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / f".{model.id}.lock")
    while True:
        try:
            lock.acquire(timeout=WAIT_SECONDS)
            break
        except TimeoutError:
            report(0.0, "Another process is fetching it")
    try:
        folder = root / model.id
        if places.manifest(folder).get("sha256") != model.sha256:
            _make(model, root, folder, report)
        report(1.0, "")
        return folder
    finally:
        lock.release()


def _make(model: ShelfModel, root: Path, folder: Path, report: Progress) -> None:
    staged = root / f".fetching-{model.id}"
    staged.mkdir(exist_ok=True)
    _check_space(model, root)
    for left in root.glob(f".making-{model.id}-*"):
        shutil.rmtree(left, ignore_errors=True)  # of a process that was killed
    parts = _parts(model, staged, report)
    making = root / f".making-{model.id}-{uuid.uuid4().hex[:8]}"
    try:
        joined = _joined(model, parts, staged)
        report(FETCHED, "Converting")
        making.mkdir()
        CONVERT[model.form](joined, making)
        _check_files(model, making)
        _write_manifest(model, making)
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
        shutil.rmtree(staged, ignore_errors=True)
    except OSError as error:
        raise StoreError(
            "The model could not be written to {folder}: {problem}",
            "Free some disk space, then fetch it again.",
            folder=root,
            problem=error.strerror or error,
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _check_space(model: ShelfModel, root: Path) -> None:
    needed = model.download_bytes // 2 + 2 * model.bytes + model.disk_mb * 1_000_000
    free = shutil.disk_usage(root).free
    if free < needed:
        raise StoreError(
            "Fetching {title} takes {needed} MB of disk space for a while; {free} MB are free.",
            "Free some disk space, or move the data folder (HANDFUL_HOME).",
            title=model.title,
            needed=needed // 1_000_000,
            free=free // 1_000_000,
        )


def _parts(model: ShelfModel, staged: Path, report: Progress) -> list[Path]:
    """The file of each part; those that arrived before are not fetched again."""
    total, before, began = max(1, model.download_bytes), 0, time.monotonic()
    fresh = 0
    files = []
    for number, part in enumerate(model.parts):
        file = staged / f"{number:03d}"
        files.append(file)
        if not file.exists():

            def arrived(n: int, before: int = before, fresh: int = fresh) -> None:
                seconds = max(time.monotonic() - began, 1e-3)
                rate = (fresh + n) / seconds
                report(FETCHED * min(1.0, (before + n) / total), _words(before + n, total, rate))

            packages.take(part, file, arrived)
            fresh += part.bytes
        before += part.bytes
    return files


def _words(done: int, total: int, rate: float) -> Note:
    left = max(0.0, total - done) / rate if rate > 1_000 else 0.0
    return Note(
        "{done} of {total} MB, {rate} MB/s, {left} s left",
        done=f"{done / 1e6:,.0f}",
        total=f"{total / 1e6:,.0f}",
        rate=f"{rate / 1e6:.1f}",
        left=f"{left:,.0f}",
    )


def _joined(model: ShelfModel, parts: list[Path], staged: Path) -> Path:
    """One file of all parts, verified. What does not fit the hash is deleted, all of it."""
    digest, joined = hashlib.sha256(), staged / "joined"
    with joined.open("wb") as target:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(CHUNK):
                    digest.update(block)
                    target.write(block)
    if digest.hexdigest() != model.sha256:
        shutil.rmtree(staged, ignore_errors=True)
        raise MissingBackend(
            "What was fetched for {title} is not the model: its hash differs. Nothing of it was kept.",
            "Fetch it again; if it stays so, do not use it.",
            title=model.title,
        )
    return joined


def _check_files(model: ShelfModel, folder: Path) -> None:
    for name, wanted in model.files.items():
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
                raise MissingBackend(
                    "The file {file} of {title} is not the one that its makers publish. Nothing of it was kept.",
                    "Do not use it.",
                    file=name,
                    title=model.title,
                )


def _write_manifest(model: ShelfModel, folder: Path) -> None:
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    content = {"id": model.id, "sha256": model.sha256, "licence": model.licence, "source": model.source, "files": files}
    (folder / places.MANIFEST).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
