"""Which pictures ``tests.screenshots`` takes; a later page adds a line to ``SHOTS``."""

from __future__ import annotations

from dataclasses import dataclass

from tests import screenshot_acts as acts
from tests.screenshot_acts import Act

THEMES = ("light", "dark")
WIDTHS = {1440: 900, 390: 844}


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the page, the project (a key of ``make_projects``), and what is done before."""

    name: str
    path: str = ""
    project: str = ""
    act: Act | None = None
    fresh: bool = False
    """Whether it needs a home without projects."""
    brief: bool = False
    """A variant: light on the wide and dark on the narrow screen are enough."""

    def looks(self) -> list[tuple[str, int]]:
        """Its themes and widths."""
        wide, narrow = WIDTHS
        both = [(theme, width) for theme in THEMES for width in WIDTHS]
        return [("light", wide), ("dark", narrow)] if self.brief else both


ENGLISH = "My parcel has been sitting in the depot for nine days and nobody answers."
SEVERAL = (
    "Where is my parcel?\nI was charged twice in March\nThe app closes when I log in\nBest lamp ever\nMoon and cheese"
)
CHINESE = "快递走了十天，箱子都压扁了"
BANK = "someone took my credit card, what now"

SHOTS = (
    Shot("projects-empty", fresh=True),
    Shot("label-no-project", "label", fresh=True, brief=True),
    Shot("compare-no-project", "compare", fresh=True, brief=True),
    Shot("projects", "", "tickets"),
    Shot("projects-import", "", "tickets", acts.upload, brief=True),
    Shot("menu", "label", "bank", acts.menu, brief=True),
    Shot("label-clinic", "label", "clinic", acts.card, brief=True),
    Shot("label-news", "label", "news", acts.card, brief=True),
    Shot("label-tickets", "label", "tickets", acts.card),
    Shot("label-tickets-used", "label", "tickets", acts.some_keys, brief=True),
    Shot("label-triage", "label", "triage", acts.card, brief=True),
    Shot("label-chinese", "label", "chinese", acts.card),
    Shot("label-77", "label", "bank", acts.card),
    Shot("label-150", "label", "assistant", acts.card),
    Shot("label-2", "label", "mail", acts.card),
    Shot("label-long-english", "label", "long-en", acts.card, brief=True),
    Shot("label-long-chinese", "label", "long-zh", acts.card, brief=True),
    Shot("label-no-classes", "label", "no-classes", brief=True),
    Shot("label-no-texts", "label", "no-texts", brief=True),
    Shot("map-tickets", "map", "tickets", acts.mapped),
    Shot("map-tickets-label", "map", "tickets", acts.map_by("Label"), brief=True),
    Shot("map-tickets-confidence", "map", "tickets", acts.map_by("Confidence"), brief=True),
    Shot("map-tickets-pca", "map", "tickets", acts.map_layout("PCA"), brief=True),
    Shot("map-tickets-lasso", "map", "tickets", acts.lasso, brief=True),
    Shot("map-chinese", "map", "chinese", acts.mapped, brief=True),
    Shot("map-77", "map", "bank", acts.mapped),
    Shot("map-150", "map", "assistant", acts.mapped),
    Shot("map-2", "map", "mail", acts.mapped, brief=True),
    Shot("try-empty", "try", "tickets", brief=True),
    Shot("try-one", "try", "tickets", acts.ask(ENGLISH)),
    Shot("try-unlike", "try", "tickets", acts.ask("Zebra quantum 7781 %%%"), brief=True),
    Shot("try-several", "try", "tickets", acts.ask(SEVERAL)),
    Shot("try-chinese", "try", "chinese", acts.ask(CHINESE), brief=True),
    Shot("try-77", "try", "bank", acts.ask(BANK), brief=True),
    Shot("try-2", "try", "mail", acts.ask("You won the lottery, send us your account number"), brief=True),
    Shot("tune-no-project", "tune", fresh=True, brief=True),
    Shot("tune-start", "tune", "triage"),
    Shot("tune-running", "tune", "mail", acts.tuning),
    Shot("tune-tickets", "tune", "tickets", acts.drawn),
    Shot("tune-77", "tune", "bank", acts.drawn),
    Shot("tune-again", "tune", "tickets", acts.tune_again, brief=True),
    Shot("tune-chinese", "tune", "chinese", brief=True),
    Shot("tune-too-few", "tune", "long-en", brief=True),
    Shot("compare-tickets", "compare", "tickets", acts.drawn),
    Shot("compare-triage", "compare", "triage", brief=True),
    Shot("compare-chinese", "compare", "chinese", acts.drawn, brief=True),
    Shot("compare-77", "compare", "bank", acts.drawn),
    Shot("compare-150", "compare", "assistant", acts.drawn),
    Shot("compare-2", "compare", "mail", acts.drawn),
    Shot("models-tickets", "models", "tickets"),
    Shot("prompt-tickets", "prompt", "tickets", acts.prompt(ENGLISH)),
    Shot("prompt-77", "prompt", "bank", acts.prompt(BANK), brief=True),
    Shot("prompt-no-classes", "prompt", "no-classes", brief=True),
    Shot("augment-start", "augment", "triage", brief=True),
    Shot("augment-review", "augment", "tickets", acts.review),
    Shot("augment-too-few", "augment", "long-en", brief=True),
    Shot("meta-start", "meta", "bank", brief=True),
    Shot("meta-result", "meta", "assistant", acts.drawn),
    Shot("meta-six-classes", "meta", "tickets", brief=True),
    Shot("draw", "draw", fresh=True),
    Shot("classes-tickets", "classes", "tickets"),
    Shot("classes-described", "classes", "mail", acts.describe, brief=True),
    Shot("classes-77", "classes", "bank", brief=True),
    Shot("classes-150", "classes", "assistant", brief=True),
    Shot("classes-2", "classes", "mail", acts.class_open, brief=True),
    Shot("classes-chinese", "classes", "chinese", acts.class_open, brief=True),
    Shot("classes-none", "classes", "no-classes", brief=True),
    Shot("results-tickets", "results", "tickets", acts.table),
    Shot("results-tickets-why", "results", "tickets", acts.table_why, brief=True),
    Shot("results-77", "results", "bank", acts.table_classes),
    Shot("results-2", "results", "mail", acts.table, brief=True),
    Shot("results-long-chinese", "results", "long-zh", acts.table_why, brief=True),
    Shot("results-no-labels", "results", "long-en", acts.table, brief=True),
    Shot("check-tickets", "check", "tickets"),
    Shot("check-77", "check", "bank", brief=True),
    Shot("check-150", "check", "assistant", brief=True),
    Shot("check-2", "check", "mail", brief=True),
    Shot("check-long-chinese", "check", "long-zh", brief=True),
    Shot("check-no-labels", "check", "long-en", brief=True),
    Shot("history-tickets", "history", "tickets"),
    Shot("history-many-acts", "history", "acts", brief=True),
    Shot("history-150", "history", "assistant", brief=True),
    Shot("history-long-chinese", "history", "long-zh", brief=True),
    Shot("history-nothing", "history", "no-classes", brief=True),
    Shot("export-tickets", "export", "tickets"),
    Shot("export-150", "export", "assistant", brief=True),
    Shot("export-long-chinese", "export", "long-zh", brief=True),
    Shot("export-no-texts", "export", "no-texts", brief=True),
    Shot("compare-too-few", "compare", "long-en", brief=True),
)
