"""What a browser says of itself, in two words that its owner recognises."""

SYSTEMS = (
    ("OpenHarmony", "鸿蒙"),
    ("HarmonyOS", "鸿蒙"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "安卓"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
#: Those that pretend to be another come before it.
BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("QQBrowser", "QQ 浏览器"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_words(agent: str) -> str:
    """ "Windows 上的 Chrome"; for a program its own name."""
    system = next((words for sign, words in SYSTEMS if sign in agent), "")
    browser = next((words for sign, words in BROWSERS if sign in agent), "")
    if system and browser:
        return f"{system} 上的 {browser}"
    program = agent.partition("/")[0].strip()[:30]
    return browser or system or (f"程序 {program}" if program else "不明设备")
