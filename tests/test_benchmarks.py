"""The page beside the benchmarks is whole, and a stranger can run them."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks import (
    augmentation_words,
    calibration,
    finetune,
    finetune_setfit,
    in_context,
    intents,
    photos,
    prompting,
)
from benchmarks.in_context_tasks import TRAINED_ON

FOLDER = Path(intents.__file__).parent
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
SOURCES = {file: file.read_text(encoding="utf-8") for file in FOLDER.rglob("*.py")}


def test_every_data_set_has_its_place_and_licence_on_the_page():
    texts = {
        *intents.DATASETS, *finetune.DATASETS, *finetune.INTENTS, *finetune_setfit.DATASETS, *TRAINED_ON,
        *calibration.MEASURED, *calibration.LEARNED, *prompting.SETS, *in_context.UNSEEN,
        *(name.removesuffix("-drawn") for name in augmentation_words.SHOTS),
    }  # fmt: skip
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \| (.+) \|$", PAGE, re.M)
    filled = {name for name, *cells in rows if all(cell.strip() for cell in cells)}
    assert texts <= filled
    assert {f"{name}.zip" for name in photos.SETS} <= filled
    assert photos.MOBILENET in PAGE


def test_every_benchmark_is_on_the_page():
    for file, source in SOURCES.items():
        if "def main()" in source:
            assert f"`{file.stem}`" in PAGE, file


def test_no_text_names_a_folder_that_a_stranger_does_not_have():
    for file, source in SOURCES.items():
        assert set(re.findall(r"--data ([A-Za-z./_]+)", source)) <= {"FOLDER"}, file


def test_benchmarks_need_no_tests():
    for file, source in SOURCES.items():
        assert not re.search(r"^\s*(?:from|import) tests\b", source, re.M), file
