"""Results: every item with its label and what the model says of it."""

from __future__ import annotations

from pages.ui.checking import results
from pages.ui.kit import chrome, fitting, measures, method, project
from pages.ui.kit.text import _


def page() -> None:
    """The whole page."""
    corner = chrome.heading(_("Results"), _("Every item, its label, and what the model makes of it."))
    workspace = project.with_model()
    if workspace is None:
        return
    method.control(workspace, corner)
    model = fitting.model(workspace)
    fitting.draw(model)
    if (snapshot := model.snapshot) is None:
        return
    measures.strip(snapshot.report, snapshot.n_labeled, measures.learned_from(workspace))
    results.table(workspace, snapshot)


page()
