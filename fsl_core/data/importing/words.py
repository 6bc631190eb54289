"""Sentences that keep their template, and the words that columns are named with."""

from __future__ import annotations

import re

TEXT_WORDS = frozenset(
    """
    text texts sentence sentences message messages msg utterance utterances review reviews content contents body
    comment comments tweet post question query document doc description abstract feedback complaint note notes
    transcript passage paragraph snippet statement narrative request prompt input email mail article news answer
    remark observation inquiry texte phrase phrases commentaire texto mensaje comentario nachricht satz
    kommentar beschreibung testo messaggio mensagem 内容 文本 正文 文字 句子 评论 評論 评价 評價 留言 消息 描述
    问题 問題 反馈 回饋 原文 语句 語句 摘要 新闻 新聞 咨询 短信 投诉 本文 文章 テキスト レビュー コメント
    メッセージ 질문 내용 텍스트 문장 리뷰 댓글
    """.split()
)
WEAK_TEXT_WORDS = frozenset(
    """
    title subject headline summary titre titel titulo 标题 標題 主题 主題 タイトル 제목
    """.split()
)
LABEL_WORDS = frozenset(
    """
    label labels class classes category categories cat intent intents sentiment topic topics target tag tags
    emotion polarity annotation gold truth outcome verdict stance relation diagnosis department étiquette
    etiquette catégorie categorie classe etiqueta categoría categoria clase kategorie klasse etikett 标签 標籤
    类别 類別 分类 分類 类型 類型 情感 情绪 意图 意圖 类 標注 标注 ラベル カテゴリ カテゴリー 感情 라벨 레이블
    분류 카테고리 감정
    """.split()
)
WEAK_LABEL_WORDS = frozenset(
    """
    type kind group domain y rating score stars priority status typ 状态 評分 评分 等级
    """.split()
)
OTHER_WORDS = frozenset(
    """
    id ids uid uuid guid key index idx row no nr num number date datum time timestamp datetime created updated
    url uri link href lang language locale split fold set source src user username author annotator reviewer
    worker name email phone country city state region age gender sex price amount count length len size path
    file filename version ip channel device brand product confidence probability 编号 序号 日期 时间 時間 链接
    連結 语言 作者 用户 用戶 姓名 来源 來源 城市 国家 電話 电话 价格 번호 날짜 日付 番号
    """.split()
)

MODEL_NAMES = frozenset(
    {"prediction", "probability", "unsure", "prediction_state", "predicted_by", "suggestion", "suggestion score",
     "suggestion_score"}
)  # fmt: skip
"""Columns in which exports, ours and those of other tools, keep what a model said: never labels."""
EXPORT_NAMES = frozenset({"state", "author", "source", "labeled_at", "flag", "meta"})
"""Columns of our own exports that say something about a label and are none."""
EXPORT_STATES = frozenset({"labeled", "none of these", "unlabeled", "no text"})
"""The values of their column "state", by which such an export is known."""

_NUMBERED = re.compile(r" \(\d+\)$")
_PARTS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|[^\W\d_a-zA-Z]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def name_parts(name: str) -> set[str]:
    """The words in a column name: ``customerMessage_1`` gives customer and message."""
    plain = {part for part in re.split(r"[\W\d_]+", name.casefold()) if part}
    return plain | {part.casefold() for part in _PARTS.findall(name)}


def name_match(name: str, words: frozenset[str]) -> float:
    """How well a column name fits a list of words: 1 exactly, 0.8 as a part of it, 0 not at all."""
    folded = name.strip().casefold()
    if folded in words:
        return 1.0
    if name_parts(name) & words:
        return 0.8
    # Chinese, Japanese and Korean names are written without spaces, so any position counts.
    if _CJK.search(folded) and any(word in folded for word in words if len(word) > 1 and _CJK.match(word)):
        return 0.8
    return 0.0


def plain_name(name: str) -> str:
    """The name without the number that tells it from an equal one."""
    return _NUMBERED.sub("", name.strip().casefold())


def is_known_name(name: str) -> bool:
    """Whether a cell is exactly a word that columns are usually named with."""
    return any(
        name_match(name, words) == 1.0
        for words in (TEXT_WORDS, WEAK_TEXT_WORDS, LABEL_WORDS, WEAK_LABEL_WORDS, OTHER_WORDS)
    )
