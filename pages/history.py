"""History: who did what and when; take back one act, or everything since a moment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.base.texts import one_line
from fsl_core.data.store.records import ADJUDICATE
from pages.ui.history import sentences
from pages.ui.history.sentences import ICONS, KINDS
from pages.ui.kit import chrome, feedback, project, resources, state, times
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import N_, _, ngettext, of_kind, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Entry, HistoryRow
    from fsl_core.data.store.records import ActKind

ROWS = 15
MOST_MATCHES = 50
EVERYBODY = "\n"
"""No author's name holds a line break."""
_turned: state.Value[tuple[object, tuple[int, ...]]] = state.Value("handful.history.turned", (None, ()))
"""The filter that is on, and the entries after which each older page begins."""
_since: state.Value[tuple[int, int] | None] = state.Value("handful.history.since", None)
"""Project and entry from which on everything may be taken back."""


def page() -> None:
    """The whole page."""
    chrome.heading(_("History"), _("Every act is kept. Look one up, take it back, or go back to an earlier moment."))
    project_id = project.chosen()
    if project_id is None:
        return
    if not resources.store().journal.last_id(project_id):
        feedback.empty_state(
            _("Nothing has happened yet"),
            _("Every label, flag and change of a class will be listed here."),
            page="pages/label.py",
            label=_("Start labelling"),
            symbol=":material/history:",
        )
        return
    _buttons(project_id)
    _since_box(project_id)
    author, kind, item = _filters(project_id)
    if item == -1:
        st.info(
            of_kind(project.of_images(), N_("No item contains these words."), N_("No picture is called that.")),
            icon=":material/search_off:",
        )
        return
    _list(project_id, author, kind, item)


def _buttons(project_id: int) -> None:
    journal, author = resources.store().journal, state.author.get()
    with st.container(horizontal=True, key="history-buttons"):
        for name, title, icon, able in (
            ("undo", _("Undo my last act"), ":material/undo:", journal.can_undo(project_id, author)),
            ("redo", _("Redo"), ":material/redo:", journal.can_redo(project_id, author)),
        ):
            st.button(
                title, key=f"history-{name}", icon=icon, disabled=not able, on_click=_step, args=(project_id, name)
            )


@feedback.in_callback
def _step(project_id: int, what: str) -> None:
    journal, author = resources.store().journal, state.author.get()
    done = journal.undo(project_id, author) if what == "undo" else journal.redo(project_id, author)
    if done is None:
        state.notice.set(_("There was nothing left."))
    else:
        _tell(done, _("Undone") if what == "undo" else _("Done again"))


def _tell(entry: Entry, title: str) -> None:
    items = ngettext("{n} item changed.", "{n} items changed.", entry.n_changes)
    # An act on classes alone changes no item; the list below says what it did.
    words = f"{title}: {items}" if entry.n_changes else f"{title}."
    if left := len(entry.note.get("conflicts", ())):
        words += " " + ngettext(
            "{n} item was changed since and stays as it is.", "{n} items were changed since and stay as they are.", left
        )
    state.notice.set(words)
    _turned.clear()


# -- filters ---------------------------------------------------------------------------------------


def _filters(project_id: int) -> tuple[str | None, ActKind | None, int | None]:
    """Author, kind and item; None for all, item -1 when none matches."""
    authors = resources.store().journal.authors(project_id)
    who, where, what = st.columns([3, 4, 6], gap="medium")
    chosen = who.selectbox(
        _("Who"),
        [EVERYBODY, *authors],
        format_func=lambda name: _("Everybody") if name == EVERYBODY else name or _("Import, sample or no name"),
        key="history-author",
    )
    author = None if chosen == EVERYBODY else chosen
    kind = what.pills(_("What"), list(KINDS), format_func=lambda name: _(KINDS[name]), key="history-kind", wrap=True)
    asked = where.text_input(
        _("Item"),
        key="history-item",
        placeholder=of_kind(
            project.of_images(), N_("Words of its text, or its file name"), N_("Part of its file name")
        ),
        icon=":material/search:",
    )
    asked = (asked or "").strip()
    if not asked:
        return author, kind, None
    found = resources.store().items.page(project_id, limit=MOST_MATCHES, search=asked)
    if not found:
        return author, kind, -1
    # With its number, for the browser answers with what it showed, and two items may begin alike.
    texts = {item.id: one_line(item.text or "", 120) + f" (#{item.id})" for item in found}
    item = found[0].id
    if len(found) > 1:
        chosen = st.selectbox(
            _("Which item"), list(texts), format_func=lambda one: texts.get(one, ""), key=f"history-which-{asked}"
        )
        item = chosen if chosen is not None else item
    return author, kind, item


# -- the list --------------------------------------------------------------------------------------


def _list(project_id: int, author: str | None, kind: ActKind | None, item: int | None) -> None:
    key = (project_id, author, kind, item)
    turned = _turned.get()[1] if _turned.get()[0] == key else ()
    start = turned[-1] if turned else None
    # One more than is shown says whether there are older ones.
    found = resources.store().journal.history(
        project_id, author=author, item_id=item, what=kind, limit=ROWS + 1, before=start
    )
    rows = found[:ROWS]
    if not rows:
        st.info(_("Nothing like this has happened."), icon=":material/search_off:")
    names = resources.store().classes.names(project_id)
    st.html(sentences.STYLE)
    with st.container(key="history-list", gap="small"):
        for row in rows:
            _row(project_id, row, names)
    with st.container(horizontal=True, key="history-turn"):
        if turned:
            st.button(
                _("Newer"), key="history-newer", icon=":material/chevron_left:", on_click=_turn, args=(key, turned[:-1])
            )
        if len(found) > ROWS:
            further = (*turned, rows[-1].entry.id)
            st.button(
                _("Older"), key="history-older", icon=":material/chevron_right:", on_click=_turn, args=(key, further)
            )


def _turn(key: object, turned: tuple[int, ...]) -> None:
    _turned.set((key, turned))


def _row(project_id: int, row: HistoryRow, names: dict[int, str]) -> None:
    entry = row.entry
    with st.container(border=True, key=f"history-row-{entry.id}", gap="xsmall"):
        words, buttons = st.columns([4, 2], vertical_alignment="top", gap="small")
        with words.container(gap="xxsmall"):
            sentence = plain(sentences.sentence(row, names))
            gone = f" :gray-badge[{plain(_('taken back'))}]" if row.undone_by is not None else ""
            st.markdown(f"{ICONS[row.what]} **{sentence}**{gone}")
            facts = [
                sentences.who(entry),
                times.ago(entry.created_at),
                times.clock(entry.created_at),
                f"#{entry.id}",
            ]
            if left := len(entry.note.get("conflicts", ())):
                facts.append(ngettext("{n} left alone", "{n} left alone", left))
            st.caption(plain(" · ".join(facts)))
        with buttons.container(horizontal=True, horizontal_alignment="right", gap="small"):
            if row.undone_by is None and entry.kind in ("do", "revert"):
                st.button(
                    _("Take back"),
                    key=f"history-revert-{entry.id}",
                    icon=":material/undo:",
                    on_click=_revert,
                    args=(project_id, entry.id),
                )
            st.button(
                _("Back to before"),
                key=f"history-since-{entry.id}",
                icon=":material/restore:",
                type="tertiary",
                help=_("Go back to before this act: shows first what would change"),
                on_click=_since.set,
                args=((project_id, entry.id),),
            )
        if lines := sentences.lines_html(row, names):
            st.html(lines)


@feedback.in_callback
def _revert(project_id: int, entry_id: int) -> None:
    done = resources.store().journal.revert(project_id, entry_id, state.author.get())
    _tell(done, tr("Act {id} taken back", id=entry_id))


# -- everything since ------------------------------------------------------------------------------


@feedback.guard
def _since_box(project_id: int) -> None:
    kept = _since.get()
    if kept is None or kept[0] != project_id:
        return
    first = kept[1]
    journal = resources.store().journal
    with st.container(border=True, key="history-since-box"):
        st.subheader(tr("Back to before act {id}", id=first), anchor=False)
        with st.spinner(_("Working out what would change")):
            preview = journal.preview_since(project_id, first)
        if preview is None:
            st.info(
                _("Nothing would change: all is as it was before this act. Choose an earlier one to go further back."),
                icon=":material/info:",
            )
            st.button(_("Close"), key="history-since-cancel", on_click=_since.clear)
            return
        acts = _acts_since(project_id, first)
        people = Counter(sentences.who(entry) for entry in acts)
        who = ", ".join(f"{plain(name)} ({n:,})" for name, n in people.most_common(6))
        st.markdown(
            tr("Taken back would be {acts}, of {who}.", acts=ngettext("{n} act", "{n} acts", len(acts)), who=who)
            + " "
            + tr("**{items}** would change.", items=ngettext("{n} item", "{n} items", preview.n_changes))
        )
        if n := sum(_on_classes(entry) for entry in acts):
            st.markdown(
                ngettext("{n} of them is an act on classes.", "{n} of them are acts on classes.", n)
                + " "
                + _("Classes go back as well.")
            )
        if any(entry.source in ("import", "sample") for entry in acts):
            st.warning(_("Imported labels are among them. The items themselves stay."), icon=":material/upload_file:")
        st.caption(_("It is one act itself: Undo brings everything back."))
        with st.container(horizontal=True, key="history-since-buttons"):
            st.button(
                _("Take all of it back"),
                type="primary",
                key="history-since-go",
                icon=":material/restore:",
                on_click=_revert_since,
                args=(project_id, first, journal.last_id(project_id)),
            )
            st.button(_("Cancel"), key="history-since-cancel", on_click=_since.clear)


def _acts_since(project_id: int, first: int) -> list[Entry]:
    journal, found = resources.store().journal, []
    before: int | None = None
    while chunk := journal.entries(project_id, limit=1_000, before=before):
        found += [entry for entry in chunk if entry.id >= first]
        before = chunk[-1].id
        if before < first:
            break
    return found


def _on_classes(entry: Entry) -> bool:
    return entry.kind == "do" and entry.note.get("act", ADJUDICATE) != ADJUDICATE


@feedback.in_callback
def _revert_since(project_id: int, first: int, seen: int) -> None:
    journal = resources.store().journal
    if journal.last_id(project_id) != seen:
        state.notice.set(_("Somebody did something meanwhile. Look again at what would change."))
        return
    _since.clear()
    done = journal.revert_since(project_id, first, state.author.get())
    _tell(done, _("Taken back"))


page()
