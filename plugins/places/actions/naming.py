"""Divisions as tables name them: by code, or by the names of a street and a community."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from tortoise.expressions import Q

from liuhe import Area

NAMED = ("street", "community")


@dataclass(kw_only=True)
class Gazetteer:
    """The divisions of some lines, on any day; two queries for however many lines."""

    by_code: dict[str, list[Area]] = field(default_factory=dict)
    by_name: dict[str, list[Area]] = field(default_factory=dict)

    @classmethod
    async def of(cls, codes: Iterable[str | None], names: Iterable[str | None]) -> "Gazetteer":
        found = cls()
        by_code = Q(code__in=list({code for code in codes if code}))
        by_name = Q(level__in=NAMED, name__in=list({name for name in names if name}))
        for area in await Area.filter(by_code | by_name).order_by("-valid_from", "id"):
            found.by_code.setdefault(area.code, []).append(area)
            if area.level in NAMED:
                found.by_name.setdefault(area.name, []).append(area)
        return found

    def find(self, code: str | None, street: str | None, community: str | None, day: date) -> Area:
        """The one division that is meant; LookupError with a sentence where there is none."""
        if code:
            return _on(self.by_code.get(code, []), day, f"没有代码是“{code}”的区域。")
        if not (street or community):
            raise LookupError("请填写区域代码，或者街道和社区的名称。")
        streets = [one for one in self.by_name.get(street or "", []) if one.level == "street"]
        if not community:
            return _on(streets, day, f"没有“{street}”这个街道。")
        found = [one for one in self.by_name.get(community, []) if one.level == "community"]
        if street:
            if not streets:
                raise LookupError(f"没有“{street}”这个街道。")
            paths = tuple(one.path for one in streets)
            found = [one for one in found if one.path.startswith(paths)]
        return _on(found, day, f"没有“{street or ''}{community}”这个社区。")


def _on(found: list[Area], day: date, none: str) -> Area:
    """What stood on the day; else the last one of that name."""
    if not found:
        raise LookupError(none)
    stood = [one for one in found if one.stood(day)] or found[:1]
    if len(stood) > 1:
        raise LookupError(f"叫“{stood[0].name}”的不止一个，请加上街道，或者写区域代码。")
    return stood[0]
