"""Keep the generated parts of the README true: ``python -m benchmarks.readme`` writes them, a test compares them."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.common import RESULTS, table
from fsl_core import registry

README = Path(__file__).resolve().parent.parent / "README.md"


def methods_table() -> str:
    """Every method with what it is, its paper, and its accuracy at 10 shots where that was measured."""
    files = [RESULTS / name for name in ("finetune.json", "intents.json")]
    rows = [row for file in files if file.is_file() for row in json.loads(file.read_text(encoding="utf-8"))]
    known = registry.methods()
    measured = {
        (known.canonical(row["method"]), row["dataset"]): row for row in rows if row["setting"].startswith("10-shot")
    }

    def cell(name: str, dataset: str) -> str:
        row = measured.get((name, dataset))
        return f"{100 * row['value']:.1f}" if row else ""

    lines = [
        [
            f"{method.info.title} (`{name}`)",
            method.info.summary,
            method.info.paper,
            cell(name, "banking77"),
            cell(name, "clinc150"),
        ]
        for name, method in known.items()
    ]
    return table(["Method", "What it does", "Paper", "BANKING77", "CLINC150"], lines)


def encoders_table() -> str:
    """Every encoder with its languages and whether it works without a network."""
    lines = [
        [
            f"{encoder.info.title} (`{name}`)",
            encoder.info.summary,
            encoder.info.languages,
            "yes" if encoder.info.offline else "no",
        ]
        for name, encoder in registry.encoders().items()
    ]
    return table(["Encoder", "What it is", "Languages", "Offline"], lines)


def generators_table() -> str:
    """Every kind of language model with what it can do."""
    words = {"generate": "writes", "score": "scores labels", "hidden": "shows its state", "cloze": "fills gaps"}
    lines = [
        [
            f"{kind.info.title} (`{name}`)",
            kind.info.summary,
            ", ".join(words[ability] for ability in words if ability in kind.info.abilities),
            "yes" if kind.info.offline else "no",
        ]
        for name, kind in registry.generators().items()
    ]
    return table(["Kind", "What it is", "What it does", "Offline"], lines)


def tuning_table() -> str:
    """Every way of tuning with its mean accuracy at 16 shots and the seconds of a fit."""
    file = RESULTS / "finetune.json"
    rows = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    rows = [row for row in rows if row["setting"].startswith("16-shot")]
    lines = []
    for name in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == name]
        mean, seconds = (sum(row[field] for row in mine) / len(mine) for field in ("value", "fit_seconds"))
        lines.append([name, f"{100 * mean:.1f}", f"{seconds:.1f} s"])
    return table(["", "accuracy", "fit"], lines)


GENERATED = {
    "methods": methods_table,
    "tuning": tuning_table,
    "encoders": encoders_table,
    "generators": generators_table,
}


def filled(text: str) -> str:
    """The text with every part between ``<!-- name -->`` and ``<!-- /name -->`` made anew."""
    for name, make in GENERATED.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{make()}\n{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
