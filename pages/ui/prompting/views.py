"""What the Prompt lens shows of a look: the answer, the exact words, what changed, how often it flips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from fsl_core.learning.prompting import lens
from fsl_core.plotting import figures
from pages.ui.kit import feedback
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from fsl_core.learning.prompting.lens import Look, Repeats
    from fsl_core.learning.prompting.method import PromptMethod

MOST = 8


def answer(method: PromptMethod[Any], first: Look, now: Look) -> None:
    """The class, how sure, and beside it what the change by hand did to the probabilities."""
    name, share = method.classes[now.best], float(now.probabilities[now.best])
    if now.best != first.best:
        was = method.classes[first.best]
        st.warning(
            tr(
                "The answer flipped: {was} before, **{name}** now ({share}).",
                was=feedback.plain(was),
                name=feedback.plain(name),
                share=f"{share:.0%}",
            ),
            icon=":material/swap_horiz:",
        )
    else:
        st.success(f"**{feedback.plain(name)}** · {share:.0%}", icon=":material/check_circle:")
    order = np.argsort(-now.probabilities, kind="stable")[:MOST]
    bars, table = st.columns(2, gap="medium")
    with bars:
        figure = figures.probability_bars([method.classes[i] for i in order], now.probabilities[order], order)
        st.plotly_chart(figure, key="prompt-bars", config={"displayModeBar": False})
    with table:
        if now is first:
            st.caption(_("Move a demonstration or leave one out: what that changes appears here."))
            return
        change = now.probabilities[order] - first.probabilities[order]
        st.dataframe(
            pd.DataFrame(
                {
                    "class": [method.classes[i] for i in order],
                    "before": first.probabilities[order],
                    "now": now.probabilities[order],
                    "change": [f"{100 * value:+.1f}" for value in change],
                }
            ),
            hide_index=True,
            key="prompt-change",
            column_config={
                "class": st.column_config.TextColumn(_("Class"), pinned=True),
                "before": st.column_config.NumberColumn(_("Before"), format="percent"),
                "now": st.column_config.NumberColumn(_("Now"), format="percent"),
                "change": _("Points"),
            },
        )


def exact(first: Look, now: Look) -> None:
    """The words that were sent, with their tokens; after a change, line by line what went and what came."""
    st.subheader(_("The exact prompt"), anchor=False)
    total = sum(now.tokens)
    words = ngettext("{n} token", "{n} tokens", total)
    if len(now.asked) > 1:
        words = tr("{n} prompts, {tokens} tokens", n=len(now.asked), tokens=total)
    listed = len(now.built.listed)
    st.caption(f"{words} · " + ngettext("{n} class listed", "{n} classes listed", listed))
    for text in now.asked:
        st.code(text, language=None, wrap_lines=True)
    if now is not first:
        with st.expander(_("What changed in the prompt"), icon=":material/difference:", key="prompt-diff"):
            lines = [f"{sign} {line}" for sign, line in lens.difference(first.asked, now.asked)]
            st.code("\n".join(lines), language="diff", wrap_lines=True)


def flips(classes: Sequence[str], found: Repeats) -> None:
    """How many repeats answered otherwise, and what."""
    n = len(found.answers)
    if not found.flips:
        st.success(
            ngettext("The same answer in {n} other order.", "The same answer in {n} other orders.", n),
            icon=":material/check_circle:",
        )
        return
    st.warning(
        tr("Another answer in {flips} of {n} orders: do not lean on this one.", flips=found.flips, n=n),
        icon=":material/swap_vert:",
    )
    codes, counts = np.unique(found.answers, return_counts=True)
    st.dataframe(
        pd.DataFrame({"class": [classes[code] for code in codes], "n": counts}).sort_values("n", ascending=False),
        hide_index=True,
        key="prompt-flips",
        column_config={"class": _("Answer"), "n": _("Orders")},
    )
