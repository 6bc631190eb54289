"""The model in use outside of Handful: every method, one label or several, answers as the app does."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fsl_core import registry
from fsl_core.base.errors import FslError
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import VectorMethod
from fsl_core.data.store import NewItem, Store
from fsl_core.learning.model_exporting import export_in_use, in_use, obstacle
from fsl_core.learning.model_exporting.standalone.model import Model
from fsl_core.models import chosen
from fsl_core.workspace import Workspace
from tests.leaving import assert_same, bare
from tests.leaving import away_home as away_home
from tests.leaving import away_store as away_store

LIVE = list(registry.live_methods())
CLASSES = ("Delivery", "Refund", "Login")
TEXTS = [f"where is parcel number {i}, it is late" for i in range(12)]
TEXTS += [f"please give me the money for order {i} back" for i in range(9)]
TEXTS += [f"I forgot my password {i} and cannot log in" for i in range(7)]
GIVEN = ["Delivery"] * 12 + ["Refund"] * 9 + ["Login"] * 7
NEW = ["my parcel is late and I want my money back", "password", "zzz qqq 退款 😀", "the weather in Rome is fine today"]
SEVERAL = pytest.mark.parametrize("several", [False, True], ids=["one", "several"])


def opened(store: Store, several: bool, n_labeled: int = len(TEXTS), **settings: Any) -> Workspace:
    """A project of texts whose first labels are there; every third has two of them where an item may."""
    wanted = {"encoder": {"name": "char-ngram", "settings": {"dimensions": "512"}}, "multi_label": several, **settings}
    made = store.projects.create("Support mail", classes=CLASSES, settings=wanted)
    order = np.random.default_rng(0).permutation(len(TEXTS))
    rows = []
    for place, i in enumerate(order):
        label: Any = GIVEN[i]
        if several and place % 3 == 0:
            label = tuple(sorted({GIVEN[i], CLASSES[place % 2]}))
        rows.append(NewItem(text=TEXTS[i], label=label if place < n_labeled else None))
    store.items.add(made.id, rows, author="ada")
    workspace = Workspace(store, made.id, chosen.encoder_of(store.projects.get(made.id)))
    workspace.sync()
    workspace.encode()
    return workspace


def exported(workspace: Workspace, method: str, folder: Path) -> tuple[Any, Model]:
    """The snapshot in the app, and the model that was written and read again."""
    snapshot = workspace.snapshot(method, dict(registry.get_method(method).info.fast))
    return snapshot, Model.load(export_in_use(workspace.in_use(snapshot), folder))


@SEVERAL
@pytest.mark.parametrize("method", LIVE)
def test_every_method_answers_outside_as_it_does_here(
    away_store: Store, away_home: Path, method: str, several: bool
) -> None:
    workspace = opened(away_store, several)
    snapshot, model = exported(workspace, method, away_home / "out")
    assert model.several is several and model.unsure_below == workspace.standing(snapshot).unsure_below
    assert model.facts["near"] is not None and not (away_home / "out" / "encoder").exists()
    assert_same(workspace, snapshot, model, NEW)


@pytest.mark.parametrize("method", ["prototype", "tip-adapter", "logistic", "lp-plus", "ridge", "knn"])
def test_classes_that_have_neither_example_nor_name_are_never_chosen_outside_either(
    away_store: Store, away_home: Path, method: str
) -> None:
    workspace = opened(away_store, False)
    away_store.classes.add(workspace.project_id, "Nothing")
    workspace.sync()
    snapshot = workspace.snapshot(method, {"name_prior": 0.0})
    model = Model.load(export_in_use(workspace.in_use(snapshot), away_home / "out"))
    assert_same(workspace, snapshot, model, NEW)
    if method != "knn":  # which gives every class the vote of an example at right angles
        assert {one.probabilities["Nothing"] for one in model.answers(NEW)} == {0.0}


def test_before_the_first_label_the_names_answer_and_nothing_is_said_to_be_new(
    away_store: Store, away_home: Path
) -> None:
    workspace = opened(away_store, False, n_labeled=0)
    snapshot, model = exported(workspace, "prototype", away_home / "out")
    assert_same(workspace, snapshot, model, NEW)
    card = (away_home / "out" / "README.md").read_text("utf-8")
    assert "It was not measured" in card and "the vectors of all items of the project" in card


# -- a bare interpreter ----------------------------------------------------------------------------


HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "pandas", "streamlit", "pydantic")


@SEVERAL
def test_a_bare_interpreter_writes_the_same_answers_from_csv_to_csv(
    away_store: Store, away_home: Path, several: bool
) -> None:
    import csv

    workspace = opened(away_store, several)
    snapshot, _model = exported(workspace, "logistic", away_home / "out")
    source = away_home / "in.csv"
    with source.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "text", "note"])
        writer.writerows([[i, text, "a,\nb"] for i, text in enumerate([*workspace.texts, *NEW])])
    done = bare(away_home / "out", away_home / "empty", str(source), "-o", str(away_home / "said.csv"), without=HEAVY)
    assert done.returncode == 0, done.stderr
    assert "rows of 'text'" in done.stderr and not list((away_home / "empty").iterdir())
    with (away_home / "said.csv").open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.DictReader(held))
    assert list(rows[0]) == ["id", "text", "note", "prediction", "probability", "second", "unsure", "none_of_these"]
    assert [row["note"] for row in rows] == ["a,\nb"] * len(rows)
    standing = workspace.standing(snapshot)
    for i, row in enumerate(rows[: len(workspace.ids)]):
        members = standing.sets[i] if standing.sets is not None else np.arange(3) == standing.predicted[i]
        named = [snapshot.classes[c] for c in np.flatnonzero(members)]
        assert (json.loads(row["prediction"]) if several else [row["prediction"]]) == named
        assert abs(float(row["probability"]) - standing.confidence[i]) < 1e-4
        assert (row["unsure"], row["none_of_these"]) == tuple(
            "true" if one else "false" for one in (standing.unsure[i], standing.new[i])
        )


def test_the_built_in_encoder_leaves_as_onnx_and_needs_no_torch(away_store: Store, away_home: Path) -> None:
    workspace = opened(away_store, False, encoder={"name": "minilm"})
    snapshot, model = exported(workspace, "prototype", away_home / "out")
    assert model.facts["encoder"]["reader"] == "onnx"
    assert_same(workspace, snapshot, model, [*NEW, "word " * 400])
    wanted = (away_home / "out" / "requirements.txt").read_text("utf-8")
    assert "torch" not in wanted and f"onnxruntime=={version('onnxruntime')}" in wanted
    card = (away_home / "out" / "README.md").read_text("utf-8")
    assert "Apache-2.0" in card and "all-MiniLM-L6-v2" in card and workspace.in_use(snapshot).about.fingerprint in card
    (away_home / "in.jsonl").write_text(json.dumps({"text": NEW[0]}) + "\n", encoding="utf-8")
    done = bare(
        away_home / "out",
        away_home / "empty",
        str(away_home / "in.jsonl"),
        "-o",
        str(away_home / "said.jsonl"),
        without=HEAVY,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads((away_home / "said.jsonl").read_text("utf-8"))
    assert said["prediction"] == model.answers(NEW[:1])[0].nearest


@pytest.mark.parametrize(("prompts", "several"), [({}, True), ({"document": "passage : "}, False)])
def test_a_tuned_or_foreign_sentence_model_leaves_as_onnx(
    away_store: Store, away_home: Path, prompts: dict[str, str], several: bool
) -> None:
    from tests.tiny_models import tiny_sentence_model

    folder = tiny_sentence_model(away_home / "tiny", pooling="mean", prompts=prompts, dim=32)
    workspace = opened(
        away_store, several, encoder={"name": "sentence-transformers", "settings": {"model": str(folder)}}
    )
    snapshot, model = exported(workspace, "logistic", away_home / "out")
    assert model.facts["encoder"]["reader"] == "onnx"
    assert model.facts["encoder"]["values"]["prompt"] == prompts.get("document", "")
    assert_same(workspace, snapshot, model, NEW)
    assert str(away_home) not in (away_home / "out" / "README.md").read_text("utf-8")


def test_a_sentence_model_that_cannot_be_onnx_leaves_as_its_folder_and_asks_for_torch_without_cuda(
    away_store: Store, away_home: Path
) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    from tests.tiny_models import tiny_tokenizer

    words = tiny_tokenizer(away_home / "tokens").backend_tokenizer
    SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=16)], device="cpu").save_pretrained(
        str(away_home / "static"), create_model_card=False
    )
    choice = {"name": "sentence-transformers", "settings": {"model": str(away_home / "static")}}
    workspace = opened(away_store, False, encoder=choice)
    snapshot, model = exported(workspace, "ridge", away_home / "out")
    assert model.facts["encoder"]["reader"] == "sentence-transformers"
    assert_same(workspace, snapshot, model, NEW)
    lines = (away_home / "out" / "requirements.txt").read_text("utf-8").splitlines()
    assert lines[1].startswith("--extra-index-url") and lines[1].endswith("/whl/cpu")
    assert any(line.startswith("torch==") and "+" not in line for line in lines)


@pytest.mark.parametrize("encoder", ["e5", "mpnet", "pair"])
def test_encoders_of_the_shelf_leave_with_the_licence_of_the_catalogue(
    away_store: Store, away_home: Path, monkeypatch: pytest.MonkeyPatch, encoder: str
) -> None:
    from fsl_core.models.encoders import e5
    from tests.tiny_models import tiny_sentence_model

    for name in ("e5", "mpnet"):  # tiny ones stand in their places
        tiny_sentence_model(away_home / "shelf" / name, dim=32)
        (away_home / "shelf" / name / "shelf.json").write_text('{"files": {}}', "utf-8")
        (away_home / "shelf" / name / "sentence_bert_config.json").write_text('{"max_seq_length": 64}', "utf-8")
    monkeypatch.setenv("HANDFUL_MODELS", str(away_home / "shelf"))
    for name, value in {"HEADS": 2, "DIM": 32}.items():
        monkeypatch.setattr(e5, name, value)
    monkeypatch.setattr("fsl_core.models.encoders.mpnet.DIM", 32)
    monkeypatch.setattr("fsl_core.base.device.has_bfloat16", lambda: False)  # as exact as outside
    settings = {"first": "mpnet"} if encoder == "pair" else {}
    workspace = opened(away_store, False, encoder={"name": encoder, "settings": settings})
    snapshot, model = exported(workspace, "logistic", away_home / "out")
    assert_same(workspace, snapshot, model, NEW)
    card = (away_home / "out" / "README.md").read_text("utf-8")
    assert "Of the encoder: " + {"e5": "MIT", "mpnet": "Apache-2.0", "pair": "Apache-2.0, MIT"}[encoder] in card
    assert "onnxruntime==" in (away_home / "out" / "requirements.txt").read_text("utf-8")


def test_a_model_that_was_tuned_here_leaves_with_several_labels_too(
    away_store: Store, away_home: Path, tuning_context: Any
) -> None:
    from fsl_core.models.backends import tuned_models
    from tests.engine_fixtures import SUPPORT

    tuned = registry.create_method("contrastive", registry.get_method("contrastive").info.fast, tuning_context)
    tuned_models.keep("p1-j1", tuned.fit(SUPPORT).save, [])
    choice = {"name": "sentence-transformers", "settings": {"model": "tuned:p1-j1"}}
    workspace = opened(away_store, True, encoder=choice)
    snapshot, model = exported(workspace, "prototype", away_home / "out")
    assert_same(workspace, snapshot, model, NEW)
    card = (away_home / "out" / "README.md").read_text("utf-8")
    assert "tuned here from folder-" in card and str(away_home) not in card


# -- what cannot leave -----------------------------------------------------------------------------


def test_what_cannot_leave_is_said_with_what_can() -> None:
    server = registry.create_encoder("openai-compatible", {"base_url": "http://127.0.0.1:9/v1", "model": "m"})
    problem = obstacle(registry.get_method("knn"), server)
    assert problem is not None and "cannot be taken along" in problem.message
    assert "MiniLM" in problem.hint and server.info.title not in problem.hint
    asking = obstacle(registry.get_method("label-scores"), registry.create_encoder("char-ngram"))
    assert asking is not None and "Logistic head" in asking.hint
    assert all(
        obstacle(kind, registry.create_encoder("char-ngram")) is None for kind in registry.live_methods().values()
    )


def test_a_method_or_an_encoder_of_somebody_else_that_says_nothing_of_it_cannot_leave(words: Encoder[Any]) -> None:
    from fsl_core.learning.methods.prototype import Prototype

    class Silent(Prototype):
        _portable = VectorMethod._portable

    assert not words.can_leave and not in_use.leaves(Silent) and in_use.leaves(Prototype)


def test_the_export_says_so_too_before_anything_is_written(away_store: Store, away_home: Path) -> None:
    workspace = opened(away_store, False)
    snapshot = workspace.snapshot("prototype")
    workspace.encoder.encoder.__class__ = type(
        "Server", (type(workspace.encoder.encoder),), {"portable": Encoder.portable}
    )
    with pytest.raises(FslError, match="cannot leave"):
        workspace.in_use(snapshot)


def test_the_libraries_for_serving_are_those_that_were_tested() -> None:
    assert in_use.SERVING == tuple(f"{name}=={version(name)}" for name in ("fastapi", "uvicorn"))


def test_the_fingerprint_of_the_data_knows_labels_and_no_order(away_store: Store, away_home: Path) -> None:
    from fsl_core.workspace.leaving import fingerprint

    first, second = opened(away_store, False), opened(away_store, False)
    assert fingerprint(first) == fingerprint(second)
    item = int(first.ids[0])
    code = first.classes[1 - first.label_codes()[0] % 2].id
    away_store.journal.label(first.project_id, [item], code)
    first.sync()
    assert fingerprint(first) != fingerprint(second)
