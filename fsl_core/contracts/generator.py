"""The contract of a language model: prompts in; texts, log-probabilities or hidden states out."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from fsl_core.base.config import Settings
from fsl_core.base.errors import ConfigError
from fsl_core.base.types import Progress, Vectors

C = TypeVar("C", bound=Settings)

Ability = Literal["generate", "score", "hidden", "cloze"]
"""``generate`` texts, ``score`` labels as continuations, give ``hidden`` states, fill a gap (``cloze``)."""
GAP = "____"
"""Stands for the gap in a text for ``Generator.cloze``."""


@dataclass(frozen=True, slots=True)
class GeneratorInfo:
    """What pages and the README say of a kind of language model."""

    name: str
    title: str
    summary: str
    abilities: frozenset[Ability]
    offline: bool
    """Whether it never sends anything anywhere."""
    order: int = 100
    """Place in lists; lower comes first."""
    aliases: tuple[str, ...] = ()
    """Former names: what was saved under them still opens."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in two parts. What many prompts have in common stands in ``shared``, and is read once for all."""

    shared: str
    own: str

    @property
    def text(self) -> str:
        """The whole prompt."""
        return self.shared + self.own


@dataclass(frozen=True, slots=True)
class Scores:
    """How likely each option is to follow each prompt.

    ``log_probs`` (n, k): log p(option | prompt), summed over the tokens of the option. ``lengths`` (k,): tokens of
    each option. ``hidden`` (n, d): the last layer at the end of the prompt; (n, 0) where the model shows none.
    ``prompt_tokens`` (n,): tokens of each prompt.
    """

    log_probs: NDArray[np.float64]
    lengths: NDArray[np.int64]
    hidden: Vectors
    prompt_tokens: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How texts are generated. ``temperature`` 0 always takes the likeliest token.

    Generation ends before the first of ``stop``. With ``choices`` a backend that can do so generates one of
    them and nothing else; callers still check the answer.
    """

    max_tokens: int = 64
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """One generated text, why it ended ('length': the limit of tokens cut it), and its tokens."""

    text: str
    ended: Literal["stop", "length"]
    prompt_tokens: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a generator has done since it was made. ``dollars`` is 0 for models on this machine."""

    requests: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    dollars: float = 0.0


OnText = Callable[[int, str], None]
"""Hears of new text as it comes: number of the prompt, the piece. It may raise Cancelled."""

OnDone = Callable[[int, Generation], None]
"""Hears of each whole text as it comes, so that what was answered before a failure is not lost."""


class Generator(ABC, Generic[C]):
    """A language model behind one interface.

    One file in ``fsl_core/models/generators`` each, found by the registry. An instance is cheap to make: weights
    are loaded at the first use. It is safe to share between threads. All of it raises MissingBackend when the model is
    not there or the server does not answer, Cancelled through ``progress``, and ConfigError when it is asked for
    something it cannot do (see ``info.abilities``). A whole one:

    >>> from fsl_core.base.config import Settings
    >>> from fsl_core.contracts.generator import Generation, Generator, GeneratorInfo, Sampling
    >>> class Echo(Generator[Settings]):
    ...     info = GeneratorInfo(
    ...         name="echo", title="Echo", summary="Says what it was asked.",
    ...         abilities=frozenset({"generate"}), offline=True,
    ...     )
    ...     settings = Settings
    ...     @property
    ...     def key(self):
    ...         return "echo:1"
    ...     def count(self, texts):
    ...         return [len(text.split()) for text in texts]
    ...     def generate(self, prompts, sampling, *, on_text=None, on_done=None, progress=None):
    ...         counts = self.count(prompts)
    ...         self.spent(len(prompts), sum(counts), sum(counts))
    ...         return [Generation(text, "stop", n, n) for text, n in zip(prompts, counts, strict=True)]
    >>> GENERATOR = Echo

    >>> echo = Echo(Settings())
    >>> echo.generate(["good morning"], Sampling())
    [Generation(text='good morning', ended='stop', prompt_tokens=2, tokens=2)]
    >>> echo.usage
    Usage(requests=1, prompt_tokens=2, tokens=2, dollars=0.0)
    """

    info: ClassVar[GeneratorInfo]
    settings: ClassVar[type[Settings]]

    def __init__(self, config: C) -> None:
        self.config = config
        self._usage = Usage()
        self._usage_lock = threading.Lock()

    @property
    @abstractmethod
    def key(self) -> str:
        """Which model this is, with everything that changes its answers."""

    @property
    def title(self) -> str:
        """The name that people see."""
        return self.info.title

    @property
    def writes(self) -> bool:
        """Whether texts of its own are worth a person's time; one that only picks among labels does not write."""
        return "generate" in self.info.abilities

    @property
    def usage(self) -> Usage:
        """Requests, tokens and cost so far."""
        with self._usage_lock:
            return self._usage

    def spent(self, requests: int, prompt_tokens: int, tokens: int, dollars: float = 0.0) -> None:
        """Add to ``usage``."""
        with self._usage_lock:
            old = self._usage
            self._usage = Usage(
                old.requests + requests,
                old.prompt_tokens + prompt_tokens,
                old.tokens + tokens,
                old.dollars + dollars,
            )

    @abstractmethod
    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text; an estimate where only the server knows."""

    def room(self) -> int:
        """Tokens that prompt and answer may have together."""
        return 4096

    def generate(
        self,
        prompts: Sequence[str],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        on_done: OnDone | None = None,
        progress: Progress | None = None,
    ) -> list[Generation]:
        """One text for each prompt, in order."""
        self.cannot("generate texts")

    def score(self, prompts: Sequence[Prompt], options: Sequence[str], *, progress: Progress | None = None) -> Scores:
        """Log-probabilities of the options after each prompt; no options give the hidden states alone."""
        self.cannot("score labels")

    def cloze(
        self, texts: Sequence[str], words: Sequence[str], *, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Shape (n, k): log-probability of each word in the gap (``GAP``) of each text."""
        self.cannot("fill gaps")

    def cannot(self, what: str) -> NoReturn:
        """Raise ConfigError: another kind of model is needed."""
        raise ConfigError("{title} cannot {what}.", "Choose another kind of model.", title=self.title, what=what)
