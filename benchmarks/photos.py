"""Accuracy of every method on photographs: hand signs and fruit trees, from 1 to 20 examples a class.

The protocol: each of 10 draws takes that many training images a class at random; ``sign_digits`` is tested on
its whole test split, ``fruit_trees`` (which has none) on the images that were not drawn. Nothing else is seen:
no unlabelled pool, so nothing is centred, and no class names, unless the encoder reads words. The nearest mean
is that of unit vectors, as in the published figures for MobileNetV2.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.common import Row, earlier, machine, parser, table, write
from fsl_core import registry
from fsl_core.base import ops
from fsl_core.contracts.encoder import Encoder
from fsl_core.contracts.method import Context, VectorMethod
from fsl_core.models import chosen

SETS = {"sign_digits": (1, 5, 20), "microsoft_fruit_trees": (1, 5)}
DRAWS = 10
T95 = 2.2622
"""Student's t for ten draws: 97.5 % with nine degrees of freedom."""
MOBILENET = "mobilenet_v2_1.0_224_tf2_int8weights.onnx"
REFERENCE = {("sign_digits", 1): 46.2, ("sign_digits", 5): 72.7, ("sign_digits", 20): 80.4}
REFERENCE |= {("microsoft_fruit_trees", 1): 94.1, ("microsoft_fruit_trees", 5): 100.0}
MEAN = "nearest mean"


def unpacked(archive: Path, folder: Path) -> dict[str, tuple[list[Path], list[str]]]:
    """Split -> image files and their classes, the names of their folders."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    found = {}
    for split in sorted({path.name for path in folder.iterdir()} & {"train", "test"}):
        files = sorted(file for file in (folder / split).rglob("*") if file.is_file())
        found[split] = files, [file.parent.name for file in files]
    return found


def draw(codes: np.ndarray, shots: int, seed: int) -> np.ndarray:
    """Rows of ``shots`` images of each class."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(codes == c))[:shots] for c in np.unique(codes)])


def answers(name: str, context: Context, support, codes, classes, names, query) -> np.ndarray:
    if name == MEAN:
        means = ops.prototypes(ops.unit(support), codes, np.zeros((len(classes), support.shape[1]), np.float32), 0.0)
        return (ops.unit(query) @ ops.unit(means).T).argmax(axis=1)
    method = registry.create_method(name, None, context)
    assert isinstance(method, VectorMethod)
    return method.fit_vectors(support, codes, classes, names).predict_vectors(query).argmax(axis=1)


def measure(title: str, encoder: Encoder, archives: Path, methods: Sequence[str]) -> Iterator[Row]:
    context = Context(encoder=encoder)
    for dataset, shots in SETS.items():
        with tempfile.TemporaryDirectory() as folder:
            splits = unpacked(archives / f"{dataset}.zip", Path(folder))
            files, labels = splits["train"]
            vectors = encoder.encode(files)
            held = (encoder.encode(splits["test"][0]), splits["test"][1]) if "test" in splits else None
        classes = tuple(sorted(set(labels)))
        codes = np.array([classes.index(label) for label in labels])
        names = context.name_vectors(classes)
        for k in shots:
            right: dict[str, list[float]] = {}
            for seed in range(DRAWS):
                rows = draw(codes, k, seed)
                rest = np.setdiff1d(np.arange(len(codes)), rows)
                query, true = held if held else (vectors[rest], [labels[row] for row in rest])
                wanted = np.array([classes.index(label) for label in true])
                for name in methods:
                    said = answers(name, context, vectors[rows], codes[rows], classes, names, query)
                    right.setdefault(name, []).append(float((said == wanted).mean()))
            for name, values in right.items():
                mean, half = float(np.mean(values)), T95 * float(np.std(values, ddof=1)) / np.sqrt(DRAWS)
                low, high = max(0.0, mean - half), min(1.0, mean + half)
                yield Row("photos", dataset, f"{k}-shot {title}", name, "accuracy", mean, low, high, len(wanted))


def markdown(rows: list[Row], titles: list[str]) -> str:
    columns = [(dataset, k) for dataset, shots in SETS.items() for k in shots]
    found = {(row.dataset, row.setting, row.method): row for row in rows}
    kinds = registry.live_methods()
    lines = []
    for title in titles:
        for name in [MEAN, *kinds]:
            cells = []
            for dataset, k in columns:
                row = found[dataset, f"{k}-shot {title}", name]
                cells.append(f"{100 * row.value:.1f} ± {50 * (row.high - row.low):.1f}")
            lines.append([title, kinds[name].info.title if name in kinds else "Nearest mean", *cells])
    published = [f"{REFERENCE[column]:.1f}" for column in columns]
    lines.append(["*MobileNetV2*", "*nearest mean, as published with the data*", *published])
    short = {"sign_digits": "signs", "microsoft_fruit_trees": "fruit trees"}
    header = ["Encoder", "Method", *(f"{short[dataset]} {k}-shot" for dataset, k in columns)]
    note = (
        f"Accuracy in %, the mean of {DRAWS} draws ± half its 95 % interval (Student's t over the draws). Hand signs: "
        "10 classes, 500 test images; fruit trees: 5 classes, the images not drawn. Frozen encoders, no class names "
        f"for those that read none; {machine()}."
    )
    return f"# Photographs\n\n{table(header, lines)}\n\n{note}"


def encoders_of(arguments: Namespace) -> dict[str, Encoder]:
    """Title -> encoder behind the cache."""
    weights = arguments.data / "weights" / MOBILENET
    found = {"HOG + colours (floor)": chosen.cached_encoder("hog")}
    found["MobileNetV2 (ONNX)"] = chosen.cached_encoder("onnx-image", {"path": str(weights), "pixels": "-1 to 1"})
    for given in arguments.encoder or ():
        name, _, settings = given.partition("=")
        found[given] = chosen.cached_encoder(name, json.loads(settings or "{}"))
    return found


def main() -> None:
    made = parser("photos", __doc__ or "")
    made.add_argument("--encoder", action="append", help='one more, NAME or NAME={"setting": "value"}; may be repeated')
    methods = [MEAN, *registry.live_methods()]
    made.add_argument("--only", nargs="*", choices=methods, help="measure these methods, keep the others' figures")
    arguments = made.parse_args()
    encoders, asked = encoders_of(arguments), arguments.only or methods
    rows = [row for title, one in encoders.items() for row in measure(title, one, arguments.data / "images", asked)]
    if arguments.only:
        rows += [row for row in earlier("photos", arguments.out) if row.method not in asked]
    text = markdown(rows, list(encoders))
    write("photos", rows, text, arguments.out)
    print(text)


if __name__ == "__main__":
    main()
