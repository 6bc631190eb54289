from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from fsl_core.base.errors import Cancelled, DataError
from fsl_core.data import images
from fsl_core.data.importing import guess_naming, holds_pictures, labels_of, list_pictures, picture_files, read_pictures


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDFUL_HOME", str(tmp_path / "home"))


def png(seed: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)).save(out, "PNG")
    return out.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(members: dict[str, bytes], naming=None):
    return read_pictures(list_pictures([("pictures.zip", zipped(members))]), naming)


def test_folders_are_classes_and_files_at_the_root_have_no_label():
    items, report = read({"cat/1.png": png(1), "dog/2.png": png(2), "cat/3.png": png(3), "4.png": png(4)})
    assert [(item.text, item.label) for item in items] == [
        ("1.png", "cat"), ("2.png", "dog"), ("3.png", "cat"), ("4.png", None),
    ]  # fmt: skip
    assert report.classes == {"cat": 2, "dog": 1} and (report.n_files, report.n_items, report.n_labeled) == (4, 4, 3)
    assert items[0].meta == {"file": "cat/1.png"}
    assert np.array_equal(images.pixels(images.path_of(items[1].blob)), Image.open(io.BytesIO(png(2))))


@pytest.mark.parametrize(
    ("paths", "naming", "labels"),
    [
        (["train/a/1", "test/a/2", "train/b/3"], "last", ["a", "a", "b"]),
        (["top/a/1", "top/b/2"], "last", ["a", "b"]),
        (["top/train/a/1", "top/val/b/2", "top/unlabelled/3"], "last", ["a", "b", None]),
        (["top/Latin/one/1", "top/Greek/one/2", "top/Greek/two/3"], "path", ["Latin/one", "Greek/one", "Greek/two"]),
        (["holiday/1", "holiday/2"], "none", [None, None]),
        (["1", "2"], "none", [None, None]),
        (["train/1", "test/2"], "none", [None, None]),
    ],
)
def test_the_naming_by_folders_is_guessed(paths, naming, labels):
    files = list_pictures([("x.zip", zipped(dict.fromkeys((f"{path}.png" for path in paths), b"")))]).files
    assert guess_naming(files) == naming
    assert labels_of(files, naming) == labels


def test_many_single_files_come_in_at_once():
    items, report = read_pictures(
        list_pictures([("a.png", png(1)), ("b.png", png(2)), ("c.zip", zipped({"x/d.png": png(3)}))])
    )
    assert [item.text for item in items] == ["a.png", "b.png", "d.png"] and not report.classes


def test_a_refused_file_is_listed_and_the_others_come_in():
    items, report = read(
        {
            "a/1.png": png(1),
            "a/page.png": b"<!DOCTYPE html><html></html>",
            "b/cut.png": png(2)[:60],
            "b/inner.zip": zipped({"x.png": png(3)}),
            "b/notes.txt": b"hello",
            "b/2.png": png(2),
        }
    )
    assert [item.label for item in items] == ["a", "b"]
    assert [one.name for one in report.refused] == ["a/page.png", "b/cut.png", "b/inner.zip", "b/notes.txt"]
    assert "HTML" in report.refused[0].reason and "ZIP" in report.refused[2].reason
    assert all(one.fix for one in report.refused)
    assert report.n_files == report.n_items + report.n_duplicates + len(report.refused)


def test_system_and_hidden_files_are_passed_over():
    items, report = read(
        {
            "a/1.png": png(1),
            "__MACOSX/a/._1.png": b"x",
            ".git/2.png": b"x",
            "a/.DS_Store": b"x",
            "b/Thumbs.db": b"x",
            "b/2.png": png(2),
        }
    )
    assert len(items) == 2 and report.n_ignored == 4 and not report.refused


@pytest.mark.parametrize("name", ["../up.png", "a/../../up.png", "/etc/up.png", "C:\\up.png", "..\\up.png", "\\up.png"])
def test_a_name_that_leads_out_of_the_archive_is_refused_and_writes_nothing(name, tmp_path):
    before = set(tmp_path.rglob("*"))
    items, report = read({name: png(9), "a/1.png": png(1)})
    assert len(items) == 1 and "leads out" in report.refused[0].reason
    assert not [path for path in set(tmp_path.rglob("*")) - before if "up" in path.name]


def test_an_encrypted_file_is_refused():
    data = bytearray(zipped({"a/1.png": png(1), "b/2.png": png(2)}, zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02") + 8  # the flags of the first file in the list of the archive
    data[at] |= 1
    items, report = read_pictures(list_pictures([("x.zip", bytes(data))]))
    assert len(items) == 1 and "password" in report.refused[0].reason


def test_a_bomb_is_refused_by_what_it_states(monkeypatch):
    monkeypatch.setattr(picture_files, "MAX_UNPACKED", 10_000)
    with pytest.raises(DataError, match="unpacks to more"):
        list_pictures([("x.zip", zipped({"a.png": b"\0" * 10_001}))])


def test_a_bomb_that_lies_about_its_size_is_refused_by_what_comes_out(monkeypatch):
    data = zipped({f"{i}.png": bytes([i]) * 4_000 for i in range(4)})
    listing = list_pictures([("x.zip", data)])
    monkeypatch.setattr(picture_files, "MAX_UNPACKED", 10_000)
    with pytest.raises(DataError, match="unpacks to more"):
        [file.read() for file in listing.files]
    one = bytearray(zipped({"a.png": png(1) + b"\0" * 50_000, "b.png": png(2)}))
    at = one.index(b"PK\x01\x02") + 24
    one[at : at + 4] = (100).to_bytes(4, "little")
    items, report = read_pictures(list_pictures([("x.zip", bytes(one))]))
    assert [item.text for item in items] == ["b.png"] and report.refused[0].name == "a.png"


def test_too_many_entries_and_a_damaged_archive_are_refused_as_a_whole(monkeypatch):
    monkeypatch.setattr(picture_files, "MAX_ENTRIES", 3)
    with pytest.raises(DataError, match="4 files"):
        list_pictures([("x.zip", zipped({f"{i}.png": b"" for i in range(4)}))])
    with pytest.raises(DataError, match="damaged"):
        list_pictures([("x.zip", zipped({"a.png": png(1)})[:-30])])


def test_ten_thousand_entries_are_listed_with_their_classes():
    listing = list_pictures([("x.zip", zipped({f"{i % 7}/{i}.png": b"" for i in range(10_000)}, zipfile.ZIP_STORED))])
    assert len(listing.files) == 10_000 and len(set(labels_of(listing.files, "last"))) == 7


def test_the_same_picture_comes_in_once_and_a_contradiction_is_counted():
    items, report = read({"a/1.png": png(1), "a/copy.png": png(1), "b/other.png": png(1), "b/2.png": png(2)})
    assert [(item.text, item.label) for item in items] == [("1.png", "a"), ("2.png", "b")]
    assert (report.n_duplicates, report.n_conflicts) == (2, 1)


def test_nothing_to_import_says_why():
    with pytest.raises(DataError, match=r"no picture .* 1 files .*HTML"):
        read_pictures(list_pictures([("a.png", b"<html>")]))


def test_a_stop_comes_through():
    def stop(done: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        read_pictures(list_pictures([("a.png", png(1))]), progress=stop)


def test_names_in_utf8_that_do_not_say_so_are_read():
    data = zipped({"猫/1.png": png(1), "犬/2.png": png(2)}, zipfile.ZIP_STORED)
    assert [file.folders for file in list_pictures([("x.zip", data)]).files] == [("猫",), ("犬",)]
    quiet = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        at = -1
        while (at := quiet.find(mark, at + 1)) >= 0:
            quiet[at + offset] &= ~0x08
    assert [file.folders for file in list_pictures([("x.zip", bytes(quiet))]).files] == [("猫",), ("犬",)]


def test_an_archive_is_known_to_hold_pictures_by_its_names():
    assert holds_pictures(zipped({"a/B.JPG": b""})) and not holds_pictures(zipped({"a.csv": b""}))
    assert not holds_pictures(png(1))


def test_a_long_import_runs_as_a_job_and_lists_what_it_refused(tmp_path):
    from fsl_core import jobs
    from fsl_core.data.store import Store
    from fsl_core.jobs.tasks import import_file

    file = tmp_path / "upload.zip"
    file.write_bytes(zipped({"a/1.png": png(1), "b/2.png": png(2), "b/page.png": b"<html>"}))
    with Store(f"sqlite:///{tmp_path / 'handful.db'}") as store:
        project = store.projects.create("p")
        params = import_file.Params(path=file, filename="x.zip", naming="last")
        store.jobs.submit(params.kind, params.plain(), project.id)
        job = store.jobs.claim(1)
        result = jobs.do(job, store, lambda done, message: None)
        assert jobs.result_of(store.jobs.get(job.id), import_file.Result) == result
        assert (result.n_added, result.n_labeled, result.n_refused) == (2, 2, 1)
        assert result.refused[0].name == "b/page.png" and "HTML" in result.refused[0].reason
        assert store.projects.get(project.id).kind == "image" and not file.exists()
