"""What the server knows of one person's work in the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pages.ui.components.messages import AskWhy, FetchPictures, FindSimilar
from pages.ui.components.sheet.sheet import Question
from pages.ui.kit import state
from pages.ui.kit.text import _
from pages.ui.labelling.desk import Desk

State = Literal["all", "work", "check"]


@dataclass
class ResultsDesk(Desk):
    """Questions of the sheet until the page answers them, and what the page wants to see in it."""

    find: FindSimilar | None = None
    why: AskWhy | None = None
    pictures: FetchPictures | None = None
    said: dict[str, Any] = field(default_factory=lambda: {"search": None, "why": None, "pictures": {}})
    """The last answers, by kind."""
    rows: dict[str, Any] | None = None
    """Which rows the sheet is to show: a number and a state."""
    accepted: int | None = None
    """The entry of the journal by which the page accepted answers."""

    def ask(self, question: Question) -> None:
        """Keep a question until the page answers it; the one before of its kind is forgotten."""
        if isinstance(question, FindSimilar):
            self.find = question
        elif isinstance(question, AskWhy):
            self.why = question
        else:
            self.pictures = question

    def collide(self, collision: dict[str, Any]) -> None:
        """In the table the label that is there stays: the person sees it and can change it."""
        self.say(_("Somebody else has labelled it meanwhile; that label stays."))

    def list_rows(self, wanted: State) -> None:
        """Let the sheet show these rows."""
        self.count += 1
        self.rows = {"nonce": self.count, "state": wanted}


desks: state.PerProject[ResultsDesk] = state.PerProject("handful.results_desks", ResultsDesk)
"""The desk of this session for each project."""
