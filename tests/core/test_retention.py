"""Each night what is past its term goes, certified; what is held for a case at law stays."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core import holds, keys, retention
from core import house as running
from core.audit import AuditRow
from core.contributions import PersonalField, PersonalKind, Retention
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.holds import Hold, lift_hold, place_hold
from core.people import Person, today
from core.personal import Personal, destroy_personal, find_personal, keep_personal
from core.proof import verify
from core.receipts import Receipt
from core.retention import Certificate, forget_what_is_due
from core.state import Note
from core.testing import a_night, make_area, make_viewer

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=31)
KIND = PersonalKind(
    name="trees.owner",
    title="认养人",
    fields=(PersonalField(name="phone", title="电话", search="phone"),),
    permission="trees.call",
)
KNOWN: dict[str, Any] = {"title": "记事", "basis": "没有用了", "starts": "写下", "days": 30}
NOTES = Retention(of=Note, action="delete", since="written_at", thing="记事", **KNOWN)
OWNERS = Retention(of=KIND.name, action="destroy", **{**KNOWN, "title": "认养人"})


@pytest.fixture
def rules(kernel):
    """`rules(…)` makes these the only terms of the house."""

    def make(*given: Retention) -> None:
        house = replace(kernel.house(), personal={KIND.name: KIND}, retentions=given)
        running.enter(house)

    return make


@pytest.fixture
async def security(kernel):
    return await make_viewer("security", "security", area=await make_area("330105", "拱墅区"))


async def notes(*keys: str, at: datetime = OLD) -> None:
    for key in keys:
        await Note.create(key=key, value=[1])
    await Note.filter(key__in=keys).update(written_at=at)


async def left() -> list[str]:
    return list(await Note.all().order_by("key").values_list("key", flat=True))


async def owner(at: datetime = OLD, about: tuple[str, object] = ("trees.Tree", 7)) -> Any:
    id = await keep_personal(KIND.name, {"phone": "13800138000"}, about=about)
    await Personal.filter(id=id).update(created_at=at)
    return id


async def hold(viewer: Any, key: str, **given: Any) -> Hold:
    known = {"kind": "core.Note", "case_no": "（2026）浙0105民初1号", "reason": "法院调取"}
    return await place_hold(viewer, **{**known, "until": today(), "key": key, **given})


async def test_e_13_what_is_past_its_term_goes_and_the_certificate_tells_it(rules, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    rules(NOTES)
    await notes("a", "b", "c", "d", "e")
    await notes("young", at=NOW - timedelta(days=29))
    await a_night()
    assert await left() == ["young"]
    (one,) = await Certificate.all()
    assert (one.run, one.name, one.title) == (today().isoformat(), "core.Note", "记事")
    assert (one.days, one.action, one.count) == (30, "delete", 5)
    assert (one.first_key, one.last_key, len(one.digest)) == ("a", "e", 64)
    assert abs(one.cutoff - (datetime.now(UTC) - timedelta(days=30))) < timedelta(minutes=5)
    assert one.finished_at is not None


async def test_the_certificate_is_itself_in_the_audits_chain(rules):
    rules(NOTES)
    await notes("a")
    await a_night()
    one = await Certificate.get()
    (row,) = await AuditRow.filter(action="retention.certificate")
    told = {name: row.details[name] for name in ("name", "count", "digest", "rule")}
    assert told == {"name": "core.Note", "count": 1, "digest": one.digest, "rule": one.rule}
    assert row.person_id is None
    assert (await verify()).seq == row.seq


async def test_a_night_without_anything_due_certifies_nothing(rules):
    rules(NOTES, replace(NOTES, of=Receipt, days=None, action="keep"))
    await notes("young", at=NOW)
    await a_night()
    assert await left() == ["young"]
    assert await Certificate.all().count() == 0


async def test_cut_off_in_between_the_certificate_tells_what_has_gone_and_it_goes_on(
    rules, monkeypatch
):
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    rules(NOTES)
    await notes("a", "b", "c")
    certify, done = retention._certify, []

    async def cut(*given):
        if len(done) == 2:
            raise RuntimeError("killed")
        done.append(await certify(*given))
        return done[-1]

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_certify", cut)
        with pytest.raises(RuntimeError, match="没有做成：记事"):
            await forget_what_is_due({})
    assert await left() == ["c"]
    assert (await Certificate.get()).count == 2
    await a_night()
    assert await left() == []
    one = await Certificate.get()
    assert (one.count, one.first_key, one.last_key) == (3, "a", "c")


async def test_one_that_fails_keeps_no_other(rules):
    async def broken(rows):
        raise ValueError("defect")

    broken_rule = replace(NOTES, of=Person, action="anonymise", since="created_at", forget=broken)
    rules(replace(broken_rule, title="坏的", days=-1), NOTES)
    await make_viewer("wang", "grid")
    await notes("a")
    with pytest.raises(RuntimeError, match="没有做成：坏的"):
        await forget_what_is_due({})
    assert await left() == []


async def test_forgetting_that_leaves_its_rows_due_ends_as_a_failure(rules):
    async def nothing(rows):
        pass

    rules(replace(NOTES, action="anonymise", forget=nothing))
    await notes("a")
    with pytest.raises(RuntimeError, match="没有做成"):
        await forget_what_is_due({})


async def test_personal_values_are_destroyed_with_their_keys_and_then_certified(rules):
    rules(OWNERS)
    old, young = await owner(), await owner(NOW)
    await a_night()
    row = await Personal.get(id=old)
    assert (row.sealed, row.reason) == ("", "认养人：到期")
    assert row.destroyed_at is not None
    assert len(list((keys.root() / "records").glob("*/*"))) == 1
    assert await find_personal(KIND.name, "phone", "13800138000") == [young]
    one = await Certificate.get()
    assert (one.name, one.action, one.count) == ("trees.owner", "destroy", 1)


async def test_cut_off_before_the_keys_nothing_is_certified_until_they_are_gone(rules, monkeypatch):
    rules(OWNERS)
    id = await owner()

    async def cut(ids):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(retention, "remove_keys", cut)
        with pytest.raises(RuntimeError, match="没有做成"):
            await forget_what_is_due({})
    row = await Personal.get(id=id)
    assert (row.sealed, row.destroyed_at) == ("", None)
    assert await Certificate.all().count() == 0
    await a_night()
    assert (await Personal.get(id=id)).destroyed_at is not None
    assert (await Certificate.get()).count == 1


async def test_e_13_what_is_held_stays_until_the_hold_is_over_and_goes_the_next_night(
    rules, security, monkeypatch
):
    rules(NOTES)
    await notes("a", "b")
    await hold(security, "a", until=today() + timedelta(days=3))
    await a_night()
    assert await left() == ["a"]
    after = today() + timedelta(days=4)
    monkeypatch.setattr(holds, "today", lambda: after)
    await a_night()
    assert await left() == []


async def test_a_lifted_hold_holds_no_more_and_both_are_audited(rules, security):
    rules(NOTES)
    await notes("a")
    held = await hold(security, "a")
    await lift_hold(security, held.id)
    with pytest.raises(Conflict, match="已经结束"):
        await lift_hold(security, held.id)
    with pytest.raises(NotFound):
        await lift_hold(security, 999)
    actions = await AuditRow.all().order_by("seq").values_list("action", "person_id")
    assert list(actions) == [
        ("holds.place", security.person_id),
        ("holds.lift", security.person_id),
    ]
    await a_night()
    assert await left() == []


async def test_personal_values_of_a_held_thing_stay_and_are_not_destroyed_by_hand(rules, security):
    rules(NOTES, OWNERS)
    await notes("a", at=NOW)
    id, other = await owner(about=("core.Note", "a")), await owner()
    await hold(security, "a")
    await a_night()
    gone = await Personal.filter(destroyed_at__isnull=False)
    assert [row.id for row in gone] == [other]
    with pytest.raises(Conflict, match="保全"):
        await destroy_personal(security, id, reason="本人要求")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "core.Receipt"}, "kind"),
        ({"kind": "trees.owner"}, "kind"),
        ({"key": "nobody"}, "key"),
        ({"key": " "}, "key"),
        ({"key": "a\0"}, "key"),
        ({"case_no": ""}, "case_no"),
        ({"reason": "长" * 501}, "reason"),
        ({"until": None}, "until"),
        ({"until": date(2020, 1, 1)}, "until"),
        ({"until": date(2999, 1, 1)}, "until"),
    ],
)
async def test_e_13_a_hold_needs_a_thing_a_case_number_a_reason_and_an_end(
    rules, security, given, field
):
    rules(NOTES, OWNERS)
    await notes("a")
    with pytest.raises(BadInput) as refused:
        await hold(security, **{"key": "a", **given})
    assert refused.value.field == field
    assert await Hold.all().count() == 0


@pytest.mark.parametrize("role", ["admin", "auditor", "dispatcher", "resident"])
async def test_only_security_holds(rules, role):
    rules(NOTES)
    await notes("a")
    viewer = await make_viewer(role, role, area=await make_area("330105", "拱墅区"))
    with pytest.raises(Forbidden):
        await hold(viewer, "a")


async def test_the_audit_is_never_deleted_by_a_term(kernel):
    kept = [rule for rule in kernel.house().retentions if rule.of is AuditRow]
    assert [(rule.days, rule.action) for rule in kept] == [(None, "keep")]
