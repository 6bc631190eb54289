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


def test_every_file_it_shows_exists():
    block = TEXT.split("## Files")[1].split("```")[1]
    for name in re.findall(r"^(?:  )?([\w/.]+)", block, re.M):
        places = [ROOT / name, ROOT / "fsl_core" / name, ROOT / "fsl_core" / f"{name}.py"]
        assert any(place.exists() for place in places), name


def test_both_commands_are_shown():
    assert "make run" in TEXT and "make test" in TEXT
