"""The short commands: migrate, demo, plugins, schema, and what `up` does before it starts."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core import archive, backup, doctor, house
from core.database import opened, settled
from core.errors import SetupError
from core.founding import Founding, found_district, keepers
from core.inventory import forget_revived, take_stock
from core.kernel import Kernel
from core.migrate import migrate, write_migrations
from core.moving import move_files
from core.proof import read_marks, verify
from core.replacing import place_for
from core.restore import Restoring
from core.restore import restore as put_back
from core.settings import SettingsSource
from core.state import PLUGIN_CHOICE, choose_plugins, recall, remember
from core.stores import Place
from liuhe.compose import compose, prepare_folder
from liuhe.household import only_one
from web.admin import changed
from web.graphql.sdl import print_sdl

Say = Callable[[str], None]

DEMO_WANTED = "demo.wanted"


async def bring_up_to_date(say: Say) -> Kernel:
    """Migrate for the plugins that are on; the kernel's own tables first, they hold the choice."""
    settings = prepare_folder(SettingsSource.read())
    applied = await migrate(settings.database, {}, say)
    kernel = (await compose()).kernel
    await migrate(kernel.settings.database, kernel.tables, say, copied=applied > 0)
    return kernel


async def prepare(want_demo: bool, say: Say) -> dict[str, Any]:
    """All that must be there before the processes start; a summary for the person at the screen.

    Whether this installation is a demonstration is decided at its first start and then kept: real
    data must never find invented cases beside it.
    """
    kernel = await bring_up_to_date(say)
    async with opened(kernel.settings.database, kernel.tables):
        wanted = await recall(DEMO_WANTED)
        if wanted is None:
            wanted = want_demo
            await remember(DEMO_WANTED, wanted)
        if wanted and want_demo:
            await make_demo(kernel, say)
        elif want_demo:
            say("这里不是演示环境（首次启动时用了 --no-demo），不生成演示数据。")
        for plugin in kernel.plugins.values():
            for preparation in plugin.preparations:
                await preparation.run()
        if not await keepers():
            say("还没有人能登录：请用 liuhe first-account 建立区和第一位安全管理员。")
        summary = {
            "demo": bool(wanted and want_demo),
            "video": "video" in kernel.plugins,
            "plugins": [one.manifest.title for one in kernel.plugins.values()],
            "failed": dict(kernel.failed),
            "logins": await recall("demo.logins", []) if wanted else [],
            "password": await recall("demo.password", "") if wanted else "",
        }
        await settled()
    return summary


async def make_demo(kernel: Kernel, say: Say) -> None:
    """Each plugin's invented data, once, in the order of `requires`."""
    demos = [(plugin, plugin.demo) for plugin in kernel.plugins.values() if plugin.demo]
    for plugin, demo in sorted(demos, key=lambda pair: pair[1].last):
        key = f"demo.made.{plugin.name}"
        if not await recall(key):
            say(f"演示数据：{plugin.manifest.title}")
            await demo.make()
            await remember(key, True)


async def first_account(asked: Founding, say: Say) -> None:
    """The district and its first keeper of accounts; a demonstration has invented ones."""
    kernel = await bring_up_to_date(lambda _: None)
    async with opened(kernel.settings.database, kernel.tables):
        if await recall(DEMO_WANTED):
            raise SetupError("这里是演示环境，账号已经有了；正式使用请换一个数据文件夹。")
        await remember(DEMO_WANTED, False)
        password = await found_district(asked)
    say(f"已建立{asked.district}和安全管理员{asked.name}，账号 {asked.username}。")
    say(f"起始密码（只显示这一次，登录以后要马上改）：{password}")


async def demo(say: Say) -> None:
    kernel = await bring_up_to_date(say)
    async with opened(kernel.settings.database, kernel.tables):
        if await recall(DEMO_WANTED) is False:
            raise SetupError("这里不是演示环境，不能生成演示数据；请换一个数据文件夹。")
        await remember(DEMO_WANTED, True)
        await make_demo(kernel, say)


async def plugins(action: str, name: str, say: Say) -> None:
    """List, enable or disable; running processes start anew within seconds."""
    kernel = await bring_up_to_date(lambda _: None)
    if action:
        await _switch(kernel, action, name)
        kernel = (await compose()).kernel
    for plugin in kernel.plugins.values():
        say(f"启用  {plugin.name:<16}{plugin.manifest.version:<8}{plugin.manifest.title}")
    for manifest in kernel.off.values():
        say(f"停用  {manifest.name:<16}{manifest.version:<8}{manifest.title}")
    for failed, reason in kernel.failed.items():
        say(f"失败  {failed:<16}{reason}")


async def _switch(kernel: Kernel, action: str, name: str) -> None:
    if kernel.settings.plugins is not None:
        raise SetupError("启用哪些插件由 LIUHE_PLUGINS 决定，请改那里。")
    if name not in kernel.plugins and name not in kernel.off:
        raise SetupError(f"没有名为“{name}”的插件；用 liuhe plugins 查看全部。")
    async with opened(kernel.settings.database, kernel.tables):
        disabled = set(await recall(PLUGIN_CHOICE, []))
        state = "on" if action == "enable" else "off"
        await choose_plugins(changed(kernel, disabled, name, state))


async def verify_audit(start: int, say: Say) -> None:
    """The whole chain (or from `start`), held against the heads of earlier looks as well."""
    kernel = await bring_up_to_date(lambda _: None)
    async with opened(kernel.settings.database, kernel.tables):
        head = await verify(
            start, {seq: mark for seq, mark in read_marks().items() if seq >= start}
        )
    say(f"审计完整：核对了 {head.checked} 行，最后是第 {head.seq} 行，指纹 {head.hash or '（空）'}")


async def verify_personal(say: Say) -> None:
    """Whether every key opens, and none is there that should be gone."""
    kernel = await bring_up_to_date(lambda _: None)
    async with opened(kernel.settings.database, kernel.tables):
        found = await take_stock()
    say(f"打得开的 {found.readable} 份，已销毁的 {found.destroyed} 份。")
    if found.locked:
        raise SetupError(
            f"有 {found.locked} 份打不开：密钥文件不在，或者 secret.key 不是原来的那一把。"
            "请从备份里把 personal-keys/ 和 secret.key 放回来。"
        )
    if found.revived:
        raise SetupError(
            f"有 {found.revived} 份已经销毁，密钥文件却还在（多半来自旧备份）；今天夜里会自动删掉。"
        )


async def back_up(target: Path, keys: Path | None, say: Say) -> None:
    """All in one file while others work; the keys, where asked for, in one of their own."""
    kernel = (await compose()).kernel  # not migrated: a backup is wanted before an upgrade
    async with opened(kernel.settings.database, kernel.tables):
        made = await backup.back_up(target)
        say(
            f"已备份到 {made.path}：{made.bytes / 1e6:.1f} MB，图片 {made.pictures} 张，"
            f"用时 {made.seconds:.1f} 秒，已重新读过，校验和全对。"
        )
        _tell_flaws(made.flaws, say)
        if keys is not None:
            say(
                f"密钥另存到 {keys}：{await backup.back_up_keys(keys)} 份（只留这一份，不留历史）。"
            )
        await settled()


def _tell_flaws(flaws: Sequence[str], say: Say) -> None:
    """Which files a backup lacks, by number and name."""
    if not flaws:
        return
    say(f"注意：有 {len(flaws)} 个文件在做备份时就不见了或者变了：")
    for flaw in flaws[: backup.TOLD]:
        say(f"  {flaw}")
    if len(flaws) > backup.TOLD:
        say("  ……全部写在备份的 manifest.json 的 flaws 里。")


async def check_backup(path: Path, say: Say) -> None:
    manifest = await asyncio.to_thread(archive.verify, path)
    say(f"备份完整：{manifest.made_at}，{len(manifest.members)} 个文件，校验和全对。")
    _tell_flaws(manifest.flaws, say)


async def restore(path: Path, keys: Path | None, options: Mapping[str, bool], say: Say) -> None:
    """Put a backup back, bring it up to date, and look whether all fits together."""
    source = SettingsSource.read()
    folder = source.kernel().data_dir.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    source.values["data_dir"] = folder
    secret = folder / "secret.key"
    if "secret_key" not in source.values and secret.exists():
        source.values["secret_key"] = secret.read_text("ascii").strip()
    everything = SettingsSource({**source.values, "plugins": None}, source.sections)
    kernel = Kernel.load(everything)
    house.enter(kernel.house())
    with only_one(folder):
        manifest = await put_back(
            Restoring(
                path=path,
                keys_path=keys,
                folder=folder,
                url=kernel.settings.database,
                tables=kernel.tables,
                force=options["force"],
                without_secret=options["without_secret"],
            )
        )
        where = "，图片和文件在 S3 上" if place_for(manifest) == "s3" else ""
        say(f"已恢复 {manifest.made_at} 的备份，{len(manifest.members)} 个文件{where}。")
        _tell_flaws(manifest.flaws, say)
        kernel = await bring_up_to_date(say)
    async with opened(kernel.settings.database, kernel.tables):
        await forget_revived()  # keys that an old copy brought back
    await verify_audit(1, say)
    try:
        await verify_personal(say)
    except SetupError as error:  # what was destroyed after the backup stays closed: as it should be
        say(f"注意：{error.message}")


async def move(to: Place, say: Say) -> None:
    """All files to the disk or to the bucket; what could not be moved is named."""
    kernel = await bring_up_to_date(lambda _: None)
    async with opened(kernel.settings.database, kernel.tables):
        moved = await move_files(to, say)
    for id, reason in list(moved.failed.items())[:20]:
        say(f"没有移：{id}：{reason}")
    if moved.failed:
        left = len(moved.failed)
        raise SetupError(f"移了 {moved.done} 个，还有 {left} 个没有移；再运行一次会接着做。")
    say(f"全部移好了，这次移了 {moved.done} 个。")
    if kernel.settings.files != to:
        say(f"提醒：新来的文件还存在 {kernel.settings.files}，请把设置 files 改成 {to} 并重启。")


async def examine(say: Say) -> None:
    """Say how the installation is; SetupError if anything is to be mended. Changes nothing."""
    folder = SettingsSource.read().kernel().data_dir.absolute()
    if not await asyncio.to_thread(folder.is_dir):
        raise SetupError(f"没有数据文件夹 {folder}：请检查 --data，或先启动一次。")
    kernel = (await compose()).kernel
    async with opened(kernel.settings.database, kernel.tables):
        found = await doctor.examine(kernel.tables)
    for name, reason in kernel.failed.items():
        found.append(doctor.Finding(title=f"插件 {name}", bad=True, text=reason))
    for one in found:
        say(f"{'✗' if one.bad else '✓'} {one.title}：{one.text}")
    if bad := [one.title for one in found if one.bad]:
        raise SetupError(f"要处理的：{'、'.join(bad)}。")


async def schema() -> str:
    """The SDL of the plugins that are on."""
    prepare_folder(SettingsSource.read())
    return print_sdl((await compose()).schema)


async def write(say: Say) -> None:
    """For developers: migrations that the models have outgrown."""
    source = SettingsSource.read()
    kernel = Kernel.load(source)
    for path in await write_migrations(kernel.settings.database, kernel.tables):
        say(path)
