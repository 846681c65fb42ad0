"""Who may see rules and rosters, and who may change them."""

from tortoise.expressions import Q, Subquery

from liuhe import Audited, Permission, Unit, Viewer, may, within
from plugins.dispatch.models import SCOPE, UNIT_SCOPE, Rule

SEE, RULES, ROSTER = "dispatch.see", "dispatch.rules", "dispatch.roster"

PERMISSIONS = (
    Permission(name=SEE, title="查看派遣规则和值班表", roles=("admin", "dispatcher", "supervisor")),
    Permission(name=RULES, title="改动派遣规则", roles=("admin",)),
    Permission(name=ROSTER, title="安排本单位或辖区单位值班", roles=("dispatcher", "handler")),
)

RULE_CHANGED, ROSTER_CHANGED = "dispatch.rule", "dispatch.duty"
AUDITED = (
    Audited(
        name=RULE_CHANGED,
        title="改动派遣规则",
        kinds={"dispatch.Rule": "派遣规则"},
        words={
            "made": "内容",
            "ended": "停用",
            "kind": "种类",
            "event": "事件",
            "component": "部件",
            "class_code": "大类",
            "type_code": "小类",
            "days": "哪些天",
            "any": "每天",
            "work": "工作日",
            "rest": "休息日",
            "mode": "怎么派",
            "suggest": "建议",
            "auto": "自动",
            "rank": "先后",
        },
    ),
    Audited(
        name=ROSTER_CHANGED,
        title="改动值班表",
        kinds={"dispatch.Shift": "值班"},
        words={"week": "照搬一周，从", "added": "加了几班"},
    ),
)


def seen_rules(viewer: Viewer | None) -> Q:
    """Rules of the viewer's areas, and those of the areas around them, which hold there as well."""
    if viewer is None:
        return Q(pk__isnull=True)
    paths = _paths(viewer, SEE)
    around = {above for path in paths for above in _above(path)}
    inside = within(viewer, SEE, SCOPE)
    if not paths:
        return inside
    wider = Q(area__path__in=sorted(around)) if around else Q(pk__isnull=True)
    return inside | wider | Q(area_id__isnull=True)


def may_rule(viewer: Viewer, rule: Rule) -> bool:
    """Whether the viewer may make or end such a rule (its area is loaded); one for all areas needs
    the whole district."""
    if rule.area_id is not None:
        return may(viewer, RULES, rule, SCOPE)
    return any(path.count(".") == 1 for path in _paths(viewer, RULES))


def ruled_units(viewer: Viewer) -> Q:
    """Units that the viewer's rules may name: those in, and around, the viewer's areas."""
    paths = _paths(viewer, RULES)
    around = sorted({above for path in paths for above in _above(path)})
    parts = [within(viewer, RULES, UNIT_SCOPE)]
    if around:
        parts.append(Q(area__path__in=around))
    return Q(active=True) & Q(*parts, join_type="OR")


def seen_units(viewer: Viewer | None) -> Q:
    """Units whose roster the viewer may see."""
    return within(viewer, SEE, UNIT_SCOPE) | within(viewer, ROSTER, UNIT_SCOPE)


def may_roster(viewer: Viewer | None, unit: Unit) -> bool:
    """Whether the viewer arranges this unit's duty; the unit's area is loaded."""
    return may(viewer, ROSTER, unit, UNIT_SCOPE)


def seen_shifts(viewer: Viewer | None) -> Q:
    units = Unit.filter(seen_units(viewer)).values("id")
    return Q(unit_id__in=Subquery(units)) if viewer else Q(pk__isnull=True)


def _paths(viewer: Viewer, name: str) -> list[str]:
    return [
        grant.area_path
        for grant in viewer.grants
        if name in grant.names and grant.reach == "area" and grant.area_path
    ]


def _above(path: str) -> list[str]:
    """The paths of the areas around one: "1.4.17." lies in "1." and "1.4."."""
    steps = path.split(".")[:-1]
    return [".".join(steps[:count]) + "." for count in range(1, len(steps))]
