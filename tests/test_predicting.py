"""Files of any size through an exported model: every kind, resumed after a kill, a batch at a time; and the service."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsl_core import __main__ as command
from fsl_core.base.errors import DataError
from fsl_core.learning.model_exporting import export_in_use, opening, zip_export
from fsl_core.learning.model_exporting.standalone import tables
from fsl_core.learning.model_exporting.standalone.model import Model
from fsl_core.learning.model_exporting.standalone.predicting import BATCH, NAMES, Options, predict
from fsl_core.learning.model_exporting.standalone.problem import ModelError
from tests.test_model_in_use import TEXTS, opened

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of a small model of texts."""
    from fsl_core.data.store import Store
    from fsl_core.models import chosen

    place = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch, Store(f"sqlite:///{place}/s.db") as store:
        patch.setenv("HANDFUL_HOME", str(place / "home"))
        workspace = opened(store, False)
        made = export_in_use(workspace.in_use(workspace.snapshot("logistic")), place / "out")
        chosen._cache.cache_clear()
    return made


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / "home"))


@pytest.fixture
def model(folder: Path) -> Model:
    return Model.load(folder)


def rows_of(file: Path) -> list[dict[str, Any]]:
    """What a file holds, whichever its kind."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as held:
            return list(csv.DictReader(held))
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    if file.suffix == ".parquet":
        return pq.read_table(file).to_pylist()
    head, *rows = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def written(file: Path, texts: list[str]) -> Path:
    """A file with a number, a text and a formula."""
    rows = [{"id": i, "text": text, "note": f"={i}+1"} for i, text in enumerate(texts)]
    if file.suffix == ".csv":
        with file.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, ["id", "text", "note"])
            table.writeheader()
            table.writerows(rows)
    elif file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif file.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), file)
    else:
        book = openpyxl.Workbook()
        book.active.append(["id", "text", "note"])
        for row in rows:
            book.active.append([row["id"], None, None])
            for place, name in ((2, "text"), (3, "note")):  # a text that looks like a formula stays one
                book.active.cell(book.active.max_row, place, row[name]).data_type = "s"
        book.save(file)
    return file


KINDS = ("csv", "jsonl", "xlsx", "parquet")


@pytest.mark.parametrize(("given_kind", "wanted_kind"), list(itertools.product(KINDS, KINDS)))
def test_every_kind_of_file_comes_out_as_every_kind_with_the_same_answers(
    model: Model, tmp_path: Path, given_kind: str, wanted_kind: str
) -> None:
    texts = [*TEXTS[:5], "=1+1 is late", "退款 😀 \u0001 password"]
    if given_kind == "xlsx":  # no workbook can hold that sign
        texts[-1] = texts[-1].replace("\u0001", "")
    source = written(tmp_path / f"in.{given_kind}", texts)
    out = tmp_path / f"out.{wanted_kind}"
    predict(model, source, out)
    rows, said = rows_of(out), model.answers(texts)
    assert list(rows[0]) == ["id", "text", "note", *NAMES] and len(rows) == len(texts)
    assert [str(row["id"]) for row in rows] == [str(i) for i in range(len(texts))]
    assert [str(row["note"]) for row in rows] == [f"={i}+1" for i in range(len(texts))]
    assert [row["prediction"] for row in rows] == [one.nearest for one in said]
    assert [float(row["probability"]) for row in rows] == pytest.approx([one.probability for one in said], abs=1e-6)
    assert [str(row["unsure"]).lower() for row in rows] == [str(one.unsure).lower() for one in said]
    assert not list(tmp_path.glob(".*")), "nothing is left of the way there"


def test_columns_that_have_the_names_of_the_answers_keep_them(model: Model, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("prediction,text,text,prediction_2\na,my parcel,b,c\n", "utf-8")
    predict(model, source, tmp_path / "out.csv")
    head, row = (tmp_path / "out.csv").read_text("utf-8").splitlines()
    assert head.startswith("prediction,text,text,prediction_2,prediction_3,probability,second")
    assert row.startswith("a,my parcel,b,c,Delivery,")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0\ufeff", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_no_cell_of_a_csv_is_lost_or_moved(model: Model, tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows([["text", "a", "b"], *rows])
    (tmp_path / "in.csv").write_text(buffer.getvalue(), "utf-8", newline="")
    predict(model, tmp_path / "in.csv", tmp_path / "out.csv", Options(delimiter=delimiter))
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as held:
        found = list(csv.reader(held, delimiter=delimiter))[1:]
    assert [[*row[:3], *row[8:]] for row in found] == [row + [""] * (3 - len(row)) for row in rows]


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (b"", {}, "is empty"),
        (b"a,b\n1,2\n", {"column": "text"}, "The columns are: a, b"),
        ("text\nna\u00efve\n".encode("cp1252"), {}, "--encoding"),
        (b"text\n1\n", {"encoding": "no-such"}, "no-such"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_left(
    model: Model, tmp_path: Path, content: bytes, options: dict[str, str], says: str
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        predict(model, tmp_path / "in.csv", tmp_path / "out.csv", Options(**options))
    assert says in str(caught.value)
    assert [file.name for file in tmp_path.iterdir() if file.suffix != ""] == ["in.csv"]


def test_a_line_that_is_no_json_is_named(model: Model, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n\n{"text": \n', "utf-8")
    with pytest.raises(ModelError, match="line 3"):
        predict(model, tmp_path / "in.jsonl", tmp_path / "out.jsonl")


def test_an_own_encoding_a_mark_and_a_semicolon_are_kept_in_mind(model: Model, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("name;text\nna\u00efve;my parcel\n".encode("cp1252"))
    assert command.main(["predict", str(model._folder), str(source), "-o", str(tmp_path / "out.csv")]) == 0
    assert (tmp_path / "out.csv").read_text("utf-8").splitlines()[1].startswith("na\u00efve;my parcel;Delivery;")
    source.write_bytes(b"\xef\xbb\xbftext\nmy parcel\n")
    predict(model, source, tmp_path / "marked.csv")
    assert (tmp_path / "marked.csv").read_bytes().startswith(b"\xef\xbb\xbftext,prediction")


def test_an_empty_cell_has_no_answer(model: Model, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": " "}\n{"text": null}\n{"other": 1}\n{"text": "my parcel"}\n', "utf-8")
    predict(model, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [row["prediction"] for row in rows_of(tmp_path / "out.jsonl")] == [None, None, None, "Delivery"]


# -- however large ---------------------------------------------------------------------------------


def long_file(tmp_path: Path, n: int = 6 * BATCH + 17) -> Path:
    return written(tmp_path / "in.csv", [f"{TEXTS[i % len(TEXTS)]} {i}" for i in range(n)])


def test_no_more_than_a_batch_is_held_at_a_time(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, ahead = [], [0]
    real_rows, real_answers = tables.Table.rows, Model.answers

    def rows(self: tables.Table) -> Any:
        for row in real_rows(self):
            ahead[0] += 1
            yield row

    def answers(self: Model, items: Any) -> Any:
        seen.append((len(items), ahead[0]))
        return real_answers(self, items)

    source = long_file(tmp_path)
    monkeypatch.setattr(tables.Table, "rows", rows)
    monkeypatch.setattr(Model, "answers", answers)
    predict(model, source, tmp_path / "out.csv")
    total = 6 * BATCH + 17
    assert max(n for n, _read in seen) == BATCH and sum(n for n, _read in seen) == total
    for turn, (n, read) in enumerate(seen):
        assert read == total + turn * BATCH + n, "rows are read as they are answered, after one counting"


def test_a_killed_run_goes_on_and_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    source, whole, out = long_file(tmp_path), tmp_path / "whole.csv", tmp_path / "out.csv"
    given = [sys.executable, "-m", "fsl_core", "predict", str(folder), str(source), "-o"]
    around = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*given, str(whole)], env=around, check=True, capture_output=True, timeout=300)
    part = tmp_path / ".out.csv.part"
    slow = (
        "import sys, time\nfrom fsl_core.learning.model_exporting.standalone.model import Model\n"
        "real = Model.answers\n"
        "def answers(self, items):\n    time.sleep(0.3)\n    return real(self, items)\nModel.answers = answers\n"
        f"from fsl_core.__main__ import main\nsys.exit(main({given[3:]!r} + [{str(out)!r}]))"
    )
    running = subprocess.Popen([sys.executable, "-c", slow], env=around, stderr=subprocess.DEVNULL, cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not (part.exists() and part.read_bytes().count(b"\n") > 2 * BATCH):
        assert time.monotonic() < deadline and running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not out.exists()
    done_before = part.read_bytes().count(b"\n") - 1
    with part.open("ab") as held:  # as a kill in the middle of a write leaves it
        held.write(b'["Delivery", 0.9')
    again = subprocess.run([*given, str(out)], env=around, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0, again.stderr
    assert f"Going on behind row {done_before // BATCH * BATCH:,}" in again.stderr
    assert out.read_bytes() == whole.read_bytes() and not part.exists()


def test_a_part_of_another_file_or_model_is_not_gone_on_with(model: Model, tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 2 * BATCH:
            raise StopError

    source, out = long_file(tmp_path), tmp_path / "out.csv"
    with pytest.raises(StopError):
        predict(model, source, out, report=stop)
    assert (tmp_path / ".out.csv.part").is_file() and not out.exists()
    written(source, ["something else"] * 3)
    starts = []
    predict(model, source, out, report=lambda done, total: starts.append(done))
    assert starts[0] == 0 and len(rows_of(out)) == 3


def test_the_answers_never_overwrite_their_own_file(model: Model, tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", ["a"])
    with pytest.raises(ModelError, match="another name"):
        predict(model, source, source)


# -- the zip ---------------------------------------------------------------------------------------


@pytest.fixture
def packed(folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(folder, tmp_path / "handful-mail")
    return zip_export(tmp_path / "handful-mail", tmp_path / "model.zip")


def test_the_command_takes_the_zip_and_runs_nothing_of_it(packed: Path, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert {"README.md", "model.json", "model.safetensors", "predict.py", "serve.py", "requirements.txt"} <= names
    assert "handful_model/model.py" in names and not any("__pycache__" in name for name in names)
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, b"raise SystemExit('foreign code')" if name.endswith(".py") else data)
    source = written(tmp_path / "in.csv", TEXTS[:3])
    for place, out in ((evil, "a.csv"), (folder, "b.csv")):
        assert command.main(["predict", str(place), str(source), "-o", str(tmp_path / out)]) == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert not list((tmp_path / "home" / "cache").glob("model-*")), "what was unpacked is gone"


def spoiled(packed: Path, change: dict[str, bytes | None], links: tuple[str, ...] = ()) -> Path:
    """The zip with members replaced, added or (None) left out."""
    out = packed.with_name("spoiled.zip")
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if info.filename not in change:
                target.writestr(info, source.read(info))
        for name, data in change.items():
            if data is not None:
                info = zipfile.ZipInfo(name)
                info.external_attr = (0o120777 if name in links else 0o100644) << 16
                target.writestr(info, data)
    return out


HOSTILE: list[tuple[dict[str, bytes | None], tuple[str, ...], str]] = [
    ({"../outside.txt": b"x"}, (), "which no export has"),
    ({"/etc/outside": b"x"}, (), "which no export has"),
    ({"handful-mail\\encoder\\x": b"x"}, (), "which no export has"),
    ({"handful-mail/encoder/link": b"/etc/passwd"}, ("handful-mail/encoder/link",), "which no export has"),
    ({"handful-mail/encoder/pytorch_model.bin": b"x"}, (), "pickle"),
    ({"handful-mail/model.json": None}, (), "no model.json"),
    ({"handful-mail/model.json": b"{}"}, (), "cannot be read"),
    ({"handful-mail/model.json": b"not json"}, (), "cannot be read"),
    ({"handful-mail/model.safetensors": b"\xff" * 64}, (), "can be read"),
    ({f"handful-mail/encoder/{i}": b"" for i in range(1_200)}, (), "files"),
]


@pytest.mark.parametrize(("change", "links", "says"), HOSTILE)
def test_a_zip_that_is_not_as_it_was_exported_is_refused(
    packed: Path, tmp_path: Path, change: dict[str, bytes | None], links: tuple[str, ...], says: str
) -> None:
    before = {file for file in tmp_path.rglob("*") if "home" not in file.parts}
    spoilt = spoiled(packed, change, links)
    with pytest.raises(DataError, match=says) as caught, opening.opened(spoilt):
        raise AssertionError("it was opened")
    assert caught.value.hint
    assert {file for file in tmp_path.rglob("*") if "home" not in file.parts} == before | {spoilt}


def test_model_facts_that_lead_elsewhere_or_name_strange_rules_are_refused(folder: Path, tmp_path: Path) -> None:
    facts = json.loads((folder / "model.json").read_text("utf-8"))
    for change, says in (
        ({"encoder": facts["encoder"] | {"values": {"file": "../../../etc/passwd"}}}, "elsewhere"),
        ({"heads": [facts["heads"][0] | {"rule": "eval"}]}, "the rule eval"),
        ({"form": 99}, "another version"),
    ):
        place = tmp_path / "changed"
        shutil.copytree(folder, place)
        (place / "model.json").write_text(json.dumps(facts | change), "utf-8")
        with pytest.raises(DataError, match=says), opening.opened(place):
            raise AssertionError("it was opened")
        shutil.rmtree(place)


def test_what_is_no_zip_and_no_folder_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    for name in ("gone.zip", "x.zip"):
        assert (
            command.main(["predict", str(tmp_path / name), str(tmp_path / "in.csv"), "-o", str(tmp_path / "o.csv")])
            == 1
        )
        assert "Handful exported" in capsys.readouterr().err


# -- the service -----------------------------------------------------------------------------------


def ask(port: int, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as found:
            return found.status, json.loads(found.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_service_answers_over_http_without_the_project(folder: Path, model: Model, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    around = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    running = subprocess.Popen(
        [sys.executable, str(folder / "serve.py"), "--port", str(port)],
        cwd=tmp_path, env=around, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while True:
            assert running.poll() is None
            try:
                status, health = ask(port, "/health")
                break
            except (urllib.error.URLError, ConnectionError):
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert (status, health["status"], health["takes"]) == (200, "ok", "texts")
        assert health["classes"] == list(model.classes)
        status, said = ask(port, "/predict", {"texts": TEXTS[:3]})
        assert status == 200
        assert [one["prediction"] for one in said["answers"]] == [one.nearest for one in model.answers(TEXTS[:3])]
        assert said["answers"][0]["probabilities"] == pytest.approx(model.answers(TEXTS[:3])[0].probabilities, abs=1e-6)
        assert ask(port, "/predict", {"texts": []}) == (200, {"answers": []})
        assert ask(port, "/predict", {"texts": ["x"] * 1_001})[0] == 413
        assert ask(port, "/predict", {"pictures": ["eA=="]})[0] == 422
        assert ask(port, "/predict", {"texts": "one"})[0] == 422
        assert ask(port, "/health", Host="evil.example")[0] == 400
    finally:
        running.terminate()
        running.wait(10)
