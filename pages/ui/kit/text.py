"""Every visible string goes through here: gettext catalogues, English without one."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import streamlit as st

from fsl_core.base import paths
from fsl_core.base.notes import N_ as N_
from fsl_core.base.notes import Note, fill, unpacked
from pages.ui.kit import state

LOCALE_DIR = paths.ASSETS / "locale"
DEFAULT = "en"


def _(message: str) -> str:
    """The message in the person's language."""
    return _catalogue(language()).gettext(message) if message else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The form for ``n`` things, with ``{n}`` filled in (1,234)."""
    return _catalogue(language()).ngettext(one, many, n).format(n=f"{n:,}")


def tr(template: str, values: Mapping[str, object] | None = None, /, **more: object) -> str:
    """Translate the template first, then put the values in; a value that is a sentence is translated too."""
    given = {**(values or {}), **more}
    return fill(_(template), {name: say(value) if isinstance(value, Note) else value for name, value in given.items()})


def say(sentence: str) -> str:
    """Translate a sentence of the engine; one that kept its template is translated before its values go in.

    It may come as it was packed for a file or the database.
    """
    sentence = unpacked(sentence)
    return tr(sentence.template, sentence.values) if isinstance(sentence, Note) else _(sentence)


def of_kind(images: bool, texts: str, pictures: str) -> str:
    """The sentence for a project of texts or of pictures, in the person's language; mark both with ``N_``."""
    return _(pictures if images else texts)


def size(n: int) -> str:
    """'12 KB', in the unit that keeps it short."""
    if n < 1_000:
        return tr("{n} bytes", n=n)
    if n < 1_000_000:
        return tr("{n} KB", n=round(n / 1_000))
    return tr("{n} MB", n=f"{n / 1_000_000:,.1f}" if n < 10_000_000 else f"{n / 1_000_000:,.0f}")


def languages() -> tuple[str, ...]:
    """English and every language with a compiled catalogue."""
    return _languages(str(LOCALE_DIR))


def language() -> str:
    """The language of this session; English outside of one."""
    return state.language.get() or _choose()


def choose_language() -> str:
    """Settle the session's language: ``?lang=``, what was chosen before, the browser's locale."""
    asked = st.query_params.get("lang")
    if asked and (match := _match(asked)):
        state.language.set(match)
    elif not state.language.get():
        state.language.set(_choose())
    return state.language.get() or DEFAULT


def _choose() -> str:
    if not state.in_session():
        return DEFAULT
    return _match(st.context.locale or DEFAULT) or DEFAULT


def _match(locale: str) -> str | None:
    """'zh-CN' finds 'zh_CN', else 'zh', else nothing."""
    known = {name.lower(): name for name in languages()}
    wanted = locale.replace("-", "_").lower()
    return known.get(wanted) or known.get(wanted.split("_")[0])


@lru_cache
def _languages(folder: str) -> tuple[str, ...]:
    found = {path.parents[1].name for path in Path(folder).glob("*/LC_MESSAGES/handful.mo")}
    return (DEFAULT, *sorted(found - {DEFAULT}))


@lru_cache
def _catalogue(name: str) -> gettext.NullTranslations:
    return gettext.translation("handful", LOCALE_DIR, [name], fallback=True)
