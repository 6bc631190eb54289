"""Causal language models of transformers: they go on with a text, and tell how likely each label is to come next.

What all prompts share is read once and its keys and values are kept; labels are scored together along a trie of
their tokens with one more pass (see ``fsl_core.models.language.label_trie``). A model that cannot do that
(recurrent, ALiBi, prompts beyond a sliding window) gets one row for each prompt and label; both ways give the same
numbers.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fsl_core.base import device
from fsl_core.base.config import setting
from fsl_core.base.types import Progress, silent
from fsl_core.contracts.generator import Generation, GeneratorInfo, OnDone, OnText, Prompt, Sampling, Scores
from fsl_core.models.language.label_trie import ROOT, LabelTrie, label_trie
from fsl_core.models.language.language_generation import generate
from fsl_core.models.language.language_models import BUILT_IN, LanguageModelSettings, LocalGenerator, padded, too_long

if TYPE_CHECKING:
    from torch import Tensor

logger = logging.getLogger(__name__)

MOST_LOGITS = 50_000_000
"""Numbers of one pass over prompts x nodes x vocabulary: 200 MB."""
TOLERANCE = 0.05
"""Log-probability by which the two ways of scoring may differ; bfloat16 rounds much more than float32."""


class CausalSettings(LanguageModelSettings):
    """Settings of a causal language model."""

    model: str = setting(
        BUILT_IN,
        "A model name on the Hugging Face hub (downloaded once), a folder on this machine (no request is made), or "
        "'built-in': the small English model that comes with the program and reads demonstrations, not instructions.",
    )
    chat: Literal["auto", "never"] = setting(
        "auto", "'auto' uses the model's own chat template when it has one.", title="Chat template", advanced=True
    )


class Causal(LocalGenerator[CausalSettings]):
    """A causal language model on this machine."""

    info = GeneratorInfo(
        name="causal",
        title="Language model",
        summary="Any causal language model of the Hugging Face hub or of a folder, chat models included; a small one "
        "comes with the program.",
        abilities=frozenset({"generate", "score", "hidden"}),
        offline=True,
        order=10,
    )
    settings = CausalSettings
    kind = "causal"

    def __init__(self, config: CausalSettings) -> None:
        super().__init__(config)
        self._prefix: tuple[tuple[int, ...], Any] | None = None
        self._tree: bool | None = None

    @property
    def key(self) -> str:
        """Model with commit (or digest of the folder), precision, and whether a chat template is used."""
        return f"causal:{self._lm.identity}:{self.config.chat}"

    @property
    def title(self) -> str:
        """The model's name."""
        return "Small model (built in)" if self.config.model == BUILT_IN else self.config.model

    @property
    def writes(self) -> bool:
        """Not the small model: it learned to choose labels, and its sentences mean nothing."""
        return self.config.model != BUILT_IN

    # -- scoring -----------------------------------------------------------------------------------

    def score(self, prompts: Sequence[Prompt], options: Sequence[str], *, progress: Progress | None = None) -> Scores:
        """Exact: the same log-probabilities as one pass for each prompt and option."""
        import torch

        report = progress or silent
        with self._lm.lock, torch.inference_mode():
            self._lm.load(report)
            head, tail = self._frame()
            labels = self._lm.option_ids([option.lstrip() for option in options] if tail else options)
            trie = label_trie(labels)
            starts = {shared: head + self._lm.ids(shared) for shared in dict.fromkeys(p.shared for p in prompts)}
            own = [self._lm.ids(prompt.own) + tail for prompt in prompts]
            counts = np.array([len(starts[p.shared]) + len(ids) for p, ids in zip(prompts, own, strict=True)], np.int64)
            longest = int(counts.max(initial=0) + trie.lengths.max(initial=0))
            if longest > self.room():
                raise too_long(self.title, longest, self.room())
            tree = self._tree_works() and longest <= self._window()
            found = np.zeros((len(prompts), len(options)))
            hidden = np.zeros((len(prompts), self._lm.model.config.hidden_size), dtype=np.float32)
            done = 0
            for shared, start in starts.items():
                rows = [row for row, prompt in enumerate(prompts) if prompt.shared == shared]

                def compute(part: Sequence[int], start: list[int] = start) -> Any:  # noqa: ANN401
                    tails = [own[row] for row in part]
                    return self._by_tree(start, tails, trie) if tree else self._by_rows(start, tails, labels)

                def tell(fraction: float, message: str, done: int = done, share: int = len(rows)) -> None:
                    report((done + fraction * share) / len(prompts), message)

                for part, (log_probs, states) in self._parts(rows, own, start, trie).over(
                    sorted(rows, key=lambda row: -len(own[row])), compute, tell
                ):
                    found[list(part)], hidden[list(part)] = log_probs, states
                done += len(rows)
            self.spent(len(prompts), int(counts.sum()), 0)
        return Scores(found, trie.lengths, hidden, counts)

    def _parts(self, rows: Sequence[int], own: list[list[int]], start: list[int], trie: LabelTrie) -> device.Batches:
        """How many prompts at a time: no more than memory has room for their answers."""
        vocabulary = self._lm.model.config.vocab_size
        most = max(1, MOST_LOGITS // (vocabulary * max(1, len(trie.tokens))))
        if not start:
            most = 1  # a prompt filled up in front of its first token would see nothing at all
        if self._lm.batches.size > most:
            return device.Batches(most, self._lm.batches.things, self._lm.batches.too_large)
        return self._lm.batches

    def _window(self) -> int:
        """Tokens up to which every layer sees all that came before."""
        config = self._lm.model.config
        window = getattr(config, "sliding_window", None)
        return self.room() if not window or getattr(config, "use_sliding_window", True) is False else int(window)

    def _tree_works(self) -> bool:
        """Whether this model takes a kept prefix and a tree of labels: tried once, on a few tokens."""
        if self._tree is None:
            some = [token % self._lm.model.config.vocab_size for token in range(5, 13)]
            labels = [some[:3], [*some[:2], some[4]], some[5:6]]
            try:
                tree, _states = self._by_tree(some[:3], [some[3:], some[4:6]], label_trie(labels))
                rows, _states = self._by_rows(some[:3], [some[3:], some[4:6]], labels)
                self._tree = bool(np.abs(tree - rows).max() < TOLERANCE)
            except Exception:  # whatever an architecture without such a cache raises
                logger.info("%s scores labels one by one", self.title, exc_info=True)
                self._tree = False
            self._prefix = None
        return self._tree

    def _frame(self) -> tuple[list[int], list[int]]:
        """Tokens before and after every prompt."""
        frame = self._lm.chat_frame() if self.config.chat == "auto" else None
        if frame is not None:
            return frame
        first = self._lm.tokenizer.bos_token_id
        return ([int(first)] if first is not None else []), []

    def _shared(self, start: list[int]) -> Any:  # noqa: ANN401  # a transformers cache
        """Keys and values of what the prompts share, kept for the next call; None where that is nothing."""
        import torch

        if not start:
            return None
        key = tuple(start)
        if self._prefix is None or self._prefix[0] != key:
            tokens = torch.tensor([start], device=self._lm.device)
            self._prefix = (key, self._lm.model(tokens, use_cache=True, logits_to_keep=1).past_key_values)
        return self._prefix[1]

    def _by_rows(self, start: list[int], own: Sequence[list[int]], labels: Sequence[list[int]]) -> tuple[Any, Any]:
        """As ``_by_tree``, with a row of its own for each prompt and label."""
        import torch

        model, on = self._lm.model, self._lm.device
        found = np.zeros((len(own), len(labels)))
        states = []
        for place, ids in enumerate(own):
            prompt = start + ids
            longest = len(prompt) + max((len(label) for label in labels), default=0)
            # Filled up behind: what comes later changes nothing for the tokens before it.
            filled = [(prompt + label + [0] * longest)[:longest] for label in labels] or [prompt]
            output = model(torch.tensor(filled, device=on), output_hidden_states=True, use_cache=False)
            states.append(output.hidden_states[-1][0, len(prompt) - 1].float().cpu().numpy())
            for number, label in enumerate(labels):
                where = slice(len(prompt) - 1, len(prompt) - 1 + len(label))
                said = output.logits[number, where].float().log_softmax(-1)
                found[place, number] = float(said[range(len(label)), label].double().sum())
        return found, np.stack(states)

    def _by_tree(self, start: list[int], own: Sequence[list[int]], trie: LabelTrie) -> tuple[Any, Any]:
        """Log-probabilities (b, k) and last hidden states (b, d) of the prompts ``start`` + ``own``."""
        import torch

        cache, common = self._shared(start), len(start)
        model, on = self._lm.model, self._lm.device
        tokens, there = padded(own, 0, on)
        b = len(own)
        grown = copy.deepcopy(cache)
        if grown is not None and b > 1:
            grown.batch_repeat_interleave(b)
        attended = torch.cat([torch.ones(b, common, dtype=torch.bool, device=on), there], dim=1)
        output = model(
            tokens,
            attention_mask=attended.long(),
            position_ids=common + (there.long().cumsum(1) - 1).clamp(min=0),
            past_key_values=grown,
            use_cache=True,
            output_hidden_states=True,
            logits_to_keep=1,
        )
        states = output.hidden_states[-1][:, -1]
        first = output.logits[:, -1].float().log_softmax(-1)
        step = trie.flat()
        asked = torch.zeros(b, len(step.nodes), device=on)
        at_root = torch.from_numpy(step.nodes == ROOT).to(on)
        wanted = torch.from_numpy(step.tokens).to(on)
        asked[:, at_root] = first[:, wanted[at_root]]
        if len(trie.tokens):
            nodes = torch.from_numpy(step.nodes).to(on)[~at_root]
            inner = self._nodes(output.past_key_values, attended, trie)
            asked[:, ~at_root] = inner[:, nodes, wanted[~at_root]]
        found = torch.zeros(b, len(trie.steps), dtype=torch.float64, device=on)
        found.index_add_(1, torch.from_numpy(step.labels).to(on), asked.double())
        return found.cpu().numpy(), states.float().cpu().numpy()

    def _nodes(self, cache: Any, attended: Tensor, trie: LabelTrie) -> Tensor:  # noqa: ANN401
        """Shape (b, m, vocabulary): log-probabilities of what follows each inner node of the trie."""
        import torch

        model, on = self._lm.model, self._lm.device
        b, m = len(attended), len(trie.tokens)
        tree = torch.from_numpy(trie.visible()).to(on)
        seen = torch.cat([attended[:, None, :].expand(b, m, -1), tree[None].expand(b, -1, -1)], dim=2)
        mask = torch.zeros(seen.shape, dtype=model.dtype, device=on).masked_fill(~seen, torch.finfo(model.dtype).min)
        output = model(
            torch.from_numpy(trie.tokens).to(on)[None].expand(b, -1),
            attention_mask=mask[:, None],
            position_ids=attended.long().sum(1)[:, None] + torch.from_numpy(trie.depths).to(on)[None],
            past_key_values=cache,
            use_cache=True,
        )
        said: Tensor = output.logits.float().log_softmax(-1)
        return said

    # -- generating --------------------------------------------------------------------------------

    def generate(
        self,
        prompts: Sequence[str],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        on_done: OnDone | None = None,
        progress: Progress | None = None,
    ) -> list[Generation]:
        """One text for each prompt; the same seed gives the same texts on the same machine."""
        self._lm.load(progress)
        head, tail = self._frame()
        if sampling.choices:
            options = [f" {choice}" for choice in sampling.choices]
            return self.likeliest(prompts, sampling.choices, options, progress)
        rows = [head + self._lm.ids(prompt) + tail for prompt in prompts]
        found = generate(self._lm, rows, sampling, on_text=on_text, on_done=on_done, progress=progress)
        self.spent(len(rows), sum(one.prompt_tokens for one in found), sum(one.tokens for one in found))
        return found


GENERATOR = Causal
