"""Personal values lie apart, encrypted: found by marks, read with a reason, gone with their key."""

import sqlite3
import uuid
from contextlib import closing
from dataclasses import replace

import pytest
import structlog

from core import house as running
from core import keys
from core.areas import Area
from core.audit import AuditRow, AuditThing
from core.contributions import PersonalField, PersonalKind
from core.database import atomic, dialect, rows
from core.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    NotSignedIn,
    SetupError,
    Unavailable,
)
from core.jobs import JobRow
from core.personal import (
    Personal,
    PersonalMark,
    change_personal,
    count_by_kind,
    destroy_keys,
    destroy_personal,
    find_personal,
    forget_indexes,
    keep_personal,
    normal,
    read_personal,
)
from core.readings import readings_of
from core.testing import make_area, make_viewer
from tests.factories import plugin

KIND = PersonalKind(
    name="trees.owner",
    title="认养人的联系方式",
    fields=(
        PersonalField(name="phone", title="电话", search="phone"),
        PersonalField(name="name", title="姓名", search="text"),
        PersonalField(name="note", title="备注"),
    ),
    permission="trees.call",
)
PHONE, NAME, NOTE = "138 0013 8000", "钱多多", "门牌在楼梯背后"
VALUES = {"phone": PHONE, "name": NAME, "note": NOTE}
TREE = ("trees.Tree", 7)


@pytest.fixture
async def house(kernel):
    house = replace(kernel.house(), personal={KIND.name: KIND})
    running.enter(house)
    return house


@pytest.fixture
async def viewer(house):
    found = await make_viewer("wang", "grid", area=await make_area("330105", "拱墅区"))
    (grant,) = found.grants
    return replace(found, grants=(replace(grant, names=frozenset({"trees.call"})),))


def with_secret(house, secret: str) -> None:
    settings = house.settings.model_copy(update={"secret_key": secret})
    running.enter(replace(house, settings=settings))


async def run_jobs() -> None:
    for row in await JobRow.filter(name="core.destroy_keys"):
        await destroy_keys(row.payload)


async def dump() -> str:
    """Everything that the database holds, as its owner could read it."""
    if dialect() == "sqlite":
        path = running.house().settings.data_dir / "liuhe.sqlite3"
        files = [path, path.with_name(path.name + "-wal")]
        return "".join(one.read_bytes().decode("utf-8", "replace") for one in files if one.exists())
    tables = await rows("SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'")
    parts = [await rows(f'SELECT "{one["t"]}"::text AS r FROM "{one["t"]}"') for one in tables]
    return "".join(str(row["r"]) for part in parts for row in part)


async def test_e_14_what_was_kept_is_read_and_who_read_it_why_is_written_down_first(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    assert await read_personal(viewer, id, reason="回访") == VALUES
    (row,) = await AuditRow.filter(action="personal.read")
    assert (row.person_id, row.purpose) == (viewer.person_id, "回访")
    ((reading,), area) = (await readings_of(TREE, most=9), await Area.get())
    assert row.details == {"area": area.id}, "in whose name"
    assert (reading.at, reading.office, reading.reason) == (row.at, "拱墅区", "回访")
    things = await AuditThing.filter(seq=row.seq).order_by("kind").values_list("kind", "key")
    assert list(things) == [("core.Personal", str(id)), ("trees.Tree", "7")]


async def test_reading_demands_a_permission_and_a_reason(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    with pytest.raises(NotSignedIn):
        await read_personal(None, id, reason="回访")
    with pytest.raises(Forbidden):
        await read_personal(replace(viewer, grants=()), id, reason="回访")
    with pytest.raises(BadInput, match="为什么"):
        await read_personal(viewer, id, reason=" ")
    with pytest.raises(NotFound):
        await read_personal(viewer, uuid.uuid4(), reason="回访")
    assert not await AuditRow.filter(action="personal.read").exists()


async def test_an_undeclared_kind_or_field_is_a_defect(house):
    with pytest.raises(RuntimeError, match="add_personal"):
        await keep_personal("trees.other", {}, about=TREE)
    with pytest.raises(RuntimeError, match="no field shoe"):
        await keep_personal(KIND.name, {"shoe": "43"}, about=TREE)
    with pytest.raises(RuntimeError, match="not declared to be found by note"):
        await find_personal(KIND.name, "note", NOTE)
    with pytest.raises(BadInput, match="备注"):
        await keep_personal(KIND.name, {"note": "长" * 2_001}, about=TREE)


@pytest.mark.parametrize(
    ("field", "written"),
    [
        *(("phone", one) for one in ("13800138000", "+86 138-0013-8000", "00861380013８000")),
        *(("name", one) for one in ("钱多多", " 钱 多多")),
    ],
)
async def test_a_value_is_found_however_it_is_written(house, field, written):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    await keep_personal(KIND.name, {"phone": "13900139000", "name": "别人"}, about=TREE)
    assert await find_personal(KIND.name, field, written) == [id]


async def test_nothing_is_found_by_a_part_by_nothing_or_by_another_field(house):
    assert await find_personal(KIND.name, "phone", PHONE) == []
    await keep_personal(KIND.name, {**VALUES, "name": "13800138000"}, about=TREE)
    await keep_personal(KIND.name, {"phone": "", "note": "x"}, about=TREE)
    assert await find_personal(KIND.name, "phone", "1380013") == []
    assert await find_personal(KIND.name, "phone", "—") == []
    assert len(await find_personal(KIND.name, "name", "13800138000")) == 1


async def test_e_17_the_same_number_in_two_purposes_is_not_joined(house):
    other = replace(KIND, name="trees.feller", title="伐木人的联系方式")
    running.enter(replace(house, personal={KIND.name: KIND, other.name: other}))
    one = await keep_personal(KIND.name, {"phone": PHONE}, about=TREE)
    two = await keep_personal(other.name, {"phone": PHONE}, about=TREE)
    assert await find_personal(KIND.name, "phone", PHONE) == [one]
    assert await find_personal(other.name, "phone", PHONE) == [two]
    assert len({row.mark for row in await PersonalMark.all()}) == 2, "nor by whoever has the rows"


def test_landlines_keep_their_digits():
    assert normal("phone", "（0571）8888-8888") == "057188888888"
    assert normal("text", "ＡＢ c") == "abc"


async def test_the_same_value_bears_another_mark_in_another_month(house, monkeypatch):
    monkeypatch.setattr(keys, "index_now", lambda kind: f"{kind}-202001")
    old = await keep_personal(KIND.name, VALUES, about=TREE)
    monkeypatch.undo()
    new = await keep_personal(KIND.name, VALUES, about=TREE)
    assert await find_personal(KIND.name, "phone", PHONE) == [old, new]
    marks = await PersonalMark.all()
    assert len({one.mark for one in marks}) == 4


async def test_a_change_is_read_and_found_and_the_old_value_is_not(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    await change_personal(viewer, id, {"phone": "13900139000"})
    assert await read_personal(viewer, id, reason="回访") == {"phone": "13900139000"}
    assert await find_personal(KIND.name, "phone", PHONE) == []
    assert await find_personal(KIND.name, "phone", "13900139000") == [id]
    assert await AuditRow.filter(action="personal.change").count() == 1


async def test_neither_database_nor_files_nor_log_show_a_value(viewer, caplog, capsys):
    caplog.set_level(0)
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    await change_personal(None, id, VALUES)
    await find_personal(KIND.name, "phone", PHONE)
    values = await read_personal(viewer, id, reason="回访")
    structlog.get_logger().warning("x", values=values, row=await Personal.get(id=id))
    with pytest.raises(BadInput) as refused:
        await keep_personal(KIND.name, {"note": NOTE * 1_000}, about=TREE)
    seen = [await dump(), caplog.text, *capsys.readouterr(), repr(values), f"{values}"]
    seen += [str(refused.value), repr(refused.value)]
    folder = running.house().settings.data_dir
    seen += [
        one.read_text("ascii") for one in (folder / "personal-keys").rglob("*") if one.is_file()
    ]
    for clear in (PHONE, "13800138000", NAME, NOTE, NAME.encode("unicode-escape").decode()):
        assert not [one for one in seen if clear in one]


async def test_key_files_are_for_this_user_alone(house):
    await keep_personal(KIND.name, VALUES, about=TREE)
    assert keys.root().stat().st_mode & 0o077 == 0
    files = [one for one in keys.root().rglob("*") if one.is_file()]
    assert {one.stat().st_mode & 0o777 for one in files} == {0o600}
    assert len(files) == 3  # the record's, the month's, and the check


async def test_destroyed_is_destroyed_also_in_an_old_copy_of_the_database(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    copy = await Personal.get(id=id)
    await destroy_personal(viewer, id, reason="本人要求")
    assert await read_personal(viewer, id, reason="回访") is None
    assert await find_personal(KIND.name, "phone", PHONE) == []
    assert (await Personal.get(id=id)).destroyed_at is None  # not yet: the key is there
    await run_jobs()
    row = await Personal.get(id=id)
    assert (row.sealed, row.reason) == ("", "本人要求")
    assert row.destroyed_at is not None
    await Personal.filter(id=id).update(sealed=copy.sealed, ended_at=None, destroyed_at=None)
    with pytest.raises(Unavailable, match="找不到这条个人信息的密钥文件"):
        await read_personal(viewer, id, reason="回访")


async def test_what_is_rolled_back_destroys_nothing(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)

    @atomic
    async def half():
        await destroy_personal(viewer, id, reason="误按")
        raise ValueError("power cut")

    with pytest.raises(ValueError, match="power cut"):
        await half()
    await run_jobs()
    assert await read_personal(viewer, id, reason="回访") == VALUES


async def test_keys_go_only_of_what_was_ended(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    await destroy_keys({"ids": [str(id)]})
    assert await read_personal(viewer, id, reason="回访") == VALUES


async def test_destroying_twice_is_harmless_and_changing_afterwards_is_refused(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    for _ in range(2):
        await destroy_personal(viewer, id, reason="本人要求")
        await run_jobs()
    assert await AuditRow.filter(action="personal.destroy").count() == 1
    with pytest.raises(Conflict, match="不能再改"):
        await change_personal(viewer, id, VALUES)
    assert await count_by_kind() == {}


async def test_a_months_mark_key_goes_with_its_last_record_and_not_before(house, monkeypatch):
    monkeypatch.setattr(keys, "index_now", lambda kind: f"{kind}-202001")
    first = await keep_personal(KIND.name, VALUES, about=TREE)
    second = await keep_personal(KIND.name, VALUES, about=TREE)
    monkeypatch.undo()
    third = await keep_personal(KIND.name, VALUES, about=TREE)
    for id, left in ((first, 2), (third, 2), (second, 1)):
        await destroy_personal(None, id, reason="到期")
        await run_jobs()
        await forget_indexes()
        assert len(keys.indexes(KIND.name)) == left


async def test_another_database_takes_no_mark_key_away(house, monkeypatch):
    monkeypatch.setattr(keys, "index_now", lambda kind: f"{kind}-202001")
    await keep_personal(KIND.name, VALUES, about=TREE)
    await Personal.all().delete()
    await forget_indexes()
    assert list(keys.indexes(KIND.name)) == ["trees.owner-202001"]


async def test_content_moved_into_another_row_does_not_open(viewer):
    first = await keep_personal(KIND.name, VALUES, about=TREE)
    second = await keep_personal(KIND.name, {"note": "x"}, about=TREE)
    await Personal.filter(id=second).update(sealed=(await Personal.get(id=first)).sealed)
    with pytest.raises(Unavailable, match="改动过"):
        await read_personal(viewer, second, reason="回访")


async def test_with_another_secret_key_nothing_is_read_kept_or_lost(house, viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    with_secret(house, "another key " * 4)
    with pytest.raises(SetupError, match=r"原来的放回去.*什么都没有丢"):
        keys.demand_own_secret()
    for attempt in (
        read_personal(viewer, id, reason="回访"),
        keep_personal(KIND.name, VALUES, about=TREE),
        find_personal(KIND.name, "phone", PHONE),
        change_personal(viewer, id, VALUES),
    ):
        with pytest.raises(Unavailable, match="原来的放回去"):
            await attempt
    running.enter(house)
    keys.demand_own_secret()
    assert await read_personal(viewer, id, reason="回访") == VALUES
    assert await Personal.all().count() == 1


async def test_a_lost_key_file_is_said_so_and_helps_when_it_is_back(viewer):
    id = await keep_personal(KIND.name, VALUES, about=TREE)
    (path,) = (keys.root() / "records").glob("*/*")
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(Unavailable, match="personal-keys"):
        await read_personal(viewer, id, reason="回访")
    path.write_bytes(kept[:-9])
    with pytest.raises(Unavailable, match="不完整"):
        await read_personal(viewer, id, reason="回访")
    path.write_bytes(kept)
    assert await read_personal(viewer, id, reason="回访") == VALUES


def test_kinds_of_a_plugin_are_named_after_it_and_declared_as_processing():
    from core.kernel import Kernel
    from core.settings import SettingsSource

    def problem(kind: PersonalKind) -> str:
        found = [plugin("trees", add_personal=[kind])]
        return Kernel.load(SettingsSource({}, {}), found=found).failed["trees"]

    assert problem(replace(KIND, name="other.owner")) == (
        "插件“trees”的个人信息类别“other.owner”要以“trees.”开头，后面只用小写字母、数字和下划线。"
    )
    assert problem(KIND).startswith("插件“trees”的 trees.owner 是个人信息，而它没有登记处理活动")


def test_sqlite_is_really_looked_through(tmp_path):
    """The reader of the dump above would find a value that was there."""
    path = tmp_path / "x.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (a TEXT)")
        db.execute("INSERT INTO t VALUES (?)", (NAME,))
        db.commit()
    assert NAME in path.read_bytes().decode("utf-8", "replace")
