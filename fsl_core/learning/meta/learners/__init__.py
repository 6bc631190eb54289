"""One meta-learner a file."""

from __future__ import annotations

from typing import Any

from fsl_core.base.errors import ConfigError
from fsl_core.learning.meta.learner import Learner
from fsl_core.learning.meta.learners.maml import Anil, Maml
from fsl_core.learning.meta.learners.matching import Matching
from fsl_core.learning.meta.learners.prototypical import Prototypical
from fsl_core.learning.meta.learners.reptile import Reptile
from fsl_core.learning.meta.learners.siamese import Siamese
from fsl_core.learning.meta.learners.transfer import Transfer

LEARNERS: dict[str, type[Learner[Any]]] = {
    learner.name: learner for learner in (Transfer, Prototypical, Siamese, Matching, Maml, Anil, Reptile)
}


def learner_class(name: str) -> type[Learner[Any]]:
    """The learner of that name. Raises ConfigError that lists the known ones."""
    if name not in LEARNERS:
        raise ConfigError(
            "There is no meta-learner '{name}'.", "Choose one of {known}.", name=name, known=", ".join(LEARNERS)
        )
    return LEARNERS[name]
