"""One kind of work: what it is asked, what it answers, how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fsl_core.base.payloads import Params, Record
from fsl_core.base.types import Progress
from fsl_core.data.store import Job, Store

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Task(Generic[P, R]):
    """How the jobs of one kind are done; a module of ``fsl_core/jobs/tasks`` ends in ``TASK = Task(...)``.

    ``run`` gets what the job asks, the job, the store and the progress, which may raise Cancelled to stop the work.
    """

    params: type[P]
    result: type[R]
    run: Callable[[P, Job, Store, Progress], R]
    title: str
    """What is being done, in a word or two, for people who wait for it."""

    @property
    def name(self) -> str:
        """The kind, which never changes: it is in the store."""
        return self.params.kind
