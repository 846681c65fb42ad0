"""Uploaded pictures wait for the eyes to blur them; these are lent to the eyes one by one."""

from liuhe import File, NotFound, content_of, lease_unblurred, refuse_blurred


async def lend_picture() -> tuple[str, bytes] | None:
    """The id and the bytes of a picture to blur, or None while none waits."""
    if not await File.filter(state="waiting").exists():
        return None
    file = await lease_unblurred()
    if file is None:
        return None
    try:
        return str(file.id), await content_of(file)
    except NotFound:
        await refuse_blurred(str(file.id), "原图的文件不见了")
        return None
