"""Prompting: exactness and speed of label scoring, accuracy against the embedding head, and hostile texts.

python -m benchmarks.prompting --data FOLDER                     all parts, on the model that is built in
python -m benchmarks.prompting --data FOLDER --only speed        one part; the others' figures are kept
python -m benchmarks.prompting --data FOLDER --model MODEL       another causal model
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import hostile_items
from benchmarks.common import Row, earlier, machine, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base.intervals import wilson
from fsl_core.base.types import LabeledSet
from fsl_core.contracts.generator import Generator, Prompt
from fsl_core.contracts.method import Context
from fsl_core.learning.prompting import template
from fsl_core.models import chosen
from fsl_core.models.generators.causal import Causal

PARTS = ("speed", "accuracy", "hostile")
N_QUERIES = 100
N_EXACT = 10
"""Queries that are also scored in double precision."""
N_TEST = 400
SETS = {"banking77": (0, 1, 5, 10), "trec6": (0, 1, 5, 10), "sst2": (0, 1, 5, 10), "tweet_emotion": (0, 1, 5, 10)}
HEADS = ("prototype", "logistic")
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("label-scores, no correction", "label-scores", {"calibration": "none"}),
    ("label-scores, contextual", "label-scores", {"calibration": "contextual"}),
    ("label-scores, batch", "label-scores", {"calibration": "batch"}),
    ("label-scores, dc-pmi", "label-scores", {"calibration": "dc-pmi"}),
    ("label-scores by class", "label-scores", {"choose": "by class"}),
    ("hidden-prototypes", "hidden-prototypes", {"choose": "by class"}),
    ("chat", "chat", {}),
)


def main() -> None:
    """Run the parts that are asked for and write one table."""
    arguments = parser("prompting", __doc__ or "")
    arguments.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS), help="these parts alone")
    arguments.add_argument("--model", default="", help="folder or hub name of a causal model; default: built in")
    arguments.add_argument("--n", type=int, default=N_TEST, help="test items of each data set")
    asked = arguments.parse_args()
    generator = registry.create_generator("causal", {"model": asked.model} if asked.model else {})
    runs = {"speed": speed, "accuracy": accuracy, "hostile": hostile}
    rows = [
        row for row in earlier("prompting", asked.out) if row.benchmark.removeprefix("prompting-") not in asked.only
    ]
    for part in asked.only:
        rows += runs[part](generator, asked)
    write("prompting", rows, shown(rows), asked.out)
    print(shown(rows))


# -- exactness and speed ---------------------------------------------------------------------------


def speed(generator: Generator[Any], asked: argparse.Namespace) -> list[Row]:
    """77 labels for 100 queries of BANKING77 with eight demonstrations: a loop over both against one call."""
    assert isinstance(generator, Causal)
    support, test = _split(asked.data, "banking77", 5)
    rng = np.random.default_rng(0)
    shown = "".join(
        template.shown(template.Demonstration(support.items[row], support.labels[row]))  # type: ignore[arg-type]
        for row in rng.permutation(len(support))[:8]
    )
    shared = template.header([name.replace("_", " ") for name in support.classes[:15]], {}) + shown
    texts = [str(test.items[row]) for row in rng.permutation(len(test))[:N_QUERIES]]
    prompts = [Prompt(shared, template.asked(text)) for text in texts]
    options = [template.option(name.replace("_", " ")) for name in support.classes]
    generator.score(prompts[:2], options)
    start = time.perf_counter()
    scores = generator.score(prompts, options)
    ours = time.perf_counter() - start
    start = time.perf_counter()
    naive = looped(generator, prompts, options)
    theirs = time.perf_counter() - start
    # What rounding alone does to the loop, and what is left of the difference without it.
    exact = registry.create_generator("causal", generator.config)
    assert isinstance(exact, Causal)
    exact._lm.model.double()
    some = prompts[:N_EXACT]
    doubled = looped(exact, some, options)
    apart = {
        "trie against loop": (scores.log_probs, naive),
        "loop against loop in float64": (naive[:N_EXACT], doubled),
        "trie against loop, both in float64": (exact.score(some, options).log_probs, doubled),
    }
    differences = {name: float(np.abs(ours - other).max()) for name, (ours, other) in apart.items()}
    tokens = int(scores.prompt_tokens.mean())
    print(f"loop {theirs:.1f} s, trie {ours:.2f} s, {theirs / ours:.0f} times, largest differences {differences}")
    n = len(prompts) * len(options)
    return [
        Row("prompting-speed", "banking77", f"{tokens} tokens a prompt", "loop", "seconds", theirs, n=n),
        Row("prompting-speed", "banking77", f"{tokens} tokens a prompt", "trie", "seconds", ours, n=n),
        *(
            Row(
                "prompting-speed",
                "banking77",
                "largest difference of a log-probability",
                name,
                "nats",
                found,
                n=len(apart[name][1]) * len(options),
            )
            for name, found in differences.items()
        ),
    ]


def looped(generator: Causal, prompts: Sequence[Prompt], options: Sequence[str]) -> Any:  # noqa: ANN401
    """Log-probabilities (n, k), by one pass through the model for each prompt and option."""
    import torch

    lm = generator._lm
    head, _tail = generator._frame()
    labels = lm.option_ids(options)
    found = np.zeros((len(prompts), len(labels)))
    with torch.inference_mode():
        for row, prompt in enumerate(prompts):
            ids = head + lm.ids(prompt.shared) + lm.ids(prompt.own)
            for column, label in enumerate(labels):
                said = lm.model(torch.tensor([ids + label], device=lm.device), use_cache=False).logits[0]
                said = said[len(ids) - 1 : -1].double().log_softmax(-1)
                found[row, column] = float(said[range(len(label)), label].sum())
    return found


# -- accuracy --------------------------------------------------------------------------------------


def accuracy(generator: Generator[Any], asked: argparse.Namespace) -> list[Row]:
    """Each way of asking, the embedding heads and chance, on the same test items."""
    rows = []
    for name, shots in SETS.items():
        for k in shots:
            support, test = _split(asked.data, name, k)
            some = np.random.default_rng(1).permutation(len(test))[: asked.n]
            test = test.take(some)
            context = Context(
                encoder=chosen.cached_encoder("minilm"), generator=generator, create=registry.create_method
            )
            setting = f"{k}-shot"
            n_way = support.n_way
            rows.append(Row("prompting-accuracy", name, setting, "chance", "accuracy", 1 / n_way, n=len(test)))
            for title, method, settings in [*((head, head, {}) for head in HEADS), *ASKED]:
                if k == 0 and method in ("hidden-prototypes", "logistic"):
                    continue
                start = time.perf_counter()
                made = registry.create_method(method, settings, context).fit(support)
                fitted = time.perf_counter()
                right = int((made.predict_proba(test.items).argmax(1) == test.codes).sum())
                seconds = time.perf_counter() - fitted
                low, high = wilson(right, len(test))
                rows.append(
                    Row("prompting-accuracy", name, setting, title, "accuracy", right / len(test), low, high, len(test),
                        fitted - start, seconds)
                )  # fmt: skip
                print(name, setting, title, f"{100 * right / len(test):.1f}", f"{seconds:.0f} s", flush=True)
    return rows


def _split(data: Path, name: str, k: int) -> tuple[LabeledSet, LabeledSet]:
    """The first ``k`` training items of each class, shuffled by a seed, and the test items."""
    folder = data / "text" / name
    train, test = read_labeled(folder / "train.csv"), read_labeled(folder / "test.csv")
    classes = tuple(dict.fromkeys(sorted(train[1])))
    rng = np.random.default_rng(0)
    rows = [
        int(row) for name in classes for row in rng.permutation([i for i, y in enumerate(train[1]) if y == name])[:k]
    ]
    support = LabeledSet(tuple(train[0][row] for row in rows), tuple(train[1][row] for row in rows), classes)
    return support, LabeledSet(*test, classes)


# -- hostile texts ---------------------------------------------------------------------------------


def hostile(generator: Generator[Any], asked: argparse.Namespace) -> list[Row]:
    """How often an order inside a text changes the answer to the class that it asks for."""
    items = hostile_items.items()
    support = LabeledSet(*zip(*hostile_items.SUPPORT, strict=True), hostile_items.CLASSES)  # type: ignore[arg-type]
    context = Context(encoder=chosen.cached_encoder("minilm"), generator=generator, create=registry.create_method)
    rows = []
    for title, name, settings in [*((head, head, {}) for head in HEADS), *ASKED]:
        made = registry.create_method(name, settings, context).fit(support)
        honest = made.predict_proba([item.honest for item in items]).argmax(1)
        said = made.predict_proba([item.text for item in items]).argmax(1)
        wanted = np.array([hostile_items.CLASSES.index(item.wanted) for item in items])
        true = np.array([hostile_items.CLASSES.index(item.label) for item in items])
        flipped = (said == wanted) & (honest != wanted)
        for metric, count in (
            ("honest text right", (honest == true).sum()),
            ("hostile text right", (said == true).sum()),
            ("flipped as ordered", flipped.sum()),
        ):
            low, high = wilson(int(count), len(items))
            rows.append(
                Row(
                    "prompting-hostile",
                    "support inbox",
                    "4-shot",
                    title,
                    metric,
                    int(count) / len(items),
                    low,
                    high,
                    len(items),
                )
            )
        for attack in hostile_items.ATTACKS:
            own = np.array([item.attack == attack for item in items])
            count, n = int(flipped[own].sum()), int(own.sum())
            rows.append(Row("prompting-hostile", "support inbox", attack, title, "flipped as ordered", count / n, n=n))
        print(title, f"flipped {int(flipped.sum())} of {len(items)}", flush=True)
    return rows


# -- the tables ------------------------------------------------------------------------------------


def shown(rows: Sequence[Row]) -> str:
    """All parts as Markdown."""
    parts = [f"{machine()}.\n"]
    by_part = {part: [row for row in rows if row.benchmark == f"prompting-{part}"] for part in PARTS}
    if timed := by_part["speed"]:
        seconds = {row.method: row.value for row in timed if row.metric == "seconds"}
        gaps = ", ".join(f"{row.method} {row.value:.1e}" for row in timed if row.metric == "nats")
        parts.append(
            f"## 77 labels for {N_QUERIES} queries\n\n{timed[0].setting}. One pass for each query and label: "
            f"{seconds['loop']:.1f} s; shared prefix and trie: {seconds['trie']:.2f} s, "
            f"{seconds['loop'] / seconds['trie']:.0f} times quicker. "
            f"Largest difference of a log-probability: {gaps}.\n"
        )
    if scored := by_part["accuracy"]:
        columns = list(dict.fromkeys((row.dataset, row.setting) for row in scored))
        parts.append("## Accuracy in %\n\n± half the 95 % interval over the test items of one draw.\n")
        parts.append(_grid(scored, columns, lambda row: (row.dataset, row.setting)))
    if flips := by_part["hostile"]:
        whole = [row for row in flips if row.setting == "4-shot"]
        each = [replace(row, metric=f"flipped: {row.setting}") for row in flips if row.setting != "4-shot"]
        columns = list(dict.fromkeys(("", row.metric) for row in [*whole, *each]))
        n = whole[0].n
        parts.append(f"\n## Hostile texts: {n} items, shares in %\n")
        parts.append(_grid([*whole, *each], columns, lambda row: ("", row.metric)))
    return "\n".join(parts)


def _grid(rows: Sequence[Row], columns: Sequence[tuple[str, str]], key: Any) -> str:  # noqa: ANN401
    found = {(row.method, key(row)): row for row in rows}

    def cell(method: str, column: tuple[str, str]) -> str:
        if (row := found.get((method, column))) is None:
            return ""
        half = f" ± {50 * (row.high - row.low):.1f}" if row.high is not None and row.low is not None else ""
        return f"{100 * row.value:.1f}{half}"

    lines = [
        [method, *(cell(method, column) for column in columns)] for method in dict.fromkeys(r.method for r in rows)
    ]
    return table(["", *(" ".join(part for part in column if part) for column in columns)], lines)


if __name__ == "__main__":
    main()
