"""A label in words, and a text cut to what there is room for: each has one way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsl_core.base import paths
from fsl_core.base.texts import one_line, shorten
from pages.ui.kit.labels import label_words


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (3, "A"), ((3, 7), "A, B"), ("none", "none of these"), (None, "no label"), (9, "?"), ((3, 9), "A, ?"),
    ],
)  # fmt: skip
def test_a_label_is_the_names_of_its_classes(label, words):
    assert label_words(label, {3: "A", 7: "B"}) == words


def test_a_cut_text_ends_in_an_ellipsis_and_one_that_fits_stays():
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdefg", 6) == "abcde…"
    assert shorten("abcd  efg", 7) == "abcd…"  # no space before the ellipsis
    assert one_line(" a\n b\t c ", 5) == "a b c"
    assert one_line("中文文字很長", 4) == "中文文…"


@given(st.text(), st.integers(1, 30))
def test_no_cut_is_longer_than_its_room_and_all_of_it_is_the_beginning(text, limit):
    for whole, cut in ((text, shorten(text, limit)), (" ".join(text.split()), one_line(text, limit))):
        assert len(cut) <= limit
        assert cut == whole if len(whole) <= limit else cut.endswith("…") and whole.startswith(cut[:-1])


def test_nobody_cuts_by_hand():
    by_hand = re.compile(r"\]\s*\+\s*\"[ ]?…\"")
    found = [
        str(file.relative_to(paths.ROOT))
        for folder in ("fsl_core", "pages")
        for file in (paths.ROOT / folder).rglob("*.py")
        if by_hand.search(file.read_text(encoding="utf-8"))
    ]
    assert found == []
