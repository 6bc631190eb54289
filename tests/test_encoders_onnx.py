"""The ONNX encoder on graphs made here, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from fsl_core.base.errors import Cancelled, DataError, MissingBackend
from fsl_core.models.encoders.onnx_image import PIXELS
from fsl_core.registry import create_encoder

WEIGHT = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)


def graph(
    folder: Path, *, shape, layout="first", nodes=None, outputs=None, type=TensorProto.FLOAT, name="m.onnx", **of
):
    """Mean over the pixels, then a matrix (3, 5): vectors that can be worked out by hand."""
    axes = [2, 3] if layout == "first" else [1, 2]
    nodes = nodes or [
        helper.make_node("Cast", ["pixels"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "weight"], ["embedding"]),
        helper.make_node("Identity", ["mean"], ["logits"]),
    ]
    outputs = outputs or [("logits", ["n", 3]), ("embedding", ["n", 5])]
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("pixels", type, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in outputs],
        [numpy_helper.from_array(np.array(axes), "axes"), of.pop("weight", numpy_helper.from_array(WEIGHT, "weight"))],
    )
    imports = [helper.make_opsetid("", 18), *of.pop("imports", [])]
    model = helper.make_model(made, opset_imports=imports, ir_version=9, **of)
    file = folder / name
    file.write_bytes(model.SerializeToString())
    return file


@pytest.fixture
def pictures(tmp_path):
    """Five files of one colour each, of different shapes."""
    colours = [(255, 0, 0), (0, 128, 255), (10, 20, 30), (255, 255, 255), (0, 0, 0)]
    files = []
    for i, colour in enumerate(colours):
        files.append(tmp_path / f"{i}.png")
        Image.new("RGB", (20 + 10 * i, 40), colour).save(files[-1])
    return files, np.array(colours, dtype=np.float32) / 255


def make(file, **settings):
    return create_encoder("onnx-image", {"path": str(file), "pixels": "0 to 1", "device": "cpu", **settings})


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("first", ["n", 3, 16, 24]),
        ("last", ["n", 16, 24, 3]),
        ("first", ["n", 3, "h", "w"]),
        ("last", [2, 16, 24, 3]),
        ("first", [2, 3, 16, 24]),
    ],
)
@pytest.mark.parametrize("pixels", sorted(PIXELS))
def test_vectors_are_those_worked_out_by_hand_in_either_layout(layout, shape, pixels, pictures, tmp_path):
    files, colours = pictures
    encoder = make(graph(tmp_path, shape=shape, layout=layout), pixels=pixels, side=24, batch_size=3)
    mean, deviation = np.array(PIXELS[pixels], dtype=np.float64)
    found = encoder.encode(files)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (colours - mean) / deviation @ WEIGHT, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found, np.concatenate([encoder.encode([file]) for file in files]), rtol=1e-5, atol=1e-5)
    assert encoder.encode([]).shape == (0, 5)


@pytest.mark.parametrize("type", [TensorProto.FLOAT16, TensorProto.UINT8])
def test_half_precision_and_bytes_go_in_too(type, pictures, tmp_path):
    files, colours = pictures
    encoder = make(graph(tmp_path, shape=["n", 3, 8, 8], type=type), pixels="0 to 255")
    np.testing.assert_allclose(encoder.encode(files), 255 * colours @ WEIGHT, rtol=1e-3, atol=1e-2)


def test_another_output_can_be_chosen_and_a_wrong_one_lists_them(pictures, tmp_path):
    file = graph(tmp_path, shape=["n", 3, 8, 8])
    np.testing.assert_allclose(make(file, output="logits").encode(pictures[0]), pictures[1], atol=1e-5)
    with pytest.raises(MissingBackend, match="no output 'nothing'") as error:
        _ = make(file, output="nothing").key
    assert "logits, embedding" in error.value.hint


def test_a_map_of_features_becomes_its_mean(pictures, tmp_path):
    nodes = [helper.make_node("Identity", ["pixels"], ["features"])]
    file = graph(tmp_path, shape=["n", 3, 8, 8], nodes=nodes, outputs=[("features", ["n", 3, 8, 8])])
    np.testing.assert_allclose(make(file).encode(pictures[0]), pictures[1], atol=1e-5)


def test_crop_cuts_the_middle_out_and_stretch_keeps_all(tmp_path):
    image = Image.new("RGB", (30, 10), "black")
    image.paste("white", (10, 0, 20, 10))
    image.save(tmp_path / "bar.png")
    file = graph(tmp_path, shape=["n", 3, 10, 10])
    cropped, stretched = (
        make(file, output="logits", fit=fit).encode([tmp_path / "bar.png"]) for fit in ("crop", "stretch")
    )
    np.testing.assert_allclose(cropped, 1.0, atol=1e-6)
    np.testing.assert_allclose(stretched, 1 / 3, atol=0.03)


def test_the_key_follows_the_content_and_the_settings_that_matter(tmp_path):
    file = graph(tmp_path, shape=["n", 3, 8, 8])
    key = make(file).key
    (tmp_path / "copy").mkdir()
    assert make(graph(tmp_path / "copy", shape=["n", 3, 8, 8])).key == key == make(file, batch_size=2).key
    others = [{"pixels": "-1 to 1"}, {"output": "logits"}, {"fit": "crop"}]
    assert len({key, *(make(file, **other).key for other in others)}) == 4
    assert make(graph(tmp_path, shape=["n", 3, 9, 9])).key != key


def test_progress_and_stopping(pictures, tmp_path):
    encoder, heard = make(graph(tmp_path, shape=["n", 3, 8, 8]), batch_size=2), []
    encoder.encode(pictures[0], progress=lambda fraction, message: heard.append(fraction))
    assert heard == sorted(heard) and heard[-1] == 1.0

    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        encoder.encode(pictures[0], progress=stop)


def external(location: str, key="location"):
    tensor = TensorProto(name="weight", data_type=TensorProto.FLOAT, dims=[3, 5], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key=key, value=location)
    return tensor


def test_weights_beside_the_file_are_read_and_belong_to_its_key(pictures, tmp_path):
    (tmp_path / "weights.bin").write_bytes(WEIGHT.tobytes())
    file = graph(tmp_path, shape=["n", 3, 8, 8], weight=external("weights.bin"))
    np.testing.assert_allclose(make(file).encode(pictures[0]), pictures[1] @ WEIGHT, atol=1e-4)
    key = make(file).key
    (tmp_path / "weights.bin").write_bytes((2 * WEIGHT).tobytes())
    assert make(file).key != key


@pytest.mark.parametrize("way", ["up", "absolute", "link"])
def test_weights_outside_the_folder_are_refused(way, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    secret = tmp_path / "secret.bin"
    secret.write_bytes(WEIGHT.tobytes())
    (folder / "link.bin").symlink_to(secret)
    location = {"up": "../secret.bin", "absolute": str(secret), "link": "link.bin"}[way]
    file = graph(folder, shape=["n", 3, 8, 8], weight=external(location))
    with pytest.raises(MissingBackend, match="outside its own folder"):
        make(file).encode([])


def test_weights_that_are_missing_are_named(tmp_path):
    with pytest.raises(MissingBackend, match=r"weights in gone\.bin"):
        make(graph(tmp_path, shape=["n", 3, 8, 8], weight=external("gone.bin"))).encode([])


@pytest.mark.parametrize("inside", [False, True])
def test_foreign_operators_are_refused_even_inside_a_branch(inside, tmp_path):
    strange = helper.make_node("Anything", ["pixels"], ["embedding"], domain="evil.ops")
    nodes = [strange]
    if inside:
        branch = helper.make_graph([strange], "b", [], [helper.make_tensor_value_info("embedding", 1, None)])
        yes = helper.make_node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True)))
        nodes = [yes, helper.make_node("If", ["yes"], ["embedding"], then_branch=branch, else_branch=branch)]
    file = graph(
        tmp_path, shape=["n", 3, 8, 8], nodes=nodes, outputs=[("embedding", ["n", 5])],
        imports=[helper.make_opsetid("evil.ops", 1)],
    )  # fmt: skip
    with pytest.raises(MissingBackend, match=r"evil\.ops\.Anything"):
        make(file).encode([])


@pytest.mark.parametrize("shape", [["n", 4, 8, 8], ["n", 5], ["n", 3, 8]])
def test_a_model_of_something_else_is_refused(shape, tmp_path):
    with pytest.raises(MissingBackend, match="no axis holds three colours|not one batch of images"):
        _ = make(graph(tmp_path, shape=shape)).key


def test_what_is_no_onnx_file_says_so(tmp_path):
    (tmp_path / "no.onnx").write_bytes(b"\x80\x04 a pickle at best")
    for path, words in (
        (tmp_path / "no.onnx", "is not an ONNX file"),
        (tmp_path / "gone.onnx", "There is no ONNX file"),
    ):
        with pytest.raises(MissingBackend, match=words):
            _ = make(path).key
    with pytest.raises(MissingBackend, match="There is no ONNX file"):
        _ = create_encoder("onnx-image").key


def test_a_graph_that_cannot_run_says_so(tmp_path):
    nodes = [helper.make_node("MatMul", ["pixels", "weight"], ["embedding"])]
    file = graph(tmp_path, shape=["n", 3, "h", "w"], nodes=nodes, outputs=[("embedding", ["n", 3, "h", 5])])
    with pytest.raises(MissingBackend, match="does not run on images of 24 x 24|cannot be loaded"):
        make(file, side=24).encode([])


def test_texts_are_refused_and_words_are_not_read(tmp_path):
    encoder = make(graph(tmp_path, shape=["n", 3, 8, 8]))
    with pytest.raises(DataError, match="onnx-image"):
        encoder.encode(["a text"])
    assert encoder.encode_words(["a cat"]) is None
    assert onnx.load(encoder.config.path).graph.input[0].name == "pixels"
