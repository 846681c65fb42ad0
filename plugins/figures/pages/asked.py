"""What an address asks for: month, view, dimension, cell; and the addresses of others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from liuhe import NotFound
from liuhe.pages import Request
from plugins.figures import actions
from plugins.figures.models import Month
from plugins.figures.rules import month_of, month_text, month_words, read_month

HERE = "/admin/figures/"
VIEW_LABELS = {"whole": "全区", "part": "我管的", "published": "公布的"}
VIEW_HINTS = {
    "whole": "全区的数，不隐去。",
    "part": "只算您看得到的事情，不隐去。",
    "published": "封了账的全区的数；少量的不公布。",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`view` is "" where the address leaves it open."""

    month: date
    view: str = ""
    by: str = actions.ALL
    key: str = ""
    sort: str = ""

    @classmethod
    async def of(cls, request: Request, given: Mapping[str, Any] | None = None) -> "Asked":
        return await asked_in(request.query_params if given is None else given)

    @classmethod
    async def read(cls, params: Mapping[str, Any]) -> "Asked":
        month = params.get("month", "")
        chosen = read_month(str(month)) if month else await latest()
        if chosen is None:
            raise NotFound("没有这个月份。")
        by = str(params.get("by", ""))[:12]
        return cls(
            month=chosen,
            view=str(params.get("view", ""))[:12],
            by=by if by in actions.BY_LABELS else actions.ALL,
            key=str(params.get("key", ""))[:40].replace("\0", ""),
            sort=str(params.get("sort", ""))[:12],
        )

    def url(self, path: str = "", **more: str) -> str:
        parts = {
            "month": month_text(self.month),
            "view": self.view,
            "by": "" if self.by == actions.ALL else self.by,
            "key": self.key,
            "sort": self.sort,
            **more,
        }
        text = urlencode({name: value for name, value in parts.items() if value})
        key = "&key=" if parts["by"] and not parts["key"] and "key" in more else ""
        return f"{HERE}{path}?{text}{key}"


async def asked_in(params: Mapping[str, Any]) -> Asked:
    """What pairs of an address or a form ask for; NotFound for a month that is none."""
    return await Asked.read(params)


async def latest() -> date:
    """The running month."""
    return month_of(actions.now(), actions.zone())


async def months(asked: Asked) -> list[tuple[str, str]]:
    """To choose from: those that have been counted, the newest first."""
    every = sorted({*(one.month for one in await Month.all()), asked.month}, reverse=True)
    return [(month_text(month), month_words(month)) for month in every]
