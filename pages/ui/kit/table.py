"""A table for reading: texts wrap, numbers stay whole, and one wider than its place shows that it scrolls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

STYLE = """<style>
.hf-table { overflow: auto; max-height: 32rem; border: 1px solid light-dark(#ddd3c2, #33414a); border-radius: 0.5rem;
  /* A shadow at the side where more is: the covers scroll with the rows, the shadows stay. */
  --back: light-dark(#fbf8f2, #12181b); --shade: light-dark(rgb(31 42 48 / 0.35), rgb(0 0 0 / 0.8));
  background: linear-gradient(90deg, var(--back) 40%, transparent) left / 2.5rem 100% no-repeat local,
    linear-gradient(270deg, var(--back) 40%, transparent) right / 2.5rem 100% no-repeat local,
    linear-gradient(90deg, var(--shade), transparent) left / 0.8rem 100% no-repeat scroll,
    linear-gradient(270deg, var(--shade), transparent) right / 0.8rem 100% no-repeat scroll; }
.hf-table:focus-visible { outline: 2px solid light-dark(#0b6e69, #4fc4b8); outline-offset: -2px; }
.hf-table table { width: 100%; border-collapse: collapse; font-size: 0.92rem; line-height: 1.35; }
.hf-table :is(th, td) { padding: 0.4rem 0.5rem; text-align: start; vertical-align: top; overflow-wrap: break-word;
  border-bottom: 1px solid light-dark(#ddd3c2, #33414a); }
.hf-table tr:last-child > td { border-bottom: 0; }
.hf-table th { font-weight: 600; overflow-wrap: normal; }
.hf-table td:first-child { min-width: 6rem; overflow-wrap: anywhere; }
.hf-table .num { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
.hf-table :is(th.num, .num small) { white-space: normal; }
.hf-table small { display: block; font-size: 0.84rem; color: light-dark(#566064, #a7afae); }
.hf-table img { display: block; width: 4rem; height: 4rem; object-fit: contain; background: #fff;
  border-radius: 0.3rem; }
@media (max-width: 640px) { .hf-table :is(th, td) { padding: 0.35rem 0.4rem; } .hf-table table { font-size: 0.88rem; } }
</style>"""


@dataclass(frozen=True)
class Column:
    """The head of a column; ``number`` keeps its cells on one line, at the right."""

    title: str
    number: bool = False
    help: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell: its words, a smaller line below them, a picture (an address that the program made) before them."""

    text: str
    below: str = ""
    picture: str = ""


def table(columns: Sequence[Column], rows: Sequence[Sequence[Cell | str]], *, label: str, key: str) -> None:
    """Draw it. ``label`` names it for those who hear it, ``key`` for the page."""
    head = "".join(_tag("th", column, escape(column.title), ' scope="col"') for column in columns)
    body = "".join(
        f"<tr>{''.join(_tag('td', column, _inner(cell)) for column, cell in zip(columns, row, strict=True))}</tr>"
        for row in rows
    )
    with st.container(key=key):
        st.html(
            f'{STYLE}<div class="hf-table" tabindex="0" role="region" aria-label="{escape(label)}">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def _tag(name: str, column: Column, inner: str, more: str = "") -> str:
    look = ' class="num"' if column.number else ' dir="auto"'
    hint = f' title="{escape(column.help)}"' if column.help and name == "th" else ""
    return f"<{name}{look}{hint}{more}>{inner}</{name}>"


def _inner(cell: Cell | str) -> str:
    if isinstance(cell, str):
        return escape(cell)
    picture = f'<img src="{escape(cell.picture)}" alt="">' if cell.picture else ""
    # A line breaks behind a comma at most: "71% – 91%" and "n = 60" stay whole.
    words = escape(cell.below).replace(" ", "\u00a0").replace(",\u00a0", ", ")
    below = f"<small>{words}</small>" if words else ""
    return f"{picture}{escape(cell.text)}{below}"
