"""Texts as a search compares them: no case, no accents, and words that also work without spaces.

Only accents of alphabetic scripts are dropped. The vowel signs of Indic scripts and the voicing marks of
kana are combining characters too, but without them a word is another word.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENT = re.compile("[\u0300-\u036f\u064b-\u0652]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# Han, kana, Hangul, Thai, Lao, Khmer, Myanmar: scripts in which a space does not part the words.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_UNSPACED += "\U00020000-\U0003ffff"
_PIECES = re.compile(f"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}])\\w)+)")
_INSIDE = re.compile(f"(?![{_UNSPACED}])\\w")


def fold(text: str) -> str:
    """The text in one case, width and spelling, without accents, one space between words."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize("NFC", _ACCENT.sub("", text)).casefold().translate(_LETTERS)
    return " ".join(text.casefold().split())


def words(folded: str) -> tuple[str, ...]:
    """The words of a folded text, each once; a run of unspaced script gives its pairs of characters."""
    found: dict[str, None] = {}
    for run, word in _PIECES.findall(folded):
        if run:
            found.update(dict.fromkeys([run[i : i + 2] for i in range(len(run) - 1)] or [run]))
        else:
            found[word] = None
    return tuple(found)


def is_whole(folded: str, start: int, end: int) -> bool:
    """Whether ``folded[start:end]`` begins and ends with a word, as far as its script parts words."""
    before = start > 0 and _INSIDE.match(folded[start - 1]) and _INSIDE.match(folded[start])
    after = end < len(folded) and _INSIDE.match(folded[end - 1]) and _INSIDE.match(folded[end])
    return not before and not after
