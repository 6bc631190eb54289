"""Any server that speaks the OpenAI chat protocol: OpenAI itself, Ollama, vLLM, llama.cpp, LM Studio.

Nothing a server says is trusted: an answer that is cut off, too large, from another model or no answer at all is an
error, and the answers that came before it are kept through ``on_done``.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from fsl_core.config import Settings, setting
from fsl_core.errors import Cancelled, MissingBackend
from fsl_core.generator import Generation, Generator, GeneratorInfo, OnDone, OnText, Sampling
from fsl_core.openai_client import DEFAULT_URL, Server
from fsl_core.types import Progress, silent

if TYPE_CHECKING:
    from openai import OpenAI

CHARACTERS_PER_TOKEN = 3.5
"""Of English, roughly: for budgets where only the server counts exactly."""
LOOK_SECONDS = 0.1
"""So often a waiting call looks whether it should stop."""
MILLION = 1_000_000


class ServerSettings(Settings):
    """Settings of a language model behind a server."""

    base_url: str = setting(DEFAULT_URL, "Address of the server up to and with /v1; prompts are sent there.")
    model: str = setting("", "Name of the model, as the server knows it.")
    api_key_variable: str = setting(
        "OPENAI_API_KEY", "Environment variable that holds the key; the key itself is never stored.", advanced=True
    )
    context: int = setting(4096, "Tokens that the model can read.", title="Room for a prompt", ge=256, le=2_000_000)
    timeout: float = setting(60.0, "Seconds to wait for an answer.", ge=0.1, le=3600, advanced=True)
    retries: int = setting(
        3, "Times a failed request is sent again, each after a longer wait.", ge=0, le=10, advanced=True
    )
    concurrency: int = setting(4, "Requests at a time.", ge=1, le=64, advanced=True)
    requests_per_minute: int = setting(0, "Requests in a minute at most; 0 sets no limit.", ge=0, advanced=True)
    price_prompt: float = setting(0.0, "Dollars for a million tokens of prompts.", ge=0.0, advanced=True)
    price_answer: float = setting(0.0, "Dollars for a million tokens of answers.", ge=0.0, advanced=True)
    spend_limit: float = setting(
        1.0, "Dollars; a request that could pass this limit is not sent. Counts from the start of the program.", ge=0.0,
        advanced=True,
    )  # fmt: skip


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
        self.server = Server(
            "model", config.base_url, config.model, config.api_key_variable, config.timeout, config.retries
        )
        self._lock = threading.Lock()
        self._next = 0.0
        self._reserved = 0.0
        self._without: set[str] = set()
        """Parameters that this server has refused."""

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
        """Several requests at a time. The first that fails stops the rest; what was answered went to ``on_done``."""
        if not self.config.model:
            raise MissingBackend("No model of the server is chosen.", "Give the name of one of its models.")
        report = progress or silent
        report(0.0, "Asking the server")
        found: dict[int, Generation] = {}
        stop = threading.Event()
        client = self.server.client()
        pool = ThreadPoolExecutor(self.config.concurrency, thread_name_prefix="handful-server")
        open_: dict[Future[Generation], int] = {}
        try:
            for number, prompt in enumerate(prompts):
                open_[pool.submit(self._one, client, prompt, sampling, _piece(on_text, number), stop)] = number
            while open_:
                done, _rest = wait(open_, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                failed: BaseException | None = None
                for future in done:
                    number = open_.pop(future)
                    if (error := future.exception()) is not None:
                        failed = failed or error
                        continue
                    found[number] = future.result()
                    if on_done is not None:
                        on_done(number, found[number])
                if failed is not None:
                    raise failed
                report(len(found) / max(1, len(prompts)), "Asking the server")
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            client.close()  # breaks off what is still under way
        return [found[number] for number in range(len(prompts))]

    def _one(
        self, client: OpenAI, prompt: str, sampling: Sampling, tell: Callable[[str], None] | None, stop: threading.Event
    ) -> Generation:
        """One answer, asked for again when the stream was cut."""
        prompt_tokens = self.count([prompt])[0]
        for attempt in range(self.config.retries + 1):
            dearest = self._dollars(prompt_tokens, sampling.max_tokens)
            self._reserve(dearest)
            try:
                self._wait_turn(stop)
                try:
                    return self._asked(client, prompt, sampling, tell)
                except _Cut as cut:
                    if attempt == self.config.retries:
                        raise self.server.missing(
                            "broke off in the middle of an answer", "Ask again; the server's log may say more."
                        ) from cut
                    tell = _nobody  # what was told of the cut answer is not told twice
                    if stop.wait(min(8.0, 0.5 * 2**attempt)):
                        raise Cancelled from cut
            finally:
                with self._lock:
                    self._reserved -= dearest
        raise AssertionError

    def _asked(self, client: OpenAI, prompt: str, sampling: Sampling, tell: Callable[[str], None] | None) -> Generation:
        import openai

        arguments = self._arguments(prompt, sampling)
        try:
            if tell is None:
                reply = client.chat.completions.create(**arguments)
                text, ended, usage, model = _read(reply)
            else:
                text, ended, usage, model = _listen(client.chat.completions.create(**arguments, stream=True), tell)
        except openai.BadRequestError as error:
            if (refused := self._refused(str(error), sampling)) and refused not in self._without:
                self._without.add(refused)
                return self._asked(client, prompt, sampling, tell)
            raise self.server.translated(error) from error
        except (openai.OpenAIError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise self.server.translated(error) from error
        asked = self.config.model
        if model and not (model.lower() in asked.lower() or asked.lower() in model.lower()):
            raise self.server.odd(f"it comes from the model {model[:80]}, not from {asked}")
        if len(text) > 200 + 20 * sampling.max_tokens:
            raise self.server.odd(f"{len(text):,} characters where {sampling.max_tokens} tokens were asked for")
        n_prompt, n_answer = usage or (self.count([prompt])[0], self.count([text])[0])
        self.spent(1, n_prompt, n_answer, self._dollars(n_prompt, n_answer))
        return Generation(_chosen(text) if sampling.choices else text, ended, n_prompt, n_answer)

    def _arguments(self, prompt: str, sampling: Sampling) -> dict[str, Any]:
        limit = "max_completion_tokens" if "max_tokens" in self._without else "max_tokens"
        arguments: dict[str, Any] = {
            "model": self.config.model,
            "messages": [{"role": "user", "content": prompt}],
            limit: sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        if sampling.stop and not sampling.choices:
            arguments["stop"] = list(sampling.stop)
        if sampling.choices and "response_format" not in self._without:
            arguments["response_format"] = _one_of(sampling.choices)
        for name in self._without - {"max_tokens"}:
            arguments.pop(name, None)
        return arguments

    def _refused(self, words: str, sampling: Sampling) -> str:
        """Which parameter a server that answers 400 does without."""
        for name in ("max_tokens", "seed", "top_p", "temperature", "stop", "response_format"):
            if name in words:
                return name
        return "response_format" if sampling.choices else ""

    # -- limits ------------------------------------------------------------------------------------

    def _dollars(self, prompt_tokens: int, tokens: int) -> float:
        return (prompt_tokens * self.config.price_prompt + tokens * self.config.price_answer) / MILLION

    def _reserve(self, dollars: float) -> None:
        """Set aside what a request may cost at most. Raises MissingBackend where that could pass the limit."""
        with self._lock:
            spent = self.usage.dollars
            if dollars and spent + self._reserved + dollars > self.config.spend_limit:
                raise MissingBackend(
                    "The next request could cost {dollars:.4f} dollars and pass the limit of {limit:.2f} ({spent:.4f} "
                    "are spent).",
                    "Raise the spend limit on the Models page, or ask about fewer items.",
                    dollars=dollars,
                    limit=self.config.spend_limit,
                    spent=spent,
                )
            self._reserved += dollars

    def _wait_turn(self, stop: threading.Event) -> None:
        """Wait until the next request may be sent."""
        if stop.is_set():
            raise Cancelled
        if not self.config.requests_per_minute:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + 60.0 / self.config.requests_per_minute
        if stop.wait(turn - now):
            raise Cancelled


class _Cut(Exception):
    """A stream that ended before its answer did."""


def _nobody(piece: str) -> None:
    """Hears nothing more."""


def _piece(on_text: OnText | None, number: int) -> Callable[[str], None] | None:
    return None if on_text is None else lambda piece: on_text(number, piece)


def _read(reply: Any) -> tuple[str, Any, tuple[int, int] | None, str]:  # noqa: ANN401
    """Text, why it ended, (prompt tokens, tokens), model of a whole answer; ValueError for what is none."""
    choices = getattr(reply, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise ValueError("no list 'choices' with an answer")
    message = getattr(choices[0], "message", None)
    text = getattr(message, "content", None)
    if not isinstance(text, str):
        raise ValueError("an answer without text")
    return text, _ended(choices[0].finish_reason), _usage(reply), str(getattr(reply, "model", "") or "")


def _listen(stream: Any, tell: Callable[[str], None]) -> tuple[str, Any, tuple[int, int] | None, str]:  # noqa: ANN401
    """The same of an answer that comes in pieces. Raises _Cut when it ends without its end."""
    import openai

    text, ended, usage, model = "", None, None, ""
    try:
        for piece in stream:
            model = model or str(getattr(piece, "model", "") or "")
            usage = _usage(piece) or usage
            for choice in (piece.choices or [])[:1]:
                if new := choice.delta.content:
                    text += new
                    tell(new)
                ended = choice.finish_reason or ended
    except (openai.APIConnectionError, json.JSONDecodeError) as error:
        raise _Cut from error
    if ended is None:
        raise _Cut
    return text, _ended(ended), usage, model


def _ended(reason: object) -> str:
    return "length" if reason == "length" else "stop"


def _usage(reply: Any) -> tuple[int, int] | None:  # noqa: ANN401
    usage = getattr(reply, "usage", None)
    found = (getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None))
    if all(isinstance(value, int) and value >= 0 for value in found):
        return found  # type: ignore[return-value]
    return None


def _one_of(choices: Sequence[str]) -> dict[str, Any]:
    """The schema of an object with one field that holds one of the choices."""
    schema = {
        "type": "object",
        "properties": {"class": {"type": "string", "enum": list(choices)}},
        "required": ["class"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def _chosen(text: str) -> str:
    """The field of an object, or the text itself from a server that writes none."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(found["class"]) if isinstance(found, dict) and "class" in found else text


GENERATOR = ServerModel
