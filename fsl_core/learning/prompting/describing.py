"""One sentence for each class, written by a language model: what its texts are about, or what its pictures show.

The words then stand for the class wherever its name would (Menon and Vondrick 2023, arXiv:2210.07183, for pictures).
They are proposals: a person takes or changes each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Progress
from fsl_core.contracts.generator import Generation, Generator, Sampling
from fsl_core.contracts.method import readable
from fsl_core.learning.prompting import template

SHOWN = 3
"""Examples of a class in its prompt."""
LONGEST = 200
"""Characters of a description that is taken."""


def describe(
    generator: Generator[Any],
    names: Sequence[str],
    examples: Mapping[str, Sequence[str]],
    *,
    of_images: bool = False,
    on_done: Callable[[str, str], None] | None = None,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Name -> description; classes for which nothing usable came back are missing.

    ``examples`` are shown for classes of texts. Raises what the generator raises; what was written before that has
    gone to ``on_done``.
    """
    if "generate" not in generator.info.abilities:
        raise ConfigError("Describing classes needs a model that writes texts.", "Choose one on the Models page.")
    found: dict[str, str] = {}

    def done(number: int, one: Generation) -> None:
        if words := usable(one.text, names[number]):
            found[names[number]] = words
            if on_done is not None:
                on_done(names[number], words)

    prompts = [asked(name, () if of_images else examples.get(name, ()), of_images=of_images) for name in names]
    generator.generate(
        prompts, Sampling(max_tokens=60, temperature=0.3, stop=("\n\n",)), on_done=done, progress=progress
    )
    return found


def asked(name: str, examples: Sequence[str], *, of_images: bool) -> str:
    """The prompt for one class."""
    quoted = template.quoted(readable(name))
    if of_images:
        return f"Say in one short sentence what a picture of {quoted} shows: shape, colours, parts.\nDescription:"
    shown = "".join(f"- {template.quoted(text)}\n" for text in examples[:SHOWN])
    like = f" Texts of this class:\n{shown}" if shown else "\n"
    return f"Say in one short sentence what texts of the class {quoted} are about. {template.GUARD}{like}Description:"


def usable(answer: str, name: str) -> str:
    """The first line of an answer without quotation marks; '' where it says nothing or only repeats the name."""
    lines = [line for line in answer.splitlines() if line.strip()]
    words = " ".join(lines[0].split()).strip("\"'“”`*- ") if lines else ""
    words = words.removeprefix("Description:").strip()
    if len(words) > LONGEST:
        words = words[:LONGEST].rsplit(" ", 1)[0]
    plain = words.casefold().rstrip(".")
    return "" if plain in ("", name.casefold(), readable(name).casefold()) else words
