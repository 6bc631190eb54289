"""The defaults of the meta-learners stand once, and every place that begins with them takes them from there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fsl_core import registry
from fsl_core.base.config import form_fields
from fsl_core.contracts.method import Context
from fsl_core.learning.meta import learners, recipes
from fsl_core.learning.meta.learners import LEARNERS
from fsl_core.learning.meta.method import MetaMethod, MetaSettings
from fsl_core.learning.meta.training import TrainingSettings

USED = {
    "maml": ({"inner_lr": 0.4, "test_steps": 3}, {"inner_lr": 5.0, "test_steps": 3}, {"inner_lr": 0.3, "steps": 30}),
    "anil": ({"inner_lr": 0.1, "test_steps": 10}, {"inner_lr": 5.0, "test_steps": 5}, {"inner_lr": 0.3, "steps": 30}),
    "reptile": (
        {"inner_lr": 0.001, "test_steps": 50},
        {"inner_lr": 0.005, "test_steps": 30},
        {"inner_lr": 0.002, "steps": 0},
    ),
    "siamese": ({"margin": 1.0}, {"margin": 2.0}, {"margin": 2.0, "steps": 30}),
}
"""What published figures, kept models and saved projects were made with: on pictures, on texts, in an own method."""


@pytest.mark.parametrize("name", list(LEARNERS))
def test_each_place_begins_with_the_defaults_of_the_table(name: str) -> None:
    kind, method = LEARNERS[name], registry.get_method(name)
    usual = recipes.RECIPES[name].settings
    assert set(usual) <= set(kind.settings.model_fields)
    assert {one: getattr(kind.settings(), one) for one in usual} == {one: usual[one].pictures for one in usual}
    assert recipes.settings(name).items() <= kind.settings(**recipes.settings(name)).model_dump().items()
    assert TrainingSettings(**recipes.training(name)).n_way == recipes.training(name)["n_way"]
    own = method.settings().model_dump()
    assert {**recipes.own_settings(name), "steps": recipes.RECIPES[name].own_steps}.items() <= own.items()
    assert set(own) == set(MetaSettings.model_fields) | set(recipes.own_settings(name))


@pytest.mark.parametrize("name", list(USED))
def test_the_values_are_those_that_were_measured(name: str) -> None:
    pictures, texts, own = USED[name]
    assert pictures.items() <= LEARNERS[name].settings().model_dump().items()
    assert texts.items() <= recipes.settings(name).items()
    assert own.items() <= registry.get_method(name).settings().model_dump().items()


@pytest.mark.parametrize("name", list(LEARNERS))
def test_what_is_set_in_an_own_method_reaches_its_learner_within_the_same_bounds(name: str) -> None:
    method = registry.get_method(name)
    assert issubclass(method, MetaMethod)
    bounds = {field.name: (field.low, field.high) for field in form_fields(method.settings)}
    inner = {field.name: field for field in form_fields(method.learner.settings)}
    for setting in recipes.own_settings(name):
        field = inner[setting]
        assert bounds[setting] == (field.low, field.high)
        value = not field.default if field.kind == "bool" else type(field.default)(field.high)
        made = method(method.settings(**{setting: value}), Context())
        assert getattr(method.learner.settings(**made._learner_settings()), setting) == value


def test_no_learner_states_a_default_of_its_own() -> None:
    for file in Path(learners.__file__).parent.glob("*.py"):
        stated = re.findall(r"setting\(\s*([\d.e-]+|True|False)\b", file.read_text(encoding="utf-8"))
        assert stated == [], f"{file.name} states {stated}; defaults stand in recipes.py"
