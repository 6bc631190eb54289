"""What language a project is in decides whether the built-in encoder is any use."""

import subprocess
import sys
from pathlib import Path

import pytest

from fsl_core.data.importing.language import detect

ENGLISH = [
    "Where is the card that I ordered last week?",
    "The payment was declined although there is money in my account.",
    "How long does a transfer to another country take?",
    "Please tell me why I was charged twice for this.",
]
FRENCH = [
    "Où est la carte que j'ai commandée la semaine dernière ?",
    "Le paiement a été refusé alors qu'il y a de l'argent sur mon compte.",
    "Combien de temps prend un virement vers un autre pays ?",
]
CHINESE = ["质量很好，物流也很快", "用了两天就坏了，iPhone 12 的屏幕不亮", "客服态度很差，不会再来"]


@pytest.mark.parametrize(
    ("code", "name", "texts"),
    [
        ("en", "English", ENGLISH),
        ("fr", "French", FRENCH),
        ("zh", "Chinese", CHINESE),
        ("ja", "Japanese", ["品質がとても良いです", "配送が早くて助かりました"]),
        ("ko", "Korean", ["배송이 빠르고 품질이 좋아요", "다시는 사지 않을 거예요"]),
        ("ru", "Russian", ["Где карта, которую я заказал на прошлой неделе?", "Это хорошая вещь, рекомендую"]),
        ("ar", "Arabic", ["هذا المنتج جيد جدا وأنصح به", "أين البطاقة التي طلبتها الأسبوع الماضي"]),
        ("el", "Greek", ["Πού είναι η κάρτα που παρήγγειλα;"]),
        ("th", "Thai", ["สินค้าดีมาก ส่งไว"]),
    ],
)
def test_the_language_is_told(code, name, texts):
    report = detect(texts)
    assert report.counts == {code: len(texts)} and report.main == name and report.n == len(texts)
    assert report.share_english == (1.0 if code == "en" else 0.0)


def test_shares_leave_out_what_has_no_language():
    report = detect([*ENGLISH, *CHINESE, "12345", "", "?!"])
    assert report.counts == {"en": 4, "zh": 3, "und": 3}
    assert report.share_english == pytest.approx(4 / 7) and report.main == "English" and report.n == 10


def test_texts_without_language_give_no_advice():
    for texts in ([], ["", "123"]):
        report = detect(texts)
        assert report.main == "unknown" and report.share_english == 1.0


def test_the_sample_is_spread_over_all_texts_and_the_same_each_time():
    texts = [ENGLISH[0]] * 500 + [CHINESE[0]] * 500
    report = detect(texts)
    assert report.counts == {"en": 100, "zh": 100} and report.n == 200
    assert detect(texts) == report


@pytest.mark.parametrize(
    ("main", "texts"),
    [
        ("English", ["where is my parcel", "I want my money back", "refund please", "cancel order"]),
        ("English", ["good film", "bad film", "great acting", "boring plot"]),
        ("German", ["wo ist mein Paket", "ich will mein Geld", "bitte stornieren", "Rechnung falsch"]),
        ("Italian", ["bel film", "brutto film", "noioso", "attori bravi"]),
    ],
)
def test_short_lines_are_told_together(main, texts):
    # One by one they are anything: "where is my parcel" looks Slovene, "bel film" Azerbaijani.
    report = detect(texts)
    assert report.main == main
    assert report.share_english == (1.0 if main == "English" else 0.0)


def test_words_too_few_to_tell_are_called_nothing():
    report = detect(["hello", "goodbye", "thanks", "sorry"])
    assert report.main == "unknown" and report.share_english == 1.0


def test_a_few_short_lines_do_not_change_what_long_ones_say():
    assert detect([*FRENCH, "merci", "ok super"]).main == "French"
    assert detect([*FRENCH, "good film"]).share_english < 0.5


def test_scripts_that_settle_the_language_need_no_detector():
    script = (
        "import sys; from fsl_core.data.importing.language import detect\n"
        f"assert detect({CHINESE!r}).main == 'Chinese'\n"
        "assert 'lingua' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[1], check=True)
