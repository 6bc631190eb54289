"""One dealt episode as cards, for teachers: support on top, queries below, each answered right or wrong."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fsl_core.base import ops
from fsl_core.base.texts import shorten
from pages.ui.kit import colours, thumbnails
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.base.types import Codes
    from fsl_core.workspace import Workspace

MOST_WAYS, QUERIES = 4, 2
LONGEST = 90
STYLE = """<style>
.hf-deal { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
.hf-deal .card { border: 1px solid color-mix(in srgb, currentColor 22%, transparent); border-left-width: 0.35rem;
  border-radius: 0.5rem; padding: 0.5rem 0.65rem; font-size: 0.92rem; line-height: 1.35; overflow-wrap: anywhere; }
.hf-deal .card b { display: block; font-size: 0.82rem; margin-top: 0.3rem; }
.hf-deal .wrong { border-style: dashed; }
</style>"""


def section(workspace: Workspace) -> None:
    """What an episode is, on the project's own items; nothing with fewer than two classes of three examples."""
    with st.expander(_("What is an episode?"), icon=":material/style:", key="meta-episode"):
        st.markdown(
            _(
                "A small exam: a few classes (ways), a few examples of each to learn from (shots, together the "
                "support), and further items to answer (the query). Meta-learning practises on thousands of them, "
                "each with other classes, so that it gets good at beginning."
            )
        )
        codes = workspace.label_codes()
        usable = [c for c in range(len(workspace.classes)) if (codes == c).sum() > QUERIES]
        if len(usable) < 2 or workspace.units is None:
            st.caption(_("Label three items in two classes, and one is dealt here from your own."))
            return
        number = st.number_input(_("Deal number"), 1, 9999, 1, key="meta-deal", help=_("Each number deals another."))
        _deal(workspace, codes, usable, int(number or 1))


def _deal(workspace: Workspace, codes: Codes, usable: list[int], number: int) -> None:
    rng = np.random.default_rng(number)
    ways = rng.choice(usable, size=min(MOST_WAYS, len(usable)), replace=False)
    drawn = [rng.choice(np.flatnonzero(codes == c), size=1 + QUERIES, replace=False) for c in ways]
    support = np.array([rows[0] for rows in drawn])
    query = rng.permutation(np.concatenate([rows[1:] for rows in drawn]))
    answers, right = answered(workspace, support, query, codes)
    st.html(STYLE)
    st.markdown(f"**{tr('Support: {n} ways, 1 shot', n=len(ways))}**")
    st.html(f'<div class="hf-deal">{"".join(_card(workspace, row, int(codes[row])) for row in support)}</div>')
    st.markdown(f"**{_('Query: the nearest support card answers')}**")
    cards = [
        _card(workspace, row, int(codes[support[a]]), right=bool(ok), true=int(codes[row]))
        for row, a, ok in zip(query, answers, right, strict=True)
    ]
    st.html(f'<div class="hf-deal">{"".join(cards)}</div>')
    st.caption(ngettext("{n} right", "{n} right", int(right.sum())) + f" / {len(right)}")


def answered(workspace: Workspace, support: Codes, query: Codes, codes: Codes) -> tuple[Codes, Codes]:
    """For each query row the position of the nearest support row, and whether its class is right."""
    assert workspace.units is not None
    z = ops.centered(workspace.units, workspace.units.mean(axis=0))
    nearest = ops.squared_distances(z[query], z[support]).argmin(axis=1)
    return nearest, codes[support[nearest]] == codes[query]


def _card(workspace: Workspace, row: int, said: int, *, right: bool | None = None, true: int = -1) -> str:
    names, text = workspace.class_names, workspace.texts[row] or ""
    picture = thumbnails.html(thumbnails.address(workspace, row), alt=text)
    shown = shorten(text, LONGEST)
    words = names[said]
    if right is True:
        words = tr("✓ {name}", name=names[said])
    elif right is False:
        words = tr("✗ {name}, truly {true}", name=names[said], true=names[true])
    kind = "card wrong" if right is False else "card"
    color = colours.color_of(workspace, said)
    return f'<div class="{kind}" style="border-left-color:{color}">{picture}{escape(shown)}<b>{escape(words)}</b></div>'
