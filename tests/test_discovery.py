"""Finding plugins: one file more is one plugin more, and former ids keep their meaning."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsl_core.base.discovery import Plugin, Plugins, discover
from fsl_core.base.errors import ConfigError

FILES = {
    "saw": "class Saw:\n    name, order, aliases = 'fret-saw', 20, ('fret_saw', 'coping')\nTOOL = Saw\n",
    "axe": "class Says:\n    name, order = 'axe', 30\nclass Axe:\n    info = Says\nTOOL = Axe\n",
    "adze": "class Adze:\n    name, order = 'adze', 30\nTOOL = Adze\n",
    "glue": "def TOOL():\n    return 'stuck'\n",
    "shared": "SHARPNESS = 3\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "toolbox"
    folder.mkdir()
    for name, text in {"__init__": "", **FILES}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "toolbox"]:
        del sys.modules[name]


def test_each_module_that_offers_one_is_a_plugin_in_order_and_then_by_name(package: Path) -> None:
    found = discover("tool", "toolbox", "TOOL")
    assert list(found) == ["fret-saw", "adze", "axe", "glue"]  # a plugin without an order stands at 100
    assert found["glue"]() == "stuck"  # and one without a name goes by that of its module
    assert found.find("axe").info.order == 30


def test_a_former_id_finds_its_plugin_and_is_not_listed(package: Path) -> None:
    found = discover("tool", "toolbox", "TOOL")
    assert found.find("coping") is found["fret_saw"] is found["fret-saw"]
    assert found.canonical("fret_saw") == found.canonical("fret-saw") == "fret-saw"
    assert found.canonical("plane") == "plane"
    assert "coping" in found and found.get("plane") is None
    assert len(found) == len(list(found.values())) == 4 and "coping" not in list(found)


def test_an_unknown_id_lists_what_there_is(package: Path) -> None:
    with pytest.raises(ConfigError, match="There is no tool 'plane'") as caught:
        discover("tool", "toolbox", "TOOL").find("plane")
    assert caught.value.hint == "There are: fret-saw, adze, axe, glue."


@pytest.mark.parametrize("second", [Plugin(2, "axe"), Plugin(2, "adze", aliases=("axe",))])
def test_two_plugins_may_not_claim_one_id(second: Plugin[int]) -> None:
    with pytest.raises(ConfigError, match="The id 'axe' of a tool is taken by 'axe'"):
        Plugins("tool", [Plugin(1, "axe"), second])
