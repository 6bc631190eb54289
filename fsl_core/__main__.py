"""Commands without the app.

``python -m fsl_core predict MODEL FILE -o OUT`` sorts a file by an exported model;
``python -m fsl_core models`` lists the models that can be fetched, and fetches those that are named;
``python -m fsl_core meta-train --data ... --learner protonet --out model.safetensors`` trains a meta-learner.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fsl_core.base.config import FormField, Settings, form_fields, make_settings
from fsl_core.base.errors import DataError, FslError
from fsl_core.data.importing import class_drawings, encoding_of
from fsl_core.learning.meta import files, heldout, recipes
from fsl_core.learning.meta.episodes import ClassPool
from fsl_core.learning.meta.learners import LEARNERS, learner_class
from fsl_core.learning.meta.training import TrainingSettings, fitting, train
from fsl_core.learning.model_exporting import opening
from fsl_core.learning.model_exporting.standalone import predicting, tables
from fsl_core.learning.model_exporting.standalone.problem import ModelError
from fsl_core.models import chosen
from fsl_core.models.backends.backbone import Backbone, Conv4, Projection
from fsl_core.models.shelf import catalogue, fetching, places

TELL_SECONDS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when all went well, 1 with the error and the way out on stderr."""
    asked = parser().parse_args(arguments)
    try:
        return int(asked.run(asked) or 0)
    except FslError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return 1
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. With --checkpoint the same command goes on from there.\n")
        return 130


def parser() -> argparse.ArgumentParser:
    """The commands and their options; those of the training follow from TrainingSettings."""
    made = argparse.ArgumentParser(prog="python -m fsl_core", description="Handful's engine on the command line.")
    commands = made.add_subparsers(dest="command", required=True)
    sorting = commands.add_parser("predict", help="sort a file by a model that the Export page wrote")
    sorting.add_argument("model", type=Path, help="the zip, or the folder in it")
    predicting.arguments(sorting)
    sorting.set_defaults(run=predict)
    shelf = commands.add_parser("models", help="list the models that can be had, or fetch some")
    shelf.add_argument("models", nargs="*", metavar="ID", help="which to fetch; 'small' and 'all' name several")
    shelf.add_argument("--to", type=Path, help="a folder to carry to another machine, which reads it by HANDFUL_MODELS")
    shelf.set_defaults(run=fetch_models)
    command = commands.add_parser(
        "meta-train",
        help="train a meta-learner on many classes, into one file",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    command.add_argument(
        "--data", type=Path, nargs="+", required=True,
        help="CSV files with the columns text and label, or folders or zips of pictures as class/picture.png",
    )  # fmt: skip
    command.add_argument("--learner", choices=list(LEARNERS), required=True, help="what is trained")
    command.add_argument("--out", type=Path, required=True, help="the file to write")
    command.add_argument("--encoder", default=chosen.DEFAULT_ENCODER, help="what reads the texts")
    command.add_argument("--checkpoint", type=Path, help="keep the state here each minute, and go on from it")
    command.add_argument("--rotations", action="store_true", help="pictures: each quarter turn is a class of its own")
    for field in form_fields(TrainingSettings):
        _add_option(command, field)
    command.set_defaults(run=meta_train)
    return made


def predict(asked: argparse.Namespace) -> int:
    """Sort a file, row by row, with progress lines; started again it goes on where it stopped."""
    if not asked.encoding and asked.file.is_file() and tables.kind_of(asked.file) in ("csv", "jsonl"):
        asked.encoding = encoding_of(asked.file)
    with opening.opened(asked.model) as model:
        return predicting.run(model, asked)


def fetch_models(asked: argparse.Namespace) -> None:
    """Fetch the named models with progress lines; without a name, say what is here and what could be."""
    known = catalogue.models()
    if not asked.models:
        for model in known.values():
            where = places.find(model.id) or f"{model.download_bytes / 1e6:,.0f} MB to fetch"
            _say(f"{model.id:20} {model.title}, {model.licence}: {where}")
    wanted = [
        model
        for model in known.values()
        if model.id in asked.models or "all" in asked.models or ("small" in asked.models and model.small)
    ]
    for name in asked.models:
        if name not in ("all", "small"):
            catalogue.get(name)  # an unknown one is said before anything is fetched
    for model in wanted:
        told = 0.0

        def tell(fraction: float, message: str, title: str = model.title) -> None:
            nonlocal told
            if message and time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                _say(f"{title}: {message}")

        _say(f"{model.title}: {fetching.fetch(model, tell, asked.to)}")


def meta_train(asked: argparse.Namespace) -> None:
    """Read, train with progress lines, write."""
    pool, backbone, encoder = read(asked.data, asked.encoder, rotations=asked.rotations)
    kind: type[Any] = learner_class(asked.learner)
    on_vectors = isinstance(backbone, Projection)
    own: Settings = make_settings(kind.settings, recipes.settings(asked.learner) if on_vectors else {})
    usual = recipes.training(asked.learner) if on_vectors else {}
    typed = {field.name: getattr(asked, field.name) for field in form_fields(TrainingSettings)}
    wanted = {**usual, **{name: value for name, value in typed.items() if value is not None}}
    config = fitting(make_settings(TrainingSettings, wanted), pool)
    _say(f"{pool.n_classes:,} classes; {asked.learner}, {config.n_way} ways, {config.k_shot} shots")
    told, start = 0.0, time.monotonic()

    def watch(step: int, figures: Any) -> None:  # noqa: ANN401
        nonlocal told
        now = time.monotonic()
        if now - told >= TELL_SECONDS or step == config.steps:
            told = now
            _say(f"step {step:,} of {config.steps:,}, loss {figures['loss']:.4f}, {now - start:.0f} s")

    learner = kind(backbone, own, pool.n_classes)
    trained = train(learner, pool, config, file=asked.checkpoint, watch=watch)
    facts = {
        "encoder": encoder,
        "classes trained on": list(pool.names),
        "projects": [path.name for path in asked.data],
        "training": config.model_dump(),
        "steps": trained.steps,
        "seconds": round(trained.seconds, 1),
        "when": time.time(),
    }
    files.save(asked.out, learner, trained.params, facts)
    _say(f"{asked.out} written after {trained.seconds:.0f} s of training")


def read(paths: Sequence[Path], encoder_name: str, *, rotations: bool = False) -> tuple[ClassPool, Backbone, str]:
    """The classes, the network for them, and the key of the encoder (empty for pictures).

    Raises DataError when a path is missing, kinds are mixed, or a CSV has no text and label.
    """
    from fsl_core.base.device import best_device

    if missing := [str(path) for path in paths if not path.exists()]:
        raise DataError("There is no {paths}.", "Check the path after --data.", paths=", ".join(missing))
    tables = [path for path in paths if path.suffix.lower() == ".csv"]
    if not tables:
        found = class_drawings.read_classes(paths, rotations=rotations)
        return ClassPool(found.images, found.codes, found.names, device=best_device()), Conv4(), ""
    if len(tables) < len(paths):
        raise DataError("CSV files and pictures cannot be trained on together.", "Give one kind after --data.")
    return _read_texts(tables, encoder_name)


def _read_texts(tables: Sequence[Path], encoder_name: str) -> tuple[ClassPool, Backbone, str]:
    import torch

    encoder = chosen.cached_encoder(encoder_name)
    vectors, labels = [], []
    for table in tables:
        texts, own = _read_table(table)
        _say(f"reading {len(texts):,} texts of {table.name} with {encoder_name}")
        # Each table is centred on its own mean, as the app centres each project.
        vectors.append(heldout.features(encoder.encode(texts)))
        labels += [label if len(tables) == 1 else f"{label} ({table.name})" for label in own]
    names, codes = np.unique(np.array(labels), return_inverse=True)
    inputs = np.concatenate(vectors)
    keep = np.bincount(codes)[codes] >= 2  # one example alone is no task
    kept, renumbered = np.unique(codes[keep], return_inverse=True)
    pool = ClassPool(torch.from_numpy(inputs[keep]), renumbered, [str(names[c]) for c in kept])
    return pool, Projection(int(inputs.shape[1])), encoder.key


def _read_table(table: Path) -> tuple[list[str], list[str]]:
    with table.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        if not {"text", "label"} <= set(reader.fieldnames or ()):
            raise DataError(
                "{file} has the columns {found}; text and label are needed.",
                "Rename the columns in its first line.",
                file=table.name,
                found=", ".join(reader.fieldnames or ()) or "none",
            )
        rows = [(row["text"], row["label"]) for row in reader if row["text"] and row["label"]]
    return [text for text, _label in rows], [label for _text, label in rows]


def _add_option(command: argparse.ArgumentParser, field: FormField) -> None:
    flag, usual = f"--{field.name.replace('_', '-')}", f"{field.help} Usual: {field.default}."
    if field.kind == "bool":
        command.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=usual)
        return
    kinds: dict[str, type[Any]] = {"int": int, "float": float}
    command.add_argument(flag, type=kinds.get(field.kind, str), choices=field.choices or None, default=None, help=usual)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
