"""Bytes to text: byte order marks, then UTF-8, then the likeliest older encoding."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from fsl_core.base.errors import DataError
from fsl_core.base.notes import Note

ENCODINGS = (
    "utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "latin-1", "cp1250", "cp1251",
    "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256",
)  # fmt: skip
"""What a page offers for choosing by hand; any text encoding Python knows is accepted."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with the UTF-16 one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 200_000
# The characters that fill about half of ordinary text: wrong decodings yield rare ones instead.
_COMMON = frozenset(
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看"
    "起发当没成只如事把还用第样道想作种开很快买东西质量差包装物流评价服务客户手机问题非常喜欢满意退货价格使用但感觉电收换坏几"
    "這個們來時為說國著後會過對學麼發當沒還樣種開買東質裝評價務戶機問題歡滿電壞幾與從經關實現點體處應"
    "日本語人大年中出見行分後前生今間上下何気持品質悪良早届配送壊使用商思時長高新店員対応返金注文数購入"
)
_COMMON_HANGUL = frozenset(
    "이다는가을의에고도지한를은하기로사리서시아어자나대인게그라일수해정들제부보장주만있없여러안성전마상우거오무소면조중세공모경"
    "구문화위연물요습니까했던것같데때좋배송빨질빠며칠객비용신선품환불포격추천너원생각감합된되받않못많잘더왔네예음"
)
_PUNCTUATION = "，。、！？：；“”…—"
_WESTERN = frozenset("½¼¾²ªºàâäáãåæçéèêëíìîïñóòôöõøœßúùûüýÿšžÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝŠŽ")
_SINGLE_BYTE = ["cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874", "cp1252"]


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str, list[Note]]:
    """The text without its byte order mark, the encoding, and notes.

    Raises DataError for bytes that are no text, or that do not fit the ``encoding`` asked for.
    """
    if encoding:
        return _decode_as(data, encoding), encoding, []
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], name), name, []
    if wide := _wide(data):
        return _decode_as(data, wide), wide, []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _older(data)
    _refuse_binary(text)
    return text, "utf-8", []


def encoding_of(file: Path) -> str:
    """The likeliest encoding of a file of any size; empty where its bytes are UTF-8 or it has a mark that says so."""
    with file.open("rb") as opened:
        head = opened.read(_SAMPLE)
        if any(head.startswith(mark) for mark, _name in _MARKS):
            return ""
        decoder, part = codecs.getincrementaldecoder("utf-8")(), head
        try:
            while part:
                decoder.decode(part)
                part = opened.read(1 << 20)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _wide(head) or guess_encoding(head)
    return _wide(head) or ""


def _older(data: bytes) -> tuple[str, str, list[Note]]:
    damaged = data.decode("utf-8", "replace")
    n_broken = damaged.count("\ufffd")
    n_sound = sum(1 for char in damaged[:2_000_000] if char > "\x7f" and char != "\ufffd")
    if n_sound >= 20 * n_broken and n_sound:
        # Mostly sound UTF-8 is damaged UTF-8: another encoding would spoil every other character.
        line = damaged.count("\n", 0, damaged.index("\ufffd")) + 1
        return (
            damaged,
            "utf-8",
            [
                Note(
                    "{count} characters are damaged and shown as \ufffd, the first in line {line}.",
                    count=n_broken,
                    line=line,
                )
            ],
        )
    name = guess_encoding(data)
    text = data.decode(name, "replace")
    _refuse_binary(text)
    return text, name, [Note("The file is not UTF-8; it was read as {encoding}.", encoding=name)]


def guess_encoding(data: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8.

    East Asian encodings accept each other's bytes, so the one that yields the most common
    characters wins; single-byte text is cp1252 when it reads as Western European.
    """
    sample = _sample(data)
    best, best_score = "", 0.3
    for name in ("gb18030", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"):
        score = _east_asian(sample, name)
        if score > best_score and _decodes(data, name):
            best, best_score = name, score
    if best:
        return best
    if _decodes(data, "cp1252"):
        if _reads_western(sample.decode("cp1252", "replace")):
            return "cp1252"
    elif _reads_western(sample.decode("latin-1")):
        return "latin-1"
    from charset_normalizer import from_bytes

    match = from_bytes(sample, cp_isolation=_SINGLE_BYTE).best()
    for name in (match.encoding if match else "", "cp1252", "latin-1"):
        if name and _decodes(data, name):
            return name
    return "latin-1"


def _sample(data: bytes) -> bytes:
    """The start, cut after a line so that no character is halved; ASCII lines say nothing, so they are left out."""
    head = data[: 20 * _SAMPLE]
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    sample, size = [], 0
    for line in lines:
        sample.append(line[:_SAMPLE])
        size += len(line)
        if size > _SAMPLE:
            break
    return b"\n".join(sample)


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _east_asian(sample: bytes, name: str) -> float:
    foreign = [char for char in sample.decode(name, "replace") if char > "\x7f"]
    return sum(map(_plausible, foreign)) / len(foreign) if foreign else 0.0


def _plausible(char: str) -> float:
    """How much a character speaks for the encoding that yielded it."""
    if char == "\ufffd":
        return -5.0
    if char in _COMMON or char in _COMMON_HANGUL or "\u3041" <= char <= "\u30fe":
        return 1.0
    if "\u3000" <= char <= "\u301f" or "\uff01" <= char <= "\uff5e" or char in _PUNCTUATION:
        return 0.7
    if "\uac00" <= char <= "\ud7a3":
        # Syllables outside the basic Korean set are written with eight bytes, and hardly ever.
        return 0.1 if len(char.encode("euc_kr")) == 2 else -1.0
    if "\ue000" <= char <= "\uf8ff" or "\uff61" <= char <= "\uff9f":
        return -0.5
    return 0.0


def _reads_western(text: str) -> bool:
    """Whether the letters beyond ASCII are Western ones, alone inside words as they should be."""
    foreign = sum(1 for char in text if char > "\x7f")
    runs = sum(len(run) for run in _RUN.findall(text))
    odd = sum(1 for match in _ODD.finditer(text) if match.group() not in _WESTERN)
    czech = "ø" in text and any(char in text for char in "ìùèò") and not any(char in text for char in "æå")
    return not czech and odd <= 0.1 * foreign and runs <= 0.25 * foreign


_RUN = re.compile(r"[^\W\d_a-zA-Z]{4,}")
# Letters that Western languages lack, C1 controls, and signs in the middle of a word.
_ODD = re.compile(r"[^\W\d_a-zA-Z]|[\x80-\x9f]|(?<=[^\W\d_])[^\w\x00-\x7f’·\xa0\xad–—](?=[^\W\d_])")


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark shows as a zero in every second byte of Latin text."""
    head = data[:4_000]
    if len(head) < 4 or len(data) % 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _decode_as(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except LookupError as error:
        raise DataError(
            "'{encoding}' is not a text encoding.",
            "Choose one of: {known}.",
            encoding=encoding,
            known=", ".join(ENCODINGS),
        ) from error
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise DataError(
            "The file is not {encoding}: line {line} holds bytes that do not fit.",
            "Choose another encoding, or save the file again as UTF-8.",
            encoding=encoding,
            line=data.count(b"\n", 0, start) + 1,
        ) from error
    text = text.removeprefix("\ufeff")
    _refuse_binary(text)
    return text


_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def _refuse_binary(text: str) -> None:
    head = text[:100_000]
    if len(_CONTROL.findall(head)) > max(8, 0.02 * len(head)):
        raise DataError("The file holds binary data, not text.", "Choose a CSV, TSV, JSONL, XLSX, Parquet or TXT file.")
