"""What all parts that talk to an OpenAI-compatible server share: the client, its key, and errors in plain words."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from fsl_core.base.errors import MissingBackend
from fsl_core.base.loopback import is_loopback
from fsl_core.base.notes import N_

if TYPE_CHECKING:
    from openai import OpenAI

KEY_VARIABLES = "HANDFUL_KEY_VARIABLES"
"""The environment variable that lists further names of variables that hold keys."""
KEY_HINT = N_(
    "Name a variable that ends in _API_KEY. If {variable} does hold the key of this server, set HANDFUL_KEY_VARIABLES "
    "to its name and start again."
)
_KEY_NAME = re.compile(r"\w+_API_KEY|HANDFUL_\w+_KEY", re.ASCII)
_TOO_LONG = re.compile(
    r"context.{0,3}(length|size|window|limit)|maximum (prompt|input|sequence|model) length|reduce the length"
    r"|too many (input |prompt )?tokens|(prompt|input|messages?|request)\b.{0,60}\btoo (long|large|big)",
    re.IGNORECASE | re.DOTALL,
)
DEFAULT_URL = "http://127.0.0.1:11434/v1"
LONGEST_WORDS = 300
"""Characters of a server's own words that are shown."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server and model. ``key_variable`` names the environment variable with the key, which is kept nowhere."""

    kind: str
    """'language model' or 'embeddings', for errors."""
    base_url: str
    model: str
    key_variable: str
    timeout: float
    retries: int

    def client(self) -> OpenAI:
        """A client that repeats failed requests after growing waits, and as long as the server asks for.

        Raises MissingBackend for an address or a key that no request can be sent with.
        """
        from openai import DefaultHttpxClient, OpenAI

        address = self._address()
        if self.key_variable and not holds_key(self.key_variable):
            raise self.missing(
                "was not asked: {variable} is not known to hold a key, and what it holds would be sent there", KEY_HINT
            )
        key = self._key()
        if not (key.isascii() and key.isprintable()):
            raise self.missing(
                "was not asked: the key in {variable} holds signs that no key has", "Set the variable anew."
            )
        client = OpenAI(
            api_key=key or "none",  # servers at home want none, but the client insists on one
            base_url=self._typed(),
            timeout=self.timeout,
            max_retries=self.retries,
            # What is asked on this machine stays on it, whatever proxy leads outside; and a server that was chosen
            # does not choose another one.
            http_client=DefaultHttpxClient(trust_env=not is_loopback(address.hostname or ""), follow_redirects=False),
        )
        # The library adds what OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS hold, whoever the server is.
        client.organization = client.project = None
        client._custom_headers = {}
        return client

    def models(self) -> list[str]:
        """Names of the models that the server offers. Raises MissingBackend."""
        import openai

        try:
            with self.client() as client:
                return sorted(str(model.id) for model in client.models.list().data)
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise self.translated(error) from error

    def translated(self, error: Exception) -> MissingBackend:
        """The error in plain words. The key is in none of them."""
        import openai

        if isinstance(error, openai.APITimeoutError):
            return self.slow()
        if isinstance(error, openai.APIConnectionError):
            return self.missing("cannot be reached, or broke off", "Start the server, or correct the address.")
        if isinstance(error, openai.APIStatusError):
            if 300 <= error.status_code < 400:
                return self._sent_on(error.status_code, error.response.headers.get("location", ""))
            return self._refused(error.status_code, words(error))
        return self.odd(f"{type(error).__name__}: {error}")

    def slow(self) -> MissingBackend:
        """The error of an answer that took too long."""
        return self.missing("did not answer within {timeout} seconds", "Raise the timeout, or ask again later.")

    def odd(self, problem: str) -> MissingBackend:
        """The error of an answer that makes no sense."""
        hint = "Check that the address is that of a {kind} server and the model one it has."
        return self.missing("gave an answer that cannot be used: {problem}", hint, problem=problem)

    def missing(self, what: str, hint: str, /, **values: object) -> MissingBackend:
        """An error about this server; templates may name {timeout}, {url}, {model}, {kind} and {variable}."""
        values |= {"url": _shown(self.base_url), "model": self.model, "kind": self.kind, "variable": self.key_variable}
        # A server that quotes the key must not put it on the screen, nor a half of it: first hidden, then cut.
        values = {
            name: self._hidden(value)[:LONGEST_WORDS] if isinstance(value, str) else value
            for name, value in values.items()
        }
        return MissingBackend(
            "The {kind} server {url} (model {model}) " + what + ".", hint, timeout=self.timeout, **values
        )

    def _sent_on(self, status: int, place: str) -> MissingBackend:
        return self.missing(
            "answered {status}: it sends its visitors on to '{place}'",
            "Give that address itself if you trust it; nothing is sent on unasked.",
            status=status,
            place=_shown(place),
        )

    def _refused(self, status: int, words: str) -> MissingBackend:
        hints = {
            401: "Put a valid key into the environment variable {variable} and start again.",
            403: "The key in {variable} may not use this model.",
            404: "Check the model name, and that the address ends as the server wants it (mostly in /v1).",
            429: "The server limits requests: wait, ask fewer at a time, or check the account's quota.",
        }
        hint = hints.get(status, "The server's own words are above; its log may say more.")
        if status in (400, 413, 422) and too_long(words):
            hint = (
                "That was longer than the model can read. Choose one that reads more; for a prompt, give its room on "
                "the Models page as the server has it, or show it fewer examples."
            )
        return self.missing("answered {status}: {words}", hint, status=status, words=words)

    def _typed(self) -> str:
        """The address without signs that nobody sees, which come with copied ones."""
        return "".join(sign for sign in self.base_url.strip() if sign.isprintable())

    def _key(self) -> str:
        return os.environ.get(self.key_variable, "").strip() if holds_key(self.key_variable) else ""

    def _hidden(self, words: str) -> str:
        key = self._key()
        return words.replace(key, "...") if key else words

    def _address(self) -> SplitResult:
        try:
            address = urlsplit(self._typed())
            good = address.scheme in ("http", "https") and bool(address.hostname) and (address.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            raise self.missing("has an address that cannot be read", "Give one such as " + DEFAULT_URL + ".")
        if "@" in address.netloc:
            raise self.missing(
                "was not asked: its address holds a password, which would be stored",
                "Take it out, and name an environment variable with the key instead.",
            )
        return address


def holds_key(variable: str) -> bool:
    """Whether the value of that environment variable may be sent to a server as its key.

    Names that end in ``_API_KEY``, ``HANDFUL_..._KEY``, and those that ``HANDFUL_KEY_VARIABLES`` lists. Any name
    would do otherwise, that of the variable with the database's password too.
    """
    listed = re.split(r"[\s,;]+", os.environ.get(KEY_VARIABLES, ""))
    return _KEY_NAME.fullmatch(variable) is not None or (bool(variable) and variable in listed)


def too_long(words: str) -> bool:
    """Whether a refusal is about the length of what was sent; some of those name parameters that are not to blame."""
    return _TOO_LONG.search(words) is not None


def _shown(url: str) -> str:
    """The address without a password in it."""
    scheme, mark, rest = url.strip().partition("://")
    return scheme + mark + rest.rpartition("@")[2] if mark else url.strip()


def words(error: Any) -> str:  # noqa: ANN401  # openai.APIStatusError, imported only when used
    """What the server said, without the status."""
    body = error.body
    if isinstance(body, dict):
        body = next((body[name] for name in ("message", "detail", "error") if body.get(name)), None)
    words = str(body or error.response.text or error.message)
    if words.lstrip().startswith("<"):  # a page of some proxy: its words without the tags
        words = re.sub(r"<[^>]*>", " ", words)
    return " ".join(words.split())
