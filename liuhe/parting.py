"""The commands with which a district leaves: all of it in open formats, then nothing of it left."""

import re
from collections.abc import Callable
from pathlib import Path

from graphql import GraphQLObjectType

from core import house
from core.database import opened, settled
from core.errors import SetupError
from core.kernel import Kernel
from core.leaving.export import Leaving, export_all
from core.leaving.wipe import Wiping
from core.leaving.wipe import wipe as wipe_all
from core.settings import SettingsSource
from liuhe.compose import compose, prepare_folder
from liuhe.household import only_one
from web.graphql.schema import Schema

Say = Callable[[str], None]

_CAPITAL = re.compile(r"([A-Z])")


async def export(folder: Path, open_personal: bool, reason: str, say: Say) -> None:
    """Everything into an empty folder, while others work."""
    titles = titles_of((await compose()).schema)
    kernel = everything(SettingsSource.read())
    async with opened(kernel.settings.database, kernel.tables):
        made = await export_all(
            Leaving(
                folder=folder,
                tables=kernel.tables,
                titles=titles,
                open_personal=open_personal,
                reason=reason,
            )
        )
        await settled()
    lines = sum(made.rows.values())
    say(f"已导出到 {folder}：{len(made.rows)} 张表 {lines} 行，{made.files} 个文件。")
    if open_personal:
        say(f"打开的个人信息 {made.opened} 份，已销毁或打不开的 {made.closed} 份。")
    if made.withheld:
        say(f"注意：有 {made.withheld} 张照片还没有打码，没有导出；打好码以后再导一次。")
    if made.lost:
        say(f"注意：有 {made.lost} 个文件数据库里有、存储里没有，见 manifest.json 的 files_lost。")
    say(f"manifest.json 的 SHA-256：{made.sha256}")


def everything(source: SettingsSource) -> Kernel:
    """With every plugin on this machine, also those that are switched off: they left data."""
    prepare_folder(source)
    return _with_all(source)


def _with_all(source: SettingsSource) -> Kernel:
    kernel = Kernel.load(SettingsSource({**source.values, "plugins": None}, source.sections))
    house.enter(kernel.house())
    return kernel


async def wipe(district: str, by: str, certificates: Path, export: Path | None, say: Say) -> None:
    """Nothing is made that was not there: neither the folder nor a secret key."""
    source = SettingsSource.read()
    folder = source.kernel().data_dir.absolute()
    if not folder.is_dir():
        raise SetupError(f"没有数据文件夹 {folder}：请检查 --data。")
    source.values["data_dir"] = folder
    kernel = _with_all(source)
    with only_one(folder):
        path = await wipe_all(
            Wiping(
                folder=folder,
                tables=kernel.tables,
                district=district,
                by=by,
                certificates=certificates,
                export=export,
            )
        )
    say(f"已清空，又找了一遍，什么也没有剩下。证明：{path}")


def titles_of(schema: Schema) -> dict[tuple[str, str], str]:
    """What types and fields are called in Chinese, by the names that models have for them."""
    found = {}
    for kind in schema._schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            found[kind.name, ""] = _title(kind.description)
            for name, field in kind.fields.items():
                column = _CAPITAL.sub(lambda found: f"_{found[1].lower()}", name)
                found[kind.name, column] = title = _title(field.description)
                found.setdefault((kind.name, f"{column}_id"), title)
    return found


def _title(description: str | None) -> str:
    return (description or "").partition(" · ")[0].strip()
