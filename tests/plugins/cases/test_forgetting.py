"""When a case is old, what tells of persons goes; its skeleton, timeline and figures stay."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.fields import CharField, TextField

from core.audit import AuditRow
from core.database import rows
from core.holds import place_hold
from core.people import Person, open_session, today
from core.retention import Certificate
from core.stores import folder as root
from core.tables import models_in
from liuhe import File, Viewer
from liuhe.testing import a_night
from plugins.cases import actions
from plugins.cases.models import Case, Clock, Evidence, Step, Task, TaskEvidence, TaskStep
from tests.factories import only
from tests.plugins.cases.conftest import District
from tests.plugins.cases.rated import rated
from tests.web.conftest import opened_shell
from web.session import COOKIE

NOW = datetime.now(UTC)
THEN = NOW - timedelta(days=1_200)
MONTH = (THEN - timedelta(days=15), THEN + timedelta(days=15))
SECRET = "请打给住在三单元的李翠花"


async def old_case(place: District, viewer: Viewer, upto: str = "closed") -> Case:
    """Reported and closed more than three years ago."""
    with actions.pretend(THEN):
        case = await place.open(
            viewer=viewer,
            title=f"垃圾没人收，{SECRET}",
            description=SECRET,
            address=SECRET,
            longitude=None,
            file_ids=[await place.upload(viewer)],
        )
        for stage in ("accepted", "dispatched", "signed", "fed_back", "verified"):
            await place.go(case, stage)
        if upto == "closed":
            await actions.close_case(place.dispatcher, case.id, note=SECRET)
    return await Case.get(id=case.id)


async def skeleton(case: Case) -> dict[str, Any]:
    steps = await Step.filter(case_id=case.id).order_by("seq")
    clocks = await Clock.filter(case_id=case.id).order_by("id")
    known = ("number", "type_id", "area_id", "unit_id", "stage", "source", "opened_at", "closed_at")
    fresh = await Case.get(id=case.id)
    return {
        **{name: getattr(fresh, name) for name in (*known, "returns", "reworks", "version")},
        "steps": [(s.seq, s.at, s.action, s.from_stage, s.to_stage, s.unit_id) for s in steps],
        "clocks": [(c.kind, c.started_at, c.due_at, c.stopped_at, c.rule) for c in clocks],
    }


async def test_what_is_personal_goes_and_figures_and_timeline_are_the_same(
    place: District,
) -> None:
    case = await old_case(place, place.resident)
    before, figures = await skeleton(case), await rated(*MONTH, NOW)
    pictures = [root() / file.key for file in await File.all()]
    assert [path.exists() for path in pictures] == [True, True]
    await a_night()
    assert await skeleton(case) == before
    assert place.unit.id in figures["signed"]
    assert await rated(*MONTH, NOW) == figures
    row = await Case.get(id=case.id).select_related("type")
    assert (row.title, row.description, row.address) == (row.type.name, "", "")
    assert (row.reporter_id, row.rating_note, row.longitude) == (None, "", None)
    assert row.forgotten_at is not None
    assert [path.exists() for path in pictures] == [False, False]
    assert await Evidence.all().count() == await File.all().count() == 0
    steps = await Step.filter(case_id=case.id).order_by("seq")
    assert {step.note for step in steps} == {""}
    assert (steps[0].person_id, steps[0].actor) == (None, "上报居民")
    assert steps[1].person_id == place.dispatcher.person_id
    one = await Certificate.get(name="cases.Case")
    assert (one.action, one.count, one.first_key) == ("anonymise", 1, str(case.id))


@only("sqlite", because="it looks into the file")
async def test_what_is_gone_is_not_left_lying_in_the_file(place: District) -> None:
    await old_case(place, place.resident)
    path = place.kernel.settings.data_dir / "liuhe.sqlite3"
    await rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "李翠花".encode() in path.read_bytes()
    await a_night()
    files = path.parent.glob("liuhe.sqlite3*")
    assert not [one for one in files if "李翠花".encode() in one.read_bytes()]


async def test_young_and_open_cases_keep_everything(place: District) -> None:
    still_open = await old_case(place, place.grid, upto="verified")
    young = await place.at("closed")
    await a_night()
    for case in (still_open, young):
        assert (await Case.get(id=case.id)).forgotten_at is None
    assert await Certificate.filter(name="cases.Case").count() == 0


async def test_what_ended_early_counts_from_its_report(place: District) -> None:
    with actions.pretend(THEN):
        case = await place.open(viewer=place.resident, description=SECRET)
        await actions.reject_case(place.dispatcher, case.id, reason=SECRET)
    await a_night()
    row = await Case.get(id=case.id)
    assert (row.description, row.reporter_id) == ("", None)
    assert not await Step.filter(note__not="").exists()


async def test_what_was_opened_again_and_closed_later_is_forgotten_again(
    place: District,
) -> None:
    case = await old_case(place, place.grid)
    await a_night()
    await Case.filter(id=case.id).update(
        description=SECRET,
        forgotten_at=THEN + timedelta(days=10),
        closed_at=THEN + timedelta(days=20),
    )
    await a_night()
    assert (await Case.get(id=case.id)).description == ""


async def test_a_held_case_is_kept_as_it_is(place: District) -> None:
    case = await old_case(place, place.resident)
    await place_hold(
        place.security,
        kind="cases.Case",
        key=case.number,
        case_no="（2026）浙0105民初1号",
        reason="法院调取",
        until=today(),
    )
    await a_night()
    assert (await Case.get(id=case.id)).description == SECRET
    (row,) = await AuditRow.filter(action="holds.place")
    assert row.person_id == place.security.person_id


async def test_what_was_told_to_units_that_helped_goes_as_well(place: District) -> None:
    with actions.pretend(THEN):
        case = await place.at("signed")
        called = [actions.Call(unit_id=place.other_unit.id)]
        (task,) = await actions.blow_whistle(place.grid, case.id, calls=called, wanted=SECRET)
        await actions.sign_task(place.other_handler, task.id)
        picture = await place.upload(place.other_handler)
        await actions.report_task(place.other_handler, task.id, note=SECRET, file_ids=[picture])
        await actions.accept_task(place.grid, task.id)
        for stage in ("fed_back", "verified", "closed"):
            await place.go(case, stage)
    before = await TaskStep.filter(task_id=task.id).order_by("seq").values_list("action", "at")
    await a_night()
    assert (await Task.get(id=task.id)).wanted == ""
    steps = await TaskStep.filter(task_id=task.id).order_by("seq")
    assert [(step.action, step.at) for step in steps] == before
    assert {step.note for step in steps} == {""}
    assert await TaskEvidence.filter(task_id=task.id).count() == 0
    assert not await File.exists(id=picture)


#: What `forget` empties, and what it deletes with its row.
FORGOTTEN = {
    *("Case.title", "Case.description", "Case.address", "Case.rating_note"),
    *("Step.note", "Evidence.caption", "Task.wanted", "TaskStep.note", "CaseWords.words"),
}
#: Codes, and the names of officers (those of residents are replaced).
KEPT = {
    *("Case.number", "Case.source_ref", "Case.flow", "Step.actor", "Step.action"),
    *("Clock.kind", "Clock.rule", "Clock.hours"),
    *("TaskStep.actor", "TaskStep.action", "TaskClock.kind", "TaskClock.rule", "TaskClock.hours"),
}


async def test_every_text_that_hangs_on_a_case_is_forgotten_or_known_to_be_no_secret(
    place: District,
) -> None:
    """Whoever adds a table or a column of words to cases decides here what becomes of it."""
    hanging, found = {Case}, {Case}
    while found:
        found = {
            one
            for one in models_in(place.kernel.tables["cases"].modules)
            for link in {*one._meta.fk_fields, *one._meta.o2o_fields}
            if one._meta.fields_map[link].related_model in hanging
        } - hanging
        hanging |= found
    texts = {
        f"{one.__name__}.{name}"
        for one in hanging
        for name, column in one._meta.fields_map.items()
        if isinstance(column, TextField | CharField) and not hasattr(column, "enum_type")
    }
    assert texts == FORGOTTEN | KEPT
    (rule,) = (rule for rule in actions.RETENTIONS if rule.of is Case)
    assert {rule.of, *rule.covers} == hanging


@only("sqlite")
async def test_the_page_of_a_forgotten_case_says_so(place: District) -> None:
    case = await old_case(place, place.resident)
    await a_night()
    async with opened_shell(place.kernel) as shell:
        person = await Person.get(id=place.supervisor.person_id)
        token, _ = await open_session(person, "browser")
        shell.client.cookies.set(COOKIE, token)
        answer = await shell.client.get(f"/admin/cases/{case.id}")
    assert answer.status_code == 200
    assert "个人信息、说明和照片已按规定删除" in answer.text
    assert "李翠花" not in answer.text
