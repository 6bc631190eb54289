"""The way into a page by its own address, on a server that has not shown any page yet."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def through_app() -> None:
    """Run again through ``app.py`` when Streamlit ran the page file by itself.

    Because there is a folder ``pages``, Streamlit takes the app for one of its older kind until
    ``st.navigation`` was called once. If the first request after a start is for ``/label`` (a
    reload, a link), it would show the bare page without navigation, project picker or error box.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        st.rerun()
