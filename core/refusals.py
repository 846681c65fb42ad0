"""What the disk refuses, in words that people can act on: the system's own are English."""

import errno

_WORDS = {
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "磁盘配额用完了",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘只能读",
    errno.EIO: "磁盘读写出错",
    errno.ENOENT: "文件或文件夹不在了",
    errno.ENOTDIR: "路径里有一段不是文件夹",
    errno.EISDIR: "这是文件夹",
    errno.EEXIST: "已经有同名的",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.EBUSY: "正在使用",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
    errno.ENAMETOOLONG: "名字太长",
}


def refusal(error: OSError) -> str:
    """Why it was refused, without a full stop."""
    return _WORDS.get(error.errno or 0, f"系统错误 {error.errno}：{error.strerror}")
