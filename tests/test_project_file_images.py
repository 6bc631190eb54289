"""Project files with images: the round trip, byte for byte, and what is refused."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fsl_core.base.errors import DataError
from fsl_core.data import images
from fsl_core.data.project_file import archive, export_project, import_project, read_project
from fsl_core.data.store import NewItem, Store
from tests.project_fixtures import members
from tests.test_project_file import view


def drawn(kind: str, seed: int) -> bytes:
    """A picture with something in it, in one of the three formats that are kept."""
    dice, out = np.random.default_rng(seed), io.BytesIO()
    picture = Image.new("RGB", (40, 30), "white")
    ImageDraw.Draw(picture).ellipse((3, 3, *(int(v) for v in dice.integers(10, 28, 2))), fill="navy")
    picture.save(out, kind)
    return out.getvalue()


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Store]]:
    """Machines with a folder of their own each; the one asked for last is the one in use."""
    opened: dict[str, Store] = {}

    def use(name: str) -> Store:
        monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / name))
        if name not in opened:
            (tmp_path / name).mkdir()
            opened[name] = Store(f"sqlite:///{tmp_path / name}/store.db")
        return opened[name]

    yield use
    for store in opened.values():
        store.close()


def pictures(store: Store) -> int:
    made = store.projects.create("Shapes", kind="image", classes=["round", "flat"])
    kept = [images.keep(drawn(kind, seed), f"{seed}.x") for seed, kind in enumerate(("PNG", "JPEG", "WEBP"))]
    items = [NewItem(blob=one.blob, text=f"shape {n}.x") for n, one in enumerate(kept)]
    store.items.add(made.id, [*items[:2], NewItem(blob=items[2].blob, label="flat")], filename="shapes.zip")
    store.journal.label(made.id, [store.items.all(made.id).ids.tolist()[0]], store.classes.list(made.id)[0].id)
    return made.id


def seen(store: Store, project: int) -> dict[str, Any]:
    rows = store.items.page(project, limit=100)
    return {**view(store, project), "blobs": [(row.kind, row.blob) for row in rows]}


def test_a_project_of_images_comes_back_byte_for_byte(homes: Callable[[str], Store]) -> None:
    here = homes("here")
    project = pictures(here)
    packed, before = export_project(here, project), seen(here, project)
    files = {row.blob: images.path_of(row.blob).read_bytes() for row in here.items.page(project) if row.blob}
    assert len(files) == 3 and export_project(here, project) == packed

    there = homes("there")
    assert not any(images.path_of(blob).exists() for blob in files)
    copy = import_project(there, packed).id
    assert seen(there, copy) == before
    assert {blob: images.path_of(blob).read_bytes() for blob in files} == files
    assert export_project(there, copy) == packed


def test_the_members_are_the_kept_files_under_their_hash(homes: Callable[[str], Store]) -> None:
    store = homes("here")
    found = members(export_project(store, pictures(store)))
    assert json.loads(found["manifest.json"])["version"] == 2
    names = [name for name in found if name.startswith("images/")]
    assert sorted(Path(name).suffix for name in names) == [".jpg", ".png", ".webp"]
    assert [hashlib.sha256(found[name]).hexdigest() for name in names] == [Path(name).stem for name in names]


def test_a_project_of_texts_is_written_as_before(homes: Callable[[str], Store]) -> None:
    store = homes("here")
    made = store.projects.create("Texts", classes=["a", "b"])
    store.items.add(made.id, [NewItem(text="one")])
    found = members(export_project(store, made.id))
    assert json.loads(found["manifest.json"])["version"] == 1 and "blob" not in json.loads(found["items.jsonl"])


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return out.getvalue()


def renamed(parts: dict[str, bytes], old: str, content: bytes) -> dict[str, bytes]:
    """The file with another picture in the place of one, everything else made to fit."""
    new = hashlib.sha256(content).hexdigest()
    lines = parts["items.jsonl"].replace(Path(old).stem.encode(), new.encode())
    manifest = json.loads(parts["manifest.json"])
    manifest["members"]["items.jsonl"] = {"bytes": len(lines), "sha256": hashlib.sha256(lines).hexdigest()}
    kept = {name: data for name, data in parts.items() if name != old}
    return kept | {
        "items.jsonl": lines,
        "manifest.json": json.dumps(manifest).encode(),
        f"images/{new}.png": content,
    }


def test_what_does_not_fit_is_refused_whole(homes: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    here = homes("here")
    packed = export_project(here, pictures(here))
    parts = members(packed)
    first = next(name for name in parts if name.startswith("images/"))
    stranger = hashlib.sha256(b"x").hexdigest()
    there = homes("there")
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 30), "red").save(turned, "JPEG", exif=exif)
    small = io.BytesIO()
    Image.new("RGB", (2, 2)).save(small, "PNG")
    cases: list[tuple[dict[str, bytes], str]] = [
        ({name: data for name, data in parts.items() if name != first}, "image of item . is not there"),
        ({**parts, first: parts[first] + b"x"}, "is not what was exported"),
        ({**parts, f"images/{stranger}.png": b"x"}, "belongs to no item"),
        ({**parts, "images/../evil.png": b"x"}, "does not belong there"),
        ({**parts, f"images/{stranger}.svg": b"x"}, "does not belong there"),
        (renamed(parts, first, b"<svg/>"), "an SVG drawing"),
        (renamed(parts, first, small.getvalue()), "too small"),
        (renamed(parts, first, turned.getvalue()), "not as Handful keeps images"),
        (renamed(parts, first, drawn("PNG", 9)[:-30]), "broken or cut off"),
    ]
    for broken, message in cases:
        with pytest.raises(DataError, match=message) as caught:
            import_project(there, zipped(broken))
        assert caught.value.hint
    assert there.projects.list() == []
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2000)
    with pytest.raises(DataError, match="at most 0 MB"):
        read_project(packed)


def test_an_image_that_is_gone_or_too_many_make_no_half_file(
    homes: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = homes("here")
    project = pictures(store)
    with monkeypatch.context() as patch:
        patch.setattr(archive, "MAX_BYTES", 1500)
        with pytest.raises(DataError, match="more than 0 MB of images"):
            export_project(store, project)
    path = images.path_of(store.items.page(project)[0].blob or "")
    path.write_bytes(b"other")
    with pytest.raises(DataError, match="gone or damaged"):
        export_project(store, project)
    path.unlink()
    with pytest.raises(DataError, match="gone or damaged") as caught:
        export_project(store, project)
    assert "export the labels" in caught.value.hint
