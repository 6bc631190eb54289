"""What an exported model costs elsewhere: its zip, a newly installed environment, and the answers of predict.py.

The sample of support tickets, labelled by its own labels, on the built-in encoder. The zip is unpacked into an empty
folder; a new virtual environment gets what its requirements.txt names, and nothing else; predict.py answers the whole
file there, and every answer is compared with what the app says.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from pathlib import Path

from benchmarks.common import Row, machine, parser, table, write
from fsl_core.base import paths
from fsl_core.data.store import NewItem, Store
from fsl_core.learning.model_exporting import export_in_use, zip_export
from fsl_core.models import chosen
from fsl_core.workspace import Workspace
from fsl_core.workspace.standing import Standing

NAME = "export_install"
METHOD = "logistic"
SAMPLE = paths.ASSETS / "samples" / "support_tickets.csv"
COPIES = 20
"""The file to answer is the sample so many times over."""


def main() -> None:
    command = parser(NAME, __doc__ or "", reads_data=False)
    command.add_argument("--encoder", default="minilm", help="the encoder of the model that leaves")
    asked = command.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["HANDFUL_HOME"] = str(Path(place) / "home")
        rows = measured(Path(place), asked.encoder)
    shown = [(row.metric, f"{row.value:,.4g}") for row in rows]
    markdown = f"# An exported model, newly installed\n\n{__doc__}\n{machine()}; {METHOD} on {asked.encoder}.\n\n"
    markdown += table(("", "value"), shown)
    write(NAME, rows, markdown, asked.out)
    print(table(("", "value"), shown))


def measured(place: Path, encoder: str) -> list[Row]:
    """Export, install, predict, compare."""
    figures: dict[str, float] = {}
    with Store(f"sqlite:///{place}/store.db") as store:
        workspace = project(store, encoder)
        snapshot = workspace.snapshot(METHOD)
        began = time.monotonic()
        folder = export_in_use(workspace.in_use(snapshot), place / "model")
        zipped = zip_export(folder, place / "model.zip")
        figures["seconds to export"] = time.monotonic() - began
        figures["MB of the zip"] = zipped.stat().st_size / 1e6
        away = place / "away"
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(away)
        texts = list(workspace.texts)
        standing = workspace.standing(snapshot)
        python = installed(away / "model", place / "env", figures)
        answered(python, away / "model", texts, standing, snapshot.classes, figures)
    return [Row(NAME, SAMPLE.stem, encoder, METHOD, name, value) for name, value in figures.items()]


def project(store: Store, encoder: str) -> Workspace:
    """The sample, half of it labelled."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.DictReader(held))
    made = store.projects.create("Support tickets", settings={"encoder": {"name": encoder}})
    items = [NewItem(text=row["text"], label=row["label"] if i % 2 else None) for i, row in enumerate(rows)]
    store.items.add(made.id, items, author="benchmark")
    workspace = Workspace(store, made.id, chosen.encoder_of(store.projects.get(made.id)))
    workspace.encode()
    return workspace


def installed(folder: Path, environment: Path, figures: dict[str, float]) -> Path:
    """A new environment with the requirements of the model; its interpreter."""
    began = time.monotonic()
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    empty = size(environment)
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(folder / "requirements.txt")]
    subprocess.run(command, check=True, cwd=folder)
    figures["seconds to install"] = time.monotonic() - began
    figures["MB installed"] = (size(environment) - empty) / 1e6
    return python


def answered(
    python: Path,
    folder: Path,
    texts: list[str],
    standing: Standing,
    classes: tuple[str, ...],
    figures: dict[str, float],
) -> None:
    """Run predict.py on the texts, many times over, and compare."""
    source, out = folder.parent / "in.csv", folder.parent / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as held:
        writer = csv.writer(held)
        writer.writerow(["text"])
        writer.writerows([text] for _ in range(COPIES) for text in texts)
    around = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    alone = subprocess.run([str(python), "-c", "import fsl_core"], cwd=folder.parent, env=around, capture_output=True)
    assert alone.returncode, "the environment finds the project"
    began = time.monotonic()
    subprocess.run(
        [str(python), str(folder / "predict.py"), str(source), "-o", str(out)],
        check=True,
        cwd=folder.parent,
        env=around,
    )
    seconds = time.monotonic() - began
    with out.open(encoding="utf-8-sig", newline="") as held:
        rows = list(csv.DictReader(held))
    n = len(texts)
    figures["texts answered"] = len(rows)
    figures["texts a second, start included"] = len(rows) / seconds
    figures["answers of another class"] = sum(
        row["prediction"] != classes[standing.predicted[i % n]] for i, row in enumerate(rows)
    )
    figures["other 'unsure' or 'none of these'"] = sum(
        (row["unsure"], row["none_of_these"])
        != (str(bool(standing.unsure[i % n])).lower(), str(bool(standing.new[i % n])).lower())
        for i, row in enumerate(rows)
    )
    figures["largest difference of a probability"] = max(
        abs(float(row["probability"]) - float(standing.confidence[i % n])) for i, row in enumerate(rows)
    )


def size(folder: Path) -> int:
    """Bytes of all files in it."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


if __name__ == "__main__":
    sys.exit(main())
