"""Any server that speaks the OpenAI chat protocol: OpenAI itself, Ollama, vLLM, llama.cpp, LM Studio.

Nothing a server says is trusted: an answer that is cut off, too large, from another model or no answer at all is an
error, and the answers that came before it are kept through ``on_done``.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from fsl_core.base.config import Settings, setting
from fsl_core.base.errors import Cancelled, MissingBackend
from fsl_core.base.types import Progress, silent
from fsl_core.contracts.generator import Generation, Generator, GeneratorInfo, OnDone, OnText, Sampling
from fsl_core.models.backends.openai_client import DEFAULT_URL, Server, words
from fsl_core.models.language import openai_chat
from fsl_core.models.language.openai_chat import Answer, Cut, Slow, Tell, Unusable

if TYPE_CHECKING:
    import openai
    from openai import OpenAI

CHARACTERS_PER_TOKEN = 3.5
"""Of English, roughly: for budgets where only the server counts exactly."""
LOOK_SECONDS = 0.1
"""So often a waiting call looks whether it should stop."""
GRACE_SECONDS = 5.0
"""So long a call that failed still waits for answers under way: they may have been paid for."""
LONGEST_PAUSE = 60.0
"""A server that asks for a longer pause is not asked again."""
REMEMBERED_SECONDS = 3_600.0
"""So long a parameter that a server refused is left out; then it is tried again, as servers are replaced."""
BUSY = (408, 409, 429)
"""Refusals that may pass, as do all from 500 on."""
MILLION = 1_000_000


class ServerSettings(Settings):
    """Settings of a language model behind a server."""

    base_url: str = setting(
        DEFAULT_URL, "Address of the server up to and with /v1; prompts are sent there.", title="Address"
    )
    model: str = setting("", "Name of the model, as the server knows it.")
    context: int = setting(
        4096, "What the model can read at once.", title="Room for a prompt (tokens)", ge=256, le=2_000_000
    )
    api_key_variable: str = setting(
        "OPENAI_API_KEY",
        "Name of the environment variable that holds the key; the key itself is never stored.",
        title="Variable with the key",
        advanced=True,
    )
    timeout: float = setting(60.0, "Longest wait for an answer.", title="Timeout (seconds)", ge=0.1, advanced=True)
    retries: int = setting(
        3, "Times a failed request is sent again, each after a longer wait.", ge=0, le=10, advanced=True
    )
    concurrency: int = setting(4, "Requests at a time.", title="Requests at a time", ge=1, le=64, advanced=True)
    requests_per_minute: int = setting(
        0, "At most so many are sent; 0 sets no limit.", title="Requests per minute", ge=0, advanced=True
    )
    price_prompt: float = setting(
        0.0, "What the account is charged for prompts.", title="Dollars per million prompt tokens", ge=0, advanced=True
    )
    price_answer: float = setting(
        0.0, "What the account is charged for answers.", title="Dollars per million answer tokens", ge=0, advanced=True
    )
    spend_limit: float = setting(
        1.0,
        "A request that could pass this limit is not sent. Counts from the start of the program; needs both prices.",
        title="Spend limit (dollars)",
        ge=0,
        advanced=True,
    )


class ServerModel(Generator[ServerSettings]):
    """A language model that a server runs."""

    info = GeneratorInfo(
        name="server",
        title="Model server",
        summary="Any server with the OpenAI protocol (Ollama, vLLM, llama.cpp, LM Studio, OpenAI), on this machine or "
        "far away; prompts are sent to it.",
        abilities=frozenset({"generate"}),
        offline=False,
        order=40,
    )
    settings = ServerSettings

    def __init__(self, config: ServerSettings) -> None:
        super().__init__(config)
        # Repeated here, not by the client: a repeated request keeps to the rate, and stops when it should.
        self.server = Server("model", config.base_url, config.model, config.api_key_variable, config.timeout, retries=0)
        self._lock = threading.Lock()
        self._next = 0.0
        self._money = threading.Condition()
        self._set_aside = 0.0
        self._without: dict[str, float] = {}
        """Parameters that this server has refused and answered without, and until when that is taken for granted."""

    @property
    def key(self) -> str:
        """Address and model; a server that swaps the model behind a name goes unnoticed."""
        return f"server:{self.config.base_url.rstrip('/')}:{self.config.model}"

    @property
    def title(self) -> str:
        """The model's name."""
        return self.config.model or self.info.title

    def count(self, texts: Sequence[str]) -> list[int]:
        """An estimate: only the server knows."""
        return [math.ceil(len(text) / CHARACTERS_PER_TOKEN) for text in texts]

    def room(self) -> int:  # noqa: D102
        return self.config.context

    def generate(
        self,
        prompts: Sequence[str],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        on_done: OnDone | None = None,
        progress: Progress | None = None,
    ) -> list[Generation]:
        """Several requests at a time. After a failure no more are sent; all that is answered goes to ``on_done``."""
        if not self.config.model:
            raise MissingBackend("No model of the server is chosen.", "Give the name of one of its models.")
        report = progress or silent
        report(0.0, "Asking the server")
        found: dict[int, Generation] = {}
        give_up = math.inf
        call = _Call(self.server.client(), sampling, on_text)
        pool = ThreadPoolExecutor(self.config.concurrency, thread_name_prefix="handful-server")
        try:
            under_way: dict[Future[Generation], int] = {
                pool.submit(self._noted, call, number, prompt): number for number, prompt in enumerate(prompts)
            }
            while under_way and time.monotonic() < give_up:
                done, _rest = wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    number = under_way.pop(future)
                    if future.exception() is not None:
                        continue
                    found[number] = future.result()
                    if on_done is not None:
                        on_done(number, found[number])
                if call.problems and give_up == math.inf:
                    under_way = {future: number for future, number in under_way.items() if not future.cancel()}
                    give_up = time.monotonic() + GRACE_SECONDS
                report(len(found) / max(1, len(prompts)), "Asking the server")
        finally:
            call.no_more.set()
            call.leave.set()
            pool.shutdown(wait=False, cancel_futures=True)
            call.client.close()
        if call.problems:
            raise call.problems[0]
        return [found[number] for number in range(len(prompts))]

    def _noted(self, call: _Call, number: int, prompt: str) -> Generation:
        """One answer; a failure lets no further request out, not even one that this thread would begin next."""
        try:
            return self._one(call, number, prompt)
        except BaseException as error:
            call.problems.append(error)
            call.no_more.set()
            raise

    def _one(self, call: _Call, number: int, prompt: str) -> Generation:
        """One answer, asked for again after growing pauses as long as what went wrong may pass."""
        dearest = self._dollars(self.count([prompt])[0], call.sampling.max_tokens)
        tell = call.tell(number)
        for attempt in range(self.config.retries + 1):
            with self._budget(dearest, call.no_more):
                self._wait_turn(call.no_more)
                try:
                    return self._asked(call, prompt, tell)
                except _Passing as passing:
                    if attempt == self.config.retries or passing.pause > LONGEST_PAUSE or call.no_more.is_set():
                        raise passing.error from passing
                    if passing.told:
                        tell = _nobody  # what was told of the cut answer is not told twice
                    pause = max(passing.pause, min(8.0, 0.5 * 2**attempt)) * random.uniform(1.0, 1.25)
            if call.no_more.wait(pause):
                raise Cancelled
        raise AssertionError

    def _asked(self, call: _Call, prompt: str, tell: Tell | None, tried: tuple[str, ...] = ()) -> Generation:
        """One answer; where the server refuses a parameter, by one request more without it."""
        import openai

        sampling, without = call.sampling, [*self._known_refusals(), *tried]
        sent = openai_chat.arguments(self.config.model, prompt, sampling, stream=tell is not None, without=without)
        most = 200 + 20 * sampling.max_tokens
        try:
            answer = openai_chat.ask(call.client, sent, tell or _nobody, most, self.config.timeout, call.leave)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if name := openai_chat.refused(words(error), str(error.param or ""), sent):
                return self._asked(call, prompt, tell, (*tried, name))
            raise self.server.translated(error) from error
        except openai.APIStatusError as error:
            if error.status_code in BUSY or error.status_code >= 500:
                raise self._busy(error) from error
            raise self.server.translated(error) from error
        except openai.APIConnectionError as error:
            raise _Passing(self.server.translated(error)) from error
        except Slow as slow:
            raise _Passing(self.server.slow(), told=slow.told) from slow
        except Cut as cut:
            raise _Passing(self._cut(str(cut)), told=cut.told) from cut
        except Unusable as error:
            raise self.server.odd(str(error)) from error
        except openai.OpenAIError as error:
            raise self.server.translated(error) from error
        with self._lock:  # only now is it known that they were the matter
            self._without |= dict.fromkeys(tried, time.monotonic() + REMEMBERED_SECONDS)
        return self._checked(answer, prompt, sampling)

    def _known_refusals(self) -> list[str]:
        with self._lock:
            return [name for name, until in self._without.items() if time.monotonic() < until]

    def _checked(self, answer: Answer, prompt: str, sampling: Sampling) -> Generation:
        """Count it, and refuse one of another model."""
        n_prompt, n_answer = answer.usage or tuple(self.count([prompt, answer.text]))
        self.spent(1, n_prompt, n_answer, self._dollars(n_prompt, n_answer))
        asked, model = self.config.model, answer.model
        if model and not (model.lower() in asked.lower() or asked.lower() in model.lower()):
            raise self.server.odd(f"it comes from the model {model[:80]}, not from {asked}")
        text = openai_chat.chosen(answer.text) if sampling.choices else answer.text
        return Generation(text, answer.ended, n_prompt, n_answer)

    def _busy(self, error: openai.APIStatusError) -> _Passing:
        pause = _asked_pause(error.response.headers)
        if pause <= LONGEST_PAUSE:
            return _Passing(self.server.translated(error), pause)
        hint = "The server wants no request for the next {seconds} seconds; ask again then."
        return _Passing(
            self.server.missing("answered {status}", hint, status=error.status_code, seconds=round(pause)), pause
        )

    def _cut(self, words: str) -> MissingBackend:
        hint = "Ask again; the server's log may say more."
        if words:
            return self.server.missing("broke off in the middle of an answer: {words}", hint, words=words)
        return self.server.missing("broke off in the middle of an answer", hint)

    # -- limits ------------------------------------------------------------------------------------

    def _dollars(self, prompt_tokens: int, tokens: int) -> float:
        return (prompt_tokens * self.config.price_prompt + tokens * self.config.price_answer) / MILLION

    @contextmanager
    def _budget(self, dollars: float, no_more: threading.Event) -> Iterator[None]:
        """Set aside what a request may cost at most, once those under way leave enough.

        Raises MissingBackend where it could pass the limit even after them.
        """
        limit = self.config.spend_limit
        with self._money:
            while dollars and (spent := self.usage.dollars) + self._set_aside + dollars > limit:
                if spent + dollars > limit:
                    raise MissingBackend(
                        "The next request could cost {dollars:.4f} dollars and pass the limit of {limit:.2f} "
                        "({spent:.4f} are spent).",
                        "Raise the spend limit on the Models page, or ask about fewer items.",
                        dollars=dollars,
                        limit=limit,
                        spent=spent,
                    )
                if no_more.is_set():
                    raise Cancelled
                self._money.wait(LOOK_SECONDS)
            self._set_aside += dollars
        try:
            yield
        finally:
            with self._money:
                self._set_aside -= dollars
                self._money.notify_all()

    def _wait_turn(self, no_more: threading.Event) -> None:
        """Wait until the next request may be sent."""
        if no_more.is_set():
            raise Cancelled
        if not self.config.requests_per_minute:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 60.0 / self.config.requests_per_minute
        if no_more.wait(turn - now):
            raise Cancelled


@dataclass(frozen=True, slots=True)
class _Call:
    """What the requests of one call share."""

    client: OpenAI
    sampling: Sampling
    on_text: OnText | None
    no_more: threading.Event = field(default_factory=threading.Event)
    """No further request is sent; answers under way are still read."""
    leave: threading.Event = field(default_factory=threading.Event)
    """Nothing more is read either."""
    problems: list[BaseException] = field(default_factory=list)
    """What went wrong, in the order of time: the first is the cause, later ones may follow from it."""

    def tell(self, number: int) -> Tell | None:
        """What hears the pieces of one answer."""
        return None if self.on_text is None else partial(self.on_text, number)


class _Passing(Exception):
    """What may be well at the next try: the error to show if it is not, and the pause that the server asked for."""

    def __init__(self, error: MissingBackend, pause: float = 0.0, *, told: bool = False) -> None:
        super().__init__(error.message)
        self.error, self.pause, self.told = error, pause, told


def _nobody(piece: str) -> None:
    """Hears nothing."""


def _asked_pause(headers: Any) -> float:  # noqa: ANN401  # those of the openai client
    """Seconds of the header Retry-After, which is a number or a date; 0 without one."""
    asked = str(headers.get("retry-after") or "")
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return 0.0


GENERATOR = ServerModel
