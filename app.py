"""Handful: label a handful, get a model you can trust. Start it with ``streamlit run app.py``.

The server imports this file once, for what stands before every request; then it executes it at each run of a page,
which alone may import what the pages need.
"""

from __future__ import annotations

import streamlit as st

from fsl_core.base import paths
from pages.ui.kit import server


def main() -> None:
    """One run: language, project, chrome, then the page itself."""
    from fsl_core.base.errors import FslError
    from pages.ui.guide import tour
    from pages.ui.kit import chrome, feedback, finished, fitting, navigation, resources, state, text

    st.set_page_config(page_icon=str(paths.ASSETS / "logo-icon.svg"), layout="wide")
    text.choose_language()
    chrome.style()
    known = navigation.make()
    page = st.navigation(list(known.pages.values()), position="hidden")
    fitting.begin()
    try:
        resources.warm_up()
        state.settle_project(resources.project_exists)
        chrome.sidebar(known, page)
        feedback.notice()
        tour.draw(known, page)
        finished.draw(known, page)
        known.tabs(page)
        page.run()
    except FslError as error:
        feedback.error_box(error)
    fitting.settle()


if __name__ == "__main__":
    main()
else:
    server.keep_the_frame()
    app = st.App(__file__, middleware=server.middleware(), lifespan=server.lifespan)
