"""Scripts and styles of components, as they are sent to the browser.

The sources of the scripts are the modules beside; ``make scripts`` bundles them into ``built``.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
BUILT = HERE / "built"


def script(name: str) -> str:
    """The bundled script of a component."""
    return (BUILT / f"{name}.js").read_text(encoding="utf-8")


def style(name: str) -> str:
    """A style sheet, by its path below this folder."""
    return (HERE / name).read_text(encoding="utf-8")
