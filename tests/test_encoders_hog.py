"""The edge and colour histograms."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fsl_core.base.errors import DataError
from fsl_core.registry import create_encoder

EDGES = 1764


def stripes(path, *, angle=0, ink="black", paper="white", size=120):
    """A picture of stripes at an angle."""
    image = Image.new("RGB", (2 * size, 2 * size), paper)
    draw = ImageDraw.Draw(image)
    for x in range(0, 2 * size, 24):
        draw.rectangle((x, 0, x + 11, 2 * size), fill=ink)
    image.rotate(angle, fillcolor=paper).crop((size // 2, size // 2, 3 * size // 2, 3 * size // 2)).save(path)
    return path


@pytest.fixture
def encoder():
    return create_encoder("hog")


def test_edges_of_one_direction_fall_into_one_bin(encoder, tmp_path):
    upright, lying = encoder.encode([stripes(tmp_path / "a.png"), stripes(tmp_path / "b.png", angle=90)])[:, :EDGES]
    # Nine directions of 20 degrees: an upright edge has a gradient along x (bin 0), a lying one along y (bin 4).
    assert upright.reshape(-1, 9).sum(axis=0).argmax() == 0
    assert lying.reshape(-1, 9).sum(axis=0).argmax() == 4
    assert np.linalg.norm(upright) == pytest.approx(1, abs=1e-5) and upright @ lying < 0.2


def test_colours_by_hand(encoder, tmp_path):
    Image.new("RGB", (10, 10), (255, 0, 0)).save(tmp_path / "red.png")
    half = Image.new("RGB", (10, 10), (255, 0, 0))
    half.paste((0, 0, 255), (0, 0, 10, 5))
    half.save(tmp_path / "half.png")
    red, both = encoder.encode([tmp_path / "red.png", tmp_path / "half.png"])[:, EDGES:]
    # Red: hue 0, saturation and brightness full, all pixels; the weight of colours is a half.
    assert red.argmax() == np.ravel_multi_index((0, 3, 3), (12, 4, 4)) and red.max() == pytest.approx(0.5)
    assert red @ both / 0.25 == pytest.approx(np.sqrt(0.5), abs=0.05)


def test_without_colours_the_ink_does_not_matter(tmp_path):
    files = [stripes(tmp_path / f"{ink}.png", ink=ink) for ink in ("black", "darkred")]
    plain = create_encoder("hog", {"colour": 0.0}).encode(files)
    coloured = create_encoder("hog", {"colour": 1.0}).encode(files)
    assert plain[0] @ plain[1] > 0.99
    assert coloured[0] @ coloured[1] / (np.linalg.norm(coloured, axis=1).prod()) < 0.9


def test_a_batch_and_one_by_one_agree_and_any_size_gives_one_length(tmp_path):
    files = [stripes(tmp_path / f"{i}.png", angle=30 * i, size=60 + 20 * i) for i in range(3)]
    for side in ("64", "96", "128"):
        encoder = create_encoder("hog", {"side": side})
        together = encoder.encode(files)
        assert together.shape == (3, EDGES + 192) and together.dtype == np.float32
        np.testing.assert_array_equal(together, np.concatenate([encoder.encode([file]) for file in files]))
    assert encoder.encode([]).shape == (0, EDGES + 192)


def test_the_key_follows_the_settings(encoder):
    assert (
        len({encoder.key, create_encoder("hog", {"side": "64"}).key, create_encoder("hog", {"colour": 1.0}).key}) == 3
    )


def test_texts_are_refused_and_words_are_not_read(encoder):
    with pytest.raises(DataError, match="hog"):
        encoder.encode(["a text"])
    assert encoder.encode_words(["a cat"]) is None
