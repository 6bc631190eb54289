"""Language model servers on this machine: looked for only when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from fsl_core.base.errors import MissingBackend
from fsl_core.models.backends.openai_client import Server

PORTS = {
    11434: "Ollama",
    1234: "LM Studio",
    8000: "vLLM",
    8080: "llama.cpp",
    8001: "transformers serve",
    5000: "text-generation-webui",
    1337: "Jan",
}
"""The ports that these programs listen on unless told otherwise."""
WAIT_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answered: what usually listens there, its address, and the models that it offers."""

    program: str
    base_url: str
    models: tuple[str, ...]


def find(ports: Sequence[int] = tuple(PORTS)) -> list[Found]:
    """The OpenAI-compatible servers on these ports of this machine; nothing else is asked."""

    def look(port: int) -> Found | None:
        url = f"http://127.0.0.1:{port}/v1"
        try:
            # No key goes to whatever listens there.
            names = Server("model", url, "", "", WAIT_SECONDS, 0).models()
        except MissingBackend:
            return None
        return Found(PORTS.get(port, f"port {port}"), url, tuple(names))

    with ThreadPoolExecutor(max(1, len(ports))) as pool:
        return [found for found in pool.map(look, ports) if found is not None]
