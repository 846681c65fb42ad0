"""Puts the house together: settings, stored choice, kernel, schema; the same for every process."""

from dataclasses import dataclass

import structlog
from tortoise.exceptions import OperationalError

from core import house, keys
from core.database import opened
from core.errors import SetupError
from core.kernel import Kernel
from core.leaving.note import demand_not_wiping
from core.refusals import refusal
from core.restoring import demand_finished
from core.secrets import keep_secret
from core.settings import Settings, SettingsSource
from core.state import GENERATION, PLUGIN_CHOICE, recall
from web.graphql.building import sound_schema
from web.graphql.schema import Schema

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A kernel whose schema can be built, and which start it belongs to."""

    kernel: Kernel
    schema: Schema
    generation: int


async def compose(source: SettingsSource | None = None) -> Composed:
    """Load the plugins that are on; one that spoils the schema is left out like any other."""
    source = source or SettingsSource.read()
    settings = prepare_folder(source)
    disabled, generation = await _stored(settings)
    kernel = Kernel.load(source, disabled=disabled)
    schema, refused = sound_schema(kernel)
    if refused:
        kernel = Kernel.load(source, disabled=disabled, refused=refused)
        schema, _ = sound_schema(kernel)
    for name, reason in kernel.failed.items():
        log.warning("plugin.left_out", plugin=name, reason=reason)
    house.enter(kernel.house())
    keys.demand_own_secret()
    return Composed(kernel=kernel, schema=schema, generation=generation)


def prepare_folder(source: SettingsSource) -> Settings:
    """Make the data folder and the secret key where they are missing."""
    settings = source.kernel()
    folder = settings.data_dir.absolute()
    demand_not_wiping(folder)  # before a new secret key lies among what is being wiped
    try:
        folder.mkdir(parents=True, exist_ok=True)
        source.values["data_dir"] = folder
        if "secret_key" not in source.values:  # else a file would lie there that opens nothing
            source.values["secret_key"] = keep_secret(folder / "secret.key")
    except OSError as error:
        raise SetupError(
            f"数据文件夹 {folder} 不能写：{refusal(error)}。请换一个文件夹（--data）或改权限。"
        ) from error
    demand_finished(folder)
    return source.kernel()


async def _stored(settings: Settings) -> tuple[set[str], int]:
    """The choice made on the plugins page; nothing yet on a new database."""
    async with opened(settings.database, {}):
        try:
            disabled = await recall(PLUGIN_CHOICE, [])
            return set(disabled), int(await recall(GENERATION, 0))
        except OperationalError:
            return set(), 0
