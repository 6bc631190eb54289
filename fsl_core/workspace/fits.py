"""Fits that take long, made outside the page and kept in the cache folder, from where every process reads them.

A fit is kept under its revision: a hash of all that decides what comes out of it (items, labels, classes, encoder,
method, settings). So the same fit is made once, whoever wants it and after whatever way back, and a page knows
without asking anybody whether a fit is the present one. Arrays and JSON only; nothing here is a pickle.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.config import make_settings
from fsl_core.base.errors import StoreError
from fsl_core.base.types import Progress
from fsl_core.data.store.records import AUDIT_FIRST, AUDIT_SALT
from fsl_core.evaluation.cross_validation import Model
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.learning.meta import kept
from fsl_core.workspace import augmented, models
from fsl_core.workspace.data import ProjectData
from fsl_core.workspace.models import Fitted
from fsl_core.workspace.records import Snapshot

FORM = 2
"""Goes up when fits come out differently, or are written differently."""
MOST_BYTES = 256 << 20
"""Older fits leave when all together are larger; the newest one stays in any case."""
UNFINISHED_S = 3600.0
"""A folder that nobody has finished writing for so long is left over from a process that died."""
AUDIT = ("audit_share", AUDIT_SALT, AUDIT_FIRST)


@dataclass(frozen=True)
class KeptFit:
    """A fit from the cache; ``seconds`` of a processor that it took."""

    snapshot: Snapshot
    seconds: float


def revision(data: ProjectData, method: str, settings: Mapping[str, Any] | None) -> str:
    """What decides the outcome of a fit, as 40 hex digits. The same in every process."""
    own = make_settings(registry.get_method(method).settings, dict(settings or {})).model_dump()
    context, chosen = data.context(), data.project.settings
    facts = [
        FORM,
        method,
        own,
        kept.written(own["start"]) if own.get("start") else None,
        data.encoder.key,
        data.project.kind,
        [(name, context.text_of(name)) for name in data.class_names],
        data.multi_label,
        [chosen.get(name) for name in (*AUDIT, augmented.SETTING)],
    ]
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    found.update("\n".join(data.digests).encode())
    rows = data.taught_rows()
    for array in (data.label_matrix(), rows, data.fresh(rows), data.labeled_by_people()):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:40]


def folder(key: str) -> Path:
    """Where the fit of a revision lies, once it is there."""
    return _root() / key


def make(data: ProjectData, method: str, settings: Mapping[str, Any] | None, progress: Progress) -> str:
    """Fit, write, and give back the revision; nothing is fitted that is there.

    Raises DataError where there is nothing to fit, StoreError when the disk cannot be written, Cancelled through
    ``progress``.
    """
    key = revision(data, method, settings)
    if folder(key).is_dir():
        return key
    began = time.thread_time()
    _write(key, models.fitted(data, method, settings, progress), time.thread_time() - began)
    return key


def load(data: ProjectData, key: str, method: str) -> KeptFit | None:
    """The fit of the present revision ``key`` of ``method``; None where it is not there, or cannot be read."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    place = folder(key)
    try:
        facts = json.loads((place / "fit.json").read_text(encoding="utf-8"))
        arrays = load_file(place / "answers.safetensors")
        if facts["several"]:
            members = data.label_matrix()[data.taught_rows()]
            model: Model = MultiLabelModel.load(place / "model", data.context(), members)
        else:
            model = registry.load_method(place / "model", data.context())
        found = Fitted(model, arrays["said"], arrays.get("unseen"))
        (place / "fit.json").touch()  # in use: others leave first
    except (OSError, SafetensorError, KeyError, ValueError):
        return None
    return KeptFit(models.snapshot_of(data, method, found), float(facts["seconds"]))


def _write(key: str, found: Fitted, seconds: float) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    named = {"said": found.said, "unseen": found.unseen}
    arrays = {name: np.ascontiguousarray(value) for name, value in named.items() if value is not None}
    facts = {"seconds": seconds, "several": isinstance(found.model, MultiLabelModel)}
    part = Path(mkdtemp(prefix=".part-", dir=_root()))
    try:
        found.model.save(part / "model")
        save_file(arrays, part / "answers.safetensors")
        (part / "fit.json").write_text(json.dumps(facts), encoding="utf-8")
        if not folder(key).is_dir():
            part.rename(folder(key))
    except (OSError, SafetensorError) as error:
        # Two processes may have made the same fit: the first to be there counts.
        if not folder(key).is_dir():
            raise StoreError(
                "The fitted model could not be written to {folder}: {problem}",
                "Free some disk space, then fit again.",
                folder=_root(),
                problem=getattr(error, "strerror", None) or error,
            ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    _clear()


def _clear() -> None:
    """Remove the fits that were used longest ago, beyond what is kept, and what was never finished."""
    ages: list[tuple[float, Path]] = []
    for place in _root().iterdir():
        try:
            if not place.name.startswith("."):
                ages.append(((place / "fit.json").stat().st_mtime, place))
            elif time.time() - place.stat().st_mtime > UNFINISHED_S:
                shutil.rmtree(place, ignore_errors=True)
        except OSError:
            continue  # another process just removed it
    total = 0
    for number, (_age, place) in enumerate(sorted(ages, reverse=True)):
        total += sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        if number and total > MOST_BYTES:
            shutil.rmtree(place, ignore_errors=True)


def _root() -> Path:
    found = paths.cache_dir() / "fits"
    found.mkdir(exist_ok=True)
    return found
