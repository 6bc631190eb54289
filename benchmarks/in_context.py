"""A small causal language model that classifies from a few examples in its prompt, trained here.

python -m benchmarks.in_context --data FOLDER                  train it and write it
python -m benchmarks.in_context --data FOLDER --evaluate       score it on whole data sets it has never seen

After MetaICL (Min et al. 2022, arXiv:2110.15943): one sequence is one task, and every answer in it is learned from
what stands before it. Classes often have names that mean nothing ("maple", "B", "group 4"), so that only the examples
can tell what they are; with such names the scores measure learning in context and nothing else.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Row, machine, parser, read_labeled, table, write
from fsl_core import registry
from fsl_core.base import paths
from fsl_core.base.intervals import Z95
from fsl_core.contracts.generator import Generator, Prompt
from fsl_core.learning.prompting import template

FOLDER = paths.ASSETS / "language" / "in-context"
STEPS, STEP = 1100, 6e-4
SHOTS = (0, 1, 4, 8)
UNSEEN = {
    "banking77": (2, 5, 10),
    "trec6": (2, 6),
    "agnews": (2, 4),
    "financial_phrasebank_allagree": (3,),
    "tweet_emotion": (2, 4),
    "sst2": (2,),
    "mr": (2,),
}
"""Data sets that nothing was trained on, and how many of their classes an episode has."""
EPISODES, QUERIES = 40, 10
MOST_CHARACTERS = 160
WORDS = (
    "maple river stone cloud velvet tiger copper lemon north piano orange winter silver garden rocket harbor".split()
)


def main() -> None:
    """Train, or score what is there."""
    arguments = parser("in_context", __doc__ or "")
    arguments.add_argument("--model", type=Path, default=FOLDER, help="folder of the model")
    arguments.add_argument("--steps", type=int, default=STEPS, help="steps of the training")
    arguments.add_argument("--episodes", type=int, default=EPISODES, help="episodes of each setting")
    arguments.add_argument("--evaluate", action="store_true", help="score the model instead of training it")
    asked = arguments.parse_args()
    if asked.evaluate:
        evaluate(asked)
    else:
        trained(asked)


# -- training --------------------------------------------------------------------------------------


def trained(asked: argparse.Namespace) -> None:
    """Train on tasks of the training sets and write model and tokenizer."""
    import torch
    from transformers import PreTrainedTokenizerFast

    from benchmarks import in_context_tasks as tasks
    from benchmarks import in_context_weights as weights

    torch.set_num_threads(1)
    asked.model.mkdir(parents=True, exist_ok=True)
    known = tasks.sources(asked.data)
    vectors = tasks.write_tokenizer(asked.model, known)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(asked.model)
    pool = tasks.Tasks(known, tokenizer)
    model = weights.model(tokenizer.get_vocab(), vectors, tasks.counts(known, tokenizer))
    model.model.embed_tokens.weight.requires_grad_(False)
    learned = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=STEP, weight_decay=0.0, betas=(0.9, 0.98))
    began = time.monotonic()
    for step in range(asked.steps):
        for group in optimizer.param_groups:
            group["lr"] = STEP * min(1.0, (step + 1) / 40) * (0.5 * (1 + math.cos(math.pi * step / asked.steps)) + 0.02)
        loss, right = _step(model, pool.batch(8, (2, 6), 16, 300))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        if step % 25 == 24:
            print(step + 1, f"loss {float(loss.detach()):.2f}, right {100 * right:.0f} %,",
                  f"{time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    model.half().save_pretrained(asked.model)


def _step(model: Any, batch: Sequence[Any]) -> tuple[Any, float]:  # noqa: ANN401
    """The loss of a batch, and the share of answers that were right among the labels of their task.

    Mostly the choice among the labels that could stand there; a fifth of it among all words, so that labels are likely
    words at all.
    """
    import torch
    from torch.nn.functional import cross_entropy

    tokens, places, choices = batch
    states = model.model(tokens).last_hidden_state[places[:, 0], places[:, 1]]
    said, wanted = model.lm_head(states), tokens[places[:, 0], places[:, 1] + 1]
    among = said.gather(1, choices.clamp(min=0)).masked_fill(choices < 0, -1e9)
    which = (choices == wanted[:, None]).int().argmax(1)
    open_ = (choices >= 0).sum(1) > 1
    loss = cross_entropy(among[open_], which[open_]) + 0.2 * cross_entropy(said, wanted)
    with torch.no_grad():
        right = (among[open_].argmax(1) == which[open_]).float().mean()
    return loss, float(right)


# -- evaluation ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Episode:
    """A task: classes, examples to show as (text, class), and queries of known class."""

    classes: list[str]
    shown: list[tuple[str, int]]
    queries: list[tuple[str, int]]


def episodes(data: Path, name: str, ways: int, shots: int, count: int) -> Iterator[Episode]:
    """Tasks from a data set: examples from its training texts, queries from its test texts."""
    pools = []
    for file in ("train.csv", "test.csv"):
        by_class: dict[str, list[str]] = {}
        for text, label in zip(*read_labeled(data / "text" / name / file), strict=True):
            by_class.setdefault(label, []).append(text)
        pools.append(by_class)
    train, test = pools
    for number in range(count):
        rng = np.random.default_rng((7, ways, number))  # the same queries at every number of shots
        classes = [str(c) for c in rng.permutation(sorted(train))[:ways]]
        asked = [int(c) for c in rng.integers(ways, size=QUERIES)]
        queries = [(_short(str(rng.choice(test[classes[c]]))), c) for c in asked]
        shown = [(_short(str(text)), c) for c in range(ways) for text in rng.permutation(train[classes[c]])[:shots]]
        yield Episode(classes, [shown[i] for i in rng.permutation(len(shown))], queries)


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else template.shortened(text, MOST_CHARACTERS / len(text))


def score(generator: Generator[Any], episode: Episode, names: Sequence[str]) -> float | None:
    """The share of queries whose true class is the likeliest; None when the prompt is longer than the model reads."""
    shared = template.header(names, {})
    shared += "".join(template.shown(template.Demonstration(text, names[c])) for text, c in episode.shown)
    prompts = [Prompt(shared, template.asked(text)) for text, _ in episode.queries]
    if max(generator.count([prompt.text for prompt in prompts])) > CONTEXT - 16:
        return None
    said = generator.score(prompts, [template.option(name) for name in names]).log_probs.argmax(1)
    return float(np.mean(said == np.array([c for _, c in episode.queries])))


CONTEXT = 1024


def evaluate(asked: argparse.Namespace) -> None:
    """All unseen data sets at 0, 1, 4 and 8 examples a class, with true names and with words that mean nothing."""
    generator = registry.create_generator("causal", {"model": str(asked.model), "device": "cpu"})
    rows = []
    for name, all_ways in UNSEEN.items():
        for ways in all_ways:
            chance = Row("in-context", name, f"{ways}-way", "chance", "accuracy", 1 / ways)
            rows.append(chance)
            for shots in SHOTS:
                for kind in ("true names", "words without meaning"):
                    if shots == 0 and kind != "true names":
                        continue
                    found = []
                    for number, one in enumerate(episodes(asked.data, name, ways, shots, asked.episodes)):
                        words = [str(word) for word in np.random.default_rng(number).permutation(WORDS)[:ways]]
                        names = [c.replace("_", " ") for c in one.classes] if kind == "true names" else words
                        right = score(generator, one, names)
                        if right is not None:
                            found.append(right)
                    if len(found) < asked.episodes // 2:
                        continue
                    mean, half = float(np.mean(found)), Z95 * float(np.std(found, ddof=1)) / len(found) ** 0.5
                    setting = f"{ways}-way {shots}-shot"
                    rows.append(
                        Row("in-context", name, setting, kind, "accuracy", mean, mean - half, mean + half,
                            len(found) * QUERIES)
                    )  # fmt: skip
                    print(
                        name, setting, kind, f"{100 * mean:.1f} ± {100 * half:.1f}, {len(found)} episodes", flush=True
                    )
    write("in_context", rows, shown(rows, asked.episodes), asked.out)
    print(shown(rows, asked.episodes))


def shown(rows: Sequence[Row], count: int) -> str:
    """The table as Markdown: a line for each data set, number of classes and kind of names."""
    cells = {(row.dataset, row.setting, row.method): row for row in rows}
    lines = []
    for name, all_ways in UNSEEN.items():
        for ways in all_ways:
            for kind in ("true names", "words without meaning"):
                line = [name, str(ways), kind, f"{100 / ways:.0f}"]
                for shots in SHOTS:
                    row = cells.get((name, f"{ways}-way {shots}-shot", kind))
                    half = 50 * (row.high - row.low) if row and row.high is not None and row.low is not None else 0
                    line.append(f"{100 * row.value:.1f} ± {half:.1f}" if row else "")
                lines.append(line)
    head = ["data set, none of it trained on", "classes", "named by", "chance", *(f"{k} a class" for k in SHOTS)]
    return (
        f"Accuracy in % by the number of examples a class in the prompt, ± 1.96 standard errors over {count} tasks of "
        f"{QUERIES} queries; texts cut at {MOST_CHARACTERS} characters, and left out where a prompt exceeds {CONTEXT} "
        f"tokens. {machine()}.\n\n" + table(head, lines)
    )


if __name__ == "__main__":
    main()
