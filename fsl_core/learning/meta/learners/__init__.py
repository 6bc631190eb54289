"""One meta-learner a file."""

from __future__ import annotations

from typing import Any

from fsl_core.base.discovery import Plugin, Plugins
from fsl_core.learning.meta.learner import Learner
from fsl_core.learning.meta.learners.maml import Anil, Maml
from fsl_core.learning.meta.learners.matching import Matching
from fsl_core.learning.meta.learners.prototypical import Prototypical
from fsl_core.learning.meta.learners.reptile import Reptile
from fsl_core.learning.meta.learners.siamese import Siamese
from fsl_core.learning.meta.learners.transfer import Transfer

LEARNERS: Plugins[type[Learner[Any]]] = Plugins(
    "meta-learner",
    [Plugin(learner, learner.name) for learner in (Transfer, Prototypical, Siamese, Matching, Maml, Anil, Reptile)],
)
"""By name, in the order in which a page offers them."""


def learner_class(name: str) -> type[Learner[Any]]:
    """The learner of that name. ConfigError lists what there is."""
    return LEARNERS.find(name)
