"""From picture files or an archive of class folders to a project: what is in it, what will happen, import."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from fsl_core.base.errors import FslError
from fsl_core.data import images
from fsl_core.jobs.tasks import import_file
from fsl_core.models import chosen
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.feedback import plain
from pages.ui.kit.text import N_, _, ngettext, say, tr
from pages.ui.projects import creating, opening

if TYPE_CHECKING:
    from fsl_core.data.importing import PictureReport
    from fsl_core.data.importing.picture_files import Listing
    from fsl_core.data.importing.pictures import Naming
    from fsl_core.data.store import NewItem

Uploads = Sequence[tuple[str, bytes]]
READ_AT_ONCE = 300
"""Up to so many pictures are opened for the preview; more are opened by the worker."""
SHOWN = 12
SHOWN_CLASSES = 12
NAMINGS: dict[str, str] = {
    "last": N_("the last folder"),
    "path": N_("all folders together"),
    "none": N_("nothing, I will label here"),
}


def are_pictures(uploads: Uploads) -> bool:
    """Whether this is for this flow: several files, a file named like a picture, or an archive that holds some."""
    from fsl_core.data.importing import holds_pictures, named_like_picture

    return len(uploads) > 1 or any(named_like_picture(name) or holds_pictures(data) for name, data in uploads)


def pictures_flow(uploads: Uploads, token: str) -> None:
    """Show what is in the files, choose what the folders mean, import."""
    from fsl_core.data.importing import guess_naming, labels_of, list_pictures, read_pictures

    try:
        listing: Listing = state.remember("import.listing", token, lambda: list_pictures(uploads))
        left, right = st.columns([3, 2], gap="large")
        with left:
            st.markdown("**" + ngettext("{n} file", "{n} files", len(listing.files)) + "**")
            guess = guess_naming(listing.files)
            naming: Naming = guess
            if any(file.folders for file in listing.files):
                options = list(NAMINGS)
                naming = st.selectbox(
                    _("The class is"),
                    options,
                    index=options.index(guess),
                    format_func=lambda one: _(NAMINGS[one]),
                    key=f"import-naming-{token}",
                    help=_("Folders named train, test and the like never count as a class."),
                )
            labels = labels_of(listing.files, naming)
            _preview(listing, labels, token)
        with right:
            st.markdown("**" + _("What will happen") + "**")
            few = len(listing.files) <= READ_AT_ONCE
            if few:
                with feedback.inline_progress(_("Reading the pictures")) as report:
                    items, found = state.remember(
                        "import.pictures", (token, naming), lambda: read_pictures(listing, naming, report)
                    )
                lines = summary(found)
            else:
                items, found = [], None
                lines = [
                    ngettext("{n} file is checked and imported.", "{n} files are checked and imported.", len(labels))
                ]
            classes = found.classes if found else dict(Counter(label for label in labels if label))
            st.markdown("\n".join(f"- {line}" for line in [*lines, *class_words(classes)]))
            if found is not None:
                refusals([(one.name, one.reason, one.fix) for one in found.refused])
            target, name = _target(uploads, token)
            n = found.n_items if found else len(labels)
            if st.button(
                ngettext("Import {n} picture", "Import {n} pictures", n),
                type="primary",
                icon=":material/upload:",
                key="import-go",
                disabled=target is None and not name.strip(),
            ):
                if not few:
                    _in_background(uploads, naming, target, name)
                _import(items, uploads[0][0], target, name)
    except FslError as error:
        feedback.error_box(error)


def _target(uploads: Uploads, token: str) -> tuple[int | None, str]:
    """The current project where it can take images, else the name of a new one."""
    current, names = state.project_id(), resources.project_names()
    if current in names:
        store = resources.store()
        empty = store.items.count(current) == 0
        if empty or store.projects.get(current).kind == "image":
            chosen = st.selectbox(
                _("Import into"),
                [0, current],
                index=1,
                format_func=lambda project: names.get(project, "") if project else _("A new project"),
                key=f"import-target-{current}",
            )
            if chosen:
                return chosen, ""
    stem = Path(uploads[0][0]).stem.replace("_", " ").strip() if len(uploads) == 1 else ""
    title = creating.free_name((stem or _("Pictures"))[:180], list(names.values()))
    return None, st.text_input(_("Name of the project"), value=title, key=f"import-name-{token}", max_chars=200)


def _preview(listing: Listing, labels: Sequence[str | None], token: str) -> None:
    """A few pictures from all over the files, with their classes."""
    step = max(1, len(listing.files) // SHOWN)

    def make() -> list[tuple[bytes, int]]:
        found: list[tuple[bytes, int]] = []
        for row in range(0, len(listing.files), step):
            try:
                found.append(
                    (images.thumbnail(images.keep(listing.files[row].read(), listing.files[row].path).path), row)
                )
            except FslError:
                continue
        return found[:SHOWN]

    with st.container(horizontal=True, gap="small", key="import-thumbnails"):
        for small, row in state.remember("import.thumbnails", token, make):
            st.image(small, caption=plain(labels[row] or listing.files[row].name)[:24], width=96)


def summary(found: PictureReport) -> list[str]:
    """What the import will do, one sentence a line."""
    lines = [ngettext("{n} picture will be imported.", "{n} pictures will be imported.", found.n_items)]
    if found.n_duplicates:
        lines.append(
            ngettext("{n} repeated picture is left out.", "{n} repeated pictures are left out.", found.n_duplicates)
        )
    if found.n_conflicts:
        lines.append(
            ngettext(
                "{n} of them lies in another folder; the first one counts.",
                "{n} of them lie in other folders; the first one counts.",
                found.n_conflicts,
            )
        )
    if unlabeled := found.n_items - found.n_labeled if found.n_labeled else 0:
        lines.append(ngettext("{n} picture has no label yet.", "{n} pictures have no label yet.", unlabeled))
    lines += [f"{_(note)} ({n:,})" for note, n in found.notes.items()]
    return lines


def class_words(classes: dict[str, int]) -> list[str]:
    """The classes with their counts, the largest first; no line without any."""
    if not classes:
        return []
    counts = sorted(classes.items(), key=lambda pair: -pair[1])
    shown = [f"{plain(name)} ({n:,})" for name, n in counts[:SHOWN_CLASSES]]
    if len(counts) > SHOWN_CLASSES:
        shown.append(tr("and {n} more", n=len(counts) - SHOWN_CLASSES))
    return [ngettext("{n} class found:", "{n} classes found:", len(counts)) + " " + ", ".join(shown)]


def refusals(refused: Sequence[tuple[str, str, str]]) -> None:
    """The files that are left out, each with its reason and the fix."""
    if not refused:
        return
    with st.expander(
        ngettext("{n} file is refused", "{n} files are refused", len(refused)), icon=":material/block:", expanded=True
    ):
        rows = [{_("File"): name, _("Why"): say(why), _("What helps"): say(fix)} for name, why, fix in refused]
        st.dataframe(rows, hide_index=True, key="import-refused")


def _import(items: list[NewItem], filename: str, target: int | None, name: str) -> NoReturn:
    store, author = resources.store(), state.author.get()
    with feedback.inline_progress(_("Importing")) as report:
        if target is None:
            project = creating.create_with_items(store, name, items, author=author, filename=filename, progress=report)
        else:
            project = target
            store.items.add(project, items, author=author, filename=filename, progress=report)
    state.import_round.set(state.import_round.get() + 1)
    opening.enter(project)


def _in_background(uploads: Uploads, naming: Naming, target: int | None, name: str) -> NoReturn:
    settings = creating.read_by(chosen.best_here("image"))
    project = target or resources.store().projects.create(name, kind="image", settings=settings).id
    filename = uploads[0][0] if len(uploads) == 1 else f"{name or 'pictures'}.zip"
    params = import_file.Params(
        path=opening.upload_path(".zip"), filename=filename, naming=naming, author=state.author.get()
    )
    opening.import_later(lambda path: _packed(uploads, path), params, project, new=target is None)


def _packed(uploads: Uploads, path: Path) -> None:
    """The archive itself, or all files in one."""
    if len(uploads) == 1:
        path.write_bytes(uploads[0][1])
        return
    with zipfile.ZipFile(path, "w") as archive:
        for number, (one, data) in enumerate(uploads):
            archive.writestr(one if one not in archive.namelist() else f"{number} {one}", data)
