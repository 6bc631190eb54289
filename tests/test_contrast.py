"""Text and signs of the card are readable in both themes: WCAG 2 AA, computed from the colours themselves."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from fsl_core.plotting.palette import palette
from pages.ui.components.card import card
from pages.ui.kit import chrome

ROOT = Path(__file__).resolve().parents[1]
THEMES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
CSS = (card.HERE / "card.css").read_text(encoding="utf-8")
TEXT, SIGN = 4.5, 3.0
"""AA: the least contrast of text of normal size, and of signs that say something."""
RGB = tuple[float, float, float]


def rgb(color: str) -> RGB:
    return tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))  # type: ignore[return-value]


def mix(front: RGB, back: RGB, share: float) -> RGB:
    return tuple(share * f + (1 - share) * b for f, b in zip(front, back, strict=True))  # type: ignore[return-value]


def contrast(one: RGB, other: RGB) -> float:
    def luminance(color: RGB) -> float:
        r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in color)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_computed_like_the_standard_says() -> None:
    assert contrast(rgb("#000000"), rgb("#FFFFFF")) == pytest.approx(21.0)
    assert contrast(rgb("#777777"), rgb("#FFFFFF")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_words_of_the_card_are_readable(name: str) -> None:
    theme = THEMES[name]
    text, back, soft = (rgb(theme[key]) for key in ("textColor", "backgroundColor", "secondaryBackgroundColor"))
    share = re.search(r"--muted: color-mix\(in srgb, var\(--st-text-color\) (\d+)%", CSS)
    assert share is not None
    muted = mix(text, back, int(share[1]) / 100)
    for behind in (back, soft):
        assert contrast(text, behind) >= TEXT
        assert contrast(muted, behind) >= TEXT
        # The focus ring, and the mark of what is saved.
        assert contrast(rgb(theme["primaryColor"]), behind) >= SIGN


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_dimmed_words_beside_the_card_are_readable(name: str) -> None:
    from pages.ui.labelling import live

    share = re.search(r"\.soft \{ opacity: ([\d.]+)", live.STYLE)
    assert share is not None
    theme = THEMES[name]
    text, back = rgb(theme["textColor"]), rgb(theme["backgroundColor"])
    assert contrast(mix(text, back, float(share[1])), back) >= TEXT


@pytest.mark.parametrize(("name", "place"), [("light", 0), ("dark", 1)])
def test_captions_and_main_buttons_are_readable(name: str, place: int) -> None:
    theme = THEMES[name]
    pairs = re.findall(r"(?<![-\w])color: light-dark\((#\w{6}), (#\w{6})\)", chrome.STYLE)
    assert len(pairs) == 3
    primary, back = rgb(theme["primaryColor"]), rgb(theme["backgroundColor"])
    button, caption, link = (rgb(pair[place]) for pair in pairs)
    assert contrast(button, primary) >= TEXT
    assert contrast(caption, back) >= TEXT
    assert contrast(link, primary) >= TEXT


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_other_colour_on_the_card_comes_from_the_theme_or_a_class(name: str) -> None:
    # A colour of its own would escape the checks above; the dot of "offline" is one, and is checked here.
    own = set(re.findall(r"#[0-9a-fA-F]{6}\b", CSS))
    assert own == {"#d55e00"}
    assert contrast(rgb("#d55e00"), rgb(THEMES[name]["backgroundColor"])) >= SIGN


def test_a_class_is_never_told_by_its_colour_alone() -> None:
    # Some of 150 colours must be pale on one of the backgrounds: name and key stand beside each chip.
    assert len(set(palette())) == len(palette())
    drawing = (card.HERE / "drawing.js").read_text(encoding="utf-8")
    assert 'make("span", "chip", { ariaHidden: "true" }), name, percent, bar' in drawing
