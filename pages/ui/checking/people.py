"""Several people: how far they agree, and the items on which somebody has to decide."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from fsl_core.data.store.records import ADJUDICATE
from pages.ui.checking import session
from pages.ui.kit.feedback import plain
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Label
    from fsl_core.evaluation.agreement import Agreement, Coefficient
    from fsl_core.evaluation.label_check import Dispute
    from fsl_core.workspace import Workspace

SECTION: session.Section = "people"
RELIABLE, TENTATIVE = 0.8, 0.667
"""Krippendorff's own thresholds: reliable from 0.8 on, for tentative conclusions from 0.667 on."""


def section(workspace: Workspace) -> None:
    """The whole section."""
    with st.spinner(_("Comparing what people said")):
        found = workspace.agreement()
    if len(found.authors) < 2 or not found.alpha.n:
        st.info(
            _("Agreement needs two people who labelled some of the same items, each under a name of their own.")
            if len(found.authors) < 2
            else tr("{n} people have labelled, but no item twice.", n=len(found.authors)),
            icon=":material/group:",
        )
        return
    _disputes(workspace)
    _agreement(found)


# -- decide ----------------------------------------------------------------------------------------


def key_of(dispute: Dispute) -> str:
    """The same people saying the same have the same key."""
    return f"dispute:{dispute.item_id}:" + "|".join(f"{who}={label}" for who, label in sorted(dispute.labels.items()))


def _disputes(workspace: Workspace) -> None:
    project_id = workspace.project_id
    desk, settled = session.desks.of(project_id), session.kept(project_id)
    still = [one for one in workspace.disputes() if one.item_id in workspace.position and key_of(one) not in settled]
    left = [one for one in still if key_of(one) not in desk.skipped]
    if not left:
        words = _("Nobody has to decide anything now.")
        if still:
            words += " " + ngettext("{n} was skipped.", "{n} were skipped.", len(still))
        with st.container(horizontal=True, vertical_alignment="center", key="check-people-done"):
            st.markdown(f":material/task_alt: {words}", width="stretch")
            session.again_button(project_id, SECTION)
            if desk.decisions:
                session.undo_button(project_id)
        return
    st.caption(
        ngettext(
            "{n} item is labelled differently by different people.",
            "{n} items are labelled differently by different people.",
            len(left),
        )
    )
    _one(workspace, left[0])


def _one(workspace: Workspace, dispute: Dispute) -> None:
    project_id, names = workspace.project_id, {c.id: c.name for c in workspace.classes}
    key, item = key_of(dispute), dispute.item_id
    now = session.current(workspace, item)
    by_label: dict[Label, list[str]] = {}
    for who, label in sorted(dispute.labels.items()):
        by_label.setdefault(label, []).append(who or _("somebody"))
    with st.container(border=True, key="check-card"):
        st.html(session.STYLE + session.item_html(workspace, workspace.position[item]))
        columns = st.columns(max(2, min(len(by_label), 4)), gap="medium")
        for i, (label, people) in enumerate(by_label.items()):
            color = session.color(workspace, label)
            columns[i % len(columns)].html(
                f'<div class="hf-side" style="--side:{color}"><div class="head"><span class="chip" '
                f'style="background:{color}"></span>{escape(label_words(label, names))}</div>'
                f'<div class="near">{escape(", ".join(people))}</div></div>'
            )
        st.caption(tr("Holds now: {label}", label=plain(label_words(now, names))))
        with st.container(horizontal=True, key="check-keys"):
            for i, label in enumerate(list(by_label)[:9]):
                st.button(
                    plain(label_words(label, names)),
                    type="primary",
                    key=f"check-decide-{i}-{key}",
                    shortcut=str(i + 1),
                    on_click=session.relabel,
                    args=(project_id, {item: label}, {item: now}, key, {"act": ADJUDICATE}, True),
                )
            session.buttons(project_id, key, keep_label=_("Leave open"), flag_items=(item,))


# -- how far people agree --------------------------------------------------------------------------


def figure(found: Coefficient) -> str:
    """'0.71 (0.58–0.82)', or that it cannot be said."""
    if found.value is None:
        return _("cannot be said: only one label occurs")
    if not found.enough:
        return tr("not enough to say (n = {n})", n=found.n)
    return f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})"


def verdict(found: Coefficient) -> str:
    """What the figure means, in plain words."""
    if found.value is None or not found.enough:
        return tr("Too few items were labelled twice to say how far people agree (n = {n}).", n=found.n)
    if found.low >= RELIABLE:
        return _("People agree well: labels like these can be relied on.")
    if found.value >= RELIABLE:
        return _("People seem to agree well, but the interval reaches below 0.8: more overlap would make it sure.")
    if found.value >= TENTATIVE:
        return _("People agree fairly: good enough for first conclusions. Clearer guidelines would help.")
    if found.high >= RELIABLE:
        return _("The interval is too wide to say whether people agree well enough: more overlap would tell.")
    return _("People agree too little to rely on the labels: talk about the guidelines first.")


def _agreement(found: Agreement) -> None:
    st.subheader(_("How far people agree"), anchor=False)
    words = verdict(found.alpha)
    if found.alpha.enough and found.alpha.value is not None:
        value = tr("Krippendorff's alpha: {value}, n = {n}.", value=figure(found.alpha), n=f"{found.alpha.n:,}")
        words = f"**{value}** {words}"
    st.markdown(words)
    st.caption(
        _("1: always the same label. 0: no more than chance. In brackets: 95 % interval.")
        + " "
        + _("n: items labelled by two people or more.")
    )
    table = pd.DataFrame(
        {
            "pair": [f"{pair.author_a or '–'} · {pair.author_b or '–'}" for pair in found.pairs],
            "same": [f"{pair.same:,} / {pair.kappa.n:,}" for pair in found.pairs],
            "kappa": [figure(pair.kappa) for pair in found.pairs],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        key="check-pairs",
        column_config={
            "pair": st.column_config.TextColumn(_("Who"), pinned=True),
            "same": st.column_config.TextColumn(_("Same label"), help=_("Of the items that both have labelled.")),
            "kappa": st.column_config.TextColumn(_("Cohen's kappa"), help=_("Agreement beyond chance of two people.")),
        },
    )
