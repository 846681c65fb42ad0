"""Tables: whose they are, how they are found, and that migrations make just them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tortoise.context import TortoiseContext
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.migrations.autodetector import MigrationAutodetector

from core.database import CORE_TABLES, config
from core.kernel import Kernel
from core.tables import models_in
from core.testing import load


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    """All plugins of the tree, not started."""
    return load(tmp_path)


def test_all_plugins_of_the_tree_can_be_loaded_together(kernel: Kernel) -> None:
    assert kernel.failed == {}


def test_every_table_begins_with_the_name_of_its_plugin(kernel: Kernel) -> None:
    wrong = {
        model.__name__: model._meta.db_table
        for name, tables in {"core": CORE_TABLES, **kernel.tables}.items()
        for model in models_in(tables.modules)
        if not model._meta.db_table.startswith(f"{name}_")
    }
    assert wrong == {}


def test_every_foreign_key_has_an_index(kernel: Kernel) -> None:
    without = [
        f"{model.__name__}.{name}"
        for tables in (CORE_TABLES, *kernel.tables.values())
        for model in models_in(tables.modules)
        for name, field in foreign_keys(model)
        if not (field.index or field.unique or leads_an_index(model, name))
    ]
    assert without == []


def foreign_keys(model: Any) -> Iterator[tuple[str, Any]]:
    for name, field in model._meta.fields_map.items():
        if isinstance(field, ForeignKeyFieldInstance):
            yield name, field


def leads_an_index(model: Any, name: str) -> bool:
    """Whether a joint index begins with the field."""
    joint = [
        *(getattr(one, "fields", one) for one in model._meta.indexes),
        *model._meta.unique_together,
    ]
    return any(fields and fields[0] in (name, f"{name}_id") for fields in joint)


async def test_the_migrations_make_what_the_models_say(kernel: Kernel) -> None:
    settings = config(kernel.settings.database, kernel.tables)
    async with TortoiseContext() as context:
        await context.init(settings, init_connections=False)
        assert context.apps is not None
        writers = await MigrationAutodetector(context.apps, settings["apps"]).changes()
    assert [(one.app_label, one.name, one.operations) for one in writers] == []
