"""What things are called on a page."""

from typing import Any

#: What the bundled model sees; called alike in every model.
USUAL = {
    "person": "行人",
    "bicycle": "自行车",
    "motorcycle": "电动车或摩托车",
    "car": "汽车",
    "bus": "客车",
    "truck": "货车",
}
#: And what models of one's own often see, by its English name (COCO).
OBJECT_LABELS = {
    **USUAL,
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
    "left": "遗留物",
    "fall": "高空坠物",
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

#: What a person is told of, and what to do about it.
TROUBLE_LABELS = {
    "unsteady": "时断时续",
    "ended": "画面已结束",
    "seldom": "识别得太少",
    "blurred": "画面模糊",
    "moved": "画面变了",
    "dark": "画面太暗",
    "covered": "画面被遮挡",
    "starting": "一直没有画面",
    "reconnecting": "连不上",
    "failed": "故障",
    "offline": "离线",
}
TROUBLE_ADVICE = {
    "unsteady": "一小时里断开多次。请检查网线、供电和交换机。",
    "ended": "这是一段录像，已经放完；要一直放，在“修改”里勾选“从头再放”。",
    "seldom": "两秒还识别不到一次，会漏掉事情。“来不及看的帧”一直在涨，是视频处理程序的"
    "机器忙不过来：少看几台，或者换一台机器；不涨，请把摄像机的帧率调到每秒 2 帧以上。",
    "blurred": "请擦镜头、重新对焦；起雾时会自己恢复。",
    "moved": "可能被碰歪或转动了。扶正它；如果是有意调整的，核对区域以后点“现在的画面是对的”。",
    "dark": "白天的画面几乎全黑。请检查镜头前有没有东西、曝光设置和补光。",
    "covered": "请到现场看镜头前有没有东西，比如树叶、喷漆、蛛网。",
    "starting": "启动以后一张画面也没有来。请看下面“最近的问题”，检查视频地址；"
    "都对的话，请管理员看视频处理程序的日志。",
    "reconnecting": "请检查网络、视频地址和密码；系统会一直重试。",
    "failed": "请看下面“最近的问题”，或者请管理员看视频处理程序的日志。",
    "offline": "视频处理程序没有消息。请检查它所在的机器和网络。",
}
#: What the eyes say is the matter, and what to do about it.
FAULT_SENTENCES = {
    "no_file": "没有这个视频文件，请改视频地址。",
    "unreadable": "这个文件不是能读的视频，请转码，或换一个文件。",
    "unauthorized": "摄像机不接受这个用户名和密码。请改视频地址里的用户名和密码，改了马上再连；"
    "不改的话隔十分钟才再试一次，免得账号被摄像机锁住。",
    "untrusted": "摄像机的证书不是 LIUHE_CAMERA_CA 里的机构签发的，或者是别的地址的。"
    "请换证书；系统会一直重试。",
    "unreachable": "连不上摄像机，请检查视频地址、网络和供电；系统会一直重试。",
    "undecodable": "没有能解码的图像，请检查摄像机的编码设置。",
    "broke_off": "连接断了，正在重连。一再出现的话，请检查网线、供电和交换机。",
    "silent": "好一会儿没有画面了，系统会一直重试。一直这样的话，请看视频处理程序的日志。",
    "model": "识别模型用不了，请换一个模型，或请管理员改正它。",
    "reading": "读取画面时出错，正在重试。一再出现的话，请管理员看视频处理程序的日志。",
    "following": "识别画面时出错，请管理员看视频处理程序的日志。",
    "pipeline": "显卡上的处理断了，正在重新启动。一再出现的话，请管理员看视频处理程序的日志。",
    "tls": "显卡上看不了加密（TLS）的视频地址，请换一台用 CPU 的视频处理程序。",
    "left_out": "显卡上看不了遗留物和高空坠物，这两种规则没有在看；"
    "要看，请换一台用 CPU 的视频处理程序。",
    "catalogue_silent": "设备没有回答目录查询，过一会儿再问。一直这样的话，请看设备上的国标设置。",
    "catalogue_cut": "目录没有收全，过一会儿再问一遍。",
    "port": "注册服务的端口打不开，请看是不是被别的程序占用，或者改设置里的地址和端口。",
    "door": "注册服务出错，正在重新打开。一再出现的话，请管理员看视频处理程序的日志。",
}
#: Where what the program itself says tells more.
FAULT_DETAILS = {  # not "unreachable": which doors are open in there is nobody's business here
    "broke_off",
    "model",
    "reading",
    "following",
    "pipeline",
    "port",
    "door",
}
SIGHT_LABELS = {
    "unknown": "正在熟悉画面",
    "clear": "正常",
    "dark": "太暗",
    "covered": "被遮挡",
    "blurred": "模糊",
    "moved": "和平时不一样",
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
    """What is found without a model is called as its rule is."""
    return OBJECT_LABELS.get(name) or KIND_LABELS.get(name, name)


def fault_sentence(fault: str, said: str) -> str:
    """What is the matter with a camera or device; what is not known here stays as it was said."""
    words = FAULT_SENTENCES.get(fault)
    if words is None:
        return said
    return f"{words}原话：{said}" if said and fault in FAULT_DETAILS else words


def rule_sentence(rule: Any) -> str:
    """A rule as it is kept, or as it was written: "22:00 到 06:00，行人进入（把握 60% 以上）"."""
    words = watch_sentence(rule.kind, list(rule.objects), rule.seconds, rule.count)
    if rule.least_score > 0:
        words += f"（把握 {rule.least_score * 100:g}% 以上）"
    if rule.begins is None:
        return words
    return f"{clock_words(rule.begins)} 到 {clock_words(rule.ends)}，{words}"


def clock_words(minute: int | None) -> str:
    """As a page writes it: 22:00."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def watch_sentence(kind: str, objects: list[str], seconds: float, count: int) -> str:
    """A rule in words: "汽车、货车停留超过 10 秒"."""
    if kind == "left":
        return f"有东西放着超过 {seconds:g} 秒"
    if kind == "fall":
        return "有东西从高处落下"
    who = "、".join(object_label(name) for name in objects) or "任何目标"
    if kind == "crowd":
        lasting = f"，持续 {seconds:g} 秒" if seconds else ""
        return f"{who}同时达到 {count} 个{lasting}"
    if kind == "enter":
        return f"{who}进入" + (f"并停留 {seconds:g} 秒" if seconds else "")
    return f"{who}停留超过 {seconds:g} 秒"
