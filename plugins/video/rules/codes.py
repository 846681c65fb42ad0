"""The national id of a device (GB/T 28181, 20 digits): what its parts say, and what is wrong."""

import re
import unicodedata
from dataclasses import dataclass

#: What the first two digits may be: provinces, as in GB/T 2260.
PROVINCES = frozenset(
    f"{region}{place}"
    for region, places in {
        1: "12345",
        2: "123",
        3: "1234567",
        4: "123456",
        5: "01234",
        6: "12345",
        7: "1",
        8: "12",
    }.items()
    for place in places
)
CAMERAS = {"131": "摄像机", "132": "网络摄像机"}
OTHERS = {
    "111": "硬盘录像机",
    "112": "视频服务器",
    "113": "编码器",
    "114": "解码器",
    "117": "报警控制器",
    "118": "网络录像机",
    "134": "报警输入设备",
    "135": "报警输出设备",
    "136": "语音输入设备",
    "137": "语音输出设备",
    "200": "中心信令控制服务器",
    "201": "Web 应用服务器",
    "202": "媒体分发服务器",
    "215": "业务分组",
    "216": "虚拟组织",
}
_SEPARATORS = re.compile(r"[\s-]+")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """中心编码, 行业编码, 类型编码, 网络标识, 序号."""

    centre: str
    trade: str
    kind: str
    network: str
    number: str


def plain_code(text: str) -> str:
    """As it is stored: plain digits, whatever was typed or pasted between them."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))


def code_parts(code: str) -> Parts:
    return Parts(
        centre=code[:8], trade=code[8:10], kind=code[10:13], network=code[13], number=code[14:]
    )


def code_words(code: str) -> str:
    """The parts for a page; a code of before these rules may be anything."""
    if code_problem(code) or not code:
        return ""
    parts = code_parts(code)
    return (
        f"中心 {parts.centre}，行业 {parts.trade}，{CAMERAS[parts.kind]}（{parts.kind}），"
        f"网络 {parts.network}，序号 {parts.number}"
    )


def code_problem(code: str) -> str:
    """A sentence about what is wrong, or ""; "" means the camera has no code yet."""
    if not code:
        return ""
    if not (code.isascii() and code.isdecimal()):
        return "国标编码只有数字；还没有编码就留空。"
    if len(code) != 20:
        return f"国标编码是 20 位数字，现在是 {len(code)} 位；还没有编码就留空。"
    parts = code_parts(code)
    if parts.centre[:2] not in PROVINCES:
        return f"国标编码开头的“{parts.centre[:2]}”不是省级行政区代码，请核对前 8 位。"
    if parts.kind not in CAMERAS:
        return _not_a_camera(parts.kind)
    return "" if int(parts.number) else "国标编码的后 6 位是序号，不能全是 0。"


def _not_a_camera(kind: str) -> str:
    called = f"“{kind}”是{OTHERS[kind]}" if kind in OTHERS else f"“{kind}”不是摄像机"
    return (
        f"国标编码第 11 到 13 位的{called}，摄像机是 131 或 132。"
        "请填摄像机（通道）的编码，不是录像机或平台的。"
    )
