"""Handful: label a handful, get a model you can trust. Start it with ``streamlit run app.py``.

The server imports this file once, for what stands before every request; then it executes it at each run of a page,
which alone may import what the pages need.
"""

from __future__ import annotations

import streamlit as st

from fsl_core.base import paths
from pages.ui.kit import server

PAGES = paths.ROOT / "pages"


def pages() -> dict[str, list[st.Page]]:
    """The pages in the order of the work, in groups; one whose file is not there is left out."""
    from pages.ui.kit.text import _

    groups = {
        "": [("projects", _("Projects"), ":material/folder_open:", "")],
        _("Work"): [
            ("label", _("Label"), ":material/label:", "label"),
            ("map", _("Map"), ":material/scatter_plot:", "map"),
            ("try_it", _("Try"), ":material/experiment:", "try"),
            ("tune", _("Tune"), ":material/tune:", "tune"),
            ("augment", _("Augment"), ":material/auto_awesome:", "augment"),
            ("prompt", _("Prompt lens"), ":material/search_insights:", "prompt"),
            ("compare", _("Compare"), ":material/leaderboard:", "compare"),
            ("models", _("Models"), ":material/smart_toy:", "models"),
            ("meta", _("Meta-learning"), ":material/school:", "meta"),
            ("draw", _("Draw a character"), ":material/draw:", "draw"),
        ],
        _("Data"): [
            ("classes", _("Classes"), ":material/category:", "classes"),
            ("check", _("Check"), ":material/fact_check:", "check"),
            ("history", _("History"), ":material/history:", "history"),
            ("export", _("Export"), ":material/download:", "export"),
        ],
    }
    return {
        group: [
            st.Page(f"pages/{name}.py", title=title, icon=icon, url_path=path or None, default=not path)
            for name, title, icon, path in entries
            if (PAGES / f"{name}.py").is_file()
        ]
        for group, entries in groups.items()
    }


def main() -> None:
    """One run: language, project, chrome, then the page itself."""
    from fsl_core.base.errors import FslError
    from pages.ui.kit import chrome, feedback, resources, state, text

    st.set_page_config(page_icon=str(paths.ASSETS / "logo-icon.svg"), layout="wide")
    text.choose_language()
    chrome.style()
    entries = pages()
    page = st.navigation(entries, position="hidden")
    try:
        resources.warm_up()
        state.settle_project(resources.project_exists)
        chrome.sidebar(entries)
        feedback.notice()
        page.run()
    except FslError as error:
        feedback.error_box(error)


if __name__ == "__main__":
    main()
else:
    server.keep_the_frame()
    app = st.App(__file__, middleware=server.middleware(), lifespan=server.lifespan)
