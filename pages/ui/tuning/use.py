"""Which encoder a project reads with: tuned or as it was, the switch between them, and who needs a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsl_core import registry
from fsl_core.base.errors import StoreError
from fsl_core.contracts.encoder import Encoder
from fsl_core.jobs.tasks import export_model
from fsl_core.models import chosen
from fsl_core.models.backends import tuned_models
from pages.ui.kit import feedback, resources, state
from pages.ui.kit.text import _

if TYPE_CHECKING:
    from fsl_core.contracts.encoder import EncoderInfo
    from fsl_core.data.store import Project
    from fsl_core.workspace import Workspace

BEFORE = "before"
"""Inside the project's setting ``encoder``: the choice that was there before, for the way back."""
Choice = dict[str, Any]


def choice_of(project: Project) -> Choice:
    """Name and settings of the encoder in use, and what was in use before."""
    return dict(project.settings.get("encoder") or _usual(project))


def _usual(project: Project) -> Choice:
    """The encoder of a project that chose none: the bundled one, or the first one of images."""
    name, settings = chosen.encoder_choice({}, project.kind)
    return {"name": name, "settings": settings}


def model_of(choice: Choice) -> str:
    """The name of the tuned model that a choice names; empty for an encoder as it came."""
    model = str((choice.get("settings") or {}).get("model", ""))
    return model.removeprefix(tuned_models.PREFIX) if model.startswith(tuned_models.PREFIX) else ""


def base_of(project: Project) -> Choice:
    """The encoder that a tuning starts from: the one in use, or under a tuned one the one before."""
    choice = choice_of(project)
    base = choice.get(BEFORE) if model_of(choice) else choice
    base = base or _usual(project)
    return {name: value for name, value in base.items() if name != BEFORE}


def tuned_choice(model: str) -> Choice:
    """The encoder that a tuned model is."""
    name, settings = tuned_models.encoder_choice(model)
    return {"name": name, "settings": settings}


def seen_by(project: Project, choice: Choice) -> Workspace:
    """The project as another encoder reads it."""
    return resources.workspace_under(project.id, *chosen.encoder_choice({"encoder": choice}))


def can_be_trained(choice: Choice) -> bool:
    """Whether the encoder has weights to train; asks no model and no network."""
    kind = registry.get_encoder(chosen.encoder_choice({"encoder": choice})[0])
    return kind.trainable_folder is not Encoder.trainable_folder


def info_of(choice: Choice) -> EncoderInfo:
    """What the page says of the encoder."""
    return registry.get_encoder(chosen.encoder_choice({"encoder": choice})[0]).info


@feedback.in_callback
def use(project_id: int, model: str) -> None:
    """Read with a tuned model from now on; one click goes back."""
    tuned_models.encoder_folder(model)  # one that is gone must not be chosen
    store = resources.store()
    base = base_of(store.projects.get(project_id))
    store.projects.update(project_id, settings={"encoder": {**tuned_choice(model), BEFORE: base}})
    _changed(_("The project now reads with the tuned encoder."))


@feedback.in_callback
def go_back(project_id: int) -> None:
    """Read with the encoder of before again."""
    store = resources.store()
    store.projects.update(project_id, settings={"encoder": base_of(store.projects.get(project_id))})
    _changed(_("The project reads with the encoder as it was."))


def _changed(sentence: str) -> None:
    state.forget_belief()
    state.notice.set(sentence)


# -- models on the disk ----------------------------------------------------------------------------


def users_of(model: str) -> list[str]:
    """Names of the projects that read with the model, those in the trash too."""
    projects = resources.store().projects
    found = [projects.get(one.id) for trashed in (False, True) for one in projects.list(trashed=trashed)]
    return [project.name for project in found if model_of(choice_of(project)) == model]


@feedback.in_callback
def delete(model: str) -> None:
    """Remove the model from the disk, unless a project reads with it."""
    if names := users_of(model):
        raise StoreError(
            "The tuned encoder is in use by {names}, so it stays.",
            "Go back to the encoder as it was there, then delete it.",
            names=", ".join(names),
        )
    tuned_models.delete(model)
    for form in export_model.FORMS:
        export_model.file_of(model, form).unlink(missing_ok=True)
    state.notice.set(_("The tuned encoder was deleted."))
