"""In-context tasks: a tokenizer cut from that of the bundled encoder, and prompts over classes of training sets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import read_labeled
from fsl_core.contracts.method import readable
from fsl_core.learning.prompting import template
from fsl_core.learning.prompting.template import Demonstration
from fsl_core.models.encoders import minilm

if TYPE_CHECKING:
    import torch

TRAINED_ON = ("clinc150",)
"""Training sets (CC BY 3.0); every other set is a task that the model has not seen."""
SPECIAL = ("[PAD]", "[UNK]", "[BOS]", "[EOS]")
NEW_LINE = "\n"
SIZE = 8000
COUNTED = 60
"""Texts of each class from which the rarity of words is taken."""
LONGEST_TEXT = 28
"""Words of a text in a training prompt."""


@dataclass(frozen=True, slots=True)
class Source:
    """One training set: its texts by class."""

    name: str
    classes: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sequenced:
    """A prompt as tokens, and where its labels stand: what the model is taught to say."""

    tokens: list[int]
    places: list[int]
    """Positions whose next token belongs to a label."""
    choices: list[list[int]]
    """For each of them the tokens that any label of the task could go on with there."""


def sources(data: Path, names: Sequence[str] = TRAINED_ON) -> list[Source]:
    """The training parts of these sets."""
    found = []
    for name in names:
        by_class: dict[str, list[str]] = {}
        for text, label in zip(*read_labeled(data / "text" / name / "train.csv"), strict=True):
            by_class.setdefault(label, []).append(" ".join(text.split()[:LONGEST_TEXT]))
        found.append(Source(name, tuple(by_class), tuple(tuple(texts) for texts in by_class.values())))
    return found


def write_tokenizer(folder: Path, known: Sequence[Source]) -> NDArray[np.float32]:
    """Write the tokenizer; return the encoder's word vectors of its pieces (v, 384), zero for what is new.

    Its pieces are the most frequent ones of the training texts, all letters and signs, and the new line.
    """
    from safetensors.numpy import load_file
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    weights = minilm.weights_folder()
    whole = Tokenizer.from_file(str(weights / "tokenizer.json"))
    whole.no_padding()
    whole.no_truncation()
    vocabulary = whole.get_vocab()
    counts: Counter[str] = Counter()
    for source in known:
        for name, texts in zip(source.classes, source.texts, strict=True):
            for encoded in whole.encode_batch([readable(name), *texts], add_special_tokens=False):
                counts.update(encoded.tokens)
    frame = template.header(["a"], {}) + template.shown(Demonstration("a", "b"))
    counts.update({token: 10**6 for token in whole.encode(frame, add_special_tokens=False).tokens})
    # The commonest words of the encoder stand early in its own list: texts of other fields use them too.
    common = [piece for piece, number in sorted(vocabulary.items(), key=lambda pair: pair[1]) if 1996 <= number < 6500]
    letters = [
        piece
        for piece in sorted(vocabulary, key=vocabulary.__getitem__)
        if re.fullmatch(r"(##)?[a-z0-9]|[!-/:-@\[-`{-~]", piece)
    ]
    chosen = list(dict.fromkeys([*SPECIAL, NEW_LINE, *letters, *(p for p, _n in counts.most_common(SIZE)), *common]))
    chosen = [piece for piece in chosen if piece in (*SPECIAL, NEW_LINE) or piece in vocabulary][:SIZE]
    own = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(chosen)}, unk_token="[UNK]"))
    own.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()])
    own.pre_tokenizer = pre_tokenizers.Split(Regex(r"\n|[^\W_]+|[^\w\s]|_"), behavior="removed", invert=True)
    own.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=own, pad_token="[PAD]", unk_token="[UNK]", bos_token="[BOS]", eos_token="[EOS]",
        model_max_length=2048,
    )  # fmt: skip
    fast.save_pretrained(folder)
    table = load_file(weights / "model.safetensors")
    words = next(table[name] for name in table if name.endswith("word_embeddings.weight"))
    vectors = np.zeros((len(chosen), words.shape[1]), dtype=np.float32)
    for place, piece in enumerate(chosen):
        if piece in vocabulary:
            vectors[place] = words[vocabulary[piece]]
    return vectors


def counts(known: Sequence[Source], tokenizer: Any) -> NDArray[np.int64]:  # noqa: ANN401
    """Shape (v,): how often each piece occurs in a part of the training texts."""
    found: Counter[int] = Counter()
    for source in known:
        for texts in source.texts:
            for text in texts[:COUNTED]:
                found.update(tokenizer(text, add_special_tokens=False)["input_ids"])
    return np.array([found[piece] for piece in range(len(tokenizer))], dtype=np.int64)


class Tasks:
    """Draws prompts: classes of one set under true or invented names, demonstrations in random order."""

    def __init__(self, known: Sequence[Source], tokenizer: Any, seed: int = 0) -> None:  # noqa: ANN401
        self.known, self.rng = list(known), np.random.default_rng(seed)
        size = np.array([len(source.classes) for source in known], dtype=np.float64)
        self.shares = size**0.7 / (size**0.7).sum()
        self.ids = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
        self.pieces: dict[str, list[int]] = {}
        whole = [word for word in tokenizer.get_vocab() if re.fullmatch(r"[a-z]{3,10}", word)]
        self.words = sorted(whole)
        self.first = tokenizer.bos_token_id

    def part(self, text: str) -> list[int]:
        """Tokens of a piece of a prompt, kept for the next time."""
        if (found := self.pieces.get(text)) is None:
            found = self.pieces[text] = self.ids(text)
        return found

    def draw(self, ways: tuple[int, int], total: int, longest: int) -> Sequenced:
        """A prompt of ``total`` examples, or as many as fit into ``longest`` tokens."""
        rng = self.rng
        source = self.known[rng.choice(len(self.known), p=self.shares)]
        n_way = int(min(rng.integers(ways[0], ways[1] + 1), len(source.classes)))
        codes = rng.choice(len(source.classes), n_way, replace=False)
        names = self._names([readable(source.classes[code]) for code in codes])
        head = template.header(names, {}) if rng.random() < 0.9 else ""
        tokens, places, choices = [self.first, *self.ids(head)], [], []
        labels = [self.part(template.option(name)) for name in names]
        order = rng.integers(0, n_way, total)
        used: set[str] = set()
        for way in order:
            texts = source.texts[codes[way]]
            text = texts[rng.integers(len(texts))]
            if text in used:
                continue
            used.add(text)
            asked, label = self.part(template.asked(text)), labels[way]
            end = self.part("\n\n")
            if len(tokens) + len(asked) + len(label) + len(end) > longest:
                break
            tokens += asked
            places += range(len(tokens) - 1, len(tokens) - 1 + len(label))
            for depth in range(len(label)):
                choices.append([one[depth] for one in labels if len(one) > depth and one[:depth] == label[:depth]])
            tokens += [*label, *end]
        return Sequenced(tokens, places, choices)

    def _names(self, true: Sequence[str]) -> list[str]:
        """The true names, those names mixed up, or words that have nothing to do with the classes."""
        how = self.rng.random()
        if how < 0.25:
            return list(true)
        if how < 0.35:
            return [true[i] for i in self.rng.permutation(len(true))]
        words = self.rng.choice(len(self.words), 2 * len(true), replace=False)
        return [
            self.words[a] if self.rng.random() < 0.75 else f"{self.words[a]} {self.words[b]}"
            for a, b in words.reshape(-1, 2)
        ]

    def batch(self, n: int, ways: tuple[int, int], total: int, longest: int) -> tuple[torch.Tensor, ...]:
        """Tokens (n, length), filled up behind; (row, position) of what is taught (m, 2); choices (m, c), -1: none."""
        import torch

        drawn = [self.draw(ways, total, longest) for _ in range(n)]
        length = max(len(one.tokens) for one in drawn)
        tokens = torch.zeros(n, length, dtype=torch.long)
        for row, one in enumerate(drawn):
            tokens[row, : len(one.tokens)] = torch.tensor(one.tokens)
        places = [(row, place) for row, one in enumerate(drawn) for place in one.places]
        listed = [dict.fromkeys(choice) for one in drawn for choice in one.choices]
        choices = torch.full((len(places), max(map(len, listed))), -1, dtype=torch.long)
        for row, choice in enumerate(listed):
            choices[row, : len(choice)] = torch.tensor(list(choice))
        return tokens, torch.tensor(places), choices
