"""统计用区划代码: 6 digits for the district, 3 for the street, 3 for the community.

Grids add 3 digits (GB/T 30428.1) and micro-grids 2 of our own. What a level does not use of the
first 12 digits is zero.
"""

from liuhe import LEVELS

#: How many digits of a code tell an area of this level from its siblings and from all others.
SIGNIFICANT = {"district": 6, "street": 9, "community": 12, "grid": 15, "microgrid": 17}
STATISTICAL = 12

#: 城乡分类代码.
KINDS = {
    "111": "主城区",
    "112": "城乡结合区",
    "121": "镇中心区",
    "122": "镇乡结合区",
    "123": "特殊区域",
    "210": "乡中心区",
    "220": "村庄",
}

COMPOUND_KINDS = {
    "residential": "住宅小区",
    "market": "市场商圈",
    "campus": "学校园区",
    "site": "工地",
    "other": "其他场所",
}

#: How one area follows another; a rename keeps the row.
SUCCESSIONS = {
    "split": "拆分",
    "merge": "合并",
    "transfer": "划转",
    "regroup": "重新划分",
    "rename": "更名",
}


def length(level: str) -> int:
    return max(SIGNIFICANT[level], STATISTICAL)


def own_part(code: str, level: str) -> str:
    """The digits that this level adds to those of its parent."""
    return code[_before(level) : SIGNIFICANT[level]]


def stem(code: str, level: str) -> str:
    """What the codes of all areas below begin with."""
    return code[: SIGNIFICANT[level]]


def code_problem(code: str, level: str) -> str:
    """What is wrong with the code for this level, as a sentence; "" if nothing."""
    if not (code.isascii() and code.isdigit()) or len(code) != length(level):
        return f"代码要是 {length(level)} 位数字。"
    if int(own_part(code, level)) == 0:
        return "代码里本级的几位不能全是 0。"
    if code[SIGNIFICANT[level] :].strip("0"):
        return f"代码第 {SIGNIFICANT[level]} 位以后要全是 0。"
    return ""


def nesting_problem(code: str, level: str, parent_code: str, parent_level: str) -> str:
    """What is wrong with an area of this level and code under that parent; "" if nothing."""
    if LEVELS.index(level) != LEVELS.index(parent_level) + 1:
        return "上级要正好高一级：区、街道、社区、网格、微网格。"
    beginning = stem(parent_code, parent_level)
    if not code.startswith(beginning):
        return f"代码要以上级的 {beginning} 开头。"
    return ""


def succession_problem(kind: str, before: int, after: int) -> str:
    """What is wrong with so many areas following so many others; "" if nothing."""
    fits = {
        "split": before == 1 and after >= 2,
        "merge": before >= 2 and after == 1,
        "transfer": before == 1 and after == 1,
        "regroup": before >= 2 and after >= 2,
    }
    if kind not in fits:
        return "变更方式只有拆分、合并、划转和重新划分。"
    return "" if fits[kind] else "拆分是一变多，合并是多变一，划转是一变一，重新划分是多变多。"


def succession_of(before: int, after: int) -> str:
    """What a change of so many areas into so many others is called."""
    if before == 1:
        return "transfer" if after == 1 else "split"
    return "merge" if after == 1 else "regroup"


def _before(level: str) -> int:
    index = LEVELS.index(level)
    return SIGNIFICANT[LEVELS[index - 1]] if index else 0
