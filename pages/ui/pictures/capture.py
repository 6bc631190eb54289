"""Pictures that are made here: drawn on the sheet or taken by the webcam, added one by one with their class."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from fsl_core.data import images
from pages.ui.components.canvas.canvas import canvas
from pages.ui.kit import adding, feedback, resources, state
from pages.ui.kit.labels import label_words
from pages.ui.kit.text import _, tr

if TYPE_CHECKING:
    from fsl_core.data.store import Project, Store

WAYS = {"draw": ":material/draw:", "camera": ":material/photo_camera:", "file": ":material/upload_file:"}
SHOWN = 6
THUMBNAIL = 96


def picture(key: str, round_: int = 0, *, upload: bool = False) -> tuple[bytes, str] | None:
    """Draw, photograph or (with ``upload``) choose one picture: its bytes and a name; None while there is none.

    A new ``round_`` starts with an empty sheet and no photo.
    """
    names = {"draw": _("Draw"), "camera": _("Webcam"), "file": _("File")}
    way = st.segmented_control(
        _("Where the picture comes from"),
        [way for way in WAYS if upload or way != "file"],
        default="draw",
        required=True,
        format_func=lambda way: f"{WAYS[way]} {names[way]}",
        key=f"{key}-way",
        label_visibility="collapsed",
        persist_state="session",
    )
    # Only the chosen one is on the page: a webcam that nobody asked for must stay dark.
    if way == "camera":
        photo = st.camera_input(_("Photo"), key=f"{key}-camera-{round_}", label_visibility="collapsed")
        return None if photo is None else (photo.getvalue(), _name(_("Photo")))
    if way == "file":
        chosen = st.file_uploader(_("A picture"), type=[*images.SUFFIXES], key=f"{key}-file-{round_}")
        return None if chosen is None else (chosen.getvalue(), chosen.name)
    drawing = canvas(f"{key}-sheet", _("Your drawing"), sheet=round_)
    return None if drawing is None else (drawing.png, _name(_("Drawing")))


def _name(word: str) -> str:
    return f"{word} {datetime.now():%Y-%m-%d %H:%M:%S}"


def offer(project: Project) -> None:
    """The button that opens the sheet and the webcam; nothing where the project holds no images."""
    if project.kind != "image":
        return
    if st.button(_("Draw or photograph"), key="capture-open", icon=":material/add_a_photo:"):
        # What was added must appear behind the dialog once it is closed.
        st.dialog(_("Add pictures"), width="medium", on_dismiss="rerun")(feedback.guard(_dialog))(project)


def _dialog(project: Project) -> None:
    store = resources.store()
    slot = f"handful.capture.{project.id}"
    rounds, last = st.session_state.setdefault(slot, (0, ()))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        taken = picture("capture", rounds)
    with right:
        label = _class(store, project)
        if st.button(
            _("Add"),
            key="capture-add",
            type="primary",
            icon=":material/add:",
            shortcut="Enter",
            width="stretch",
            disabled=taken is None,
        ):
            assert taken is not None
            added = add(store, project, *taken, label)
            st.session_state[slot] = (rounds + 1, (*last, added)[-SHOWN:])
            st.rerun(scope="fragment")
        st.button(
            _("Take the last label back"),
            key="capture-undo",
            icon=":material/undo:",
            width="stretch",
            disabled=not store.journal.can_undo(project.id, state.author.get()),
            on_click=_undo,
            args=(project.id,),
        )
        _last(store, project, last)


def _class(store: Store, project: Project) -> str | None:
    given = _examples(store, project)
    # Bare names: with the counts in them, the answer of the browser would be a new class after each label.
    chosen = st.selectbox(
        _("Class"),
        list(given),
        index=None,
        key=f"capture-class-{project.id}",
        placeholder=_("Without a label"),
        accept_new_options=True,
        persist_state="session",
        help=_("Choose one, or type the name of a new class."),
    )
    if given:
        words = [f"{feedback.plain(name)} {n:,}" for name, n in given.items()]
        st.caption(tr("Examples: {counts}", counts=" · ".join(words)))
    return chosen


def _examples(store: Store, project: Project) -> dict[str, int]:
    """How many items have each class, in the order of the project."""
    found: Counter[int] = Counter()
    for one in store.journal.labels(project.id).values():
        found.update(one.label if isinstance(one.label, tuple) else (one.label,) if isinstance(one.label, int) else ())
    return {one.name: found[one.id] for one in store.classes.list(project.id)}


def add(store: Store, project: Project, data: bytes, name: str, label: str | None) -> int:
    """Keep the picture as an item, and label it as this person; a class of that name is made when missing.

    Returns the id of the item; of a picture that the project has already it is the old one.
    Raises DataError for what is no sound image.
    """
    from fsl_core.data.store import NewItem

    kept = images.keep(data, name)
    return adding.add_item(store, project, NewItem(text=name, blob=kept.blob), label)


@feedback.in_callback
def _undo(project_id: int) -> None:
    resources.store().journal.undo(project_id, state.author.get())


def _last(store: Store, project: Project, last: tuple[int, ...]) -> None:
    """The pictures added last, so that one sees that they are there and what they are called."""
    if not last:
        return
    st.markdown(f"**{_('Added')}**")
    names = {one.id: one.name for one in store.classes.list(project.id)}
    rows = [store.items.get(item) for item in reversed(last)]
    with st.container(horizontal=True, gap="small", key="capture-last"):
        for row in rows:
            if row.blob is not None:
                st.image(
                    images.thumbnail(images.path_of(row.blob), THUMBNAIL),
                    caption=label_words(row.label, names),
                    width=THUMBNAIL,
                )
