from __future__ import annotations

import hashlib
import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from fsl_core.base import paths
from fsl_core.base.errors import DataError
from fsl_core.data import images
from fsl_core.models.vector_cache import digest_of


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / "home"))


def file_of(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def noise(width: int = 40, height: int = 30, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def refusal(data: bytes, name: str = "cat.png") -> DataError:
    with pytest.raises(DataError) as caught:
        images.keep(data, name)
    assert caught.value.hint
    assert not list(paths.images_dir().rglob("*.*"))
    return caught.value


def png_header(width: int, height: int) -> bytes:
    """A well-formed PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def test_a_kept_image_lies_under_the_hash_of_its_file_and_shows_the_same_pixels():
    kept = images.keep(file_of(noise()), "noise.png")
    assert kept.path == images.path_of(kept.blob) == paths.images_dir() / kept.blob[:2] / f"{kept.blob}.png"
    assert hashlib.sha256(kept.path.read_bytes()).hexdigest() == kept.blob == digest_of(kept.path)
    assert (kept.width, kept.height, kept.notes) == (40, 30, ())
    assert np.array_equal(images.pixels(kept.path), noise())


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "1"])
def test_keeping_is_idempotent(format, mode):
    once = images.keep(file_of(noise().convert(mode).convert("RGB" if format == "WEBP" else mode), format), "x")
    again = images.keep(once.path.read_bytes(), "y.png")
    assert again.blob == once.blob
    assert images.keep_exactly(once.path.read_bytes(), once.blob) == once.path


def test_the_same_picture_gives_the_same_blob_whatever_lossless_file_brings_it():
    tagged = PngImagePlugin.PngInfo()
    tagged.add_text("Author", "somebody")
    files = [
        file_of(noise()), file_of(noise(), compress_level=0, pnginfo=tagged), file_of(noise(), "BMP"),
        file_of(noise(), "TIFF"), file_of(noise().convert("RGBA")),
    ]  # fmt: skip
    assert len({images.keep(data, "x").blob for data in files}) == 1
    grey = noise().convert("L")
    assert images.keep(file_of(grey), "x").blob == images.keep(file_of(grey.convert("RGB")), "x").blob


def test_a_jpeg_loses_place_time_and_comment_and_none_of_its_pixels():
    exif = Image.Exif()
    exif[0x010F] = "ACME camera"
    exif.get_ifd(0x8825)[1] = "N"
    data = file_of(noise(), "JPEG", quality=80, exif=exif, comment=b"written in secret") + b"PK\x03\x04 a hidden tail"
    kept = images.keep(data, "photo.jpg").path.read_bytes()
    for secret in (b"ACME", b"Exif", b"secret", b"tail"):
        assert secret in data and secret not in kept
    assert np.array_equal(Image.open(io.BytesIO(data)), Image.open(io.BytesIO(kept)))
    progressive = file_of(noise(200, 200), "JPEG", progressive=True, exif=exif)
    kept = images.keep(progressive, "p.jpg").path.read_bytes()
    assert b"ACME" not in kept and np.array_equal(Image.open(io.BytesIO(progressive)), Image.open(io.BytesIO(kept)))


@pytest.mark.parametrize("format", ["WEBP", "PNG", "TIFF"])
def test_other_files_lose_their_metadata_too(format):
    exif = Image.Exif()
    exif[0x010F] = "ACME camera"
    data = file_of(noise(), format, exif=exif)
    assert b"ACME" in data and b"ACME" not in images.keep(data, "x").path.read_bytes()


TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
         7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 10))
def test_a_photo_stands_upright_as_its_camera_says(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    expected = noise().transpose(Image.Transpose[TURNS[orientation]]) if orientation in TURNS else noise()
    kept = images.keep(file_of(noise(), "PNG", exif=exif), "x.png")
    assert np.array_equal(images.pixels(kept.path), expected)
    photo = images.keep(file_of(noise(), "JPEG", quality=95, subsampling=0, exif=exif), "x.jpg")
    assert (photo.width, photo.height) == expected.size
    assert np.abs(np.asarray(images.pixels(photo.path), float) - np.asarray(expected, float)).mean() < 8


def test_transparency_lies_on_white():
    layer = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    layer.putpixel((1, 2), (255, 0, 0, 255))
    layer.putpixel((3, 4), (0, 0, 0, 128))
    found = images.pixels(file_of(layer))
    assert found.getpixel((0, 0)) == (255, 255, 255) and found.getpixel((1, 2)) == (255, 0, 0)
    assert abs(found.getpixel((3, 4))[0] - 127) <= 1
    grey = images.pixels(file_of(Image.new("LA", (10, 10), (9, 0))))
    assert grey.getpixel((5, 5)) == (255, 255, 255)
    keyed = Image.new("RGB", (10, 10), (1, 2, 3))
    assert images.pixels(file_of(keyed, transparency=(1, 2, 3))).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (10, 10), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert images.pixels(file_of(palette, transparency=0)).getpixel((0, 0)) == (10, 20, 30)
    assert images.pixels(file_of(palette, transparency=1)).getpixel((0, 0)) == (255, 255, 255)
    assert images.pixels(file_of(palette, "GIF")).getpixel((0, 0)) == (10, 20, 30)


def test_sixteen_bits_cmyk_and_floats_become_the_colours_they_mean():
    deep = Image.fromarray(np.full((9, 9), 257 * 100, dtype=np.uint16))
    assert images.pixels(file_of(deep)).getpixel((0, 0)) == (100, 100, 100)
    assert images.pixels(file_of(deep, "TIFF")).getpixel((0, 0)) == (100, 100, 100)
    ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    red, green, blue = images.pixels(file_of(ink, "JPEG", quality=100)).getpixel((8, 8))
    assert red > 240 and green < 15 and blue < 15
    ramp = Image.fromarray(np.linspace(-4, 4, 81, dtype=np.float32).reshape(9, 9))
    kept = images.keep(file_of(ramp, "TIFF"), "f.tif")
    found = np.asarray(images.pixels(kept.path))[..., 0]
    assert found.flat[0] == 0 and found.flat[-1] == 255 and found.flat[40] in (127, 128)
    assert "brightness" in kept.notes[0]


def test_a_colour_profile_is_turned_into_the_colours_of_the_web():
    plain = images.pixels(file_of(noise()))
    assert np.array_equal(images.pixels(file_of(noise(), icc_profile=b"damaged")), plain)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The same profile with its red and blue exchanged.
    odd = srgb.replace(b"s\0R\0G\0B", b"o\0d\0d\0 ").replace(b"sRGB", b"odd ")
    odd = odd.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)
    red, green, blue = images.pixels(file_of(Image.new("RGB", (9, 9), "red"), icc_profile=odd)).getpixel((0, 0))
    assert blue > 240 and red < 20 and green < 20
    kept = images.keep(file_of(noise(), icc_profile=srgb), "x.png")
    assert np.abs(np.asarray(images.pixels(kept.path), int) - np.asarray(plain, int)).max() <= 1


def test_a_large_picture_is_scaled_to_2048_and_a_long_one_keeps_its_shape():
    kept = images.keep(file_of(Image.new("RGB", (4096, 1024), "teal"), "JPEG"), "wide.jpg")
    assert (kept.width, kept.height) == (2048, 512) == images.pixels(kept.path).size
    assert images.keep(kept.path.read_bytes(), "again").blob == kept.blob


def test_of_an_animation_the_first_frame_is_kept_and_said():
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("red", "blue")]
    for format in ("GIF", "WEBP", "PNG", "TIFF"):
        data = file_of(
            frames[0], format, save_all=True, append_images=frames[1:], **({} if format == "TIFF" else {"duration": 50})
        )
        kept = images.keep(data, "moving")
        assert "first" in kept.notes[0], format
        red, _, blue = images.pixels(kept.path).getpixel((6, 6))
        assert red > 200 and blue < 50


DISGUISED = {
    "HTML": b"<!DOCTYPE html><html><script>alert(1)</script></html>",
    "SVG": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "ZIP": b"PK\x03\x04" + b"\0" * 50,
    "program": b"MZ\x90\0" + b"\0" * 100,
    "PDF": b"%PDF-1.7\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "HEIC": b"\0\0\0\x18ftypheic" + b"\0" * 50,
    "no image": b"\x8f\x01 gibberish",
}


@pytest.mark.parametrize("kind", DISGUISED)
def test_a_disguised_file_is_called_what_it_is(kind):
    assert kind in refusal(DISGUISED[kind]).message


def test_empty_small_and_heavy_files_are_refused():
    assert "empty" in refusal(b"").message
    assert "7 x 100" in refusal(file_of(noise(7, 100))).message
    assert "2049 x 8" in refusal(file_of(noise(2049, 8))).message
    assert "21 MB" in refusal(file_of(noise()) + b"\0" * 21 * 2**20).message


@pytest.mark.parametrize("size", [(8_001, 8_000), (10_000, 10_000), (50_000, 50_000)])
def test_a_decompression_bomb_is_refused_by_its_header(size):
    assert "too many pixels" in refusal(png_header(*size)).message


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_cut_file_is_refused(format):
    data = file_of(noise(120, 90), format)
    for share in (0.05, 0.5, 0.9):
        refusal(data[: int(len(data) * share)])


@pytest.mark.filterwarnings("default")  # of damaged marks, which do not matter
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_damage_anywhere_gives_a_picture_or_a_sentence_and_never_another_error(format):
    data, draw = file_of(noise(60, 40), format), random.Random(5)
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(draw.randint(1, 6)):
            broken[draw.randrange(min(len(broken), draw.choice((40, len(broken)))))] = draw.randrange(256)
        try:
            kept = images.keep(bytes(broken), "x")
        except DataError:
            continue
        assert images.pixels(kept.path).mode == "RGB"


def test_only_the_very_file_is_kept_exactly():
    kept = images.keep(file_of(noise()), "x")
    data = kept.path.read_bytes()
    with pytest.raises(DataError, match="not what it was"):
        images.keep_exactly(data + b"\0", kept.blob)
    for other in (b"<svg/>", file_of(Image.new("RGBA", (9, 9))), file_of(noise(), "BMP")):
        with pytest.raises(DataError):
            images.keep_exactly(other, hashlib.sha256(other).hexdigest())


def test_a_missing_file_is_said_in_a_sentence():
    kept = images.keep(file_of(noise()), "x")
    kept.path.unlink()
    with pytest.raises(DataError, match="not in its place"):
        images.pixels(images.path_of(kept.blob))


def test_a_thumbnail_is_small_in_shape_and_made_once(monkeypatch):
    kept = images.keep(file_of(noise(400, 100)), "x")
    small = images.thumbnail(kept.path, 96)
    assert Image.open(io.BytesIO(small)).size == (96, 24)
    assert images.data_url(kept.path, 96).startswith("data:image/webp;base64,")
    kept.path.unlink()
    assert images.thumbnail(kept.path, 96) == small
    with pytest.raises(DataError):
        images.thumbnail(kept.path, 50)


def test_drawings_keep_every_pixel_when_small_and_photos_stay_light():
    drawing = Image.new("RGB", (105, 105), "white")
    pen = ImageDraw.Draw(drawing)
    for i in range(12):
        pen.line((5 + 8 * i, 5, 100 - 5 * i, 100), fill="black", width=2)
    kept = images.keep(file_of(drawing), "x").path
    same = Image.open(io.BytesIO(images.thumbnail(kept, 384))).convert("RGB")
    assert same.tobytes() == drawing.tobytes()

    expected = drawing.copy()
    expected.thumbnail((48, 48), Image.Resampling.LANCZOS)
    assert Image.open(io.BytesIO(images.thumbnail(kept, 48))).convert("RGB").tobytes() == expected.tobytes()

    photo = images.thumbnail(images.keep(file_of(noise(400, 400)), "y").path, 384)
    assert len(photo) < 384 * 384
