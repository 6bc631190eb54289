"""Any server that speaks the OpenAI embeddings protocol: OpenAI itself, Ollama, vLLM, llama.cpp, LM Studio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fsl_core.base.config import Settings, setting
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_texts
from fsl_core.models.backends.openai_client import DEFAULT_URL, Server

if TYPE_CHECKING:
    from openai import OpenAI


class OpenAICompatibleSettings(Settings):
    """Settings of an embeddings server."""

    base_url: str = setting(DEFAULT_URL, "Address of the server up to and with /v1; every text is sent there.")
    model: str = setting("nomic-embed-text", "Name of the embedding model, as the server knows it.")
    api_key_variable: str = setting(
        "OPENAI_API_KEY", "Environment variable that holds the key; the key itself is never stored.", advanced=True
    )
    dimensions: int = setting(0, "Length of a vector, for models that can shorten it; 0 is the model's own.", ge=0)
    batch_size: int = setting(64, "Texts sent in one request.", ge=1, le=2048, advanced=True)
    timeout: float = setting(60.0, "Seconds to wait for an answer.", ge=1, le=600, advanced=True)
    retries: int = setting(
        3, "Times a failed request is sent again, each after a longer wait.", ge=0, le=10, advanced=True
    )


class OpenAICompatible(Encoder[OpenAICompatibleSettings]):
    """Vectors as the server gives them, documents and queries alike."""

    info = EncoderInfo(
        name="openai-compatible",
        title="Embeddings server",
        summary="Any server with the OpenAI embeddings protocol, on this machine or far away; texts are sent to it.",
        languages="depends on the model",
        offline=False,
        order=30,
    )
    settings = OpenAICompatibleSettings

    @property
    def key(self) -> str:
        """Address, model and dimensions; a server that swaps the model behind a name goes unnoticed."""
        return f"openai-compatible:{self.config.base_url.rstrip('/')}:{self.config.model}:{self.config.dimensions}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, d), float32; (0, dimensions) for no items, for which nothing is sent.

        An empty text is sent as one space, since servers refuse it. Raises MissingBackend when the server
        cannot be reached, refuses, or gives an answer that does not fit the question.
        """
        texts = [text or " " for text in only_texts(self.info, items)]
        if not items:
            return np.empty((0, self.config.dimensions), dtype=np.float32)
        report = progress or silent
        parts: list[Vectors] = []
        report(0.0, "Asking the embeddings server")
        with self._server.client() as client:
            for start in range(0, len(texts), self.config.batch_size):
                report(start / len(texts), "Asking the embeddings server")
                parts.append(self._ask(client, texts[start : start + self.config.batch_size]))
                if parts[-1].shape[1] != parts[0].shape[1]:
                    raise self._odd(f"vectors of length {parts[-1].shape[1]} after some of length {parts[0].shape[1]}")
        report(1.0, "Asking the embeddings server")
        return np.concatenate(parts)

    @property
    def _server(self) -> Server:
        config = self.config
        return Server(
            "embeddings", config.base_url, config.model, config.api_key_variable, config.timeout, config.retries
        )

    def _ask(self, client: OpenAI, texts: list[str]) -> Vectors:
        import openai

        extra: dict[str, Any] = {"dimensions": self.config.dimensions} if self.config.dimensions else {}
        try:
            reply = client.embeddings.create(model=self.config.model, input=texts, encoding_format="float", **extra)
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise self._server.translated(error) from error
        return self._vectors(reply, len(texts))

    def _vectors(self, reply: object, n: int) -> Vectors:
        data = getattr(reply, "data", None)
        if not isinstance(data, list):
            raise self._odd("no list 'data'")
        try:
            rows = {int(entry.index): np.asarray(entry.embedding, dtype=np.float32) for entry in data}
        except (ValueError, TypeError, AttributeError) as error:
            raise self._odd(f"an entry of 'data' without index and numbers ({error})") from error
        if len(data) != n or set(rows) != set(range(n)):
            raise self._odd(f"{len(data)} vectors, numbered {sorted(rows)[:5]} ..., for {n} texts")
        shapes = {row.shape for row in rows.values()}
        wanted = self.config.dimensions
        if len(shapes) != 1 or len(shape := shapes.pop()) != 1 or shape[0] == 0 or (wanted and shape[0] != wanted):
            lengths = sorted({row.size for row in rows.values()})
            raise self._odd(f"vectors of length {lengths}" + (f" instead of {wanted}" if wanted else ""))
        vectors = np.stack([rows[i] for i in range(n)])
        if not np.isfinite(vectors).all():
            raise self._odd("vectors with numbers that are not finite")
        return vectors

    def _odd(self, problem: str) -> MissingBackend:
        return self._server.odd(problem)


ENCODER = OpenAICompatible
