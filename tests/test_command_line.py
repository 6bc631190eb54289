"""``python -m fsl_core meta-train`` on small data made here: texts and pictures, going on, errors that help."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsl_core import __main__ as command
from fsl_core import registry
from fsl_core.learning.meta import files
from fsl_core.models import chosen
from fsl_core.models.backends.backbone import Conv4, Projection

ROOT = Path(__file__).resolve().parents[1]
WORDS = ("parcel", "refund", "password", "invoice", "camera")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / "home"))
    chosen._cache.cache_clear()
    yield
    chosen._cache.cache_clear()


def table(file: Path, columns=("text", "label")) -> Path:
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(columns)
        writer.writerows([f"{word} {end}", word] for word in WORDS for end in ("is late", "came", "please"))
        writer.writerow(["only once", "alone"])
    return file


def pictures(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        (folder / name).mkdir(parents=True)
        for number in range(4):
            ink = (rng.random((30, 30)) < 0.1) * 255
            Image.fromarray((255 - ink).astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


def test_texts_become_a_projection_that_says_what_it_was_trained_on(tmp_path):
    out = tmp_path / "model.safetensors"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [
            sys.executable, "-m", "fsl_core", "meta-train", "--data", table(tmp_path / "intents.csv"), "--learner",
            "protonet", "--out", out, "--encoder", "char-ngram", "--steps", "5", "--n-way", "4",
        ],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "5 classes; protonet, 4 ways, 1 shots" in done.stdout and "step 5 of 5" in done.stdout
    model = files.load(out)
    assert isinstance(model.backbone, Projection) and model.learner.name == "protonet"
    assert model.facts["encoder"] == registry.create_encoder("char-ngram").key
    assert model.facts["classes trained on"] == sorted(WORDS)  # the class with one example is no task


def test_pictures_become_a_network_and_an_interrupted_training_goes_on(tmp_path, capsys, monkeypatch):
    folder, state = pictures(tmp_path / "drawn"), tmp_path / "state.safetensors"
    common = ["meta-train", "--data", str(folder), "--learner", "protonet", "--n-way", "3", "--n-query", "2"]

    def run(out: str, *more: str) -> int:
        return command.main([*common, "--steps", "4", "--out", str(tmp_path / out), *more])

    assert run("whole") == 0
    steps = []

    def interrupt(line: str) -> None:
        steps.append(line)
        if line.startswith("step 1 "):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(command, "_say", interrupt)
        patched.setattr("fsl_core.learning.meta.training.WATCH_SECONDS", 0.0)
        assert run("stopped", "--checkpoint", str(state)) == 130
    assert not (tmp_path / "stopped").exists() and state.exists()
    assert "--checkpoint" in capsys.readouterr().err
    assert run("rest", "--checkpoint", str(state)) == 0
    whole, rest = files.load(tmp_path / "whole"), files.load(tmp_path / "rest")
    assert isinstance(rest.backbone, Conv4) and rest.facts["classes trained on"] == ["a", "b", "c"]
    for name, value in whole.params.items():
        assert np.allclose(value, rest.params[name], atol=1e-6), name


def test_rotations_make_each_class_four(tmp_path, capsys):
    folder = pictures(tmp_path / "drawn")
    asked = ["meta-train", "--data", str(folder), "--learner", "protonet", "--out", str(tmp_path / "x")]
    assert command.main([*asked, "--steps", "1", "--rotations"]) == 0
    assert "12 classes" in capsys.readouterr().out


@pytest.mark.parametrize("learner", ["reptile", "anil"])
def test_learners_begin_with_the_settings_measured_for_vectors(tmp_path, learner):
    out = tmp_path / "model"
    asked = ["meta-train", "--data", str(table(tmp_path / "t.csv")), "--learner", learner, "--out", str(out)]
    assert command.main([*asked, "--encoder", "char-ngram", "--steps", "2"]) == 0
    from fsl_core.learning.meta import recipes

    model = files.load(out)
    assert model.facts["training"]["lr"] == recipes.training(learner)["lr"]
    assert recipes.settings(learner).items() <= model.learner.config.model_dump().items()


def test_errors_say_what_to_do(tmp_path, capsys):
    asked = ["meta-train", "--learner", "protonet", "--out", str(tmp_path / "x"), "--data"]
    assert command.main([*asked, str(tmp_path / "no.csv")]) == 1
    assert "Check the path" in capsys.readouterr().err
    assert command.main([*asked, str(table(tmp_path / "bad.csv", ("body", "label")))]) == 1
    assert "body, label; text and label are needed" in capsys.readouterr().err
    assert command.main([*asked, str(table(tmp_path / "t.csv")), str(pictures(tmp_path / "p"))]) == 1
    assert "cannot be trained on together" in capsys.readouterr().err
    assert command.main([*asked, str(tmp_path / "t.csv"), "--steps", "0"]) == 1
    assert "'steps' is 0" in capsys.readouterr().err
