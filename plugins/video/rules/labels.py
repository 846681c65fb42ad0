"""What things are called on a page."""

#: The classes that the bundled detector knows and that mean something in a street (COCO names).
OBJECT_LABELS = {
    "person": "行人",
    "bicycle": "自行车",
    "motorcycle": "电动车或摩托车",
    "car": "汽车",
    "bus": "客车",
    "truck": "货车",
    "dog": "犬只",
    "bench": "长椅",
    "backpack": "背包",
    "umbrella": "伞",
    "suitcase": "箱包",
    "chair": "椅凳",
    "dining table": "桌子",
    "potted plant": "盆栽",
}

KIND_LABELS = {
    "dwell": "停留",
    "enter": "进入",
    "crowd": "聚集",
}

STATE_LABELS = {
    "unknown": "等待连接",
    "starting": "正在连接",
    "running": "正常",
    "reconnecting": "正在重连",
    "ended": "画面已结束",
    "failed": "故障",
    "offline": "离线",
    "off": "已停用",
}

#: The tone of a state's badge.
STATE_TONES = {
    "running": "ok",
    "starting": "info",
    "unknown": "info",
    "reconnecting": "warn",
    "ended": "warn",
    "failed": "bad",
    "offline": "bad",
    "off": "",
}


def object_label(name: str) -> str:
    return OBJECT_LABELS.get(name, name)


def watch_sentence(kind: str, objects: list[str], seconds: float, count: int) -> str:
    """A rule in words: "汽车、货车停留超过 10 秒"."""
    who = "、".join(object_label(name) for name in objects) or "任何目标"
    if kind == "crowd":
        lasting = f"，持续 {seconds:g} 秒" if seconds else ""
        return f"{who}同时达到 {count} 个{lasting}"
    if kind == "enter":
        return f"{who}进入" + (f"并停留 {seconds:g} 秒" if seconds else "")
    return f"{who}停留超过 {seconds:g} 秒"
