"""What the pages share. Nothing in here is a page.

Streamlit takes every file beside app.py in a folder called ``pages`` for a page of its own and runs
it without app.py, until ``st.navigation`` was called once in the process. A reload of /label after a
restart would therefore show the page without its frame. The first import of this package, which is
before any page draws, ends that and starts the run again, through app.py.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

if PagesManager.uses_pages_directory and get_script_run_ctx(suppress_warning=True):
    PagesManager.uses_pages_directory = False
    st.rerun()
