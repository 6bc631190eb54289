"""CSV and its relatives: any text survives, delimiters and encodings are found, broken files are refused by row."""

from __future__ import annotations

import csv
import io
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsl_core.base.errors import DataError
from fsl_core.data.importing import read_table
from fsl_core.data.importing.encoding import guess_encoding

TRICKY = st.text(
    st.one_of(
        st.sampled_from("\"',;|\t\r\n \\ab1é中文日ñ😀👩‍👩‍👧\u2028\u0085"),
        st.characters(exclude_categories=["Cs", "Cc"]),
    ),
    max_size=30,
)
# A blank line is no row, so each row holds at least one character somewhere.
ROWS = st.lists(st.tuples(TRICKY, TRICKY, TRICKY).filter(any), min_size=1, max_size=12)


def written(
    rows: list[tuple[str, ...]], delimiter: str = ",", end: str = "\r\n", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL
) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return target.getvalue()


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_text_survives_a_csv_file_with_a_known_delimiter(
    rows: list[tuple[str, ...]], delimiter: str, end: str
) -> None:
    # csv.writer leaves a carriage return or line feed bare when it is not part of its own line end.
    text = written([("text", "label", "x"), *rows], delimiter, end, csv.QUOTE_ALL)
    table = read_table(text.encode(), "a.csv", delimiter=delimiter, header=True)
    assert table.columns == ("text", "label", "x")
    assert table.rows == rows


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, delimiter=st.sampled_from(",;\t|"))
def test_the_delimiter_and_the_header_are_found_whatever_the_texts_hold(
    rows: list[tuple[str, ...]], delimiter: str
) -> None:
    text = written([("text", "label", "x"), *rows], delimiter, quoting=csv.QUOTE_ALL)
    table = read_table(text.encode(), "a.csv")
    assert table.delimiter == delimiter
    assert table.columns == ("text", "label", "x")
    assert table.rows == rows


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, encoding=st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_any_text_survives_an_encoding_with_a_mark(rows: list[tuple[str, ...]], encoding: str) -> None:
    text = written([("text", "label", "x"), *rows], quoting=csv.QUOTE_ALL)
    assert read_table(text.encode(encoding), "a.csv").rows == rows


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.jsonl", "a.txt", "a.xlsx", "a.parquet", "a"]))
def test_bytes_of_any_kind_give_a_table_or_a_data_error(data: bytes, name: str) -> None:
    try:
        table = read_table(data, name)
    except DataError as error:
        assert error.message and error.hint
    else:
        assert table.n_rows == len(table.row_numbers) >= 1
        assert all(len(row) == len(table.columns) for row in table.rows)


SENTENCES = {
    "gb18030": ("物流很快，早上下单，下午就到了", "质量很差，没几天就坏了"),
    "big5": ("物流很快，早上下單，下午就到了", "品質很差，沒幾天就壞了"),
    "shift_jis": ("配送がとても早かったです。", "品質は悪い、数日で壊れました。"),
    "euc_jp": ("配送がとても早かったです。", "品質は悪い、数日で壊れました。"),
    "euc_kr": ("배송이 정말 빨라요.", "품질이 나빠서 며칠 만에 고장났어요"),
    "latin-1": ("Größe paßt nicht", "La façade était très abîmée"),
    "cp1252": ("don’t – 5 €", "¿Dónde está mi tarjeta? ¡Gracias!"),
    "cp1250": ("Zażółć gęślą jaźń", "Przesyłka była zbyt późno"),
    "cp1251": ("Доставка была очень быстрой", "Качество плохое, деньги не вернули"),
    "utf-16-le": ("The parcel is late", "Große Freude"),
    "utf-16-be": ("The parcel is late", "Große Freude"),
    "utf-8": ("物流很快", "Größe 😀"),
}


@pytest.mark.parametrize("encoding", SENTENCES)
@pytest.mark.parametrize("times", [1, 40])
def test_each_encoding_is_recognised_without_a_mark(encoding: str, times: int) -> None:
    good, bad = SENTENCES[encoding]
    rows = [(good, "good"), (bad, "bad")] * times
    table = read_table(written([("text", "label"), *rows]).encode(encoding), "a.csv")
    assert table.rows == rows


def test_big5_and_gb18030_are_told_apart_by_one_sentence() -> None:
    assert guess_encoding("質量很差，沒幾天就壞了".encode("big5")) == "big5"
    assert guess_encoding("质量很差，没几天就坏了".encode("gb18030")) == "gb18030"


def test_a_damaged_utf8_file_stays_utf8_and_the_note_names_the_line() -> None:
    data = "text,label\n" + "物流很快很好,好评\n" * 20
    table = read_table(data.encode() + b"\xff\xe7,bad\n", "a.csv")
    assert table.rows[0] == ("物流很快很好", "好评")
    assert "line 22" in table.notes[0]


def test_an_encoding_that_does_not_fit_names_the_line() -> None:
    with pytest.raises(DataError, match="line 2"):
        read_table("text\nGröße\n".encode("latin-1"), "a.csv", encoding="utf-8")
    with pytest.raises(DataError, match="not a text encoding"):
        read_table(b"text\na\n", "a.csv", encoding="klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_quoted_line_ends_and_commas_in_prose_do_not_mislead(delimiter: str) -> None:
    rows = [("Well, yes; no\nand more, so", "a"), ('She said "hi", twice', "b"), ("one, two, three", "a")]
    table = read_table(written([("text", "label"), *rows], delimiter, "\n").encode(), "a.csv")
    assert (table.delimiter, table.rows) == (delimiter, rows)


def test_a_single_column_of_sentences_with_commas_is_not_cut() -> None:
    table = read_table(b"text\nHello, world\nWell, no, yes\nfine\n", "a.csv")
    assert table.columns == ("text",)
    assert [row[0] for row in table.rows] == ["Hello, world", "Well, no, yes", "fine"]


def test_mixed_line_ends_blank_lines_and_nul_are_read_and_numbered_as_in_the_file() -> None:
    table = read_table(b"text,label\r\nfirst one,a\n\nsecond\0 one,b\rthird one,a\r\n", "a.csv")
    assert table.rows == [("first one", "a"), ("second one", "b"), ("third one", "a")]
    assert list(table.row_numbers) == [2, 4, 5]
    assert any("NUL" in note for note in table.notes)


def test_the_sep_line_of_excel_is_obeyed() -> None:
    table = read_table(b"sep=;\r\ntext;label\r\na, b;x\r\n", "a.csv")
    assert (table.columns, table.rows, list(table.row_numbers)) == (("text", "label"), [("a, b", "x")], [3])


def test_a_title_above_the_table_is_left_out() -> None:
    table = read_table(b"Export of tickets\n\ntext,label\nhello there,a\nbye now,b\n", "a.csv")
    assert (table.columns, list(table.row_numbers)) == (("text", "label"), [4, 5])
    assert "row 3" in table.notes[0]


def test_duplicate_and_empty_column_names_are_made_different_and_noted() -> None:
    table = read_table(b"text,text,,label,\nhello there,b,c,d,\nhello you,b,c,d,\n", "a.csv")
    assert table.columns == ("text", "text (2)", "column 3", "label")
    assert len(table.notes) == 2


def test_an_index_without_a_name_as_r_writes_it_gets_one() -> None:
    table = read_table(b'"text","label"\n"1","hello there","a"\n"2","hello you","b"\n', "a.csv")
    assert table.columns == ("row", "text", "label")
    assert table.rows[1] == ("2", "hello you", "b")


def test_short_rows_are_filled_and_long_rows_of_empty_cells_are_cut() -> None:
    table = read_table(b"text,label\nfirst one,a\nsecond one\nthird one,b,,\n", "a.csv")
    assert table.rows == [("first one", "a"), ("second one", None), ("third one", "b")]
    assert "row 3" in table.notes[0]


def test_an_unquoted_comma_is_mended_when_the_label_is_known() -> None:
    good = "".join(f"message number {i},{'spam' if i % 2 else 'ham'}\n" for i in range(10))
    table = read_table(f"text,label\n{good}Oh no, not again, please,spam\n".encode(), "a.csv")
    assert table.rows[-1] == ("Oh no, not again, please", "spam")
    assert "row 12" in table.notes[0]


def test_a_long_row_that_cannot_be_mended_is_refused_by_row_and_column() -> None:
    with pytest.raises(DataError) as caught:
        read_table(b"text,label\nfirst one,a\nsecond, one,b,c\n", "a.csv")
    assert "Row 3 has 4 cells where 2 are expected; its cell 3 is 'b'" in caught.value.message
    assert "quotation marks" in caught.value.hint


def test_an_unclosed_quote_is_refused_by_row_line_and_column() -> None:
    text = 'text,label\n"a\nb",x\nfine,"y\nlast, one,z\n'
    with pytest.raises(DataError) as caught:
        read_table(text.encode(), "a.csv")
    assert caught.value.message == "Row 3 (line 4), column 2: a quotation mark opens here and is not closed."


def test_text_after_a_closing_quote_is_refused_by_row() -> None:
    with pytest.raises(DataError, match=r"Row 2 \(line 2\), column 1: text follows"):
        read_table(b'text,label\n"He" said, yes,x\n"ok, fine",y\n', "a.csv")


def test_quotes_that_do_not_pair_are_plain_characters_when_every_row_fits() -> None:
    table = read_table(b'text\tlabel\n"hello there\ta\n"Quoted" word\tb\n', "a.tsv")
    assert table.rows == [('"hello there', "a"), ('"Quoted" word', "b")]
    assert "do not pair up" in table.notes[0]


def test_quotes_escaped_with_a_backslash_are_understood() -> None:
    table = read_table(b'text,label\n"He said \\"no, never\\" again",a\n"plain, text",b\n', "a.csv")
    assert table.rows[0] == ('He said "no, never" again', "a")


def test_cells_with_a_space_before_their_quote_are_read() -> None:
    table = read_table(b'"text", "label"\n"one, two", "a"\n"three", "b"\n', "a.csv")
    assert table.rows == [("one, two", "a"), ("three", "b")]


@pytest.mark.parametrize(
    ("first", "header"),
    [
        ("text,label", True),
        ("内容,标签", True),
        ("a,b", True),
        ("Customer message,Team", True),
        ("The card has not come yet,delivery", False),
        ("为什么我的卡还没有到,delivery", False),
    ],
)
def test_a_header_is_told_from_data(first: str, header: bool) -> None:
    body = "".join(f"Where is my parcel number {i} now,{'delivery' if i % 2 else 'refund'}\n" for i in range(20))
    table = read_table(f"{first}\n{body}".encode(), "a.csv")
    assert (table.header, table.n_rows) == (header, 20 if header else 21)


def test_the_header_can_be_decided_by_hand() -> None:
    table = read_table(b"text,label\nhello there,a\n", "a.csv", header=False)
    assert table.columns == ("column 1", "column 2")
    assert table.n_rows == 2
