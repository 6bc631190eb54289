"""The scripts that browsers get are those that the sources give; this needs no Node."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from pages.ui.components import scripts

HEAD = re.compile(r"(// Made by `make scripts` from (\S+) .*\n)// sha256 (\w{64}) of (.+) and of what follows\n")
BUNDLES = sorted(scripts.BUILT.iterdir())


def stale(bundle: Path, sources: Path) -> str:
    """Why a bundle is not what these sources give; '' when it is."""
    text = bundle.read_text(encoding="utf-8")
    head = HEAD.match(text)
    if head is None:
        return f"{bundle.name} does not say what it was made from"
    names = head[4].split()
    if head[2] not in names:
        return f"{bundle.name} is not made from {head[2]}"
    body = text[head.end() :].encode()
    digest = hashlib.sha256(b"".join((sources / name).read_bytes() for name in names) + body).hexdigest()
    return "" if digest == head[3] else f"{bundle.name} is stale: run make scripts"


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_every_script_is_made_from_the_sources_as_they_are(bundle: Path) -> None:
    assert stale(bundle, scripts.HERE) == ""


def test_a_change_of_a_source_or_of_a_script_by_hand_is_found(tmp_path: Path) -> None:
    bundle = scripts.BUILT / "card.js"
    head = HEAD.match(bundle.read_text(encoding="utf-8"))
    assert head is not None
    for name in head[4].split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((scripts.HERE / name).read_bytes())
    assert stale(bundle, tmp_path) == ""
    by_hand = tmp_path / "by_hand.js"
    by_hand.write_text(bundle.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "stale" in stale(by_hand, tmp_path)
    (tmp_path / "common/outbox.js").write_text("// another outbox", encoding="utf-8")
    assert "stale" in stale(bundle, tmp_path)


def test_the_modules_of_every_component_are_in_some_script() -> None:
    heads = [HEAD.match(bundle.read_text(encoding="utf-8")) for bundle in BUNDLES]
    bundled = {name for head in heads if head for name in head[4].split()}
    modules = {path.relative_to(scripts.HERE).as_posix() for path in scripts.HERE.glob("*/*.js")}
    assert {name for name in modules if not name.startswith("built/")} <= bundled


def test_the_lock_file_names_no_registry() -> None:
    lock = (scripts.HERE / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
