"""In which language the texts are, as far as it matters for the choice of an encoder."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = "und"
"""ISO 639-2 code for "undetermined": a text without letters, or too unclear."""

_CHARACTERS = 400
_FEWEST = 5
_SURE = 0.8
"""From this probability on the detector's answer counts; three words alone seldom reach it in any language."""
# Scripts that settle the language by themselves: first and last character, ISO 639-1 code.
_SCRIPTS = (
    ("\u0370", "\u03ff", "el"),
    ("\u0530", "\u058f", "hy"),
    ("\u0590", "\u05ff", "he"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u10a0", "\u10ff", "ka"),
    ("\u3040", "\u30ff", "ja"),
    ("\u3400", "\u9fff", "zh"),
    ("\uac00", "\ud7a3", "ko"),
)
_NAMES = {"el": "Greek", "hy": "Armenian", "he": "Hebrew", "th": "Thai", "ka": "Georgian", "ja": "Japanese"}
_NAMES |= {"zh": "Chinese", "ko": "Korean", "en": "English", UNKNOWN: "unknown"}
_lock = threading.Lock()
_detectors: list[Any] = []


@dataclass(frozen=True, slots=True)
class LanguageReport:
    """What was found in a sample of texts."""

    counts: dict[str, int]
    """ISO 639-1 code -> texts, most frequent first; 'und' where no language could be told."""
    share_english: float
    """Share of English among the texts whose language could be told; 1.0 when there is none."""
    main: str
    """English name of the most frequent language, 'unknown' when no language could be told."""
    n: int
    """Texts looked at."""


def detect(texts: Sequence[str], sample: int = 200) -> LanguageReport:
    """Tell the language of at most ``sample`` texts, spread evenly over all of them."""
    step = max(1.0, len(texts) / sample)
    chosen = [texts[int(i * step)][:_CHARACTERS] for i in range(min(len(texts), sample))]
    codes = [_by_script(text) for text in chosen]
    names = dict(_NAMES)
    open_rows = [row for row, code in enumerate(codes) if code is None]
    if open_rows:
        found, spelled = _by_letters([chosen[row] for row in open_rows])
        names |= spelled
        for row, code in zip(open_rows, found, strict=True):
            codes[row] = code
    counts = dict(Counter(code or UNKNOWN for code in codes).most_common())
    known = {code: n for code, n in counts.items() if code != UNKNOWN}
    total = sum(known.values())
    return LanguageReport(
        counts=counts,
        share_english=known.get("en", 0) / total if total else 1.0,
        main=names[next(iter(known))] if known else names[UNKNOWN],
        n=len(chosen),
    )


def _by_script(text: str) -> str | None:
    """Code of the language when the script settles it, UNKNOWN without enough letters, None when it is open."""
    letters = [c for c in text if c.isalpha()]
    found = Counter(code for c in letters if (code := _script(c)))
    if found.get("ja", 0) and found["ja"] + found["zh"] > len(letters) / 2:
        return "ja"  # kana between Han characters
    if found:
        code, n = found.most_common(1)[0]
        if n > len(letters) / 3:  # one Han character stands for a whole word of Latin letters
            return code
    return None if len(letters) >= _FEWEST else UNKNOWN


def _by_letters(texts: list[str]) -> tuple[list[str], dict[str, str]]:
    """A code for each text of a script that many languages share, and the English names of those languages.

    What a few words leave open, all such texts together may tell; where they do not either, it is UNKNOWN.
    """
    # In one go: the library's own threads share the work, outside Python's lock.
    found = [_surest(one) for one in _detector().compute_language_confidence_values_in_parallel(texts)]
    if unsure := [text for text, one in zip(texts, found, strict=True) if one is None]:
        together = _surest(_detector().compute_language_confidence_values("\n".join(unsure)))
        found = [one or together for one in found]
    codes = [one.iso_code_639_1.name.lower() if one else UNKNOWN for one in found]
    return codes, {code: one.name.title() for code, one in zip(codes, found, strict=True) if one}


def _surest(confidences: Sequence[Any]) -> Any:  # noqa: ANN401  # the library's language, or None
    return next((one.language for one in confidences[:1] if one.value >= _SURE), None)


def _script(character: str) -> str | None:
    if character < _SCRIPTS[0][0]:
        return None
    return next((code for low, high, code in _SCRIPTS if low <= character <= high), None)


def _detector() -> Any:  # noqa: ANN401  # the library's class, imported only here
    with _lock:
        if not _detectors:
            from lingua import LanguageDetectorBuilder

            _detectors.append(LanguageDetectorBuilder.from_all_languages().with_low_accuracy_mode().build())
        return _detectors[0]
