"""Gradient steps on one task, written so that ``torch.func.vmap`` runs them for many tasks at once.

Papers: Finn et al., "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks" (ICML 2017);
Nichol et al., "On First-Order Meta-Learning Algorithms" (2018).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fsl_core.models.backends.backbone import Params

if TYPE_CHECKING:
    from torch import Tensor

Loss = Callable[[Params], "Tensor"]
"""The loss of one task as a function of the parameters; a scalar."""


def gradient_steps(
    loss: Loss, params: Params, lr: Mapping[str, float] | float, n_steps: int, *, first_order: bool = False
) -> Params:
    """Gradient descent: theta <- theta - lr * grad loss(theta), ``n_steps`` times.

    ``lr`` is one step size, or one for each name.
    With ``first_order`` the gradient counts as a constant for whoever differentiates the result.
    """
    from torch.func import grad

    rates = _rates(lr, params)
    for _ in range(n_steps):
        slopes = grad(loss)(params)
        if first_order:
            slopes = {name: slope.detach() for name, slope in slopes.items()}
        params = {name: value - rates[name] * slopes[name] for name, value in params.items()}
    return params


def _rates(lr: Mapping[str, float] | float, params: Params) -> Mapping[str, float]:
    return lr if isinstance(lr, Mapping) else dict.fromkeys(params, lr)


def descending_steps(loss: Loss, params: Params, lr: Mapping[str, float] | float, n_steps: int) -> Params:
    """Gradient descent that never climbs, for answering.

    A step that would raise the loss is taken back, and those after it are a quarter as long: a step size learned on
    tasks of few examples is too long for a task of many. Where no step climbs it is ``gradient_steps``.
    """
    import torch
    from torch.func import grad_and_value

    rates = _rates(lr, params)
    slopes, height = grad_and_value(loss)(params)
    scale = torch.ones_like(height)
    for step in range(n_steps):
        tried = {name: value - scale * rates[name] * slopes[name] for name, value in params.items()}
        there, reached = grad_and_value(loss)(tried) if step < n_steps - 1 else (slopes, loss(tried))
        lower = reached <= height  # also false where the loss is no number
        params = {name: torch.where(lower, tried[name], value) for name, value in params.items()}
        slopes = {name: torch.where(lower, there[name], slope) for name, slope in slopes.items()}
        height, scale = torch.where(lower, reached, height), torch.where(lower, scale, scale / 4)
    return params


def adam_steps(
    losses: Sequence[Loss], params: Params, lr: float, *, fading: bool = False, beta: float = 0.999, eps: float = 1e-8
) -> Params:
    """One step of Adam with beta_1 = 0 for each loss in turn, as Reptile takes them; no gradient flows through.

    ``fading``: the steps grow shorter, linearly towards nothing.
    """
    import torch
    from torch.func import grad

    squares = {name: torch.zeros_like(value) for name, value in params.items()}
    for step, loss in enumerate(losses, start=1):
        slopes = {name: slope.detach() for name, slope in grad(loss)(params).items()}
        squares = {name: beta * squares[name] + (1 - beta) * slopes[name].square() for name in params}
        scale, rate = 1 - beta**step, lr * (1 - (step - 1) / len(losses) if fading else 1.0)
        params = {
            name: value - rate * slopes[name] / ((squares[name] / scale).sqrt() + eps) for name, value in params.items()
        }
    return params
