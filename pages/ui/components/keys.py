"""Keys that mean the same in every project, on the card and on the map."""

from __future__ import annotations

PLAIN = {"why": "e", "flag": "f", "none": "n", "undo": "u", "filter": ".", "search": "/", "help": "?"}
SHIFTED = {"keep": "k", "replace": "r"}
"""With shift, so that a class may have them without."""
ACTS = {**PLAIN, **SHIFTED}
"""What the scripts are told."""
