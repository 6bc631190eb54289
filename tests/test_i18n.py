"""Every visible string goes through the catalogue."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.kit import text

ROOT = Path(__file__).resolve().parents[1]


def sources(top: Path) -> Iterator[Path]:
    """The Python files below a folder, but for those of packages of Node, which may be there or not."""
    for folder, below, names in os.walk(top):
        below[:] = [one for one in below if one != "node_modules"]
        yield from (Path(folder) / name for name in names if name.endswith(".py"))


FILES = [ROOT / "app.py", *sorted(sources(ROOT / "pages"))]

SHOWN_FIRST = set(
    "title header subheader write markdown caption text code_caption error warning info success toast button "
    "checkbox toggle radio selectbox multiselect pills segmented_control slider select_slider number_input "
    "text_input text_area date_input file_uploader camera_input data_editor_title expander popover status "
    "spinner metric badge form_submit_button download_button link_button progress html dialog latex_caption "
    "TextColumn NumberColumn ProgressColumn CheckboxColumn SelectboxColumn Column heading empty_state "
    "inline_progress feedback chat_input".split()
)
"""Calls whose first argument a person reads."""
SHOWN_BY_NAME = {"label", "help", "placeholder", "title", "body", "text", "page_title", "caption", "captions"}
"""Keyword arguments a person reads."""
TRANSLATORS = {"_", "tr", "ngettext"}
ALLOWED = {"Handful"}
"""Names that are the same in every language."""
SYMBOLS = {"n", "N", "K", "F1", "PCA", "UMAP"}
"""Signs that stand for themselves when they are all there is."""


def visible_text(template: str) -> str:
    """What is left for a person to read: no icons, tags, rules of style, Markdown signs or numbers."""
    if template in SYMBOLS:
        return ""
    bare = re.sub(r"<style>.*?</style>|<!--.*?-->", "", template, flags=re.DOTALL)
    bare = re.sub(r":material/\w+:|:[a-z_]+\[|<[^>]*>|&\w+;|https?://\S+", "", bare)
    for name in ALLOWED:
        bare = bare.replace(name, "")
    return "".join(re.findall(r"[^\W\d_]+", bare))


def untranslated(node: ast.expr) -> str:
    """Letters in the literal parts of an expression that no translator has seen."""
    if isinstance(node, ast.Constant):
        return visible_text(node.value) if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        # Joined first: a tag may begin in one part and end in the next.
        return visible_text("".join(one.value if isinstance(one, ast.Constant) else "0" for one in node.values))
    if isinstance(node, ast.BinOp):
        return untranslated(node.left) + untranslated(node.right)
    if isinstance(node, ast.BoolOp):
        return "".join(map(untranslated, node.values))
    if isinstance(node, ast.IfExp):
        return untranslated(node.body) + untranslated(node.orelse)
    if isinstance(node, ast.List | ast.Tuple):
        return "".join(map(untranslated, node.elts))
    return ""


def problems(source: str, name: str = "page.py") -> list[str]:
    """Places that show a person a string from outside the catalogue."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).startswith(("log.", "logger.")):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in TRANSLATORS:
            if node.args and isinstance(node.args[0], ast.JoinedStr):
                found.append(f"{name}:{node.lineno}: an f-string cannot be found in a catalogue")
            continue
        shown = list(node.args[:1]) if called in SHOWN_FIRST else []
        on_page = isinstance(node.func, ast.Attribute) or called in SHOWN_FIRST
        shown += [one.value for one in node.keywords if on_page and one.arg in SHOWN_BY_NAME]
        found += [f"{name}:{node.lineno}: {called}(... {letters!r})" for arg in shown if (letters := untranslated(arg))]
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_visible_string_goes_through_the_catalogue(file: Path) -> None:
    assert problems(file.read_text(encoding="utf-8"), file.name) == []


@pytest.mark.parametrize(
    "line",
    [
        'st.title("Projects")',
        'st.button(f"Open {name}")',
        'st.button(_("Open"), help="More")',
        'left.caption("a" + b)',
        'st.markdown(x or "nothing")',
        'tr(f"Open {name}")',
        'st.markdown(f"<b class={c}>Bold</b>")',
    ],
)
def test_the_check_finds_planted_strings(line: str) -> None:
    assert problems(line)


@pytest.mark.parametrize(
    "line",
    [
        'st.title(_("Projects"))',
        'st.button(tr("Open {name}", name=name), key="open", icon=":material/add:")',
        'st.markdown(f"**{name}** · {n:,}")',
        'st.markdown(f"<span class=\\"chip {kind}\\">{name}</span>", unsafe_allow_html=True)',
        'st.caption(f"Handful {VERSION}")',
        'json.dumps({"title": "x"})',
    ],
)
def test_the_check_lets_translated_strings_pass(line: str) -> None:
    assert problems(line) == []


def test_values_go_in_after_translation_and_braces_without_values_stay() -> None:
    assert text.tr("{n} of {all}", {"n": 3, "all": 7}) == "3 of 7"
    assert text.tr("a {brace}") == "a {brace}"
    assert text.ngettext("{n} row", "{n} rows", 1) == "1 row"
    assert text.ngettext("{n} row", "{n} rows", 12345) == "12,345 rows"


def catalogue(folder: Path, language: str, pairs: dict[str, str]) -> None:
    """Write a compiled gettext catalogue by hand: header, two tables, strings."""
    import struct

    entries = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **pairs}.items())
    n = len(entries)
    blob, tables, at = b"", ([], []), 28 + 16 * n
    for side in (0, 1):
        for pair in entries:
            data = pair[side].encode()
            tables[side].append((len(data), at + len(blob)))
            blob += data + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, n, 28, 28 + 8 * n, 0, 0)
    body = b"".join(struct.pack("<2I", *row) for side in tables for row in side)
    target = folder / language / "LC_MESSAGES"
    target.mkdir(parents=True)
    (target / "handful.mo").write_bytes(head + body + blob)


@pytest.fixture
def chinese(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue(tmp_path, "zh", {"Open": "打开"})
    monkeypatch.setattr(text, "LOCALE_DIR", tmp_path)
    text._catalogue.cache_clear()
    yield
    text._catalogue.cache_clear()


def words_app() -> None:
    import streamlit as st

    from pages.ui.kit import text

    text.choose_language()
    st.write(text._("Open"), text._("Close"))


def test_the_language_of_the_link_wins_and_lasts_when_the_link_is_gone(chinese: None) -> None:
    at = AppTest.from_function(words_app)
    at.query_params["lang"] = "zh-CN"
    assert at.run().markdown[0].value == "打开 Close"
    at.query_params.clear()
    assert at.run().markdown[0].value == "打开 Close"


def test_a_language_without_a_catalogue_is_english(chinese: None) -> None:
    at = AppTest.from_function(words_app)
    at.query_params["lang"] = "xx"
    assert at.run().markdown[0].value == "Open Close"
