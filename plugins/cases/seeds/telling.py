"""Lets each story happen: through the actions, at the times at which it would have happened."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from liuhe import Area, BadInput, File, Forbidden, Unit, Viewer, house, store_blurred
from plugins.cases import actions
from plugins.cases.models import Case
from plugins.cases.seeds.drawing import scene
from plugins.cases.seeds.endings import ENDED
from plugins.cases.seeds.exits import EXITS, MAIN_TITLE
from plugins.cases.seeds.past import PAST
from plugins.cases.seeds.people import cast, hire
from plugins.cases.seeds.stories import HOUR, UNDER_WAY, Story
from plugins.cases.seeds.whistles import WHISTLED, whistle

STORIES = (*UNDER_WAY, *ENDED, *EXITS, *WHISTLED, *PAST)

#: Minutes between one stop and the next.
PACE = {"accept": 12, "dispatch": 15, "sign": 8, "verify": 75, "close": 40, "rate": 95}
LOOKS = 12  # so many streets
QUICK, SLOW, DOZING = 130, 9 * 60, 25 * 60

HANDLERS = {
    "chengguan-xiaohe": "handler",
    "chengguan-gongchenqiao": "handler2",
    "huanwei-gongshu": "jingban-huanwei",
    "shizheng-gongshu": "jingban-shizheng",
    "jiaojing-gongshu": "jingban-jiaojing",
    "yuanlin-gongshu": "jingban-yuanlin",
    "wuye-xiaohe": "jingban-wuye",
}
GRIDS = {
    "330105003001": "grid",
    "330105003003": "wangge-tanghe",
    "330105005001": "grid2",
    "330105008001": "wangge-guashan",
    "330105004001": "wangge-hemu",
}
DISPATCHERS = {"330105003": "dispatcher", "330105005": "dispatcher2"}
STOPS = ("reported", "accepted", "dispatched", "signed", "fed_back", "verified", "closed", "rated")


async def make() -> None:
    """All stories, or nothing where there are cases already or the demo's people are missing."""
    if await Case.exists() or not await Unit.exists():
        return
    await hire()
    people = await cast()
    for number, story in enumerate(sorted(STORIES, key=lambda one: -one.ago)):
        if await Area.exists(code=story.area, valid_to=None):
            await Telling(story, number, people).tell()


def _when(story: Story, number: int) -> datetime:
    """What is older than a day was reported in daylight."""
    time = datetime.now(UTC) - timedelta(minutes=story.ago)
    if story.ago < 20 * HOUR:
        return time
    local = time.astimezone(ZoneInfo(house().settings.timezone))
    return local.replace(hour=8 + number % 9, minute=number * 7 % 60).astimezone(UTC)


class Telling:
    """One story on its way, with its own clock."""

    def __init__(self, story: Story, number: int, people: dict[str, Viewer]) -> None:
        self.story, self.number, self.people = story, number, people
        self.time = _when(story, number)

    async def tell(self) -> None:
        try:
            await self._tell()
        except (KeyError, BadInput, Forbidden):
            return  # somebody or some unit of this story does not work here

    async def _tell(self) -> None:
        case = await self._open()
        await (self._on_the_spot(case) if self.story.flow else self._along(case))
        if self.story.aside:
            with self._after(20):
                await self._aside(case)

    async def _on_the_spot(self, case: Case) -> None:
        """Put right by whoever reported it, and closed if the story goes so far."""
        after = await self._picture("clear")
        with self._after(6):
            await actions.move_case(
                self.grid, case.id, "handle_on_spot", note=self.story.did, evidence=[after]
            )
        if self.story.upto == "closed":
            with self._after(PACE["close"]):
                await actions.close_case(self.dispatcher, case.id, note="对照照片，已经解决。")

    async def _aside(self, case: Case) -> None:
        """What happens at last, besides the usual way."""
        words, dispatcher = self.story.words, self.dispatcher
        if self.story.aside == "withdraw":
            await actions.withdraw_case(self.people["resident"], case.id, reason=words)
        elif self.story.aside == "suspend":
            await actions.suspend_case(dispatcher, case.id, reason=words)
        elif self.story.aside == "supervise":
            await actions.supervise_case(self.people["supervisor"], case.id, note=words)
        elif self.story.aside == "reopen":
            await actions.reopen_case(self.grid, case.id, reason=words)
        elif self.story.aside == "merge":
            main = await Case.get(title=MAIN_TITLE)
            await actions.merge_case(dispatcher, case.id, main_case_id=main.id, reason=words)
        elif self.story.aside == "phase":
            await self._finish_phase(case, self.story.did)
        elif self.story.aside == "extend":
            until = self.time + timedelta(days=20)
            handler = self.handler(self.story.unit)
            await actions.request_extension(handler, case.id, until=until, reason=words)
        elif self.story.aside == "whistle":
            await whistle(case, self.grid, self.handler, self.time, words)

    async def _along(self, case: Case) -> None:
        """The usual way, as far as the story goes."""
        story = self.story
        if story.upto == "rejected":
            with self._after(PACE["accept"]):
                await actions.reject_case(self.dispatcher, case.id, reason=story.words)
            return
        if story.twist == "ping-pong":
            await self._go(case, "accepted")
            for unit in (story.first_unit, story.unit, story.first_unit):
                await self._hand_back(case, unit, "")
            return
        if story.twist == "return":
            await self._return(case)
            if story.upto == "accepted":
                return
        upto = STOPS.index(story.upto)
        start = 2 if story.twist == "return" else 1
        for stop in STOPS[start : upto + 1]:
            await self._go(case, stop)
            if stop == "fed_back" and story.twist == "rework" and upto > 4:
                await self._rework(case)
        if story.twist == "rework" and story.upto == "signed":
            await self._go(case, "fed_back")
            with self._after(PACE["verify"]):
                await actions.rework_case(self.grid, case.id, reason="走了又来，请再去看。")

    async def _open(self) -> Case:
        story = self.story
        area = await Area.get(code=story.area, valid_to=None)
        pictures = [await self._picture(story.draws)] if story.draws else []
        with actions.pretend(self.time):
            return await actions.open_case(
                self.people[story.by] if story.by else self.reporter,
                title=story.title,
                type_code=story.type,
                area_id=area.id,
                address=story.address,
                description=story.text,
                source=story.source,
                evidence=pictures,
                flow=story.flow,
            )

    async def _go(self, case: Case, stop: str) -> None:
        story = self.story
        if stop == "accepted":
            with self._after(PACE["accept"]):
                await actions.accept_case(self.dispatcher, case.id)
        elif stop == "dispatched":
            await self._dispatch(case, story.unit)
        elif stop == "signed":
            with self._after(DOZING if story.dozes else PACE["sign"]):
                await actions.sign_case(self.handler(story.unit), case.id)
        elif stop == "fed_back":
            await self._handle(case, story.did)
        elif stop == "verified":
            with self._after(PACE["verify"]):
                await actions.verify_case(self.grid, case.id, note="到现场看过，已经解决。")
        elif stop == "closed":
            with self._after(PACE["close"]):
                await actions.close_case(self.dispatcher, case.id, note="问题已解决，予以结案。")
        elif stop == "rated":
            rater = self.people["resident"] if story.by == "resident" else self.grid
            with self._after(PACE["rate"]):
                await actions.rate_case(rater, case.id, rating=story.rating, note=story.words)

    async def _dispatch(self, case: Case, code: str) -> None:
        unit = await Unit.get_or_none(code=code)
        with self._after(PACE["dispatch"]):
            await actions.dispatch_case(
                self.dispatcher, case.id, unit_id=unit.id if unit else None, note="请按时限处置。"
            )

    async def _return(self, case: Case) -> None:
        """Accepted, sent to the wrong unit, handed back with the right one proposed."""
        first, right = self.story.first_unit, self.story.unit
        await self._go(case, "accepted")
        await self._hand_back(case, first, right if right != first else "")

    async def _hand_back(self, case: Case, unit: str, proposed: str) -> None:
        owner = await Unit.get_or_none(code=proposed) if proposed else None
        await self._dispatch(case, unit)
        with self._after(50):
            await actions.return_case(
                self.handler(unit),
                case.id,
                reason="现场看过，不属于本单位的职责。",
                proposed_unit_id=owner.id if owner else None,
            )

    async def _finish_phase(self, case: Case, did: str) -> None:
        after = await self._picture("clear")
        handler = self.handler(self.story.unit)
        await actions.finish_phase(handler, case.id, note=did, evidence=[after])

    async def _handle(self, case: Case, did: str) -> None:
        while (await Case.get(id=case.id)).phases_left:
            with self._after(QUICK):
                await self._finish_phase(case, "这一段已做好。")
        after = await self._picture("clear")
        with self._after(SLOW if self.story.slow else QUICK):
            await actions.submit_handling(
                self.handler(self.story.unit), case.id, note=did, evidence=[after]
            )

    async def _rework(self, case: Case) -> None:
        with self._after(PACE["verify"]):
            await actions.rework_case(self.grid, case.id, reason="还留着一部分，请彻底处理。")
        await self._handle(case, f"再次处置。{self.story.did}")

    async def _picture(self, what: str) -> File:
        return await store_blurred(scene(what, self.number % LOOKS), keeper="cases", subject="")

    def _after(self, minutes: int) -> AbstractContextManager[None]:
        """The clock goes on by so much, but never beyond now."""
        soon = self.time + timedelta(minutes=minutes + self.number % 7)
        self.time = min(soon, datetime.now(UTC))
        return actions.pretend(self.time)

    @property
    def dispatcher(self) -> Viewer:
        return self.people[DISPATCHERS.get(self.story.area[:9], "paidan-qu")]

    @property
    def grid(self) -> Viewer:
        return self.people[GRIDS[self.story.area]]

    @property
    def reporter(self) -> Viewer:
        return self.people[GRIDS[self.story.area]] if self.story.area in GRIDS else self.dispatcher

    def handler(self, unit: str) -> Viewer:
        return self.people[HANDLERS[unit]]
