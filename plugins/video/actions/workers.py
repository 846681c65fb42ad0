"""The eyes' tokens: known by their SHA-256 only."""

import hashlib
import secrets

from liuhe import (
    BadInput,
    NotSignedIn,
    Viewer,
    atomic,
    demand_everywhere,
    house,
    keep_secret,
    record,
    rows,
)
from plugins.video.models import Worker
from plugins.video.permissions import MANAGE, TOKEN_ISSUED
from plugins.video.settings import OWN

SHORTEST = 16


@atomic
async def ensure_worker(token: str, name: str) -> int:
    """Let the eyes called `name` in with `token`; the same again changes nothing. Their id."""
    if len(token) < SHORTEST:
        raise BadInput(f"视频处理程序的令牌至少 {SHORTEST} 个字符。", reason="too_short")
    stored = await rows(
        "INSERT INTO video_worker (name, token_hash, created_at) "
        "VALUES ($1, $2, CURRENT_TIMESTAMP) "
        "ON CONFLICT (name) DO UPDATE SET token_hash = EXCLUDED.token_hash RETURNING id",
        name[:60],
        digest(token),
    )
    return int(stored[0]["id"])


async def let_in_own_eyes() -> None:
    """The eyes that this machine starts itself share `worker.token` in the data folder."""
    await ensure_worker(keep_secret(house().settings.data_dir / "worker.token"), OWN)


@atomic
async def issue_worker_token(viewer: Viewer | None, name: str) -> str:
    """A new token for the eyes called `name`, told once; the one before is void."""
    who = demand_everywhere(viewer, MANAGE)
    name = name.strip()
    if not name:
        raise BadInput("请给视频处理程序起个名字。", field="name", reason="required")
    if name == OWN:
        problem = f"“{OWN}”的令牌随启动生成，在数据文件夹的 worker.token 里。请换一个名称。"
        raise BadInput(problem, field="name", reason="own")
    token = secrets.token_urlsafe(32)
    worker_id = await ensure_worker(token, name)
    await record(who, TOKEN_ISSUED, ("video.Worker", worker_id))
    return token


async def worker_of(token: str) -> Worker:
    """The eyes that hold this token."""
    worker = await Worker.get_or_none(token_hash=digest(token)) if token else None
    if worker is None:
        raise NotSignedIn("视频处理程序的令牌不对，请核对 --token-file 指的文件。")
    return worker


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
