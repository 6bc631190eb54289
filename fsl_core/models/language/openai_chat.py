"""One answer of the OpenAI chat protocol, whole or in pieces, read with bounds on its size and on the wait for it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Literal

from fsl_core.base.errors import Cancelled
from fsl_core.contracts.generator import Sampling
from fsl_core.models.backends.openai_client import too_long

if TYPE_CHECKING:
    from openai import OpenAI

LARGEST_BODY = 4_000_000
"""Bytes of one answer with everything around it. Nothing beyond is read."""
OPTIONAL = ("max_tokens", "seed", "top_p", "temperature", "stop", "stream_options", "response_format")
"""Parameters that some servers refuse and that an answer can be had without."""
_THOUGHT = re.compile(r"\A\s*<think>.*?(</think>\s*|\Z)", re.DOTALL)
_FORM = re.compile(
    r"json|schema|grammar|structured|guided"
    r"|(unknown|unexpected|unrecogni[sz]ed|unsupported|extra|additional)\W+(\w+\W+){0,2}(field|param|arg|propert|key|input)"
    r"|(field|param\w*|argument|propert\w*|key|input)s?\b.{0,40}\bnot (permitted|supported|allowed|known)",
    re.IGNORECASE | re.DOTALL,
)

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. ``usage``: tokens of the prompt and of the answer, where it told them."""

    text: str
    ended: Literal["stop", "length"]
    usage: tuple[int, int] | None
    model: str


class Cut(Exception):
    """An answer that ended before its end. ``told``: pieces of it were passed on already."""

    def __init__(self, words: str = "", *, told: bool = False) -> None:
        super().__init__(words)
        self.told = told


class Slow(Cut):
    """An answer that did not go on in time."""


class Unusable(ValueError):
    """An answer that is whole and makes no sense."""


def arguments(model: str, prompt: str, sampling: Sampling, *, stream: bool, without: Sequence[str]) -> dict[str, Any]:
    """What is sent, without the parameters that this server has refused."""
    found: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
    }
    if sampling.stop and not sampling.choices:
        found["stop"] = list(sampling.stop)
    if sampling.choices:
        found["response_format"] = _one_of(sampling.choices)
    if stream:
        found |= {"stream": True, "stream_options": {"include_usage": True}}
    for name in without:
        found.pop(name, None)
    if "max_tokens" in without:
        found["max_completion_tokens"] = sampling.max_tokens
    return found


def refused(words: str, parameter: str, sent: Mapping[str, Any]) -> str:
    """Which of the parameters that were sent the server does not take; '' when that is not the matter.

    ``words`` are the server's, ``parameter`` what its error names as the cause, '' for nothing.
    """
    if too_long(words):
        return ""
    there = [name for name in OPTIONAL if name in sent]
    if parameter:
        cause = re.split(r"[.\[]", parameter)[0]
        return cause if cause in there else ""
    named = [(found.start(), name) for name in there if (found := re.search(rf"\b{name}\b", words))]
    if named:
        return min(named)[1]
    # Servers that know no schema seldom say which field it was, but always that a field or a format is the matter.
    return "response_format" if "response_format" in there and _FORM.search(words) else ""


def ask(client: OpenAI, sent: Mapping[str, Any], tell: Tell, most: int, seconds: float, stop: Event) -> Answer:
    """Send one request and read its answer, ``most`` characters at most.

    ``seconds``: for the whole answer, or between two pieces of a stream. ``tell`` hears the pieces. Raises Cut, Slow,
    Unusable, Cancelled once ``stop`` is set, and what the client raises for a server that is not there or refuses.
    """
    with client.chat.completions.with_streaming_response.create(**sent) as response:
        body = _pieces(response, seconds, stop, renew=bool(sent.get("stream")))
        if "event-stream" in response.headers.get("content-type", ""):
            return _heard(_events(body), tell, most)
        answer = _whole(b"".join(body), most)
    if sent.get("stream"):
        tell(answer.text)  # from a server that knows no streams
    return answer


def bounded(text: str, most: int) -> str:
    """The text itself. Raises Unusable when it is longer than any answer to what was asked."""
    if len(text) > most:
        raise Unusable(f"it is too large ({len(text):,} characters where {most:,} are plenty)")
    return text


def without_thought(text: str) -> str:
    """The answer of a model that thinks aloud first."""
    return _THOUGHT.sub("", text, count=1)


def chosen(text: str) -> str:
    """The field of an object that keeps to the schema, or the text itself from a server that writes none."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(found["class"]) if isinstance(found, dict) and "class" in found else text


def _pieces(response: Any, seconds: float, stop: Event, *, renew: bool) -> Iterator[bytes]:  # noqa: ANN401
    """The body as it comes; with ``renew`` each piece that is more than a sign of life may take ``seconds``."""
    import httpx2  # what the openai client is built on; it passes the errors of a body on as they are

    size, end = 0, time.monotonic() + seconds
    try:
        for piece in response.iter_bytes():
            if stop.is_set():
                raise Cancelled
            size += len(piece)
            if size > LARGEST_BODY:
                raise Unusable(f"it is larger than {LARGEST_BODY / 1e6:.0f} MB")
            now = time.monotonic()
            if now > end:
                raise Slow
            if renew and b"data:" in piece:
                end = now + seconds
            yield piece
    except httpx2.TimeoutException as error:
        raise Slow from error
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise Cut from error


def _events(body: Iterator[bytes]) -> Iterator[str]:
    """The data of each event of a stream."""
    rest = b""
    for piece in body:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip().decode("utf-8", "replace")
    if rest.startswith(b"data:"):
        yield rest[5:].strip().decode("utf-8", "replace")


class _Stream:
    """An answer as far as it was heard. It is whole once the server has said why it ended, or that it did."""

    def __init__(self, most: int) -> None:
        self.text, self.ended, self.model, self.most = "", "", "", most
        self.usage: tuple[int, int] | None = None

    def add(self, data: str) -> str:
        """Take in one event; returns the new text. Raises Cut for one that is none, or that tells of an error."""
        try:
            part = json.loads(data)
            if part.get("error"):
                raise Cut(_words(part["error"]))
            choice = (part.get("choices") or [{}])[0]
            new = (choice.get("delta") or {}).get("content") or ""
            self.ended = choice.get("finish_reason") or self.ended
        except (ValueError, AttributeError, TypeError, KeyError) as error:
            raise Cut from error
        self.model, self.usage = self.model or _model(part), _usage(part) or self.usage
        self.text = bounded(self.text + str(new), self.most)
        return str(new)


def _heard(events: Iterator[str], tell: Tell, most: int) -> Answer:
    heard = _Stream(most)
    try:
        for data in events:
            if data == "[DONE]":
                heard.ended = heard.ended or "stop"
                break
            if new := heard.add(data):
                tell(new)
        if not heard.ended:
            raise Cut
    except Cut as cut:
        if not heard.ended:
            cut.told = bool(heard.text)
            raise
    return Answer(without_thought(heard.text), _ended(heard.ended), heard.usage, heard.model)


def _whole(body: bytes, most: int) -> Answer:
    try:
        reply = json.loads(body)
    except ValueError as error:
        raise Unusable("it is not JSON, or only the beginning of it") from error
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise Unusable("it has no list 'choices' with an answer")
    message = choices[0].get("message")
    text = message.get("content") if isinstance(message, dict) else None
    if not isinstance(text, str):
        raise Unusable("it is an answer without text")
    return Answer(
        without_thought(bounded(text, most)), _ended(choices[0].get("finish_reason")), _usage(reply), _model(reply)
    )


def _ended(reason: object) -> Literal["stop", "length"]:
    return "length" if reason == "length" else "stop"


def _model(reply: Mapping[str, Any]) -> str:
    return str(reply.get("model") or "")


def _usage(reply: Mapping[str, Any]) -> tuple[int, int] | None:
    usage = reply.get("usage")
    if not isinstance(usage, dict):
        return None
    prompt, answer = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if isinstance(prompt, int) and isinstance(answer, int) and prompt >= 0 and answer >= 0:
        return prompt, answer
    return None


def _words(error: object) -> str:
    return str(error.get("message") or error) if isinstance(error, dict) else str(error)


def _one_of(choices: Sequence[str]) -> dict[str, Any]:
    """The schema of an object with one field that holds one of the choices."""
    schema = {
        "type": "object",
        "properties": {"class": {"type": "string", "enum": list(choices)}},
        "required": ["class"],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
