"""One small question to a language model, to see that it is there and answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from fsl_core.base.errors import DataError
from fsl_core.base.types import Progress
from fsl_core.contracts.generator import GAP, Generator, Sampling

QUESTION = "Reply with the word: ready"
CLOZE = f"Paris is the capital of {GAP}."
WORDS = ("France", "Spain", "bread")


@dataclass(frozen=True, slots=True)
class Trial:
    """What was asked, what came back, and how long it took, loading included."""

    question: str
    answer: str
    seconds: float
    prompt_tokens: int
    tokens: int


def try_out(generator: Generator[Any], progress: Progress | None = None) -> Trial:
    """Ask once. Raises what the generator raises, and DataError when it can do nothing of use."""
    abilities, start = generator.info.abilities, time.monotonic()
    before = generator.usage
    if "generate" in abilities:
        question, answer = QUESTION, generator.generate([QUESTION], Sampling(max_tokens=12), progress=progress)[0].text
    elif "cloze" in abilities:
        question = CLOZE
        answer = WORDS[int(generator.cloze([CLOZE], WORDS, progress=progress)[0].argmax())]
    else:
        raise DataError("This kind of model can neither write nor fill gaps.", "Choose another kind.")
    after = generator.usage
    return Trial(
        question,
        answer,
        time.monotonic() - start,
        after.prompt_tokens - before.prompt_tokens,
        after.tokens - before.tokens,
    )
