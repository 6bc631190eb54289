"""A tuned model as one ONNX graph: token numbers in, probabilities and sentence vectors out."""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fsl_core.base.types import Vectors
from fsl_core.learning.model_exporting.card import onnx_card
from fsl_core.learning.model_exporting.facts import ExportError, Facts
from fsl_core.learning.model_exporting.head import LinearHead, backbone_of, linear_head
from fsl_core.learning.model_exporting.writing import made, write_json
from fsl_core.learning.tuning.backbone import Backbone
from fsl_core.learning.tuning.tuned import TunedMethod

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

OPSET = 18
ALLOWED = 1e-4
INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("probabilities", "sentence_embedding")


def export_onnx(method: TunedMethod[Any], folder: Path, facts: Facts) -> float:
    """Write ``model.onnx``, ``tokenizer.json``, ``labels.json`` and a README with a snippet into ``folder``.

    The graph takes ``input_ids`` and ``attention_mask``, int64 (b, t) of any b and t, and gives
    ``probabilities`` (b, n_way) and ``sentence_embedding`` (b, d), rows of length 1. Returns the largest
    difference between its answers in onnxruntime and those of the method in float32.

    Raises NotFittedError before fit, and ExportError when the encoder cannot be written as ONNX, when the
    answers differ by more than 1e-4, when the folder is not empty, or when the disk refuses.
    """
    head, backbone = linear_head(method), _on_cpu(backbone_of(method))
    tokenizer = tokenizer_of(backbone)
    with made(folder) as making:
        write_graph(backbone, _graph(backbone, head), OUTPUTS, making / "model.onnx")
        tokenizer.save(str(making / "tokenizer.json"))
        write_json(making / "labels.json", list(method.classes))
        (making / "README.md").write_text(onnx_card(method, facts), encoding="utf-8")
        return _checked(making, backbone, head, _probes(method.classes, backbone))


def _on_cpu(backbone: Backbone) -> Backbone:
    """Float32 on the processor: on a GPU the method computes in bfloat16, which is no measure to check against."""
    return backbone if backbone.on == "cpu" else Backbone(copy.deepcopy(backbone.model).to("cpu"))


def tokenizer_of(backbone: Backbone) -> Tokenizer:
    """The encoder's tokenizer with its cut and its padding written into it."""
    from tokenizers import Tokenizer

    own = backbone.model.tokenizer
    fast = getattr(own, "backend_tokenizer", None)
    if fast is None:
        raise ExportError(
            "The tokenizer of this encoder cannot be written as tokenizer.json.",
            "Export the sentence-transformers folder instead.",
        )
    tokenizer: Tokenizer = Tokenizer.from_str(fast.to_str())
    tokenizer.enable_truncation(backbone.max_tokens)
    tokenizer.enable_padding(pad_id=own.pad_token_id, pad_token=own.pad_token)
    return tokenizer


def write_graph(backbone: Backbone, graph: torch.nn.Module, outputs: Sequence[str], file: Path) -> None:
    """A graph that takes INPUTS of any size. Raises ExportError for an architecture that cannot be written."""
    import torch

    shape = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
    ids = torch.full((2, 7), int(backbone.model.tokenizer.pad_token_id or 0), dtype=torch.int64)
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    try:
        with _quiet(), backbone.at_rest():
            torch.onnx.export(
                graph,
                (ids, mask),
                str(file),
                input_names=INPUTS,
                output_names=list(outputs),
                dynamic_shapes=(shape, shape),
                opset_version=OPSET,
                external_data=False,
                dynamo=True,
                verbose=False,
            )
    except OSError:
        raise
    except Exception as error:  # whatever an architecture that the exporter does not know makes it raise
        raise ExportError(
            "An encoder of the kind {kind} cannot be written as ONNX: {problem}",
            "Export the sentence-transformers folder instead.",
            kind=type(backbone.transformer).__name__,
            problem=str(error).split("\n")[0][:300],
        ) from error


def _graph(backbone: Backbone, head: LinearHead) -> torch.nn.Module:
    """(input_ids, attention_mask) -> (probabilities, unit vectors)."""
    import torch
    from torch.nn import functional as f

    class Graph(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = backbone.model
            for name in ("weight", "bias", "center"):
                self.register_buffer(name, torch.tensor(getattr(head, name)))

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            features = {"input_ids": input_ids, "attention_mask": attention_mask, "modality": "text"}
            x = f.normalize(self.model(features)["sentence_embedding"].float(), dim=1)
            z = f.normalize(x - self.get_buffer("center"), dim=1)
            return torch.softmax(z @ self.get_buffer("weight").T + self.get_buffer("bias"), dim=1), x

    return Graph().eval()


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of torch's own affairs, which no user of this program can mend."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _probes(classes: Sequence[str], backbone: Backbone) -> list[str]:
    """Texts from one word to more than the encoder reads."""
    words = " ".join(classes).split()
    return ["a", *classes[:4], " ".join(words), " ".join((words * 30)[:30]), "word " * (backbone.max_tokens + 5)]


def _checked(folder: Path, backbone: Backbone, head: LinearHead, texts: Sequence[str]) -> float:
    """The largest difference, one text at a time and all at once; through the files, as others would use them."""
    vectors = backbone.encode(texts)
    wanted = dict(zip(OUTPUTS, (head(vectors), vectors), strict=True))
    run = _runner(folder, backbone)
    worst = dict.fromkeys(OUTPUTS, 0.0)
    for rows in (range(len(texts)), *([row] for row in range(len(texts)))):
        answers = run([texts[row] for row in rows])
        for name, answer in zip(OUTPUTS, answers, strict=True):
            difference = np.abs(answer - wanted[name][list(rows)]).max()
            worst[name] = max(worst[name], float(np.nan_to_num(difference, nan=np.inf)))
    name, largest = max(worst.items(), key=lambda pair: pair[1])
    if largest > ALLOWED:
        raise ExportError(
            "The ONNX file answers otherwise than the model: '{name}' differs by up to {largest:.2g}.",
            "Export the sentence-transformers folder instead.",
            name=name,
            largest=largest,
        )
    return largest


def _runner(folder: Path, backbone: Backbone) -> Any:  # noqa: ANN401  # texts -> the two outputs
    import onnxruntime  # type: ignore[import-untyped]
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            folder / "model.onnx", sess_options=options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has errors of its own
        raise ExportError(
            "The ONNX file that was written does not load: {problem}",
            "Export the sentence-transformers folder instead.",
            problem=str(error)[:300],
        ) from error
    prompt, tokenizer = backbone.prompt, Tokenizer.from_file(str(folder / "tokenizer.json"))

    def run(texts: Sequence[str]) -> list[Vectors]:
        found = tokenizer.encode_batch([prompt + text for text in texts])
        ids, mask = ([getattr(one, name) for one in found] for name in ("ids", "attention_mask"))
        values = (np.array(ids, dtype=np.int64), np.array(mask, dtype=np.int64))
        answers: list[Vectors] = session.run(list(OUTPUTS), dict(zip(INPUTS, values, strict=True)))
        return answers

    return run
