"""The text that goes with an export: what the model is, how good it is, and code that runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fsl_core.contracts.method import VectorMethod
from fsl_core.learning.model_exporting.facts import CPU_WHEELS, Facts
from fsl_core.learning.model_exporting.head import backbone_of
from fsl_core.learning.model_exporting.markdown import code, line, listed, table
from fsl_core.learning.tuning.tuned import TunedMethod

EXAMPLE = "Write a text of your own here."
UNKNOWN = "not recorded"
_LICENSE = (
    "None is stated here: it is yours to choose. Mind the licence of the encoder it was tuned from and the rights in "
    "the texts it learned from."
)

_SNIPPET = """\
import json
from pathlib import Path
import numpy as np
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

folder = Path(".")  # the folder of this file
texts = [{example}]
labels, head = json.loads((folder / "labels.json").read_text("utf-8")), load_file(folder / "head.safetensors")
x = SentenceTransformer(str(folder)).encode({texts}, {prompt}normalize_embeddings=True) - head["center"]
scores = x / np.linalg.norm(x, axis=1, keepdims=True) @ head["weight"].T + head["bias"]
probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
probabilities /= probabilities.sum(axis=1, keepdims=True)
for text, row in zip(texts, probabilities):
    print(f"{{labels[row.argmax()]}} ({{row.max():.1%}}): {{text}}")
"""

_ONNX_SNIPPET = """\
import json
from pathlib import Path
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

folder = Path(".")  # the folder of this file
texts = [{example}]
labels = json.loads((folder / "labels.json").read_text("utf-8"))
found = Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch({texts})
inputs = {{"input_ids": np.array([one.ids for one in found], dtype=np.int64),
          "attention_mask": np.array([one.attention_mask for one in found], dtype=np.int64)}}
probabilities, vectors = onnxruntime.InferenceSession(folder / "model.onnx").run(None, inputs)
for text, row in zip(texts, probabilities):
    print(f"{{labels[row.argmax()]}} ({{row.max():.1%}}): {{text}}")
"""


def model_card(method: TunedMethod[Any], facts: Facts) -> str:
    """A Hugging Face model card (https://huggingface.co/docs/hub/model-cards): YAML, then Markdown."""
    classes = method.classes
    parts = [
        _front_matter(facts),
        f"# {line(facts.title)}",
        f"Sorts a text into one of {len(classes)} classes. A sentence encoder, tuned on a handful of labelled "
        "examples, with a linear head; made with Handful.",
        "## Classes",
        table(
            ("Class", "Description", "Examples learned from"),
            [(name, facts.descriptions.get(name, ""), _count(facts, name)) for name in classes],
        ),
        "## Use",
        "Without a GPU, install torch first, as pip brings 5.8 GB of CUDA otherwise; then the rest. Nothing of Handful "
        "is needed, and no code of this model is run.",
        code(f"pip install torch --index-url {CPU_WHEELS}\npip install sentence-transformers", "sh"),
        code(_filled(_SNIPPET, method)),
        "`SentenceTransformer(folder)` alone gives the tuned sentence vectors. `head.safetensors` holds the head: "
        "`weight`, `bias` and `center`; the columns are in the order of `labels.json`. In Handful, give this "
        "folder as the model of a Sentence Transformers encoder, or load the whole model from it.",
        "## Training",
        table(("", ""), _training(method, facts)),
        "Settings: " + ", ".join(f"`{name}` {value}" for name, value in method.config.model_dump().items()) + ".",
        *([listed(method.trace.notes)] if method.trace.notes else []),
        "## Figures",
        _figures(facts),
        "## Limits",
        listed(_limits(method, facts)),
        "## License",
        f"{_LICENSE} Then add a line `license: ...` at the top of this file.",
    ]
    return "\n\n".join(parts) + "\n"


def onnx_card(method: TunedMethod[Any], facts: Facts) -> str:
    """What the ONNX file takes and gives, a snippet, where it comes from, its limits and licence."""
    parts = [
        f"# {line(facts.title)}: an ONNX classifier",
        "It answers by the tuned encoder and a linear head of its own; the method that the project answers with, its "
        'calibration and "none of these" are not in it (the Export page of Handful writes that model).',
        f"`model.onnx` takes `input_ids` and `attention_mask` (int64, batch x length, at most {_limit(method)} "
        "tokens) and gives `probabilities` (batch x classes, in the order of `labels.json`) and "
        "`sentence_embedding` (batch x dimensions, length 1). `tokenizer.json` cuts and pads by itself.",
        "Needs `pip install onnxruntime tokenizers numpy`.",
        code(_filled(_ONNX_SNIPPET, method)),
        "## Origin",
        table(("", ""), _training(method, facts)),
        "## Figures",
        _figures(facts),
        "## Limits",
        listed(_limits(method, facts)),
        "## License",
        _LICENSE,
    ]
    return "\n\n".join(parts) + "\n"


def _filled(snippet: str, method: TunedMethod[Any]) -> str:
    prompt = backbone_of(method).prompt
    texts = f"[{json.dumps(prompt, ensure_ascii=False)} + text for text in texts]" if prompt else "texts"
    # An empty prompt, or the library would put the model's own before the text once more.
    return snippet.format(example=json.dumps(EXAMPLE), texts=texts, prompt='prompt="", ' if prompt else "")


def _front_matter(facts: Facts) -> str:
    lines = ["---", "library_name: sentence-transformers", "pipeline_tag: text-classification"]
    if facts.base_model:
        lines.append(f"base_model: {json.dumps(facts.base_model)}")
    if facts.languages:
        lines += ["language:", *(f"- {json.dumps(code)}" for code in facts.languages)]  # a bare "no" is false in YAML
    lines += ["tags:", *(f"- {tag}" for tag in ("sentence-transformers", "text-classification", "few-shot", "handful"))]
    return "\n".join([*lines, "---"])


def _training(method: TunedMethod[Any], facts: Facts) -> list[tuple[str, str]]:
    trace = method.trace
    seconds = trace.seconds if trace.loss else facts.seconds
    loss = f"{trace.loss[0]:.4g} at first, {trace.loss[-1]:.4g} at last" if trace.loss else _number(facts.loss)
    base = facts.base_title or facts.base_model or UNKNOWN
    return [
        ("Method", f"{method.info.title} ({method.info.paper})"),
        ("Tuned from", base if facts.base_model in ("", base) else f"{base} ({facts.base_model})"),
        ("Examples", str(sum(facts.examples.values())) if facts.examples else UNKNOWN),
        ("Steps", str(len(trace.loss)) if trace.loss else UNKNOWN),
        ("Seconds", UNKNOWN if seconds is None else f"{seconds:.1f}"),
        ("Loss", loss),
        (
            "Head",
            method._head.info.title if isinstance(method._head, VectorMethod) else "A linear layer, trained along",
        ),
        ("Seed", str(method.context.seed)),
    ]


def _figures(facts: Facts) -> str:
    verdict = facts.verdict or {}
    rows = [(how, figures) for how, figures in facts.measured.items()]
    rows += [(title, verdict[key]) for key, title in _COMPARED.items() if verdict.get(key)]
    measured = "It was not measured."
    if rows:
        cells = [
            (how, _measure(found.get("accuracy")), _measure(found.get("macro_f1")), _n(found)) for how, found in rows
        ]
        head = ("Measured on", "Accuracy (95 % interval)", "Macro F1 (95 % interval)", "n")
        measured = table(head, cells)
    return f"{measured}\n\n{_judged(verdict)}"


_COMPARED = {
    "tuned": "Cross-validation on the labelled examples: tuned",
    "frozen": "The same items: encoder as it was, with a logistic head",
}


def _judged(verdict: Mapping[str, Any]) -> str:
    """Whether tuning beat the frozen head, in one paragraph."""
    if not verdict:
        return "Whether tuning beats the encoder as it was with a logistic head (the frozen head) was not compared."
    difference = verdict["difference"]
    low, high = (f"{100 * difference[end]:+.1f}" for end in ("low", "high"))
    beaten = "Tuning beat the frozen head" if verdict["keep"] else "Tuning did not beat the frozen head"
    return (
        f"{beaten} on the same left-out items, by log-loss: accuracy {100 * difference['value']:+.1f} points "
        f"(95 % interval {low} to {high}, n = {difference['n']}). It alone was right on {verdict['wins']} of them, "
        f"the frozen head alone on {verdict['losses']}."
    )


def _limits(method: TunedMethod[Any], facts: Facts) -> list[str]:
    languages = f"It was made for texts in: {', '.join(facts.languages)}." if facts.languages else ""
    found = [
        "It always answers with one of its classes; it has no answer for a text that belongs to none of them.",
        f"It reads the first {_limit(method)} tokens of a text.",
        "It learned from few examples. Figures from cross-validation speak for texts like those, and for no others.",
        "Its probabilities are those of the head, not calibrated.",
        languages,
    ]
    return [one for one in found if one]


def _limit(method: TunedMethod[Any]) -> int:
    return backbone_of(method).max_tokens


def _measure(measure: Mapping[str, Any] | None) -> str:
    if not measure:
        return UNKNOWN
    if not measure.get("enough", True):
        return "not enough to say"
    value, low, high = (f"{100 * measure[part]:.1f}" for part in ("value", "low", "high"))
    return f"{value} % ({low} to {high})"


def _n(figures: Mapping[str, Any]) -> str:
    return str(figures.get("n") or (figures.get("accuracy") or {}).get("n") or UNKNOWN)


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.4g}"


def _count(facts: Facts, name: str) -> str:
    return str(facts.examples.get(name, 0)) if facts.examples else UNKNOWN
