"""Tuned models outside of Handful: the folder, the model card, its snippet, ONNX, the zip, and the way back."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from fsl_core import registry
from fsl_core.base import ops
from fsl_core.base.errors import Cancelled, ConfigError, DataError, FslError, MissingBackend, NotFittedError
from fsl_core.contracts.method import Context
from fsl_core.learning.methods.contrastive import Contrastive
from fsl_core.learning.model_exporting import (
    ExportError,
    Facts,
    base_of,
    export_folder,
    export_onnx,
    load_export,
    zip_export,
)
from fsl_core.learning.model_exporting.head import backbone_of, linear_head
from fsl_core.learning.model_exporting.onnx import _checked
from tests.engine_fixtures import CLASS_TEXTS, SUPPORT
from tests.tiny_models import tiny_sentence_model

TEXTS = ["refund", "my parcel is late", "login login hello " * 20, "", "password please \u00fc"]
MEASURE = {"value": 0.75, "low": 0.612, "high": 0.851, "n": 48, "enough": True}
REPORT = {"accuracy": MEASURE, "macro_f1": {**MEASURE, "value": 0.7}, "n": 48}
VERDICT = {
    "keep": True,
    "frozen": {"accuracy": {**MEASURE, "value": 0.5}, "macro_f1": MEASURE, "n": 48},
    "tuned": REPORT,
    "difference": {"value": 0.25, "low": 0.1, "high": 0.38, "n": 48, "enough": True},
    "wins": 14,
    "losses": 2,
}
FACTS = Facts(
    "Support mail",
    base_title="a tiny encoder",
    base_model="someone/tiny-encoder",
    languages=("en", "no"),
    descriptions={"Refund": "Wants money | back\nsoon"},
    examples={"Refund": 3, "Delivery": 3, "Login": 3},
    measured={"A random sample labelled afterwards": REPORT},
    verdict=VERDICT,
    trained_on=("b", "a"),
)


def fitted(context, name="contrastive", support=SUPPORT, **settings):
    return registry.create_method(name, {"epochs": 4, "batch_size": 6, **settings}, context).fit(support)


def context_of(folder):
    encoder = registry.create_encoder("sentence-transformers", {"model": str(folder)})
    return Context(encoder=encoder, class_texts=CLASS_TEXTS, create=registry.create_method)


@pytest.fixture(scope="module")
def method(tunable):
    return fitted(context_of(tunable))


@pytest.fixture(scope="module")
def prompted(tmp_path_factory):
    """Tuned from a model with prompts and another pooling; centred on a pool; one class without an example."""
    model = tiny_sentence_model(
        tmp_path_factory.mktemp("prompted") / "model", pooling="cls", prompts={"document": "passage : "}
    )
    mean = np.full(16, 0.05, dtype=np.float32)
    found = fitted(context_of(model), name_prior=0.0)
    support = replace(SUPPORT, classes=("Nothing", *SUPPORT.classes))
    found._head = found._new_head().fit_vectors(  # centred, which a tuned encoder is not by itself
        found.tuned_encoder.encode(support.items), support.codes, support.classes
    )
    found._head._center = found._head.state["center"] = mean
    found._classes = support.classes
    return found


@pytest.fixture(scope="module")
def finetuned(tunable):
    """A layer trained together with the encoder instead of a head fitted afterwards; one class without an example."""
    support = replace(SUPPORT, classes=("Nothing", *SUPPORT.classes))
    return fitted(context_of(tunable), "finetune", support, name_prior=0.0)


@pytest.fixture(scope="module", params=["prompted", "finetuned"])
def each(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def exported(method, tmp_path_factory):
    return export_folder(method, tmp_path_factory.mktemp("exported") / "support-mail", FACTS)


@pytest.fixture
def copied(exported, tmp_path):
    """An export of one's own, to damage."""
    import shutil

    return Path(shutil.copytree(exported, tmp_path / "copied"))


def run_snippet(folder, place, without=("fsl_core",)):
    """The snippet of README.md in a fresh process without the project; what it printed, and its probabilities."""
    (snippet,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    assert 'Path(".")' in snippet and '["Write a text of your own here."]' in snippet
    code = snippet.replace('Path(".")', f"Path({str(folder)!r})")
    code = code.replace('["Write a text of your own here."]', repr(TEXTS)) + 'np.save("answers.npy", probabilities)\n'
    code += f"import sys\nassert not {set(without)!r} & set(sys.modules)\n"
    (place / "snippet.py").write_text(code, encoding="utf-8")
    around = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "snippet.py"], cwd=place, env=around, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), np.load(place / "answers.npy")


def assert_answers(method, printed, answers):
    wanted = method.predict_proba(TEXTS)
    np.testing.assert_allclose(answers, wanted, atol=1e-5)
    assert len(printed) == len(TEXTS)
    for line, text, row in zip(printed, TEXTS, wanted, strict=True):
        assert line.startswith(method.classes[row.argmax()] + " (") and line.endswith("%): " + text)


# -- the folder ------------------------------------------------------------------------------------


def test_the_snippet_of_the_card_answers_as_the_method_does_in_a_process_without_the_app(each, tmp_path):
    folder = export_folder(each, tmp_path / "model", FACTS)
    assert_answers(each, *run_snippet(folder, tmp_path))


def test_the_snippet_has_about_ten_lines(exported):
    (snippet,) = re.findall(r"```python\n(.*?)```", (exported / "README.md").read_text("utf-8"), re.DOTALL)
    code = [line for line in snippet.splitlines() if line and not line.startswith(("import ", "from "))]
    assert len(code) <= 10


def test_the_export_is_safetensors_json_and_text_and_holds_no_vector_of_an_example(exported):
    files = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert {"README.md", "labels.json", "metrics.json", "head.safetensors", "model.safetensors"} <= files
    assert {"modules.json", "config.json", "tokenizer.json", "handful/method.json", "trained_on.json"} <= files
    assert {Path(name).suffix for name in files} <= {".json", ".safetensors", ".md", ".txt"}
    state = load_file(exported / "handful" / "head" / "state.safetensors")
    assert state["support"].shape == (0, 32) and state["support_codes"].shape == (0,)
    assert set(load_file(exported / "head.safetensors")) == {"weight", "bias", "center"}


def test_labels_and_metrics_are_plain_json(method, exported):
    assert json.loads((exported / "labels.json").read_text("utf-8")) == list(method.classes)
    metrics = json.loads((exported / "metrics.json").read_text("utf-8"))
    assert metrics == {"measured": FACTS.measured, "verdict": VERDICT}
    assert json.loads((exported / "trained_on.json").read_text("utf-8")) == ["a", "b"]


def test_the_head_that_is_exported_is_the_formula_of_the_card(prompted):
    head = linear_head(prompted)
    assert head.bias[0] == -np.inf and head.center[0] == np.float32(0.05)
    x = ops.unit(prompted.tuned_encoder.encode(TEXTS))
    z = (x - 0.05) / np.linalg.norm(x - 0.05, axis=1, keepdims=True)
    weights = np.exp(z @ head.weight.T + head.bias)
    np.testing.assert_allclose(prompted.predict_proba(TEXTS), weights / weights.sum(1, keepdims=True), atol=1e-5)


def test_a_folder_with_something_in_it_is_left_alone(method, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ExportError, match="something in"):
        export_folder(method, tmp_path, FACTS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(method, tmp_path):
    (tmp_path / "empty").mkdir()
    assert (export_folder(method, tmp_path / "empty", FACTS) / "README.md").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_when_the_disk_is_full_the_person_is_told_and_nothing_half_written_stays(method, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, limits[1]))  # what a full disk does to a write, after 2 kB
    try:
        with pytest.raises(ExportError, match="could not be written"):
            export_folder(method, tmp_path / "model", FACTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_method_that_was_not_fitted_cannot_be_exported(tuning_context, tmp_path):
    method = registry.create_method("contrastive", {}, tuning_context)
    for write in (
        lambda: export_folder(method, tmp_path / "a", FACTS),
        lambda: export_onnx(method, tmp_path / "b", FACTS),
    ):
        with pytest.raises(NotFittedError):
            write()
    assert list(tmp_path.iterdir()) == []


def test_a_head_that_is_no_matrix_is_refused_by_name(method, tuning_context, tmp_path):
    class Nearest(Contrastive):
        head_name = "prototype"

    nearest = Nearest(method.config, tuning_context).fit(SUPPORT)
    with pytest.raises(ExportError, match="not one matrix"):
        export_folder(nearest, tmp_path / "model", FACTS)
    # Arrays of the right names that mean something else are noticed too.
    nearest._head.state |= {"weight": np.zeros((3, 32), np.float32), "bias": np.zeros(3, np.float32)}
    with pytest.raises(ExportError, match="not one matrix"):
        linear_head(nearest)


# -- the card --------------------------------------------------------------------------------------


def card_of(method, folder, facts):
    from huggingface_hub import ModelCard

    return ModelCard.load(export_folder(method, folder, facts) / "README.md")


def test_the_card_has_the_data_that_the_hub_reads(method, tmp_path):
    data = card_of(method, tmp_path / "model", FACTS).data
    assert data.library_name == "sentence-transformers" and data.pipeline_tag == "text-classification"
    assert data.base_model == "someone/tiny-encoder" and data.language == ["en", "no"]
    assert "few-shot" in data.tags and data.license is None


def test_the_card_says_how_it_was_trained_how_good_it_is_and_whether_tuning_won(method, tmp_path):
    text = card_of(method, tmp_path / "model", FACTS).text
    assert "| Refund | Wants money \\| back soon | 3 |" in text
    assert "Contrastive tuning (Khosla" in text and "`batch_size` 6" in text and "`epochs` 4" in text
    assert f"| Steps | {len(method.trace.loss)} |" in text and f"{method.trace.loss[-1]:.4g} at last" in text
    assert "| A random sample labelled afterwards | 75.0 % (61.2 to 85.1) | 70.0 % (61.2 to 85.1) | 48 |" in text
    assert "Tuning beat the frozen head" in text and "+25.0 points (95 % interval +10.0 to +38.0, n = 48)" in text
    assert "reads the first 32 tokens" in text and "yours to choose" in text


def test_the_card_says_when_tuning_lost_and_when_nothing_is_known(method, tmp_path):
    lost = card_of(method, tmp_path / "lost", replace(FACTS, verdict={**VERDICT, "keep": False})).text
    assert "Tuning did not beat the frozen head" in lost
    few = {"accuracy": {**MEASURE, "n": 4, "enough": False}, "n": 4}
    assert "| not enough to say | not recorded | 4 |" in card_of(
        method, tmp_path / "few", Facts("Few", measured={"Few": few})
    ).text.replace("| Few ", "")
    bare = card_of(method, tmp_path / "bare", Facts("Bare"))
    assert "was not measured" in bare.text and "was not compared" in bare.text
    assert bare.data.base_model is None and bare.data.language is None


def test_words_of_a_person_cannot_break_the_card(method, tmp_path):
    title = "---\n# <script>a|b</script> ```python"
    card = card_of(method, tmp_path / "model", replace(FACTS, title=title, descriptions={"Login": "a\n```\n| x |"}))
    assert card.data.pipeline_tag == "text-classification"
    assert card.text.count("```") == 4 and "<script>" not in card.text.replace("\\<script", "")
    rows = [line for line in card.text.splitlines() if line.startswith("| Login")]
    assert len(rows) == 1 and len(re.findall(r"(?<!\\)\|", rows[0])) == 4


def test_the_base_of_a_folder_tells_no_path(tmp_path):
    (tmp_path / "mine").mkdir()
    assert base_of("sentence-transformers", {"model": str(tmp_path / "mine")}) == ("mine", "")
    assert base_of("sentence-transformers", {"model": "intfloat/e5"}) == ("intfloat/e5", "intfloat/e5")
    assert base_of("sentence-transformers", {"model": "tuned:p1-j2"}) == ("tuned:p1-j2", "")
    assert base_of("minilm", {})[1] == "sentence-transformers/all-MiniLM-L6-v2"


# -- back into Handful -----------------------------------------------------------------------------


def test_what_was_exported_loads_back_with_the_same_answers_whatever_the_encoder_of_the_context(
    method, exported, words, tuning_context
):
    for encoder in (tuning_context.encoder, words, None):
        back = load_export(exported, replace(tuning_context, encoder=encoder))
        assert back.classes == method.classes and back.config == method.config
        np.testing.assert_allclose(back.predict_proba(TEXTS), method.predict_proba(TEXTS), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "settings"),
    [(name, {}) for name, kind in registry.methods().items() if kind.info.trains]
    + [("lora", {"target": "classifier"})],
)
def test_every_method_that_trains_comes_back(tuning_context, tmp_path, name, settings):
    method = fitted(tuning_context, name, **settings)
    vectors, wanted = method.tuned_encoder.encode(TEXTS), method.predict_proba(TEXTS)
    np.testing.assert_allclose(linear_head(method)(vectors), wanted, atol=1e-5)
    back = load_export(export_folder(method, tmp_path / "model", FACTS), tuning_context)
    np.testing.assert_allclose(back.predict_proba(TEXTS), wanted, atol=1e-6)


def test_a_classifier_of_the_transformers_own_is_refused_by_name(tuning_context, tmp_path):
    method = fitted(tuning_context, "finetune", reads="transformer")
    with pytest.raises(ExportError, match="head of 'Fine-tuning' is not one matrix") as caught:
        export_folder(method, tmp_path / "model", FACTS)
    assert "reads 'sentence'" in caught.value.hint


def test_an_export_of_an_export_is_the_same_model(exported, tuning_context, tmp_path):
    again = export_folder(load_export(exported, tuning_context), tmp_path / "again", FACTS)
    for name in ("model.safetensors", "head.safetensors"):
        first, second = load_file(exported / name), load_file(again / name)
        assert first.keys() == second.keys() and all(np.array_equal(first[key], second[key]) for key in first)


def test_the_exported_folder_serves_as_the_encoder_of_a_project(method, exported):
    encoder = registry.create_encoder("sentence-transformers", {"model": str(exported)})
    np.testing.assert_allclose(ops.unit(encoder.encode(TEXTS)), method.tuned_encoder.encode(TEXTS), atol=1e-5)
    head = registry.create_method("logistic", {}, Context(encoder=encoder, class_texts=CLASS_TEXTS)).fit(SUPPORT)
    np.testing.assert_allclose(head.predict_proba(TEXTS), method.predict_proba(TEXTS), atol=1e-3)


def test_a_folder_that_is_no_export_is_refused(tmp_path, tuning_context):
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DataError, match=r"handful/method\.json is missing"):
            load_export(folder, tuning_context)


@pytest.mark.parametrize("name", ["modules.json", "handful/head"])
def test_a_missing_part_is_named(copied, tuning_context, name):
    (copied / name).rename(copied / "elsewhere")
    with pytest.raises(DataError, match=f"{name} is missing"):
        load_export(copied, tuning_context)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_an_encoder_that_is_not_whole_is_refused(copied, tuning_context, name):
    (copied / name).unlink()
    with pytest.raises(MissingBackend, match="cannot be loaded"):
        load_export(copied, tuning_context)


@pytest.mark.parametrize("name", ["evil.pkl", "1_Pooling/pytorch_model.bin", "handful/head/state.pt"])
def test_a_pickle_anywhere_is_refused(copied, tuning_context, name):
    (copied / name).write_bytes(b"\x80\x04.")
    with pytest.raises(MissingBackend, match="holds a pickle"):
        load_export(copied, tuning_context)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("handful/method.json", b"{"),
        ("handful/method.json", b"[]"),
        ("handful/method.json", b'{"method": "contrastive"}'),
        ("handful/method.json", b'{"method": "logistic", "config": {}, "classes": ["a", "b"]}'),
        ("handful/method.json", b'{"method": "no such", "config": {}, "classes": ["a", "b"]}'),
        ("handful/method.json", b'{"method": "contrastive", "config": {"epochs": "many"}, "classes": ["a", "b"]}'),
        ("handful/method.json", b'{"method": "contrastive", "config": {}, "classes": ["a", "b"], "encoder": ""}'),
        ("handful/head/method.json", b"\xff"),
        ("handful/head/state.safetensors", b"not safe"),
    ],
)
def test_a_damaged_file_is_an_error_with_a_way_out(copied, tuning_context, name, content):
    (copied / name).write_bytes(content)
    with pytest.raises(FslError) as caught:
        load_export(copied, tuning_context)
    assert isinstance(caught.value, (DataError, ConfigError)) and caught.value.hint


@pytest.mark.parametrize("shape", [(3, 31), (2, 32), (3, 32, 1)])
def test_a_head_that_does_not_fit_the_encoder_or_the_classes_is_refused(copied, tuning_context, shape):
    file = copied / "handful" / "head" / "state.safetensors"
    save_file(load_file(file) | {"weight": np.zeros(shape, dtype=np.float32)}, file)
    with pytest.raises(DataError, match="do not fit 3 classes and vectors of length 32"):
        load_export(copied, tuning_context)


# -- ONNX ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def onnx(prompted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("onnx") / "onnx"
    return prompted, folder, export_onnx(prompted, folder, FACTS)


def test_the_onnx_snippet_answers_as_the_method_does_in_a_process_without_torch(onnx, tmp_path):
    method, folder, difference = onnx
    assert 0.0 <= difference <= 1e-4
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "labels.json",
        "model.onnx",
        "tokenizer.json",
    ]
    assert_answers(method, *run_snippet(folder, tmp_path, without=("fsl_core", "torch", "transformers")))


def test_the_graph_takes_any_number_of_texts_of_any_length_and_gives_vectors_too(onnx):
    import onnxruntime
    from tokenizers import Tokenizer

    method, folder, _ = onnx
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    assert {entry.name: entry.shape for entry in session.get_inputs()} == {
        "input_ids": ["batch", "length"],
        "attention_mask": ["batch", "length"],
    }
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    prompt = method._backbone.model.prompts.get("document") or ""
    for texts in (["refund"], TEXTS, ["late parcel"] * 9):
        found = tokenizer.encode_batch([prompt + text for text in texts])
        inputs = {"input_ids": [one.ids for one in found], "attention_mask": [one.attention_mask for one in found]}
        _, vectors = session.run(None, {name: np.array(rows, dtype=np.int64) for name, rows in inputs.items()})
        np.testing.assert_allclose(vectors, method.tuned_encoder.encode(texts), atol=1e-5)


def test_a_file_that_answers_otherwise_is_noticed(onnx):
    method, folder, _ = onnx
    head = linear_head(method)
    other = replace(head, weight=head.weight + np.float32(0.05) * np.sign(head.weight))
    with pytest.raises(ExportError, match="'probabilities' differs by up to"):
        _checked(folder, backbone_of(method), other, TEXTS)


def test_an_encoder_that_the_exporter_cannot_follow_is_an_error_with_a_way_out(exported, tuning_context, tmp_path):
    import torch

    class Odd(torch.nn.Module):
        def forward(self, features):
            if float(features["sentence_embedding"].sum()) > 0:  # depends on the numbers, so no graph shows it
                features["sentence_embedding"] = -features["sentence_embedding"]
            return features

    method = load_export(exported, tuning_context)
    method._backbone.model.append(Odd())
    with pytest.raises(ExportError, match="BertModel cannot be written as ONNX") as caught:
        export_onnx(method, tmp_path / "onnx", FACTS)
    assert "sentence-transformers folder" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


# -- the zip ---------------------------------------------------------------------------------------


def test_the_zip_unpacks_to_the_same_folder_and_is_the_same_bytes_each_time(exported, tuning_context, method, tmp_path):
    first, second = (zip_export(exported, tmp_path / name) for name in ("a.zip", "b.zip"))
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [exported.name]
    back = load_export(tmp_path / "out" / exported.name, tuning_context)
    np.testing.assert_array_equal(back.predict_proba(TEXTS), method.predict_proba(TEXTS))


def test_a_zip_in_the_folder_that_it_packs_does_not_pack_itself(copied):
    file = zip_export(copied, copied / "all.zip")
    with zipfile.ZipFile(zip_export(copied, file)) as archive:
        assert "copied/README.md" in archive.namelist() and "copied/all.zip" not in archive.namelist()


def test_packing_never_holds_the_weights_in_memory(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_bytes(bytes(40 * 2**20))
    tracemalloc.start()
    try:
        zip_export(tmp_path / "model", tmp_path / "model.zip")
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    assert (tmp_path / "model.zip").stat().st_size > 40 * 2**20


def test_a_zip_that_is_stopped_or_finds_no_room_leaves_what_was_there(exported, tmp_path):
    file = tmp_path / "model.zip"
    file.write_bytes(b"before")

    def stop(fraction: float, message: str) -> None:
        if fraction > 0:
            raise Cancelled()

    with pytest.raises(Cancelled):
        zip_export(exported, file, stop)
    with pytest.raises(ExportError, match="could not be written"):
        zip_export(exported, tmp_path / "absent" / "model.zip")
    assert file.read_bytes() == b"before" and list(tmp_path.iterdir()) == [file]
