"""Exports of projects of images: tables that name each picture, and the pictures in class folders."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from fsl_core.base.errors import DataError
from fsl_core.data import exporting, images
from fsl_core.data.exporting import picture_folders
from fsl_core.data.importing import list_pictures, read_pictures
from fsl_core.data.store import NewItem, Store

COLOURS = ("red", "navy", "green", "white", "gray", "pink", "gold")


def blob(colour: str, kind: str = "PNG") -> str:
    out = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(out, kind)
    return images.keep(out.getvalue(), colour).blob


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, int]]:
    """Seven pictures with awkward names: four labelled, one none of these, two open."""
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))
    with Store(f"sqlite:///{tmp_path}/handful.db") as store:
        made = store.projects.create("Seen", kind="image", classes=["a/b", "A B", "con"])
        named = [
            ("x.png", "a/b"), ("X.PNG", "a/b"), ("../../up.png", "A B"), ("", "con"), ("n.png", None),
            ("=1.png", None), ("two.jpeg", None),
        ]  # fmt: skip
        rows = [
            NewItem(blob=blob(colour, "JPEG" if name == "two.jpeg" else "PNG"), text=name, label=label)
            for colour, (name, label) in zip(COLOURS, named, strict=True)
        ]
        store.items.add(made.id, rows)
        store.journal.label(made.id, [store.items.all(made.id).ids.tolist()[4]], "none")
        yield store, made.id


def test_tables_name_each_picture_by_its_hash_and_its_file(pictures: tuple[Store, int]) -> None:
    store, project = pictures
    rows = store.items.page(project)
    wanted = [(row.blob, row.text) for row in rows]
    lines = exporting.export(store, project, "jsonl", {"unlabeled": True}).data.decode().splitlines()
    assert [(one["image"], one["text"]) for one in map(json.loads, lines)] == wanted
    data = exporting.export(store, project, "csv", {"unlabeled": True, "guard": False}).data.decode("utf-8-sig")
    assert [(one["image"], one["text"]) for one in csv.DictReader(io.StringIO(data))] == wanted


def test_every_format_takes_a_project_of_images(pictures: tuple[Store, int]) -> None:
    store, project = pictures
    for name in exporting.formats("image"):
        file = exporting.export(store, project, name, {"unlabeled": True})
        assert file.n_rows == 7 and file.data == exporting.export(store, project, name, {"unlabeled": True}).data


def test_pictures_lie_in_the_folder_of_their_class_and_come_back_from_there(pictures: tuple[Store, int]) -> None:
    store, project = pictures
    file = exporting.export(store, project, "image-folder", {"unlabeled": True})
    assert file.name == "seen.zip" and file.media_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert archive.namelist() == [
            "a b/x.png", "a b/X (2).png", "A B (2)/up.png", "con_/picture.png", "none of these/n.png",
            "unlabelled/=1.png", "unlabelled/two.jpg",
        ]  # fmt: skip
        for name, row in zip(archive.namelist(), store.items.page(project), strict=True):
            assert archive.read(name) == images.path_of(row.blob or "").read_bytes()
    assert any("a/b" in note and "con" in note for note in file.notes)
    items, report = read_pictures(list_pictures([("seen.zip", file.data)]))
    assert not report.refused
    assert {item.blob: item.label for item in items} == dict(
        zip(
            [row.blob for row in store.items.page(project)],
            ["a b", "a b", "A B (2)", "con_", "none of these", None, None],
            strict=True,
        )
    )


def test_folders_are_for_pictures_and_say_what_is_missing(
    pictures: tuple[Store, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = pictures
    texts = store.projects.create("Texts", classes=["a"])
    store.items.add(texts.id, [NewItem(text="one", label="a")])
    assert "image-folder" not in exporting.formats() and "image-folder" in exporting.formats("image")
    with pytest.raises(DataError, match="holds texts"):
        exporting.export(store, texts.id, "image-folder")
    with monkeypatch.context() as patch:
        patch.setattr(picture_folders, "MAX_BYTES", 100)
        with pytest.raises(DataError, match="more than 0 MB"):
            exporting.export(store, project, "image-folder")
    images.path_of(store.items.page(project)[0].blob or "").unlink()
    with pytest.raises(DataError, match="not in its place") as caught:
        exporting.export(store, project, "image-folder")
    assert caught.value.hint


def test_predictions_of_pictures_lie_in_a_table_beside_the_folders(pictures: tuple[Store, int]) -> None:
    store, project = pictures
    ids = store.items.all(project).ids.tolist()
    said = {item: exporting.Prediction(("A B",), 0.75, False, False, "prototype") for item in ids[:6]}
    file = exporting.export(store, project, "image-folder", None, said)
    plain = exporting.export(store, project, "image-folder")
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive, zipfile.ZipFile(io.BytesIO(plain.data)) as other:
        assert archive.namelist() == [*other.namelist(), "predictions.csv"]
        rows = list(csv.DictReader(io.StringIO(archive.read("predictions.csv").decode("utf-8-sig"))))
        assert [row["file"] for row in rows] == other.namelist()
    assert rows[0]["prediction"] == "A B" and rows[0]["predicted_by"] == "model: prototype"
    assert rows[6]["prediction"] == ""
    items, report = read_pictures(list_pictures([("seen.zip", file.data)]))
    assert (len(items), report.refused) == (7, ())
    assert [item.label for item in items] == ["a b", "a b", "A B (2)", "con_", "none of these", None, None]
