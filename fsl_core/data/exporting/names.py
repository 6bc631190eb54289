"""Names of files and of what is called after a project elsewhere."""

from __future__ import annotations

import re
import unicodedata


def short_name(project: str) -> str:
    """The letters and digits of a project's name: every system takes them as a file name."""
    plain = re.sub(r"[^\w]+", "-", unicodedata.normalize("NFC", project)).strip("-_").lower()
    return plain[:80].strip("-_") or "project"


def file_name(project: str, suffix: str) -> str:
    """The name of a file for this project."""
    return short_name(project) + suffix
