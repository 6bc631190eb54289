"""Matching networks: an attention over the support, with and without full-context embeddings.

Paper: Vinyals et al., "Matching Networks for One Shot Learning" (NeurIPS 2016); full-context embeddings
as in its appendix: g reads the support with a bidirectional LSTM, f reads it with an attending LSTM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsl_core.base.config import Settings, setting
from fsl_core.contracts.portable import PortableHead
from fsl_core.learning.meta import recipes
from fsl_core.learning.meta.episodes import TaskBatch
from fsl_core.learning.meta.learner import Learner, task_labels
from fsl_core.models.backends.backbone import Norm, Params

if TYPE_CHECKING:
    import torch
    from torch import Tensor

FIRST_SCALE = 10.0
FLOOR = 1e-8
"""No class is less likely than that when answering."""


class MatchingSettings(Settings):
    """Settings of matching networks."""

    full_context: bool = setting(
        recipes.on_pictures("matching-net", "full_context"),
        "Let every embedding depend on the whole support (LSTMs); without it items are embedded alone.",
        title="Full-context embeddings",
    )
    n_reads: int = setting(
        recipes.on_pictures("matching-net", "n_reads"),
        "How often the query reads the support, with full context.",
        ge=1,
        le=10,
        advanced=True,
    )


class Matching(Learner[MatchingSettings]):
    """y = sum over the support of softmax(s cos(f(q), g(x_i))) y_i, with a learned sharpness s."""

    name = "matching-net"
    settings = MatchingSettings

    def head(self, generator: torch.Generator) -> Params:  # noqa: D102
        import torch

        params: Params = {"log_sharpness": torch.tensor(FIRST_SCALE).log()}
        if self.config.full_context:
            d = self.backbone.dim
            for name, hidden in (("forward", d), ("backward", d), ("read", 2 * d)):
                params[f"{name}.input"] = torch.randn(4 * d, d, generator=generator) * d**-0.5
                params[f"{name}.hidden"] = torch.randn(4 * d, hidden, generator=generator) * hidden**-0.5 * 0.5
                params[f"{name}.bias"] = torch.zeros(4 * d)
        return params

    def loss(self, params: Params, batch: TaskBatch) -> Tensor:  # noqa: D102
        import torch
        from torch.nn.functional import nll_loss

        tasks, n_way, k_shot = batch.support.shape[:3]
        found = self.embed(params, torch.cat([batch.support, batch.query], dim=2))
        support, queries = found[:, :, :k_shot].flatten(1, 2), found[:, :, k_shot:].flatten(1, 2)
        codes = task_labels(tasks, n_way, k_shot, found.device)
        chances = self._answer(params, support, codes, queries, n_way)
        labels = task_labels(tasks, n_way, batch.query.shape[2], found.device)
        return nll_loss(chances.clamp(min=1e-8).log().flatten(0, 1), labels.flatten())

    def logits(  # noqa: D102
        self, params: Params, support: Tensor, codes: Tensor, query: Tensor, n_way: int, norm: Norm
    ) -> Tensor:
        found, queries = self.embed(params, support, norm)[None], self.embed(params, query, norm)[None]
        return self._answer(params, found, codes[None], queries, n_way)[0].clamp(min=FLOOR).log()

    def portable(self, params: Params, support: Tensor, codes: Tensor, n_way: int) -> PortableHead:  # noqa: D102
        import torch
        from torch.nn.functional import normalize

        found = self.embed(params, support, "kept")
        arrays = {"codes": codes.numpy(), "weights": torch.ones(len(codes)).numpy()}
        values = {"temperature": float((-params["log_sharpness"]).exp()), "n_way": n_way, "floor": FLOOR, "unit": True}
        if self.config.full_context:
            found = read_support(params, found[None])[0]
            read = {name: params[name].numpy() for name in params if name.startswith("read.")}
            arrays, values = {**arrays, **read, "context": found.numpy()}, {**values, "n_reads": self.config.n_reads}
        return PortableHead("attention", {**arrays, "keys": normalize(found, dim=-1).numpy()}, values)

    def _answer(self, params: Params, support: Tensor, codes: Tensor, queries: Tensor, n_way: int) -> Tensor:
        """Probabilities (tasks, q, n_way) from features (tasks, n, d), codes (tasks, n) and features (tasks, q, d)."""
        import torch
        from torch.nn.functional import normalize, one_hot

        if self.config.full_context:
            support = read_support(params, support)
            queries = read_queries(params, queries, support, self.config.n_reads)
        cosines = normalize(queries, dim=-1) @ normalize(support, dim=-1).transpose(-1, -2)
        attention = torch.softmax(params["log_sharpness"].exp() * cosines, dim=-1)
        return attention @ one_hot(codes, n_way).to(attention.dtype)


def read_support(params: Params, support: Tensor) -> Tensor:
    """g(x_i) = x_i + forward LSTM + backward LSTM over the support in its order; (tasks, n, d)."""
    import torch

    onward, back = support.unbind(1), support.flip(1).unbind(1)
    ahead, behind = _run(params, "forward", onward), _run(params, "backward", back)
    return support + torch.stack(ahead, 1) + torch.stack(behind, 1).flip(1)


def read_queries(params: Params, queries: Tensor, support: Tensor, n_reads: int) -> Tensor:
    """f(q): ``n_reads`` steps of an LSTM that attends to g of the support and adds the query again; (tasks, q, d)."""
    import torch

    hidden, read = queries, torch.zeros_like(queries)
    cell = torch.zeros_like(queries)
    for _ in range(n_reads):
        out, cell = _cell(params, "read", queries, torch.cat([hidden, read], dim=-1), cell)
        hidden = out + queries
        read = torch.softmax(hidden @ support.transpose(-1, -2) * hidden.shape[-1] ** -0.5, dim=-1) @ support
    return hidden


def _run(params: Params, name: str, steps: tuple[Tensor, ...]) -> list[Tensor]:
    import torch

    hidden = cell = torch.zeros_like(steps[0])
    found = []
    for x in steps:
        hidden, cell = _cell(params, name, x, hidden, cell)
        found.append(hidden)
    return found


def _cell(params: Params, name: str, x: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    gates = x @ params[f"{name}.input"].T + hidden @ params[f"{name}.hidden"].T + params[f"{name}.bias"]
    entry, forget, out, new = gates.chunk(4, dim=-1)
    cell = torch.sigmoid(forget) * cell + torch.sigmoid(entry) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(cell), cell
