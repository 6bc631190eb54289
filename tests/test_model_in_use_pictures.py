"""Models of pictures outside of Handful: they see the same pixels, and answer as the app does."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fsl_core import registry
from fsl_core.base.errors import DataError
from fsl_core.data import images
from fsl_core.data.store import NewItem, Store
from fsl_core.learning.model_exporting import export_in_use
from fsl_core.learning.model_exporting.standalone import pictures, predicting
from fsl_core.learning.model_exporting.standalone.model import Model
from fsl_core.learning.model_exporting.standalone.problem import ModelError
from fsl_core.models import chosen
from fsl_core.workspace import Workspace
from tests.leaving import assert_same, bare
from tests.leaving import away_home as away_home
from tests.leaving import away_store as away_store
from tests.test_encoders_omniglot import LINES, drawing
from tests.test_encoders_onnx import graph
from tests.tiny_models import tiny_vision

META = [name for name, kind in registry.live_methods().items() if kind.info.slow]


def png(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def opened(store: Store, encoder: dict[str, Any], *, several: bool = False, each: int = 8) -> Workspace:
    """Drawings of three signs; of every class one is without a label."""
    settings = {"encoder": encoder, "multi_label": several}
    made = store.projects.create("Signs", kind="image", classes=list(LINES), settings=settings)
    rows = []
    for name in LINES:
        for seed in range(each):
            label: Any = (name, "cross") if several and seed == 1 and name != "cross" else name
            blob = images.keep(png(drawing(name, seed)), f"{name}{seed}.png").blob
            rows.append(NewItem(blob=blob, text=f"{name}{seed}.png", label=label if seed else None))
    store.items.add(made.id, rows, author="ada")
    workspace = Workspace(store, made.id, chosen.encoder_of(store.projects.get(made.id)))
    workspace.encode()
    return workspace


def exported(workspace: Workspace, method: str, folder: Path, **settings: Any) -> tuple[Any, Model]:
    wanted = dict(registry.get_method(method).info.fast) | settings
    snapshot = workspace.snapshot(method, wanted)
    return snapshot, Model.load(export_in_use(workspace.in_use(snapshot), folder))


def strangers(folder: Path) -> list[Path]:
    """Pictures that the project has not, one of them in colour and turned by the camera."""
    rng, files = np.random.default_rng(3), [folder / f"new{i}.png" for i in range(3)]
    for seed, file in enumerate(files):
        file.write_bytes(png(drawing("stairs", 90 + seed, side=150)))
    turned = Image.Exif()
    turned[0x0112] = 6
    files.append(folder / "photo.jpg")
    files[-1].write_bytes(png(Image.fromarray(rng.integers(0, 255, (60, 90, 3), dtype=np.uint8)), "JPEG", exif=turned))
    return files


ENCODERS: list[tuple[str, dict[str, Any]]] = [
    ("hog", {"side": "64"}),
    ("omniglot", {}),
    ("omniglot", {"backbone": "matching", "fit": False}),
]


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
@pytest.mark.parametrize(("name", "settings"), ENCODERS)
def test_pictures_are_answered_outside_as_here(
    away_store: Store, away_home: Path, name: str, settings: dict[str, Any], several: bool
) -> None:
    workspace = opened(away_store, {"name": name, "settings": settings}, several=several)
    snapshot, model = exported(workspace, "logistic", away_home / "out")
    assert model.of_pictures and model.several is several
    assert_same(workspace, snapshot, model, strangers(away_home))


@pytest.mark.parametrize("shape", [["n", 3, 16, 24], [2, 16, 24, 3]], ids=["first", "last"])
@pytest.mark.parametrize("fit", ["stretch", "crop"])
def test_an_onnx_file_goes_along(away_store: Store, away_home: Path, shape: list[Any], fit: str) -> None:
    layout = "first" if shape[1] == 3 else "last"
    file = graph(away_home, shape=shape, layout=layout)
    settings = {"path": str(file), "fit": fit, "pixels": "CLIP"}
    workspace = opened(away_store, {"name": "onnx-image", "settings": settings}, each=3)
    snapshot, model = exported(workspace, "ridge", away_home / "out")
    file.unlink()
    assert_same(workspace, snapshot, model, [])
    assert np.isfinite(model.vectors(strangers(away_home))).all()


@pytest.mark.parametrize("mirrored", [True, False])
def test_the_network_for_photographs_leaves_as_one_graph(
    away_store: Store, away_home: Path, monkeypatch: pytest.MonkeyPatch, mirrored: bool
) -> None:
    from safetensors.torch import save_file

    from fsl_core.models.shelf import lite
    from tests.test_shelf_models import lite_weights

    place = away_home / "shelf" / "efficientnet-lite0"
    place.mkdir(parents=True)
    save_file(lite.folded(lite_weights()), place / "model.safetensors")
    (place / "shelf.json").write_text('{"files": {}}', "utf-8")
    monkeypatch.setenv("HANDFUL_MODELS", str(away_home / "shelf"))
    encoder = {"name": "efficientnet-lite", "settings": {"mirrored": mirrored}}
    workspace = opened(away_store, encoder, each=3)
    snapshot, model = exported(workspace, "ridge", away_home / "out")
    assert_same(workspace, snapshot, model, strangers(away_home))
    assert "torch" not in (away_home / "out" / "requirements.txt").read_text("utf-8")


@pytest.mark.parametrize("kind", ["clip", "dinov2", "convnext"])
def test_a_transformers_model_goes_along(away_store: Store, away_home: Path, kind: str) -> None:
    folder = tiny_vision(away_home / "tiny", kind)
    workspace = opened(away_store, {"name": "vision", "settings": {"model": str(folder)}}, each=3)
    snapshot, model = exported(workspace, "knn", away_home / "out")
    assert_same(workspace, snapshot, model, strangers(away_home))
    assert "torch==" in (away_home / "out" / "requirements.txt").read_text("utf-8")


@pytest.mark.parametrize("method", META)
def test_meta_learned_networks_leave_whole(away_store: Store, away_home: Path, method: str) -> None:
    workspace = opened(away_store, {"name": "omniglot", "settings": {"backbone": "pixels"}}, each=5)
    snapshot, model = exported(workspace, method, away_home / "out")
    assert_same(workspace, snapshot, model, strangers(away_home))


def test_matching_in_full_context_leaves_too(away_store: Store, away_home: Path) -> None:
    workspace = opened(away_store, {"name": "omniglot", "settings": {"backbone": "pixels"}}, each=4)
    snapshot, model = exported(workspace, "matching-net", away_home / "out", full_context=True)
    assert any("context" in head.arrays for head in model._heads)
    assert_same(workspace, snapshot, model, strangers(away_home))


# -- pixels ----------------------------------------------------------------------------------------


def odd_pictures() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    colour = Image.fromarray(rng.integers(0, 255, (30, 40, 3), dtype=np.uint8))
    turned = Image.Exif()
    turned[0x0112] = 8
    clear = colour.convert("RGBA")
    clear.putalpha(Image.fromarray(rng.integers(0, 255, (30, 40), dtype=np.uint8)))
    palette = colour.quantize(8)
    return {
        "plain.png": png(colour),
        "turned.jpg": png(colour, "JPEG", exif=turned),
        "clear.png": png(clear),
        "palette.gif": png(palette, "GIF", transparency=3),
        "print.jpg": png(colour.convert("CMYK"), "JPEG"),
        "deep.png": png(Image.fromarray(rng.integers(0, 65535, (30, 40)).astype(np.uint16))),
        "float.tif": png(Image.fromarray(rng.random((30, 40), dtype=np.float32)), "TIFF"),
        "large.webp": png(colour.resize((2600, 300)), "WEBP"),
    }


@pytest.mark.parametrize("name", list(odd_pictures()))
def test_every_kind_of_file_shows_the_same_pixels_outside(name: str) -> None:
    data = odd_pictures()[name]
    assert np.array_equal(np.asarray(pictures.pixels(data)), np.asarray(images.pixels(data)))


def test_what_is_no_picture_is_refused_outside_too(tmp_path: Path) -> None:
    for data in (b"", b"no picture", png(Image.new("RGB", (40, 40)))[:60], b"%PDF-1.4"):
        file = tmp_path / "x.png"
        file.write_bytes(data)
        with pytest.raises(DataError):
            images.pixels(file)
        with pytest.raises(ModelError, match="x.png cannot be read as a picture"):
            pictures.pixels(file)


# -- files -----------------------------------------------------------------------------------------


def test_a_folder_of_pictures_becomes_a_table_by_a_bare_interpreter(away_store: Store, away_home: Path) -> None:
    workspace = opened(away_store, {"name": "omniglot"})
    snapshot, model = exported(workspace, "prototype", away_home / "out")
    folder = away_home / "mine" / "deep"
    folder.mkdir(parents=True)
    files = strangers(folder)
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture either")
    done = bare(
        away_home / "out", away_home / "empty", str(away_home / "mine"), "-o", str(away_home / "said.csv"),
        without=("torch", "sklearn", "skimage", "pandas"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1 could not be read" in done.stderr
    with (away_home / "said.csv").open(encoding="utf-8-sig", newline="") as held:
        rows = {row["file"]: row for row in csv.DictReader(held)}
    assert list(rows) == [f"deep/{name}" for name in sorted(["broken.png", *(file.name for file in files)])]
    assert (
        "cannot be read as a picture" in rows["deep/broken.png"]["problem"]
        and not rows["deep/broken.png"]["prediction"]
    )
    for file in files:
        said = workspace.explain(file, snapshot)
        row = rows[f"deep/{file.name}"]
        assert row["prediction"] == snapshot.classes[said.probabilities.argmax()] and row["problem"] == ""
        assert abs(float(row["probability"]) - said.probabilities.max()) < 1e-4
    assert model.answers([base64.b64decode(base64.b64encode(files[0].read_bytes()))]) == model.answers(files[:1])


def test_a_table_of_file_names_is_read_beside_the_pictures(away_store: Store, away_home: Path) -> None:
    workspace = opened(away_store, {"name": "omniglot"})
    _snapshot, model = exported(workspace, "prototype", away_home / "out")
    files = strangers(away_home)
    source = away_home / "list.csv"
    source.write_text("number,picture\n" + "".join(f"{i},{file.name}\n" for i, file in enumerate(files)), "utf-8")
    summary = predicting.predict(model, source, away_home / "said.jsonl")
    assert (summary.n_rows, summary.column, summary.n_problems) == (len(files), "picture", 0)


def test_the_service_takes_pictures_as_base64(away_store: Store, away_home: Path) -> None:
    from fastapi import HTTPException

    from fsl_core.learning.model_exporting.standalone.serving import Question, app

    workspace = opened(away_store, {"name": "omniglot"})
    _snapshot, model = exported(workspace, "prototype", away_home / "out")
    (predict,) = [one.endpoint for one in app(model).routes if getattr(one, "path", "") == "/predict"]
    data = png(drawing("gate", 50))
    (said,) = predict(Question(pictures=[base64.b64encode(data).decode()]))["answers"]
    assert said["prediction"] == "gate" and said["probability"] == model.answers([data])[0].probability
    for wrong in (Question(pictures=["no base64!"]), Question(pictures=["eA=="]), Question(texts=["gate"])):
        with pytest.raises(HTTPException) as caught:
            predict(wrong)
        assert caught.value.status_code == 422
