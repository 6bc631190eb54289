"""The README tells the truth: its tables, its example, its file map."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks import readme

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_generated_tables_are_current():
    assert readme.filled(TEXT) == TEXT, "run python -m benchmarks.readme"


def test_the_python_example_runs_and_answers_refund():
    code = re.search(r"```python\n(.*?)```", TEXT, re.S).group(1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    answer = dict(re.findall(r"'(\w+)': (?:np\.float32\()?([\d.]+)", done.stdout))
    assert float(answer["Refund"]) > float(answer["Delivery"])


def test_every_file_it_shows_exists_and_no_room_is_missing():
    block = TEXT.split("## Files")[1].split("```")[1]
    names = set(re.findall(r"^(?:  )?([\w/.]+)  ", block, re.M))
    for name in names:
        places = [
            ROOT / name,
            *(ROOT / folder / f"{name}{end}" for folder in ("pages", "fsl_core") for end in ("", ".py")),
        ]
        assert any(place.exists() for place in places), name
    rooms = {f"{room.name}/" for room in (ROOT / "fsl_core").iterdir() if (room / "__init__.py").is_file()}
    assert rooms <= names
    drawn = {room.name for room in (ROOT / "pages" / "ui").iterdir() if (room / "__init__.py").is_file()}
    assert drawn <= set(re.findall(r"\w+", block))


def test_both_commands_are_shown():
    assert "make run" in TEXT and "make test" in TEXT


def test_to_add_something_is_one_file_and_its_test_and_for_a_page_a_line_more():
    block = TEXT.split("<!-- contributing -->")[1].split("<!-- /contributing -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.strip().splitlines()[2:]]
    assert len(rows) == 9
    for what, write, tested in rows:
        files = re.findall(r"`([\w/]+\.py)`", write)
        assert len(files) == (2 if what == "a page" else 1), what
        assert re.search(r"`tests/\w+\.py`", tested), what
        for file in (*files, *re.findall(r"`(tests/\w+\.py)`", tested)):
            known = ROOT / file
            assert known.parent.is_dir() and (known.stem.endswith("NAME") or known.is_file()), file
        if ends := re.search(r"ends in `(\w+) =", write):
            kinds = list((ROOT / files[0]).parent.glob("*.py"))
            assert any(f"\n{ends[1]} = " in kind.read_text(encoding="utf-8") for kind in kinds), what
