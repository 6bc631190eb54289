"""Suspected label mistakes, one by one: the label, what the model says instead, the nearest on both sides."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fsl_core.data.store.values import class_ids
from fsl_core.jobs.tasks import label_check
from pages.ui.checking import session
from pages.ui.classes import acts
from pages.ui.kit import colours, feedback, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.base.types import Codes
    from fsl_core.data.store import Label
    from fsl_core.jobs.tasks.label_check import Suspect
    from fsl_core.workspace import Workspace

SECTION: session.Section = "suspects"
NEXT_ONES = 10


def key_of(one: Suspect) -> str:
    """The same finding has the same key, today and next month."""
    return f"suspect:{one.item}:{one.given}:{one.suggested if one.given is None else ''}"


def section(workspace: Workspace) -> None:
    """The whole section."""
    project_id = workspace.project_id
    n = _judged(workspace)
    if not n:
        feedback.empty_state(
            _("Too few labels for this check"),
            _("It judges each label from the others. Label at least two items in each of two classes."),
            page="pages/label.py",
            label=_("Go on labelling"),
        )
        return
    desk = session.desks.of(project_id)
    found = session.findings(workspace, SECTION, lambda report: label_check.suspects(workspace, report))
    if found is None:
        return
    settled = session.kept(project_id)
    still = [one for one in found if key_of(one) not in settled and _stands(workspace, one)]
    left = [one for one in still if key_of(one) not in desk.skipped]
    if not left:
        session.done(
            project_id,
            SECTION,
            _("No suspected mistake is left"),
            tr("{n} labels were checked. That is no proof that all are right: the model can be wrong, too.", n=f"{n:,}")
            if not still
            else ngettext("{n} was skipped.", "{n} were skipped.", len(still)),
        )
        return
    st.caption(
        tr(
            "{suspected} suspected among {n} labels, the most doubtful first. "
            "The model never saw the label it doubts; it can be wrong.",
            suspected=f"{len(left):,}",
            n=f"{n:,}",
        )
    )
    _one(workspace, left[0])
    _next(workspace, left[1:])
    with st.container(horizontal=True, key="check-foot"):
        session.again_button(project_id, SECTION)


def _judged(workspace: Workspace) -> int:
    """Labels that others of their class remain to be judged by; 0 below two such classes."""
    if workspace.multi_label:
        return len(workspace.labels)
    counts = [n for n in acts.counts(workspace).values() if n > 1]
    return sum(counts) if len(counts) > 1 else 0


def _stands(workspace: Workspace, one: Suspect) -> bool:
    """Whether the label is still the one that is doubted, and both classes are still there."""
    label = session.current(workspace, one.item) if one.item in workspace.position else None
    live_ids = {c.id for c in workspace.classes}
    if label is None or {one.given, one.suggested} - {None} - live_ids:
        return False
    has = class_ids(label)
    return (one.given in has) if one.given is not None else (one.suggested not in has)


def _mended(workspace: Workspace, one: Suspect) -> Label:
    """The label with the suggestion in it."""
    if not workspace.multi_label:
        return one.suggested
    has = set(class_ids(session.current(workspace, one.item)))
    has -= {one.given}
    if one.suggested is not None:
        has.add(one.suggested)
    return tuple(sorted(has)) or "none"


def _one(workspace: Workspace, one: Suspect) -> None:
    project_id, names = workspace.project_id, {c.id: c.name for c in workspace.classes}
    label = session.current(workspace, one.item)
    with st.container(border=True, key="check-card"):
        st.html(session.STYLE + session.item_html(workspace, workspace.position[one.item]))
        st.caption(plain(f"{label_words(label, names)} · {session.origin(workspace, one.item)}"))
        left, right = st.columns(2, gap="medium")
        for column, class_id, other, share, title in (
            (left, one.given, one.suggested, one.p_given, _("Given")),
            (right, one.suggested, one.given, one.p_suggested, _("Suspected instead")),
        ):
            with column:
                _side(workspace, one.item, class_id, other, share, title)
        if one.given is None:
            accept = tr("Add {name}", name=plain(names[one.suggested or 0]))
        elif one.suggested is None:
            accept = tr("Take {name} away", name=plain(names[one.given]))
        else:
            accept = tr("Change to {name}", name=plain(names[one.suggested]))
        with st.container(horizontal=True, key="check-keys"):
            st.button(
                accept,
                type="primary",
                key=f"check-accept-{key_of(one)}",
                shortcut="a",
                on_click=session.relabel,
                args=(
                    project_id,
                    {one.item: _mended(workspace, one)},
                    {one.item: label},
                    key_of(one),
                    {"check": SECTION},
                ),
            )
            keep_label = tr("Keep {name}", name=plain(label_words(label, names)))
            session.buttons(project_id, key_of(one), keep_label=keep_label, flag_items=(one.item,))
        if not workspace.multi_label:
            _another(workspace, one, label)


def _side(workspace: Workspace, item: int, class_id: int | None, other: int | None, share: float, title: str) -> None:
    place = {c.id: i for i, c in enumerate(workspace.classes)}
    matrix = workspace.label_matrix()
    if class_id is not None:
        rows: Codes = np.flatnonzero(matrix[:, place[class_id]])
        name, color = workspace.classes[place[class_id]].name, colours.color_of(workspace, place[class_id])
    else:
        # Only in multi-label projects: the side without the class.
        has = matrix[:, place[other or 0]]
        labeled = workspace.labeled_rows()
        rows = labeled[~has[labeled]]
        name, color = tr("without {name}", name=workspace.classes[place[other or 0]].name), colours.NO_CLASS
    near = session.nearest(workspace, item, rows)
    lines = [
        f'<div class="near" style="--side:{color}">{session.short_html(workspace, row, 220)} '
        f'<span class="soft">({cosine:.2f})</span></div>'
        for row, cosine in near
    ]
    if not lines:
        lines = [f'<div class="soft">{escape(_("No other item has this label."))}</div>']
    model = escape(tr("The model gives it {share}. The nearest with this label:", share=f"{share:.0%}"))
    st.html(
        f'{session.STYLE}<div class="hf-side"><div class="soft">{escape(title)}</div><div class="head">'
        f'<span class="chip" style="background:{color}"></span>{escape(name)}</div>'
        f'<div class="soft">{model}</div>{"".join(lines)}</div>'
    )


def _another(workspace: Workspace, one: Suspect, label: Label) -> None:
    others: dict[int | str, str] = {c.id: c.name for c in workspace.classes if c.id not in (one.given, one.suggested)}
    others["none"] = _("None of these")
    key = f"check-other-{key_of(one)}"
    st.selectbox(
        _("Or another label"),
        list(others),
        index=None,
        format_func=lambda class_id: others.get(class_id, ""),
        placeholder=_("Or another label"),
        label_visibility="collapsed",
        key=key,
        on_change=_chosen,
        args=(workspace.project_id, key, one, label),
    )


def _chosen(project_id: int, key: str, one: Suspect, label: Label) -> None:
    wanted = state.widget_value(key)
    if wanted is not state.GONE and wanted is not None:
        session.relabel(project_id, {one.item: wanted}, {one.item: label}, key_of(one), {"check": SECTION})


def _next(workspace: Workspace, left: list[Suspect]) -> None:
    if not left:
        return
    names = {c.id: c.name for c in workspace.classes}
    with st.expander(_("The next ones"), icon=":material/format_list_numbered:", key="check-next"):
        lines = []
        for one in left[:NEXT_ONES]:
            item = session.short_html(workspace, workspace.position[one.item], 120)
            before = names[one.given] if one.given is not None else "–"
            after = names[one.suggested] if one.suggested is not None else "–"
            lines.append(f"<li>{item} · {escape(before)} → {escape(after)}?</li>")
        st.html(f'<ol style="display:grid;gap:0.35rem">{"".join(lines)}</ol>')
