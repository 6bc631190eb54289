"""Language models of transformers: loading without any request, pickle or foreign code, and their tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from fsl_core.base import device, paths
from fsl_core.base.config import setting
from fsl_core.base.errors import ConfigError, MissingBackend
from fsl_core.base.types import Progress
from fsl_core.contracts.generator import Generation, Generator, Prompt
from fsl_core.models.backends.hub import HubModel, HubSettings
from fsl_core.models.backends.model_files import check_safe, folder_digest

if TYPE_CHECKING:
    import torch

Kind = Literal["causal", "seq2seq", "masked"]
Precision = Literal["auto", "float32", "bfloat16", "4-bit"]
BUILT_IN = "built-in"
ASSETS = paths.ASSETS / "language" / "in-context"
_CLASSES: dict[Kind, str] = {
    "causal": "AutoModelForCausalLM",
    "seq2seq": "AutoModelForSeq2SeqLM",
    "masked": "AutoModelForMaskedLM",
}


L = TypeVar("L", bound="LanguageModelSettings")


class LanguageModelSettings(HubSettings):
    """What all models of transformers share."""

    precision: Precision = setting(
        "auto",
        "'auto' is bfloat16 on a GPU that has it, else float32. '4-bit' needs a GPU and the package bitsandbytes.",
        advanced=True,
    )
    batch_size: int = setting(
        8, "Prompts computed together; halved when GPU memory runs out.", ge=1, le=512, advanced=True
    )


class LanguageModel(HubModel[tuple[Any, Any]]):
    """A model with its tokenizer, loaded at the first use and shared between threads under ``lock``."""

    config: LanguageModelSettings

    def __init__(self, kind: Kind, config: LanguageModelSettings) -> None:
        super().__init__(
            config,
            lambda folder, on: _load(folder, kind, on, config.precision),
            things="prompts",
            too_large=lambda: MissingBackend(
                "One prompt alone does not fit into the memory of the GPU with the model {model}.",
                "Lower the budget of a prompt, choose a smaller model, or set the device to cpu.",
                model=config.model,
            ),
        )
        self.kind = kind

    @property
    def identity(self) -> str:
        """Commit or digest of the model, and its precision; MissingBackend when it cannot be told."""
        return f"{super().identity}:{self.config.precision}"

    def _identified(self) -> str:
        return folder_digest(ASSETS) if self.config.model == BUILT_IN else super()._identified()

    @property
    def tokenizer(self) -> Any:  # noqa: ANN401  # a transformers tokenizer
        """The tokenizer; loads both."""
        return self.load()[0]

    @property
    def model(self) -> Any:  # noqa: ANN401  # a transformers model
        """The model in evaluation mode; loads both."""
        return self.load()[1]

    def folder(self, progress: Progress | None = None) -> Path:
        """Where the model lies; a name of the hub is fetched. Raises MissingBackend."""
        if not self.config.model:
            raise MissingBackend("No model is chosen yet.", "Give a name of the Hugging Face hub, or a folder.")
        if self.config.model == BUILT_IN:
            return ASSETS
        return super().folder(progress)

    def ids(self, text: str, *, marks: bool = False) -> list[int]:
        """The tokens of a text; none of them is a special one, but for the model's own template (``marks``)."""
        with self.lock:
            found = self.tokenizer(text, add_special_tokens=False, split_special_tokens=not marks)
        return [int(token) for token in found["input_ids"]]

    def option_ids(self, options: Sequence[str], before: str = ":") -> list[list[int]]:
        """The tokens of each option as it stands after ``before``.

        Some tokenizers mark the beginning of what they read: what follows something is read behind it.
        """
        start = self.ids(before)
        found = []
        for option in options:
            both = self.ids(before + option)
            found.append(both[len(start) :] if both[: len(start)] == start else self.ids(option))
        return found

    def room(self) -> int:
        """Tokens that the model can read at once."""
        config = self.model.config
        most = getattr(config, "max_position_embeddings", 0) or getattr(config, "n_positions", 0) or 0
        return int(most) or min(int(self.tokenizer.model_max_length), 4096)

    def chat_frame(self) -> tuple[list[int], list[int]] | None:
        """What the model's chat template puts before and after a message; None for a model without one."""
        if not getattr(self.tokenizer, "chat_template", None):
            return None
        gap = "\u241f"
        try:
            text = self.tokenizer.apply_chat_template(
                [{"role": "user", "content": gap}], tokenize=False, add_generation_prompt=True
            )
        except Exception as error:  # whatever a template of the model raises
            raise MissingBackend(
                "The chat template of {model} cannot be used: {problem}",
                "Switch 'Chat template' to never.",
                model=self.config.model,
                problem=str(error)[:300],
            ) from error
        head, _, tail = str(text).partition(gap)
        return self.ids(head, marks=True), self.ids(tail, marks=True)


class LocalGenerator(Generator[L]):
    """A model of transformers on this machine. Subclasses say which ``kind`` and what it can do."""

    kind: ClassVar[Kind]

    def __init__(self, config: L) -> None:
        super().__init__(config)
        self._lm = LanguageModel(self.kind, config)

    @property
    def key(self) -> str:
        """Model with commit (or digest of the folder) and precision."""
        return f"{self.info.name}:{self._lm.identity}"

    @property
    def title(self) -> str:
        """The model's name."""
        return self.config.model or self.info.title

    def count(self, texts: Sequence[str]) -> list[int]:  # noqa: D102
        return [len(self._lm.ids(text)) for text in texts]

    def room(self) -> int:  # noqa: D102
        return self._lm.room()

    def likeliest(
        self, prompts: Sequence[str], choices: Sequence[str], options: Sequence[str], progress: Progress | None
    ) -> list[Generation]:
        """The likeliest of the choices after each prompt; ``options`` are the choices as they follow it."""
        scores = self.score([Prompt("", prompt) for prompt in prompts], options, progress=progress)
        return [
            Generation(choices[best], "stop", int(scores.prompt_tokens[row]), int(scores.lengths[best]))
            for row, best in enumerate(scores.log_probs.argmax(1))
        ]


def _load(folder: Path, kind: Kind, on: str, precision: Precision) -> tuple[Any, Any]:
    check_safe(folder)
    import transformers
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    arguments: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **arguments)
        model = getattr(transformers, _CLASSES[kind]).from_pretrained(
            str(folder), use_safetensors=True, **arguments, **_weights(on, precision)
        )
    except MissingBackend:
        raise
    except Exception as error:  # whatever a broken folder makes the library raise
        raise MissingBackend(
            "The model in {folder} cannot be loaded as a {kind} language model: {problem}",
            "The folder must hold a complete model of that kind that needs no code of its own.",
            folder=folder,
            kind=kind,
            problem=str(error)[:500],
        ) from error
    return tokenizer, model.eval()


def _weights(on: str, precision: Precision) -> dict[str, Any]:
    """How and where the weights are kept."""
    import torch

    if precision != "4-bit":
        dtype = device.inference_dtype(on) if precision == "auto" else getattr(torch, precision)
        return {"dtype": dtype, "device_map": "auto" if on == "cuda" else None}
    from importlib.util import find_spec

    if on != "cuda" or find_spec("bitsandbytes") is None:
        raise MissingBackend(
            "4-bit weights need a GPU and the package bitsandbytes.",
            "Install it where there is a GPU, or choose another precision.",
        )
    from transformers import BitsAndBytesConfig

    quantised = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=torch.bfloat16)  # type: ignore[no-untyped-call]
    return {"quantization_config": quantised, "device_map": "auto"}


def padded(
    rows: Sequence[Sequence[int]], fill: int, on: str, *, behind: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens (n, longest) filled up in front (or behind), and which of them are there (n, longest)."""
    import torch

    longest = max((len(row) for row in rows), default=0)
    tokens = torch.full((len(rows), longest), fill, dtype=torch.long)
    there = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        where = slice(0, len(row)) if behind else slice(longest - len(row), longest)
        tokens[place, where] = torch.tensor(row, dtype=torch.long)
        there[place, where] = True
    return tokens.to(on), there.to(on)


def too_long(model: str, n: int, room: int) -> ConfigError:
    """The error of a prompt beyond what the model can read."""
    return ConfigError(
        "A prompt has {n} tokens, but {model} reads at most {room}.",
        "Show fewer or shorter demonstrations, or lower the budget of a prompt.",
        n=n,
        model=model,
        room=room,
    )
