"""The drawing encoder and the methods that answer from pixels, on drawings made here."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fsl_core import registry
from fsl_core.base.errors import DataError, MissingBackend
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context
from fsl_core.data import images
from fsl_core.data.images.ink import INK_SHARE, ink
from fsl_core.data.importing.class_drawings import read_classes
from fsl_core.learning.meta import files
from fsl_core.models.backends import shipped

LINES = {
    "cross": [[(20, 20), (80, 80)], [(80, 20), (20, 80)]],
    "stairs": [[(15, 80), (15, 50), (50, 50), (50, 20), (85, 20)]],
    "gate": [[(20, 85), (20, 20), (80, 20), (80, 85)], [(20, 50), (80, 50)]],
}


def drawing(name: str, seed: int = 0, *, paper: int = 255, pen: int = 0, side: int = 105) -> Image.Image:
    """One of three signs, each point moved by up to 5 of 100."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), (paper,) * 3)
    pencil = ImageDraw.Draw(image)
    for stroke in LINES[name]:
        points = [tuple((np.array(point) + rng.uniform(-5, 5, 2)) * side / 100) for point in stroke]
        pencil.line(points, fill=(pen,) * 3, width=max(2, side // 30), joint="curve")
    return image


@pytest.fixture
def drawings(tmp_path, monkeypatch):
    """name, seed -> a kept image file."""
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path))

    def make(name: str, seed: int):
        file = tmp_path / f"{name}{seed}.png"
        drawing(name, seed).save(file)
        return images.path_of(images.keep(file.read_bytes(), file.name).blob)

    return make


def test_ink_is_bright_whichever_of_pen_and_paper_is_dark():
    dark, light = ink(drawing("gate")), ink(drawing("gate", paper=0, pen=255))
    assert dark.shape == (28, 28) and dark[0, 0] == 0 and dark.max() > 150
    np.testing.assert_allclose(dark.astype(int), light, atol=1)


def test_fitted_ink_has_one_size_and_place_wherever_it_was_drawn():
    sheet = Image.new("RGB", (400, 300), (255, 255, 255))
    sheet.paste(drawing("gate", side=90), (20, 180))
    small, large = ink(sheet, fit=True), ink(drawing("gate", side=300), fit=True)
    for found in (small, large):
        rows, columns = np.nonzero(found > 60)
        assert abs(max(np.ptp(rows), np.ptp(columns)) + 1 - 28 * INK_SHARE) <= 2
        assert abs(rows.mean() - 13.5) < 4 and abs(columns.mean() - 13.5) < 2
    assert (ink(Image.new("RGB", (50, 50), (255, 255, 255)), fit=True) == 0).all()


def test_class_folders_and_their_turns_become_classes(tmp_path):
    for name in ("cross", "gate"):
        (tmp_path / "a" / name).mkdir(parents=True)
        for seed in range(2):
            drawing(name, seed).save(tmp_path / "a" / name / f"{seed}.png")
    found = read_classes([tmp_path], rotations=True)
    assert found.images.shape == (16, 1, 28, 28) and len(found.names) == 8
    assert found.names[:2] == ("a/cross", "a/cross turned 90")
    assert found.codes.tolist() == sorted(found.codes.tolist())
    first, turned = found.images[0, 0].numpy(), found.images[2, 0].numpy()
    np.testing.assert_array_equal(np.rot90(first), turned)


@pytest.mark.parametrize("backbone", ["protonet", "transfer", "siamese", "matching"])
def test_one_drawing_of_each_sign_is_enough_to_know_others(backbone, drawings):
    encoder = registry.create_encoder("omniglot", {"backbone": backbone})
    support = LabeledSet(tuple(drawings(name, 0) for name in LINES), tuple(LINES))
    queries = [(name, seed) for name in LINES for seed in range(1, 6)]
    method = registry.create_method("prototype", None, Context(encoder=encoder)).fit(support)
    found = method.predict_proba([drawings(*query) for query in queries]).argmax(axis=1)
    right = [method.classes[code] == name for code, (name, _) in zip(found, queries, strict=True)]
    assert np.mean(right) >= 14 / 15


@pytest.mark.parametrize("name", ["protonet", "matching-net", "siamese", "transfer", "maml", "anil", "reptile"])
def test_methods_answer_from_pixels_with_the_backbone_they_come_with(name, drawings):
    encoder = registry.create_encoder("omniglot", {"backbone": "pixels"})
    support = LabeledSet(tuple(drawings(sign, 0) for sign in LINES), tuple(LINES))
    queries = [(sign, seed) for sign in LINES for seed in range(1, 4)]
    method = registry.create_method(name, None, Context(encoder=encoder)).fit(support)
    together = method.predict_proba([drawings(*query) for query in queries])
    right = [method.classes[code] == sign for code, (sign, _) in zip(together.argmax(axis=1), queries, strict=True)]
    assert np.mean(right) >= 8 / 9
    alone = np.concatenate([method.predict_proba([drawings(*query)]) for query in queries[:3]])
    np.testing.assert_allclose(alone, together[:3], atol=1e-4)


def test_every_shipped_backbone_says_how_it_was_made_and_is_small():
    found = sorted(shipped.FOLDER.glob("*.safetensors"))
    assert found
    for file in found:
        assert file.stat().st_size < 1_000_000
        facts = files.shipped_model(file.stem.removeprefix("omniglot-")).facts
        assert facts["command"].startswith("python -m benchmarks.omniglot") and facts["steps"] > 0


def test_words_and_strange_starts_are_refused_with_the_way_out(drawings):
    encoder = registry.create_encoder("omniglot")
    assert encoder.encode_words(["cross"]) is None
    with pytest.raises(MissingBackend, match="nonsense"):
        shipped.path("nonsense")
    support = LabeledSet(tuple(drawings(sign, 0) for sign in LINES), tuple(LINES))
    with pytest.raises(DataError, match="no such model"):
        registry.create_method("maml", {"start": "no such model"}, Context(encoder=encoder)).fit(support)
