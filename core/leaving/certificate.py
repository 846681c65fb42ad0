"""清空证明: what was here, and that it is not any more; as JSON, and as a page to be signed."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

FORMAT = 1
CHINA = ZoneInfo("Asia/Shanghai")


def write(folder: Path, told: dict[str, Any]) -> Path:
    """Both files; the address of the one for people. The JSON is named in it by its SHA-256."""
    stamp = datetime.fromisoformat(told["ended_at"]).astimezone(CHINA)
    stem = folder / f"清空证明-{stamp:%Y%m%d-%H%M%S}"
    raw = json.dumps(told, ensure_ascii=False, indent=1).encode()
    stem.with_suffix(".json").write_bytes(raw)
    page = stem.with_suffix(".txt")
    page.write_text(_page(told, hashlib.sha256(raw).hexdigest()), "utf-8")
    return page


def _page(told: dict[str, Any], digest: str) -> str:
    rows: dict[str, int] = told["rows"]
    lines = [
        "清空证明",
        "",
        f"区名：{told['district']}",
        f"由谁清空：{told['by']}（系统用户 {told['os_user']}）",
        f"开始：{_local(told['started_at'])}",
        f"完成：{_local(told['ended_at'])}",
        f"程序：六和 {told['liuhe']}，数据库 {told['engine']}",
        "",
        f"一、数据库：{len(rows)} 张表，共 {sum(rows.values())} 行，全部删除。",
        *(f"    {name}  {count} 行" for name, count in rows.items() if count),
        "二、文件：全部删除，最先删的是密钥。",
        *(f"    {name}  {count} 个" for name, count in told["files"].items()),
        f"    S3 上的对象  {told['objects']} 个",
        "三、删完以后又找了一遍：密钥、数据库、它的副本、文件、S3 上的对象，都不在了。",
        f"四、清空以前审计的最后一行：第 {told['audit']['seq']} 行，指纹 {told['audit']['hash']}",
        f"五、清空以前导出的数据：{_export(told['export_manifest_sha256'])}",
        "",
        "还要由人处理的：别的机器上的备份和副本，存储的快照、S3 的旧版本，数据库服务器的归档日志，",
        "反向代理的日志。密钥已经销毁，其中加密保存的个人信息打不开；其余内容是明文。",
    ]
    if told["secret_from_settings"]:
        lines.append("secret_key 写在设置里，不在数据文件夹：请从设置里删掉。")
    if told["not_ours"]:
        lines.append(f"数据文件夹里不是六和放的，没有动：{'、'.join(told['not_ours'])}")
    return "\n".join([*lines, "", f"同名 .json 文件的 SHA-256：{digest}", ""])


def _export(sha256: str) -> str:
    return f"manifest.json 的 SHA-256 是 {sha256}" if sha256 else "没有写明（--export）。"


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(CHINA):%Y-%m-%d %H:%M:%S}（北京时间）"
