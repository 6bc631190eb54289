"""What all parts that talk to an OpenAI-compatible server share: the client, its key, and errors in plain words."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsl_core.errors import MissingBackend

if TYPE_CHECKING:
    from openai import OpenAI

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
        """A client that repeats failed requests after growing waits, and as long as the server asks for."""
        from openai import OpenAI

        # Servers at home want no key, but the client insists on one.
        key = os.environ.get(self.key_variable) or "none"
        return OpenAI(api_key=key, base_url=self.base_url, timeout=self.timeout, max_retries=self.retries)

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
            return self.missing("did not answer within {timeout} seconds", "Raise the timeout, or ask again later.")
        if isinstance(error, openai.APIConnectionError):
            return self.missing("cannot be reached, or broke off", "Start the server, or correct the address.")
        if isinstance(error, openai.APIStatusError):
            return self._refused(error.status_code, _words(error))
        return self.odd(f"{type(error).__name__}: {str(error)[:LONGEST_WORDS]}")

    def odd(self, problem: str) -> MissingBackend:
        """The error of an answer that makes no sense."""
        hint = "Check that the address is that of a {kind} server and the model one it has."
        return self.missing("gave an answer that cannot be used: {problem}", hint, problem=problem)

    def missing(self, what: str, hint: str, /, **values: object) -> MissingBackend:
        """An error about this server; templates may name {timeout}, {url}, {model}, {kind} and {variable}."""
        values |= {"url": self.base_url, "model": self.model, "kind": self.kind, "variable": self.key_variable}
        return MissingBackend(
            "The {kind} server {url} (model {model}) " + what + ".", hint, timeout=self.timeout, **values
        )

    def _refused(self, status: int, words: str) -> MissingBackend:
        hints = {
            401: "Put a valid key into the environment variable {variable} and start again.",
            403: "The key in {variable} may not use this model.",
            404: "Check the model name, and that the address ends as the server wants it (mostly in /v1).",
            429: "The server limits requests: wait, ask fewer at a time, or check the account's quota.",
        }
        hint = hints.get(status, "The server's own words are above; its log may say more.")
        key = os.environ.get(self.key_variable)
        if key:
            words = words.replace(key, "...")  # a server that quotes the key must not put it on the screen
        return self.missing("answered {status}: {words}", hint, status=status, words=words)


def _words(error: Any) -> str:  # noqa: ANN401  # openai.APIStatusError, imported only when used
    """What the server said, without the status and in bounded length."""
    body = error.body if isinstance(error.body, dict) else {}
    return str(body.get("message") or error.response.text or error.message)[:LONGEST_WORDS]
