"""What every benchmark shares: arguments, rows, and the JSON and Markdown they end in."""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure. ``low`` and ``high`` are its 95 % interval; None where a field does not apply."""

    benchmark: str
    dataset: str
    setting: str
    method: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    fit_seconds: float | None = None
    predict_seconds: float | None = None


def parser(name: str, description: str, *, quick: str = "", reads_data: bool = True) -> argparse.ArgumentParser:
    """The arguments benchmarks take; ``quick`` describes what --quick leaves out."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    if reads_data:
        say = "folder with text/, images/ and weights/, as benchmarks/README.md describes it"
        made.add_argument("--data", type=Path, required=True, metavar="FOLDER", help=say)
    made.add_argument("--out", type=Path, default=RESULTS, help="folder for the JSON and the Markdown table")
    if quick:
        made.add_argument("--quick", action="store_true", help=quick)
    return made


def read_labeled(file: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts and labels of a CSV file with the columns text and label."""
    with file.open(encoding="utf-8", newline="") as handle:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(handle)]
    texts, labels = zip(*rows, strict=True)
    return texts, labels


def write(name: str, rows: Iterable[Row], markdown: str, out: Path) -> None:
    """``<out>/<name>.json`` and ``<out>/<name>.md``."""
    out.mkdir(parents=True, exist_ok=True)
    plain = [asdict(row) for row in rows]
    (out / f"{name}.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    (out / f"{name}.md").write_text(markdown + "\n", encoding="utf-8")


def earlier(name: str, out: Path) -> list[Row]:
    """The rows that an earlier run wrote; none where there was no run."""
    file = out / f"{name}.json"
    return [Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def machine() -> str:
    """The processor in words: figures in seconds mean nothing without it."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
