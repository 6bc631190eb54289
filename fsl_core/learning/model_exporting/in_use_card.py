"""The card that goes with the model in use: what it is for, what it learned from, how good it is, what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fsl_core.contracts.portable import PortableEncoder
from fsl_core.evaluation.multilabel import MultiLabelModel
from fsl_core.learning.model_exporting.markdown import code, line, listed, table

if TYPE_CHECKING:
    from fsl_core.learning.model_exporting.in_use import InUse

UNKNOWN = "not recorded"
_HOLDS_EXAMPLES = {"attention", "neighbours", "cache", "nearest"}


@dataclass(frozen=True, slots=True)
class About:
    """What the card says that the model itself does not know."""

    title: str
    """Of the project."""
    method: str
    """The id of the method; ``method_title`` and ``paper`` in words, ``settings`` as they were set."""
    method_title: str
    paper: str
    settings: Mapping[str, Any]
    encoder_title: str
    languages: str
    made: str
    """The day, as 2031-05-17."""
    fingerprint: str
    """sha256 of the labelled items and their labels."""
    examples: Mapping[str, int]
    """Labelled items of each class."""
    n_items: int
    descriptions: Mapping[str, str] = field(default_factory=dict)
    measured: str = ""
    """How the score was found, as a sentence; empty where there is none."""
    score: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """'accuracy' and 'macro_f1', each with value, low, high, n and enough."""


def card(model: InUse, encoder: PortableEncoder, reader: str, rules: Set[str]) -> str:
    """README.md of the export, in Markdown; ``rules`` are those of its heads."""
    about, pictures, several = model.about, model.kind == "image", isinstance(model.model, MultiLabelModel)
    thing = "picture" if pictures else "text"
    gives = (
        f"the classes that a {thing} has, of {len(about.examples)}"
        if several
        else f"one of {len(about.examples)} classes"
    )
    parts = [
        f"# {line(about.title)}: {line(about.method_title)}",
        f"Gives {gives}, with a probability, and says when it is unsure or when a {thing} is like none of them. Made "
        f"with Handful on {about.made}; runs without it, and sends nothing anywhere.",
        "## Use",
        "Needs Python 3.11 or newer. In this folder:",
        code("pip install -r requirements.txt\n" + _commands(pictures), "sh"),
        "`predict.py` keeps every column and adds `prediction`"
        + (" (a JSON list)" if several else "")
        + ", `probability` (that the prediction is right), `second` "
        f"(the next class), `unsure` (less probable than {model.unsure_below:.2f}, or like none of the classes) and "
        "`none_of_these` (then `prediction` is only the nearest class)"
        + (", and `problem` for a picture that cannot be read" if pictures else "")
        + ". It takes and "
        "writes CSV, TSV and JSONL, and with openpyxl or pyarrow XLSX and Parquet, of any size; a run that was "
        "interrupted goes on where it stopped. `python predict.py --help` lists the rest.",
        "`serve.py` listens on this machine alone: `GET /health`, and `POST /predict` with "
        + ('`{"pictures": ["<base64>", ...]}`' if pictures else '`{"texts": ["...", ...]}`')
        + ", at most 1,000 at once.",
        "## Intended use",
        f"To sort {thing}s like those it learned from into the classes below, with somebody who looks at those it is "
        "unsure of. Not for decisions about people that nobody looks at.",
        "## Classes",
        table(
            ("Class", "Description", "Labelled examples"),
            [(name, about.descriptions.get(name, ""), f"{n:,}") for name, n in about.examples.items()],
        ),
        "## How good it is",
        _score(about),
        "## What it is",
        table(("", ""), _facts(model, encoder, reader)),
        "## Limits",
        listed(_limits(model, reader, rules)),
        "## Licence",
        f"Of the encoder: {line(encoder.licence or _no_licence(encoder))}. Of the rest none is stated here: it is "
        "yours to choose; mind the rights in what it learned from.",
    ]
    return "\n\n".join(parts) + "\n"


def _commands(pictures: bool) -> str:
    given = "FOLDER_OF_PICTURES" if pictures else "in.csv"
    return f"python predict.py {given} -o out.csv\npython serve.py"


def _score(about: About) -> str:
    rows = [(name, _measure(found), str(found["n"])) for name, found in about.score.items()]
    if not rows:
        return "It was not measured: there were too few labelled items."
    return f"{about.measured}\n\n" + table(("", "Value (95 % interval)", "n"), rows)


def _facts(model: InUse, encoder: PortableEncoder, reader: str) -> list[tuple[str, str]]:
    about = model.about
    settings = ", ".join(f"{name} {value}" for name, value in about.settings.items())
    near = UNKNOWN
    if model.near is not None:
        near = f"cosine below {model.near.threshold:.3f} to each of {len(model.near.reference):,} references"
    return [
        ("Method", f"{about.method_title} ({about.paper})"),
        ("Settings", settings or UNKNOWN),
        ("Encoder", f"{about.encoder_title}: {encoder.origin or UNKNOWN}; languages: {about.languages}"),
        ("Encoder runs by", reader),
        ("Items in the project", f"{about.n_items:,}"),
        ("Fingerprint of the labelled data", f"sha256 {about.fingerprint}"),
        ("Calibration temperature", f"{model.temperature:.4f}"),
        ("Unsure below", f"{model.unsure_below:.4f}"),
        ("None of these", near),
    ]


def _limits(model: InUse, reader: str, rules: Set[str]) -> list[str]:
    pictures, title = model.kind == "image", model.encoder.info.title
    thing = "pictures" if pictures else "texts"
    found = [
        f"It learned from few examples. Its figures speak for {thing} like those of the project, and for no others.",
        "Probabilities are calibrated on the labelled items; where what comes in is of another mix, they are off.",
        "" if pictures else f"Languages of the encoder: {model.about.languages}.",
        f"Of a long text, {title} reads the beginning." if reader in ("onnx", "sentence-transformers") else "",
        _private(model, rules),
    ]
    return [one for one in found if one]


def _private(model: InUse, rules: Set[str]) -> str:
    """Vectors give something of the texts away, and whoever passes the model on should know."""
    pool = model.near is not None and len(model.near.reference) > len(model.model.classes)
    if not pool and not rules & _HOLDS_EXAMPLES:
        return "It holds no item and no vector of a single item."
    whose = "all items of the project" if pool else "the labelled examples"
    return f"It holds the vectors of {whose} (not the items themselves), from which something of them may be guessed."


def _no_licence(encoder: PortableEncoder) -> str:
    if not any((encoder.files, encoder.folder, encoder.arrays, encoder.contents, encoder.parts)):
        return "it has no weights, so none is needed"
    return f"not recorded; see the page of {encoder.origin or 'the model'}"


def _measure(measure: Mapping[str, Any]) -> str:
    if not measure.get("enough", True):
        return "not enough to say"
    value, low, high = (f"{100 * measure[part]:.1f}" for part in ("value", "low", "high"))
    return f"{value} % ({low} to {high})"
