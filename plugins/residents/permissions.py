"""Who may ask residents, write down what they say, and read how they can be reached."""

from liuhe import Audited, Grant, Permission, PersonalField, PersonalKind, Scope

ASK = "residents.ask"
ENTER = "residents.enter"
CONTACT = "residents.contact"

PERMISSIONS = (
    Permission(
        name=ASK, title="向上报的居民追问", roles=("dispatcher", "grid", "handler", "supervisor")
    ),
    Permission(name=ENTER, title="代居民上报、查询和评价", roles=("dispatcher", "grid")),
    Permission(name=CONTACT, title="查看居民的联系方式", roles=("dispatcher", "grid")),
)

PROXY = "residents.proxy"
AUDITED = (
    Audited(
        name=PROXY,
        title="代居民答复、评价、撤回或要求重办",
        words={
            "way": "做了什么",
            "answer": "答复",
            "rate": "评价",
            "withdraw": "撤回",
            "reopen": "要求重办",
            "channel": "渠道",
            "counter": "窗口",
            "phone": "电话",
        },
    ),
)

#: Of a case, and of an area in which somebody reports.
CASE_SCOPE = Scope(area="area__path", unit="unit_id")
AREA_SCOPE = Scope(area="path")

#: All that is done for a resident is done with this: what one may do with one's own, no more.
OWN = Grant(
    role="residents-door",
    title="居民",
    names=frozenset({"cases.open", "cases.see", "cases.rate", "cases.reopen", "files.upload"}),
    reach="own",
)

#: What is kept apart and encrypted.
REACHED_BY = PersonalKind(
    name="residents.contact",
    title="上报居民的联系电话",
    fields=(PersonalField(name="phone", title="电话", search="phone"),),
    permission=CONTACT,
)
