"""Moments in words: how long ago, and the clock of the person who reads."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from pages.ui.kit import state
from pages.ui.kit.text import _, ngettext


def ago(then: float, now: float | None = None) -> str:
    """'3 hours ago', in words that need no clock."""
    seconds = max(0.0, (time.time() if now is None else now) - then)
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return ngettext("{n} minute ago", "{n} minutes ago", int(seconds // 60))
    if seconds < 86400:
        return ngettext("{n} hour ago", "{n} hours ago", int(seconds // 3600))
    return ngettext("{n} day ago", "{n} days ago", int(seconds // 86400))


def clock(then: float) -> str:
    """'2026-03-04 16:05:09' where the browser is."""
    return datetime.fromtimestamp(then, _zone()).strftime("%Y-%m-%d %H:%M:%S")


def _zone() -> tzinfo | None:
    name = st.context.timezone if state.in_session() else None
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
