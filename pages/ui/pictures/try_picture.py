"""A picture to try: drawn, photographed or chosen, and answered without keeping it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fsl_core.data import images
from pages.ui.pictures import capture

if TYPE_CHECKING:
    from fsl_core.workspace import Explanation, Snapshot, Workspace


def answer(workspace: Workspace, snapshot: Snapshot) -> tuple[str, Explanation, bytes] | None:
    """Ask for one picture: a name for it, the answer, and its file; None while there is none.

    Raises DataError for what is no sound image.
    """
    made = capture.picture("try", upload=True)
    if made is None:
        return None
    data, name = made
    image = images.pixels(data, name)
    # Each stroke gives another picture: none of them is worth a place among the images of the projects.
    with tempfile.TemporaryDirectory(prefix="handful-try-") as folder:
        file = Path(folder) / "picture.png"
        image.save(file)
        return name, workspace.explain(file, snapshot), data
