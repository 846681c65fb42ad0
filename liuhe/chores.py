"""The short commands: migrate, demo, plugins, schema, and what `up` does before it starts."""

from collections.abc import Callable
from typing import Any

from core.database import opened, settled
from core.errors import SetupError
from core.inventory import take_stock
from core.kernel import Kernel
from core.migrate import migrate, write_migrations
from core.proof import read_marks, verify
from core.settings import SettingsSource
from core.state import PLUGIN_CHOICE, choose_plugins, recall, remember
from liuhe.compose import compose, prepare_folder
from web.admin import changed
from web.graphql.sdl import print_sdl

Say = Callable[[str], None]

DEMO_WANTED = "demo.wanted"


async def bring_up_to_date(say: Say) -> Kernel:
    """Migrate for the plugins that are on; the kernel's own tables first, they hold the choice."""
    settings = prepare_folder(SettingsSource.read())
    await migrate(settings.database, {}, say)
    kernel = (await compose()).kernel
    await migrate(kernel.settings.database, kernel.tables, say)
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
    for plugin in kernel.plugins.values():
        key = f"demo.made.{plugin.name}"
        if plugin.demo and not await recall(key):
            say(f"演示数据：{plugin.manifest.title}")
            await plugin.demo.make()
            await remember(key, True)


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
