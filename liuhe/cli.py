"""The command `liuhe`: one parser, each command a few lines; the work is done next door."""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from core.errors import LiuheError
from core.founding import Founding
from core.settings import Settings, SettingsSource
from liuhe import chores, logs, parting
from liuhe.compose import prepare_folder
from liuhe.household import Household, Member, only_one

HERE = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a failure that we expect is one sentence and exit code 1."""
    parser = _parser()
    options, rest = parser.parse_known_args(argv)
    if rest and not getattr(options, "passes_on", False):
        parser.error(f"不认识的参数：{' '.join(rest)}")
    options.rest = rest
    logs.speak()
    os.umask(0o077)  # the data folder holds personal data: nobody else on this machine reads it
    try:
        return int(options.run(options) or 0)
    except LiuheError as error:
        _say(error.message, sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _say(text: str, stream: Any = None) -> None:
    print(text, file=stream or sys.stdout, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="liuhe", description="六和：区、街道、社区的治理服务器")
    commands = parser.add_subparsers(dest="command", required=True, metavar="命令")

    def add(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> Any:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    up = add("up", _up, "启动本机的全部进程：服务器、后台任务、视频")
    _place(up)
    up.add_argument("--no-video", action="store_true", help="不启动视频处理程序")
    up.add_argument("--no-demo", action="store_true", help="首次启动时不生成演示数据")
    prepare = add("prepare", _prepare, "升级数据库并备好首次启动所需的数据")
    _place(prepare)
    prepare.add_argument("--no-demo", action="store_true")
    prepare.add_argument("--json", action="store_true", help="只输出一行 JSON")
    _place(add("serve", _serve, "运行服务器"))
    _place(add("worker", _worker, "运行后台任务"))
    watch = add("watch", _watch, "运行视频处理程序；其余参数见 python -m gpu watch --help")
    _place(watch)
    watch.set_defaults(passes_on=True)
    compare = add(
        "compare", _compare, "两个模型看同一段录像，不同之处画成图；参数见 gpu compare --help"
    )
    _place(compare)
    compare.add_argument("clip", help="录像文件，或 clip:campus")
    compare.add_argument("--out", type=Path, required=True, help="报告放在哪个文件夹")
    compare.set_defaults(passes_on=True)
    engine = add("engine", _engine, "为显卡准备模型；参数见 python -m gpu engine --help")
    _place(engine)
    engine.set_defaults(passes_on=True)
    doctor = add("doctor", _doctor, "检查安装：文件夹、权限、密钥、数据库、时钟；--gpu 检查显卡")
    _place(doctor)
    doctor.add_argument("--gpu", type=int, nargs="?", const=0, help="第几张显卡、驱动和 DeepStream")
    migrate = add("migrate", _migrate, "把数据库升级到当前插件需要的样子")
    _place(migrate)
    migrate.add_argument("--write", action="store_true", help="开发者：按模型写出新的迁移文件")
    first = add("first-account", _first_account, "建立区和第一位安全管理员，只能做一次")
    _place(first)
    first.add_argument("--district", required=True, help="区的统计用区划代码，6 位或 12 位")
    first.add_argument("--district-name", required=True, help="区名")
    first.add_argument("--username", required=True, help="账号")
    first.add_argument("--name", required=True, help="姓名")
    first.add_argument("--since", type=_day, help="区从哪天起存在（年-月-日），默认今天")
    plugins = add("plugins", _plugins, "列出、启用或停用插件")
    _place(plugins)
    plugins.add_argument("action", nargs="?", choices=["enable", "disable"])
    plugins.add_argument("name", nargs="?")
    audit = add("audit", _audit, "核对审计记录有没有被改动、删除或插入")
    _place(audit)
    audit.add_argument("action", choices=["verify"])
    audit.add_argument("--from", dest="start", type=int, default=1, help="从第几行开始，默认 1")
    personal = add("personal", _personal, "核对加密保存的个人信息和它们的密钥文件对不对得上")
    _place(personal)
    personal.add_argument("action", choices=["verify"])
    backup = add("backup", _backup, "把数据库和图片备份成一个文件，不用停机")
    _place(backup)
    backup.add_argument("target", type=Path, help="文件，或已有的文件夹")
    backup.add_argument(
        "--keys", type=Path, help="把个人信息的密钥另存到这个文件（覆盖，不留历史）"
    )
    restore = add("restore", _restore, "把备份恢复到空的数据文件夹和空的数据库里")
    _place(restore)
    restore.add_argument("file", type=Path)
    restore.add_argument("--keys", type=Path, help="个人信息密钥的备份")
    restore.add_argument("--check", action="store_true", help="只检查备份完整不完整，什么也不改")
    restore.add_argument("--force", action="store_true", help="已有的数据改名放在旁边，再恢复")
    restore.add_argument("--without-secret", action="store_true", help="原来的 secret.key 找不到了")
    export = add("export", _export, "把全区的数据导出成开放格式，放进一个空的文件夹")
    _place(export)
    export.add_argument("folder", type=Path, help="空的文件夹，没有就新建")
    export.add_argument(
        "--open-personal", action="store_true", help="个人信息也导出明文；要写明原因，记进审计"
    )
    export.add_argument("--reason", default="", help="为什么导出")
    wipe = add("wipe", _wipe, "清空：全区的数据全部删掉，不能恢复；先停掉六和，先导出")
    _place(wipe)
    wipe.add_argument("--district", required=True, help="把区名打一遍，和这里的一样才删")
    wipe.add_argument("--by", required=True, help="由谁清空，写进证明")
    wipe.add_argument("--certificate", type=Path, required=True, help="证明放在哪个文件夹")
    wipe.add_argument("--export", type=Path, help="以前导出的文件夹：先核对完整，写进证明")
    files = add("files", _files, "把照片和文件移到磁盘上，或移到 S3 上；断了再运行会接着做")
    _place(files)
    files.add_argument("action", choices=["move"])
    files.add_argument("--to", choices=["disk", "s3"], required=True, help="移到哪里")
    _place(add("demo", _demo, "生成演示数据"))
    _place(add("schema", _schema, "输出 GraphQL 定义（SDL）"))
    bench = add("bench", _bench, "对比测速，最后一行是 JSON")
    bench.add_argument("name", choices=["video", "quality", "graphql", "growth"])
    bench.set_defaults(passes_on=True)
    return parser


def _place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", help="数据文件夹")
    command.add_argument("--host", help="监听地址")
    command.add_argument("--port", help="监听端口")


def _adopt(options: argparse.Namespace) -> None:
    """Options win over the environment, and children inherit them."""
    if options.data:
        os.environ["LIUHE_DATA_DIR"] = str(Path(options.data).absolute())
    for name in ("host", "port"):
        if value := getattr(options, name):
            os.environ[f"LIUHE_{name.upper()}"] = value


def _up(options: argparse.Namespace) -> int:
    _adopt(options)
    settings = prepare_folder(SettingsSource.read())
    with only_one(settings.data_dir):
        ready: dict[str, Any] = {}

        def members() -> list[Member]:
            ready.clear()
            ready.update(_prepared(options))
            return _members(ready, options)

        return Household(members, _say, lambda: _greet(ready, settings)).run()


def _members(ready: dict[str, Any], options: argparse.Namespace) -> list[Member]:
    """What runs on this machine for the plugins that are on."""
    env = {"LIUHE_DEMO": "1" if ready["demo"] else "0"}
    members = [
        Member(name="服务器", command=_self("serve"), env=env),
        Member(name="后台任务", command=_self("worker"), env=env),
    ]
    if ready["video"] and not options.no_video:
        members.append(Member(name="视频", command=_self("watch"), env=env))
    return members


def _prepared(options: argparse.Namespace) -> dict[str, Any]:
    """Migrate and make demo data in a process of its own: the plugins may have changed."""
    command = _self("prepare", "--json", *(["--no-demo"] if options.no_demo else []))
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.returncode)
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def _self(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "liuhe", *arguments]


def _greet(ready: dict[str, Any], settings: Settings) -> bool:
    """Tell where to go, once the server answers."""
    address = f"http://{settings.host}:{settings.port}"
    try:
        with socket.create_connection((settings.host, settings.port), timeout=0.5):
            pass
    except OSError:
        return False
    _say(f"\n六和已启动\n  管理页面  {address}/admin/\n  GraphQL   {address}/graphql")
    for name, reason in ready["failed"].items():
        _say(f"  插件 {name} 没有装载：{reason}")
    if ready["demo"] and ready["password"]:
        _say(f"\n演示账号（密码都是 {ready['password']}）")
        for login in ready["logins"]:
            _say(f"  {login['username']:<12}{login['title']}")
    _say("\n按 Ctrl-C 停止。")
    return True


def _prepare(options: argparse.Namespace) -> None:
    _adopt(options)

    def tell(text: str) -> None:
        _say(text, sys.stderr if options.json else sys.stdout)

    summary = asyncio.run(chores.prepare(not options.no_demo, tell))
    _say(json.dumps(summary, ensure_ascii=False) if options.json else "已就绪。")


def _serve(options: argparse.Namespace) -> int:
    _adopt(options)
    from liuhe import running  # slow import: uvicorn and every plugin

    return running.run(running.serve())


def _worker(options: argparse.Namespace) -> int:
    _adopt(options)
    from liuhe import running  # slow import

    return running.run(running.work())


def _watch(options: argparse.Namespace) -> int:
    """Become the video worker: a program of its own, that this house never imports."""
    _adopt(options)
    arguments = [*options.rest]
    if not {"--source", "--server", "--help"} & {part.split("=")[0] for part in arguments}:
        settings = prepare_folder(SettingsSource.read())
        arguments += ["--server", f"http://{settings.host}:{settings.port}"]
        arguments += ["--token-file", str(settings.data_dir / "worker.token")]
        arguments += ["--spool", str(settings.data_dir / "spool")]
        arguments += ["--models", str(settings.data_dir / "models")]
    _become_eyes("watch", arguments)


def _compare(options: argparse.Namespace) -> int:
    _adopt(options)
    given = [options.clip, "--out", str(options.out), *options.rest]
    _become_eyes("compare", [*given, "--models", str(_models())])


def _engine(options: argparse.Namespace) -> int:
    _adopt(options)
    _become_eyes("engine", [*options.rest, "--models", str(_models())])


def _doctor(options: argparse.Namespace) -> int:
    _adopt(options)
    if options.gpu is not None:
        _become_eyes("doctor", ["--gpu", str(options.gpu)])
    asyncio.run(chores.examine(_say))
    return 0


def _models() -> Path:
    """Where models of one's own lie."""
    return SettingsSource.read().kernel().data_dir.absolute() / "models"


def _become_eyes(command: str, arguments: Sequence[str]) -> NoReturn:
    """Engines lie in the data folder unless somebody says otherwise."""
    given = {part.split("=")[0] for part in arguments}
    builds = command in ("engine", "doctor") or "--deepstream" in given
    if builds and "--cache" not in given:
        folder = SettingsSource.read().kernel().data_dir.absolute()
        arguments = [*arguments, "--cache", str(folder / "engines")]
    words, env = _program("gpu", command, *arguments)
    os.execve(words[0], words, env)  # noqa: S606


def _program(*words: str) -> tuple[list[str], dict[str, str]]:
    """Another program of this tree, run from where one is: paths given to it mean the same."""
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    return [sys.executable, "-P", "-m", *words], {**os.environ, "PYTHONPATH": path}


def _migrate(options: argparse.Namespace) -> None:
    _adopt(options)
    if options.write:
        asyncio.run(chores.write(_say))
        return
    asyncio.run(chores.bring_up_to_date(_say))
    _say("数据库已是最新。")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("日期写成 年-月-日，比如 2021-04-09") from None


def _first_account(options: argparse.Namespace) -> None:
    _adopt(options)
    asked = Founding(
        code=options.district,
        district=options.district_name,
        username=options.username,
        name=options.name,
        since=options.since,
    )
    asyncio.run(chores.first_account(asked, _say))


def _plugins(options: argparse.Namespace) -> None:
    _adopt(options)
    asyncio.run(chores.plugins(options.action or "", options.name or "", _say))


def _audit(options: argparse.Namespace) -> None:
    """A broken chain is one sentence and exit code 1, as every failure that we expect."""
    _adopt(options)
    asyncio.run(chores.verify_audit(max(1, options.start), _say))


def _personal(options: argparse.Namespace) -> None:
    _adopt(options)
    asyncio.run(chores.verify_personal(_say))


def _backup(options: argparse.Namespace) -> None:
    _adopt(options)
    asyncio.run(chores.back_up(options.target.absolute(), _absolute(options.keys), _say))


def _restore(options: argparse.Namespace) -> None:
    _adopt(options)
    path = options.file.absolute()
    if options.check:
        asyncio.run(chores.check_backup(path, _say))
        return
    chosen = {"force": options.force, "without_secret": options.without_secret}
    asyncio.run(chores.restore(path, _absolute(options.keys), chosen, _say))


def _export(options: argparse.Namespace) -> None:
    _adopt(options)
    reason = options.reason
    if options.open_personal and not reason and sys.stdin.isatty():
        reason = input("为什么要打开个人信息（记进审计）：")
    asyncio.run(parting.export(options.folder.absolute(), options.open_personal, reason, _say))


def _wipe(options: argparse.Namespace) -> None:
    _adopt(options)
    where = options.certificate.absolute()
    given = (options.district, options.by, where, _absolute(options.export))
    asyncio.run(parting.wipe(*given, _say))


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path else None


def _files(options: argparse.Namespace) -> None:
    _adopt(options)
    asyncio.run(chores.move(options.to, _say))


def _demo(options: argparse.Namespace) -> None:
    _adopt(options)
    asyncio.run(chores.demo(_say))
    _say("演示数据已备好。")


def _schema(options: argparse.Namespace) -> None:
    _adopt(options)
    _say(asyncio.run(chores.schema()).rstrip())


def _bench(options: argparse.Namespace) -> int:
    eyes = {"video": ["gpu", "bench"], "quality": ["gpu", "quality"]}
    whose = eyes.get(options.name, ["liuhe.bench", options.name])
    models = ["--models", str(_models())] if options.name == "quality" else []
    command, env = _program(*whose, *options.rest, *models)
    return subprocess.run(command, env=env, check=False).returncode  # noqa: S603
