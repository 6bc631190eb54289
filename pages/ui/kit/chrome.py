"""What surrounds every page: logo, navigation, project picker, footer, a few style rules."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

import fsl_core
from fsl_core.base import paths
from pages.ui.kit import resources, state
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.navigation.page import Page

    from pages.ui.kit.navigation import Navigation

WORDMARK = {"light": "#0B6E69", "dark": "#279990"}
"""The colour of the name in the logo. Each is readable on the other background too: a picture keeps the colour of
before from the moment somebody changes the theme until the next run."""
VERSION = getattr(fsl_core, "__version__", "0.1")

STYLE = """<style>
.stMain h1 { letter-spacing: -0.01em; }
.stMainBlockContainer { max-width: 84rem; padding-top: 3.75rem; }
/* The theme has no option for these two; the defaults miss AA contrast. */
.stApp button[kind^="primary"]:not(:disabled), .stApp button[kind^="primary"]:not(:disabled) p {
  color: light-dark(#ffffff, #0c1f1e);
}
.stApp [data-testid="stCaptionContainer"], .stApp [data-testid="stCaptionContainer"] p {
  color: light-dark(#566064, #a7afae); opacity: 1;
}
/* Where the keyboard is: links have no ring of their own, and the main part is a stop because it scrolls. */
.stApp a:focus-visible, .stApp [data-testid="stMain"]:focus-visible, .stApp [data-testid="stCode"]:focus-visible,
.stApp summary:focus-visible, .stApp [data-testid="stLogoLink"]:focus-visible, .stApp pre:focus-visible,
.stApp .hf-live:focus-visible, .stApp .hf-check:focus-visible, .stApp label:has(> * input:focus-visible) {
  outline: 2px solid light-dark(#0b6e69, #4fc4b8) !important; outline-offset: -2px;
}
/* The stop of the keyboard at a code box is its outer part, so that has to scroll; the inner one would be a second. */
.stApp [data-testid="stCode"] { overflow-x: auto; }
.stApp [data-testid="stCode"] > pre { overflow: visible; width: fit-content; min-width: 100%; box-sizing: border-box; }
[data-testid="stSidebarContent"] { display: flex; flex-direction: column; }
[data-testid="stSidebarHeader"] { flex: none; }
[data-testid="stSidebarUserContent"] { flex: 1; display: flex; flex-direction: column; padding-bottom: 1rem; }
[data-testid="stSidebarUserContent"] > div,
[data-testid="stSidebarUserContent"] > div > [data-testid="stVerticalBlock"] {
  flex: 1; display: flex; flex-direction: column;
}
[data-testid="stLayoutWrapper"]:has(> .st-key-shell-footer),
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-foot-"]) { margin-top: auto; }
.st-key-shell-nav { gap: 0.125rem; }
.st-key-page-tabs { border-bottom: 1px solid light-dark(#d9d6cf, #3b4544); margin-bottom: -0.5rem; }
.st-key-page-tabs [data-testid="stPageLink-NavLink"] { padding: 0.4rem 0.75rem; border-radius: 0.4rem 0.4rem 0 0; }
[data-testid="stLayoutWrapper"]:has(> .st-key-job-bar:empty),
[data-testid="stLayoutWrapper"]:has(> .st-key-page-corner:empty),
[data-testid="stLayoutWrapper"]:has(> .st-key-tour:empty) { display: none; }
.st-key-shell-nav [data-testid="stCaptionContainer"] { padding: 0.35rem 0.6rem 0; }
[class*="st-key-shell-"] [data-testid="stPageLink-NavLink"] { padding: 0.25rem 0.6rem; min-height: 2rem; }
@media (pointer: coarse) { [class*="st-key-shell-"] [data-testid="stPageLink-NavLink"] { min-height: 2.5rem; } }
[class*="st-key-empty-"] { padding: 2rem 1rem; }
[class*="st-key-empty-"] [data-testid="stPageLink-NavLink"] {
  padding: 0.5rem 1rem; border-radius: 0.5rem; background: light-dark(#0b6e69, #4fc4b8);
}
[class*="st-key-empty-"] [data-testid="stPageLink-NavLink"] * { color: light-dark(#ffffff, #0c1f1e); }
[class*="st-key-clip-"] p { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
/* Title and sentence share a line: what the page is for starts higher. */
.st-key-page-title { align-items: baseline; gap: 0 1.25rem; }
.st-key-page-title > div:last-child { flex: 1 1 20rem; min-width: 0; }
.st-key-hero p { font-size: 1.15rem; max-width: 46rem; }
@media (max-width: 640px) {
  .st-key-page-head { flex-direction: column; align-items: flex-start; gap: 0.5rem; }
  .st-key-page-head > [data-testid="stLayoutWrapper"] { flex: 0 0 auto; }
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  .stMain h1 { font-size: 1.7rem; padding-bottom: 0.5rem; }
}
</style>"""


def style() -> None:
    """The few rules that the theme has no option for."""
    st.html(STYLE)
    st.logo(_logo(dark=is_dark()), size="large", icon_image=paths.ASSETS / "logo-icon.svg")


@st.cache_data(show_spinner=False)
def _logo(*, dark: bool) -> str:
    """The SVG; its name is drawn as paths, so that no font can make it wider than its picture."""
    svg = (paths.ASSETS / "logo.svg").read_text(encoding="utf-8")
    return svg.replace(WORDMARK["light"], WORDMARK["dark"]) if dark else svg


def is_dark() -> bool:
    """Whether this session sees the dark theme; False where the browser has not said yet."""
    return st.context.theme.type == "dark"


def heading(title: str, sentence: str) -> DeltaGenerator:
    """The title row of a page and the one sentence on what it is for; returns the corner at its right."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="page-head"):
        with st.container(horizontal=True, key="page-title"):
            st.title(title, anchor=False, width="content")
            st.markdown(sentence, width="stretch")
        return st.container(width="content", horizontal=True, vertical_alignment="bottom", key="page-corner")


def sidebar(known: Navigation, current: Page) -> None:
    """Project picker on top, then the pages, whose labels these are, and what serves all projects at the foot."""
    with st.sidebar:
        _project_picker()
        known.sidebar(current)
        with st.container(key="shell-footer"):
            known.foot(current)
            _author()
            st.caption(f"Handful {VERSION} · {_where()}")


def _project_picker() -> None:
    names = resources.project_names()
    if not names:
        return
    # The browser answers with what it showed: two projects of one name must not look the same.
    times = Counter(names.values())
    shown = {project: name if times[name] == 1 else f"{name} (#{project})" for project, name in names.items()}
    key = "shell-project"
    current = state.project_id()
    if st.session_state.get(key) != current:
        st.session_state[key] = current
    st.selectbox(
        _("Project"),
        list(names),
        index=0 if current in names else None,
        key=key,
        format_func=lambda project: shown.get(project, ""),
        placeholder=_("Choose a project"),
        on_change=_picked,
    )


def _picked() -> None:
    if (chosen := state.widget_value("shell-project")) is not state.GONE:
        state.open_project(chosen)


def _author() -> None:
    """Whose labels these are."""
    name = state.settle_author()
    key = "shell-author"
    shown = "" if name == state.author.default else name
    if st.session_state.get(key) != shown:
        st.session_state[key] = shown
    st.text_input(
        _("Your name"),
        key=key,
        placeholder=state.author.default,
        max_chars=state.LONGEST_NAME,
        help=_("Labels are kept under this name, so that several people can work on one project."),
        on_change=_named,
        args=(key,),
    )


def _named(key: str) -> None:
    if (name := state.widget_value(key)) is not state.GONE:
        state.call_me(name)


def _where() -> str:
    local = paths.database_url().startswith("sqlite")
    return _("Saved on this machine") if local else _("Saved in your database")
