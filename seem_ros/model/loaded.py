"""What is loaded from files: a model and the helpers beside it."""

from __future__ import annotations

from dataclasses import dataclass

from seem_ros.model.helpers import NO_HELPERS, Helpers
from seem_ros.model.seem import Seem


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A model, its helpers, and whether it is an export, whose networks run on the CPU only."""

    model: Seem
    helpers: Helpers = NO_HELPERS
    needs_cpu: bool = False
