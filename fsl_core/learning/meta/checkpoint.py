"""The state of a training on disk: one safetensors file with everything that going on needs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsl_core.base.errors import ConfigError
from fsl_core.models.backends.backbone import Params

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class State:
    """What changes from step to step."""

    params: Params
    optimizer: torch.optim.Optimizer
    generator: torch.Generator


def write(file: Path, state: State, identity: Mapping[str, Any], step: int, seconds: float) -> None:
    """Keep the state, whole or not at all."""
    from safetensors.torch import save_file

    tensors = {f"param.{name}": value.detach().cpu().contiguous() for name, value in state.params.items()}
    for number, slot in state.optimizer.state_dict()["state"].items():
        tensors |= {
            f"optimizer.{number}.{name}": value.detach().cpu().clone()
            for name, value in slot.items()
            if value is not None
        }
    tensors["generator"] = state.generator.get_state().clone()
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".part")
    save_file(tensors, unfinished, {"identity": json.dumps(identity), "step": str(step), "seconds": f"{seconds:.3f}"})
    os.replace(unfinished, file)


def read(file: Path, state: State, identity: Mapping[str, Any]) -> tuple[int, float]:
    """Fill ``state`` from the file; steps done and seconds spent, 0 and 0 without a file.

    Raises ConfigError when the file was written under other settings.
    """
    import torch
    from safetensors import safe_open

    if not file.exists():
        return 0, 0.0
    with safe_open(file, framework="pt") as opened:
        meta = opened.metadata()
        if json.loads(meta["identity"]) != json.loads(json.dumps(identity)):
            raise ConfigError(
                "The checkpoint {file} belongs to a training with other settings.",
                "Delete it, or name another file.",
                file=file.name,
            )
        slots: dict[int, dict[str, Any]] = {}
        with torch.no_grad():
            for key in opened.keys():  # noqa: SIM118  # not a dict
                tensor = opened.get_tensor(key)
                kind, _, name = key.partition(".")
                if kind == "param":
                    state.params[name].copy_(tensor)
                elif kind == "optimizer":
                    number, _, field = name.partition(".")
                    slots.setdefault(int(number), {})[field] = tensor
                else:
                    state.generator.set_state(tensor)
        if slots:
            state.optimizer.load_state_dict({**state.optimizer.state_dict(), "state": slots})
        return int(meta["step"]), float(meta["seconds"])
