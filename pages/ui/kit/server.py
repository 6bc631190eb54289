"""What belongs to the server as a whole: what it says at its start, and what stands before every request."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from fsl_core.base.loopback import is_loopback
from pages.ui.kit import hosts


def keep_the_frame() -> None:
    """Run app.py for every page, from the first visit on.

    Streamlit takes every file in a folder called ``pages`` for a page of its own and runs it without app.py, until
    ``st.navigation`` was called once in the process: a reload of /label after a restart would show it bare.
    """
    PagesManager.uses_pages_directory = False


def middleware() -> list[Middleware]:
    """What each request passes first."""
    return [Middleware(hosts.AllowedHosts, places=_places())]


@cache
def _places() -> list[hosts.Place]:
    # Once: what is named at the start is what is let in.
    return hosts.allowed_places()


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Say where the app is. Streamlit's own words would ask a server far away for this machine's address."""
    address, port = str(st.get_option("server.address") or "0.0.0.0"), int(st.get_option("server.port"))
    sys.stdout.write("\n".join(greeting(address, port, _places())) + "\n")
    sys.stdout.flush()
    yield


def greeting(address: str, port: int, places: Sequence[hosts.Place]) -> list[str]:
    """The lines at the start; where others can reach the app, what that means."""
    secure = "https" if st.get_option("server.sslCertFile") else "http"
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    inside = is_loopback(address)
    shown = address if inside and ":" not in address else "localhost"
    lines = [f"Handful: {secure}://{shown}:{port}/{base}   (stop with Ctrl-C)"]
    if inside:
        return lines
    names = ", ".join(map(str, places))
    return [
        *lines,
        f"It listens on {address}. There is no login: whoever can reach it can read and change everything.",
        f"It answers on this machine, and to these names ({hosts.VARIABLE}): {names or 'none yet'}",
    ]
