"""Compare methods on a project's labelled items by repeated stratified cross-validation."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from pydantic import AliasChoices, Field

from fsl_core import registry
from fsl_core.base.errors import ConfigError, DataError, MissingBackend
from fsl_core.base.notes import packed
from fsl_core.base.payloads import Params as BaseParams
from fsl_core.base.payloads import Record, SavedRun
from fsl_core.base.types import Progress, span
from fsl_core.data.store import Job, Store
from fsl_core.evaluation.cross_validation import Evaluation
from fsl_core.jobs.scores import Scores, scores_of
from fsl_core.jobs.task import Task
from fsl_core.models import chosen
from fsl_core.workspace import Workspace


class Params(BaseParams):
    """``methods`` by name, by default those that need no training; ``prompting`` adds those that ask the project's
    language model.
    """

    kind: ClassVar[str] = "compare"
    methods: tuple[str, ...] = ()
    prompting: bool = False
    folds: int = 5
    repeats: int = 2


class Result(Record):
    """``run``: the id of the saved Comparison."""

    run: int


class Cell(NamedTuple):
    """So many items of one class (by its place) were taken for another; a mean over the repeats."""

    true: int
    predicted: int
    n: float


class MethodScores(Scores):
    """How one method did."""

    method: str
    confusion: tuple[Cell, ...] = ()
    fit_seconds: float = 0.0
    predict_seconds: float = 0.0
    splits: tuple[float, ...] = ()
    """Its accuracy in each fold; older runs do not say."""


class Failed(Record):
    """A method that could not answer, and why."""

    method: str
    message: str
    hint: str = ""


class Comparison(SavedRun):
    """What a comparison found; ``last_entry`` is that of the journal whose labels it judged."""

    kind: ClassVar[str] = "compare"
    rows: tuple[MethodScores, ...]
    in_use: str = Field("", validation_alias=AliasChoices("in_use", "in use"), serialization_alias="in use")
    own_settings: dict[str, Any] = Field(
        {}, validation_alias=AliasChoices("own_settings", "its settings"), serialization_alias="its settings"
    )
    """What the method in use was judged with, where that is not the usual."""
    failed: tuple[Failed, ...] = ()
    model: str = ""
    """The language model that answered prompts."""
    classes: tuple[str, ...]
    n_labeled: int
    last_entry: int
    folds: int
    repeats: int
    encoder: str = ""


def run(params: Params, job: Job, store: Store, report: Progress) -> Result:
    """Judge the methods, each on the same folds.

    The method in use is judged with the settings it is used with, every other with its defaults. One that cannot
    answer so, or whose language model cannot, is listed with its reason; the others go on.
    """
    assert job.project_id is not None
    project = store.projects.get(job.project_id)
    workspace = Workspace(store, job.project_id, chosen.encoder_of(project))
    workspace.encode(span(report, 0.0, 0.2))
    known = registry.methods()
    names = [known.canonical(name) for name in params.methods or registry.live_methods()]
    generator = None
    if params.prompting:
        generator = registry.create_generator(*chosen.generator_choice(project.settings))
        names += list(registry.prompt_methods(generator.info.name))
    folds, repeats = made = params.folds, params.repeats
    in_use, own = workspace.chosen_method()
    rows, failed = [], []
    for position, name in enumerate(names):

        def step(done: float, message: str, position: int = position) -> None:
            report(0.2 + 0.8 * (position + done) / len(names), message)

        try:
            found = workspace.evaluate(
                name, own if name == in_use else None, folds=folds, repeats=repeats, progress=step, generator=generator
            )
        except (MissingBackend, ConfigError, DataError) as error:
            if not (name in registry.prompt_methods() or (name == in_use and own)):
                raise
            failed.append(Failed(method=name, message=packed(error.message), hint=packed(error.hint)))
        else:
            rows.append(_row(found))
            made = found.folds, found.repeats
    comparison = Comparison(
        rows=tuple(rows),
        in_use=in_use,
        own_settings=_changed(in_use, own),
        failed=tuple(failed),
        model=generator.title if generator is not None else "",
        classes=workspace.class_names,
        n_labeled=workspace.support().n_items,
        last_entry=store.journal.last_id(job.project_id),
        folds=made[0],
        repeats=made[1],
        encoder=workspace.encoder.key,
    )
    return Result(run=store.runs.save(job.project_id, comparison))


def _changed(method: str, values: dict[str, Any]) -> dict[str, Any]:
    known = registry.methods()
    usual = known[method].settings().model_dump() if method in known else {}
    return {name: value for name, value in values.items() if value != usual.get(name)}


def _row(evaluation: Evaluation) -> MethodScores:
    report = evaluation.report
    cells = zip(*report.confusion.nonzero(), strict=True)
    return MethodScores(
        **dict(scores_of(report)),
        method=evaluation.method,
        confusion=tuple(Cell(int(i), int(j), float(report.confusion[i, j])) for i, j in cells),
        fit_seconds=evaluation.fit_seconds,
        predict_seconds=evaluation.predict_seconds,
        splits=evaluation.splits,
    )


TASK = Task(Params, Result, run, title="Comparing the methods")
