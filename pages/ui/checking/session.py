"""The desk of the Check page: what was found, what is decided, and the way back from a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, TypeVar

import numpy as np
import streamlit as st

from fsl_core import jobs
from fsl_core.base.payloads import SavedRun
from fsl_core.base.texts import one_line, shorten
from fsl_core.data.store.values import class_ids
from fsl_core.jobs.tasks import label_check as task
from pages.ui.kit import colours, feedback, resources, state, thumbnails, times
from pages.ui.kit.text import _, ngettext, tr

if TYPE_CHECKING:
    from fsl_core.base.types import Codes, Progress
    from fsl_core.data.store import Label
    from fsl_core.workspace import Workspace

MOST_KEPT = 100_000
AT_ONCE = 800
"""Up to so many labels are checked inside the page."""
MAX_TEXT = 1_500
STYLE = """<style>
.hf-check { font-size: 1.15rem; line-height: 1.55; overflow-wrap: anywhere; max-height: 16rem; overflow-y: auto; }
.hf-side { display: grid; gap: 0.45rem; font-size: 0.95rem; line-height: 1.4; }
.hf-side .head { font-weight: 600; overflow-wrap: anywhere; }
.hf-side .chip { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 0.2rem; margin-right: 0.45rem; }
.hf-side .soft { opacity: 0.8; font-size: 0.88rem; }
.hf-side .near { border-left: 3px solid var(--side, currentColor); padding-left: 0.6rem; overflow-wrap: anywhere; }
[class*="st-key-check-keys"] button { min-height: 2.75rem; }
[class*="st-key-check-keys"] button:not(:disabled) * { opacity: 1; }
[class*="st-key-check-keys"] button[kind^="primary"]:not(:disabled) * { color: light-dark(#ffffff, #0c1f1e); }
</style>"""


Section = Literal["suspects", "twins", "people"]
F = TypeVar("F", task.Suspect, task.Twins)


class Settled(SavedRun):
    """Somebody looked at a finding (by its key) and left it as it is, or took that back."""

    kind: ClassVar[str] = "check_kept"
    key: str
    kept: bool
    author: str = ""


class Decision(NamedTuple):
    """One decision of this session: the entry it wrote, the finding it settled."""

    entry: int | None
    key: str | None


class Desk:
    """The findings of one project in this session, and what was done with them. Lives in the session state."""

    def __init__(self) -> None:
        self.found: dict[Section, tuple[Any, ...]] = {}
        self.run_id: int | None = None
        self.skipped: set[str] = set()
        self.decisions: list[Decision] = []


desks: state.PerProject[Desk] = state.PerProject("handful.check", Desk)


def kept(project_id: int) -> set[str]:
    """The findings that somebody looked at and left as they are."""
    on: dict[str, bool] = {}
    for run in resources.store().runs.list(project_id, Settled, limit=MOST_KEPT):
        on.setdefault(run.payload.key, run.payload.kept)
    return {key for key, value in on.items() if value}


# -- decisions, each a callback --------------------------------------------------------------------


@feedback.in_callback
def keep(project_id: int, key: str) -> None:
    """It is right as it is: this finding does not come back."""
    _settle(project_id, key, True)
    desks.of(project_id).decisions.append(Decision(None, key))


@feedback.in_callback
def skip(project_id: int, key: str) -> None:
    """Not now."""
    desks.of(project_id).skipped.add(key)


@feedback.in_callback
def flag(project_id: int, items: Sequence[int], key: str) -> None:
    """Flag the items, and go on."""
    entry = resources.store().journal.flag(project_id, items, True, author=state.author.get())
    desks.of(project_id).decisions.append(Decision(entry.id, None))
    desks.of(project_id).skipped.add(key)


@feedback.in_callback
def relabel(
    project_id: int,
    labels: Mapping[int, Label],
    expect: Mapping[int, Label],
    key: str,
    note: Mapping[str, Any],
    settle: bool = False,
) -> None:
    """Give the items these labels, unless somebody changed one meanwhile; one entry."""
    entry = resources.store().journal.label_many(
        project_id, labels, author=state.author.get(), note=note, expect=expect
    )
    if left := len(entry.note.get("conflicts", ())):
        state.notice.set(
            ngettext(
                "Somebody changed {n} item meanwhile; it was left alone.",
                "Somebody changed {n} items meanwhile; they were left alone.",
                left,
            )
        )
        desks.of(project_id).skipped.add(key)
        if left == len(labels):
            return
    elif settle:
        _settle(project_id, key, True)
    desks.of(project_id).decisions.append(Decision(entry.id, key if settle else None))


@feedback.in_callback
def undo(project_id: int) -> None:
    """Take back the last decision of this session; its finding comes again."""
    mine = desks.of(project_id)
    if not mine.decisions:
        return
    last = mine.decisions.pop()
    mine.skipped.clear()
    if last.key is not None:
        _settle(project_id, last.key, False)
    if last.entry is not None:
        resources.store().journal.revert(project_id, last.entry, state.author.get())


@feedback.in_callback
def again(project_id: int, section: Section) -> None:
    """Look anew: at once, or by a job where many labels make it long."""
    mine = desks.of(project_id)
    mine.skipped.clear()
    if mine.run_id is None:
        mine.found.pop(section, None)
    else:
        jobs.start(resources.store(), task.Params(), project_id)


def findings(
    workspace: Workspace, section: Section, look: Callable[[Progress | None], tuple[F, ...]]
) -> tuple[F, ...] | None:
    """What there is to look at: found at once when few labels are asked, else by a job; None until that is through."""
    project_id, mine = workspace.project_id, desks.of(workspace.project_id)
    if len(workspace.labels) <= AT_ONCE:
        mine.run_id = None
        if section not in mine.found:
            with feedback.inline_progress(_("Checking the labels")) as report:
                mine.found[section] = look(report)
        return mine.found[section]
    store = resources.store()
    last = store.runs.latest(project_id, task.Findings)
    if last is not None and last.id != mine.run_id:
        mine.run_id = last.id
        mine.found = {"suspects": last.payload.suspects, "twins": last.payload.twins}
    running = feedback.job_progress(project_id=project_id, kind=task.Params.kind)
    if last is None and not running:
        recent = store.jobs.recent(project_id, task.Params.kind, limit=1)
        if recent and recent[0].state in ("failed", "cancelled"):
            # Started again by hand only: a stop must hold, a failure must not come back by itself.
            feedback.show_job(recent[0])
            mine.run_id = mine.run_id or 0
            again_button(project_id, section)
            return None
        jobs.start(store, task.Params(), project_id)
        feedback.job_progress(project_id=project_id, kind=task.Params.kind)
        st.caption(_("Each label is judged by models that have not seen it. You can go on elsewhere meanwhile."))
    if last is not None and (n := store.journal.count_since(project_id, last.payload.last_entry)):
        st.caption(
            tr("Checked {when}; the journal has moved on by {n} since.", when=times.ago(last.created_at), n=f"{n:,}")
        )
    return None if last is None else mine.found[section]


def _settle(project_id: int, key: str, on: bool) -> None:
    resources.store().runs.save(project_id, Settled(key=key, kept=on, author=state.author.get()))


# -- what is drawn more than once ------------------------------------------------------------------


def current(workspace: Workspace, item: int) -> Label:
    """The present label of an item."""
    found = workspace.labels.get(item)
    return None if found is None else found.label


def origin(workspace: Workspace, item: int) -> str:
    """'given by Ana, 3 days ago'."""
    found = workspace.labels.get(item)
    if found is None:
        return ""
    if found.source == "import":
        return _("came with the file")
    if found.source == "sample":
        return _("came with the sample")
    return tr("given by {name}, {when}", name=found.author or _("somebody"), when=times.ago(found.at))


def item_html(workspace: Workspace, row: int) -> str:
    """An item, large: its text, or its picture with the caption below."""
    address = thumbnails.address(workspace, row, thumbnails.LARGE)
    if address is None:
        return text_html(workspace.texts[row])
    caption = workspace.texts[row]
    picture = thumbnails.html(address, alt=caption, height=240)
    return f'<div>{picture}<div style="opacity:0.8;font-size:0.88rem">{escape(shorten(caption, MAX_TEXT))}</div></div>'


def short_html(workspace: Workspace, row: int, limit: int) -> str:
    """An item in a line: the start of its text, behind its picture where it has one."""
    text = escape(one_line(workspace.texts[row], limit))
    return thumbnails.html(thumbnails.address(workspace, row)) + text


def text_html(text: str) -> str:
    """The text of an item, large; a long one scrolls."""
    shown = shorten(text, MAX_TEXT)
    return f'<div class="hf-check" tabindex="0">{escape(shown) or escape(_("no text"))}</div>'


def color(workspace: Workspace, label: Label) -> str:
    """The colour of a label's first class; grey without one."""
    place = {one.id: i for i, one in enumerate(workspace.classes)}
    ids = [one for one in class_ids(label) if one in place]
    return colours.color_of(workspace, place[ids[0]]) if ids else colours.NO_CLASS


def nearest(workspace: Workspace, item: int, among: Codes, n: int = 3) -> list[tuple[int, float]]:
    """The ``n`` items of these rows most like ``item``: (row, cosine), the nearest first."""
    row = workspace.position[item]
    rows = among[among != row]
    if workspace.units is None or not len(rows):
        return []
    cosine = workspace.units[rows] @ workspace.units[row]
    order = np.argsort(-cosine, kind="stable")[:n]
    return [(int(rows[i]), float(cosine[i])) for i in order]


def buttons(project_id: int, key: str, *, keep_label: str, flag_items: Sequence[int] = ()) -> None:
    """Keep, flag, skip and undo with their keys; drawn inside the row of the caller."""
    st.button(keep_label, key=f"check-keep-{key}", shortcut="k", on_click=keep, args=(project_id, key))
    if flag_items:
        st.button(_("Flag"), key=f"check-flag-{key}", shortcut="f", on_click=flag, args=(project_id, flag_items, key))
    st.button(_("Skip"), key=f"check-skip-{key}", shortcut="s", on_click=skip, args=(project_id, key))
    undo_button(project_id)


def undo_button(project_id: int) -> None:
    """Takes back the last decision of this session."""
    st.button(
        _("Undo"),
        key="check-undo",
        shortcut="u",
        type="tertiary",
        disabled=not desks.of(project_id).decisions,
        on_click=undo,
        args=(project_id,),
    )


def done(project_id: int, section: Section, title: str, text: str) -> None:
    """Nothing (more) was found."""
    with st.container(border=True, key="check-done", horizontal_alignment="center", gap="small"):
        st.markdown("## :material/task_alt:", anchors=False, text_alignment="center")
        st.subheader(title, anchor=False, text_alignment="center")
        st.markdown(text, text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center", key="check-done-row"):
            again_button(project_id, section)
            if desks.of(project_id).decisions:
                undo_button(project_id)


def again_button(project_id: int, section: Section) -> None:
    """Looks anew, with all labels of now."""
    st.button(
        _("Check again"), key="check-again", icon=":material/refresh:", on_click=again, args=(project_id, section)
    )
