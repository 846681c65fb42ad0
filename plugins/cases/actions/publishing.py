"""What anybody may know of a matter that a resident told: what it is, roughly where, how it stands.

For neighbours that publish. Nothing that somebody wrote is in it, no point and no address: those
are in `told_whole`, for whoever told it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q, Subquery

from liuhe import Area
from plugins.cases.actions.telling import TOLD_NOTES
from plugins.cases.models import Case, CaseType, Step
from plugins.cases.rules import ENDED, STANDARD, Kind, Source, state_words

#: Steps that are told; what officers settle among themselves is not.
PUBLIC_STEPS = frozenset(
    {
        "accept",
        "reject",
        "dispatch",
        "sign",
        "submit_handling",
        "verify",
        "rework",
        "close",
        "withdraw",
        "reopen",
        "suspend",
        "resume",
        "transfer",
        "merge",
    }
)
#: The same grid for all: a hundred metres, within which no household stands out.
DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class Published:
    """`place`: street and community; `office`: the street, which accepts or rejects; `unit`: who
    handles it. The point is rounded."""

    id: int
    number: str
    type_code: str
    stage: str
    state: str
    ended: bool
    place: str
    office: str
    unit: str
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    longitude: float | None
    latitude: float | None


@dataclass(frozen=True, kw_only=True)
class PublishedStep:
    """`ended`: whether the matter was settled with it."""

    number: str
    seq: int
    at: datetime
    label: str
    stage: str
    ended: bool
    unit: str


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What whoever told it may read besides: the own words, and the last ones written for them."""

    description: str
    address: str
    longitude: float | None
    latitude: float | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which of them: events of these `codes`; `numbers` instead of all that follows."""

    codes: Collection[str]
    numbers: Collection[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    ended: bool | None = None

    @property
    def condition(self) -> Q:
        told = Q(
            source=Source.RESIDENT, type__kind=Kind.EVENT, type__code__in=list(self.codes) or [""]
        )
        if self.numbers:
            return told & Q(number__in=list(self.numbers))
        if self.since:
            told &= Q(opened_at__gte=self.since)
        if self.until:
            told &= Q(opened_at__lte=self.until)
        if self.ended is not None:
            told &= Q(stage__in=ENDED) if self.ended else ~Q(stage__in=ENDED)
        return told


async def published(wanted: Wanted, *, most: int, start: int = 0) -> list[Published]:
    """The newest first; four queries, however many there are."""
    found = Case.filter(wanted.condition).order_by("-opened_at", "-id").offset(start).limit(most)
    cases = await found.select_related("area", "type", "unit")
    if not cases:
        return []
    last = dict(
        await Step.filter(case_id__in=[case.id for case in cases])
        .order_by("case_id", "seq")
        .values_list("case_id", "at")
    )
    areas = await _areas_over(cases)
    return [_published(case, last.get(case.id, case.opened_at), areas) for case in cases]


async def published_steps(wanted: Wanted, *, most: int, start: int = 0) -> list[PublishedStep]:
    """What happened between `since` and `until`, in the order in which it did."""
    cases = Wanted(codes=wanted.codes, numbers=wanted.numbers).condition
    ids = Case.filter(cases).values("id")
    steps = Step.filter(case_id__in=Subquery(ids), action__in=list(PUBLIC_STEPS))
    if wanted.since:
        steps = steps.filter(at__gte=wanted.since)
    if wanted.until:
        steps = steps.filter(at__lte=wanted.until)
    part = steps.order_by("at", "id").offset(start).limit(most)
    rows = await part.select_related("case", "unit")
    return [
        PublishedStep(
            number=row.case.number,
            seq=row.seq,
            at=row.at,
            label=STANDARD.label(row.action),
            stage=row.to_stage.value,
            ended=row.to_stage in ENDED,
            unit=row.unit.name if row.unit else "",
        )
        for row in rows
    ]


async def told_whole(case_ids: Sequence[int]) -> dict[int, Whole]:
    """By case; whoever calls has made sure that it is theirs."""
    notes = dict(
        await Step.filter(case_id__in=list(case_ids), action__in=list(TOLD_NOTES))
        .exclude(note="")
        .order_by("case_id", "seq")
        .values_list("case_id", "note")
    )
    return {
        case.id: Whole(
            description=case.description,
            address=case.address,
            longitude=case.longitude,
            latitude=case.latitude,
            note=notes.get(case.id, ""),
        )
        for case in await Case.filter(id__in=list(case_ids))
    }


async def event_types() -> list[CaseType]:
    """What residents can be offered to report."""
    return await CaseType.filter(kind=Kind.EVENT, active=True).order_by("code")


async def _areas_over(cases: Sequence[Case]) -> dict[int, Area]:
    ids = {int(part) for case in cases for part in case.area.path.split(".") if part}
    return {area.id: area for area in await Area.filter(id__in=list(ids))}


def _published(case: Case, changed_at: datetime, areas: dict[int, Area]) -> Published:
    chain = [areas[int(part)] for part in case.area.path.split(".") if part]
    named = {area.level: area.name for area in chain}
    office = named.get("street", case.area.name)
    ended = case.stage in ENDED
    return Published(
        id=case.id,
        number=case.number,
        type_code=case.type.code,
        stage=case.stage.value,
        state=state_words(case.stage, case.marks),
        ended=ended,
        place="，".join(dict.fromkeys(filter(None, (named.get("community"), office)))),
        office=office,
        unit=case.unit.name if case.unit else "",
        opened_at=case.opened_at,
        changed_at=(case.closed_at if ended else None) or changed_at,
        due_at=None if ended else case.due_at,
        longitude=_rounded(case.longitude),
        latitude=_rounded(case.latitude),
    )


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, DIGITS)
