"""Tortoise's executor of migrations, without the models that nobody looks at.

Before each operation Tortoise builds classes for all models as they were. Few operations look
back at them, and building them was most of the time that a new database took.
"""

from functools import cached_property
from typing import Any

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps


class Executor(MigrationExecutor):
    async def _project_state(self, *given: Any, **named: Any) -> State:
        state = await super()._project_state(*given, **named)
        return _Now(models=state.models, apps=state.apps)


class _Now(State):
    """The models as the operations so far have made them."""

    def clone(self) -> State:
        return _Before({key: model.clone() for key, model in self.models.items()}, self.apps)


class _Before(State):
    """How they were before an operation; their classes are built when it asks for them."""

    def __init__(self, models: dict[tuple[str, str], ModelState], of: StateApps) -> None:
        self.models, self._of = models, of

    @cached_property
    def apps(self) -> StateApps:  # type: ignore[override]
        return self._of.clone(model_states=self.models)
