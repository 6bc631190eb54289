"""Examples written by a language model, from descriptions and examples, and mixes from the boundary of two classes.

Papers: Lin et al., "Selective In-Context Data Augmentation" (ICDA, EACL 2023), arXiv:2302.05096; Sahu et al.,
"PromptMix" (EMNLP 2023), arXiv:2310.14192, for texts between two classes that are labelled anew afterwards.
"""

from __future__ import annotations

import re

import numpy as np

from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Progress
from fsl_core.contracts.generator import Generation, Sampling
from fsl_core.contracts.method import readable
from fsl_core.learning.augment.source import Candidate, Proposed, Source, Task
from fsl_core.learning.prompting import template

EXAMPLES = 5
AT_ONCE = 5
"""Texts asked for in one prompt."""
LONGEST = 600
"""Characters of a text that is taken; a longer one is no example of a handful."""
_LEAD = re.compile(r"^\s*(?:[-*•]|\(?\d{1,3}[.):])\s*")
_TALK = re.compile(r"^(sure|certainly|of course|here (are|is)|as an ai|i (cannot|can't)|text:|class:)", re.IGNORECASE)
"""How a line begins that speaks to whoever asked."""


class Written(Source):
    """What a language model writes."""

    name = "language-model"
    title = "Language model"
    summary = "Asks the project's language model for new texts of each class, and for some between classes that are "
    summary += "mixed up."
    needs_generator = True
    order = 10

    def propose(self, task: Task, per_class: int, into: Proposed, progress: Progress) -> None:  # noqa: D102
        generator = task.generator
        if generator is None or "generate" not in generator.info.abilities:
            raise ConfigError("Writing examples needs a model that generates texts.", "Choose one on the Models page.")
        rng = np.random.default_rng(task.seed)
        asks: list[tuple[str, int, int, tuple[int, ...]]] = []
        turns = -(-per_class // AT_ONCE)
        asks += [_of_class(task, code, rng) for code in range(task.support.n_way) for _turn in range(turns)]
        asks += [_between(task, a, b, rng) for a, b in task.confused]

        def done(number: int, found: Generation) -> None:
            _prompt, code, second, parents = asks[number]
            texts = lines(found.text, ended=found.ended == "stop")
            if not texts:
                into.drop("no usable answer")
            into.candidates += [Candidate(text, code, parents, second) for text in texts[:AT_ONCE]]

        sampling = Sampling(max_tokens=60 * AT_ONCE, temperature=0.9, top_p=0.95, seed=task.seed)
        generator.generate([ask[0] for ask in asks], sampling, on_done=done, progress=progress)


def _of_class(task: Task, code: int, rng: np.random.Generator) -> tuple[str, int, int, tuple[int, ...]]:
    name = task.support.classes[code]
    rows = _some(task, code, EXAMPLES, rng)
    words = task.words.get(name, "")
    asked = f"Write {AT_ONCE} new, different texts of the class {template.quoted(readable(name))}"
    asked += f" ({template.one_line(words)})" if words and words != name else ""
    return f"{asked}, one a line. {template.GUARD}\n\n{_shown(task, rows)}New texts:\n", code, -1, rows


def _between(task: Task, a: int, b: int, rng: np.random.Generator) -> tuple[str, int, int, tuple[int, ...]]:
    rows = (*_some(task, a, EXAMPLES // 2 + 1, rng), *_some(task, b, EXAMPLES // 2 + 1, rng))
    first, second = (template.quoted(readable(task.support.classes[code])) for code in (a, b))
    asked = (
        f"Write {AT_ONCE} new texts that are mostly of the class {first} but sound a little like {second}, one a line. "
        f"{template.GUARD}\n\n{_shown(task, rows)}New texts:\n"
    )
    return asked, a, b, rows


def _some(task: Task, code: int, n: int, rng: np.random.Generator) -> tuple[int, ...]:
    rows = np.flatnonzero(task.support.codes == code)
    return tuple(int(row) for row in rng.permutation(rows)[:n])


def _shown(task: Task, rows: tuple[int, ...]) -> str:
    return "".join(
        f"{readable(task.support.labels[row])}: {template.quoted(str(task.support.items[row]))}\n" for row in rows
    )


def lines(answer: str, *, ended: bool) -> list[str]:
    """The texts in an answer, one a line, without numbers and quotation marks; a last line that was cut is left out."""
    found = [line for line in answer.split("\n") if line.strip()]
    if not ended and len(found) > 1:
        found = found[:-1]
    texts = []
    for line in found:
        text = " ".join(_LEAD.sub("", line).split()).strip("\"'“”` ")
        if 3 <= len(text) <= LONGEST and any(c.isalnum() for c in text) and not _TALK.match(text):
            texts.append(text)
    return list(dict.fromkeys(texts))


SOURCE = Written
