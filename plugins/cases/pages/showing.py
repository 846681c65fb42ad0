"""One case as its page shows it to one viewer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tortoise.expressions import Q

from liuhe import Viewer
from plugins.cases.models import Case, Clock, Evidence, Step, flow_of, flows, kept_apart, label_of
from plugins.cases.pages.choices import names_of
from plugins.cases.pages.flowing import completed_by, doing_of, strip_of
from plugins.cases.pages.words import state_of, zone
from plugins.cases.permissions import (
    SOMEBODY,
    allowed,
    may_know_reporter,
    shown_actor,
    visible,
)
from plugins.cases.rules import (
    CLOCK_LABELS,
    EVIDENCE_LABELS,
    SENDS,
    SOURCE_LABELS,
    STANDARD,
    ClockKind,
    EvidenceKind,
    Move,
    clocks_of_phases,
    does_it,
    plan_of,
    terms_of,
)

MOST_RELATED = 50


@dataclass(kw_only=True)
class Shown:
    """A case with all that hangs on it, loaded, and what the viewer may do."""

    case: Case
    viewer: Viewer
    area_names: list[str]
    steps: list[Step]
    clocks: list[Clock]
    evidence: list[Evidence]
    moves: tuple[Move, ...]
    related: list[tuple[str, Case]]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def id(self) -> int:
        return int(self.case.id)

    @property
    def state(self) -> tuple[str, str]:
        return state_of(self.case)

    @property
    def place(self) -> str:
        return " / ".join(part for part in (*self.area_names, self.case.address) if part)

    @property
    def ended(self) -> bool:
        return flow_of(self.case).is_terminal(self.case.stage)

    @property
    def strip(self) -> tuple[str, ...]:
        return strip_of(self.case)

    @property
    def doing(self) -> str:
        return doing_of(self.case)

    @property
    def times(self) -> dict[str, datetime]:
        """When each part of the strip was last done, as far as it still counts."""
        done = {
            part: step.at for step in self.steps for part in completed_by(self.case, step.action)
        }
        upto = len(self.strip) if self.ended else self.strip.index(self.doing)
        return {part: at for part, at in done.items() if part in self.strip[:upto]}

    @property
    def facts(self) -> list[tuple[str, str | None]]:
        case = self.case
        return [
            ("案卷号", case.number),
            ("类型", f"{case.type.code} {case.type.name}（{case.type.class_name}）"),
            ("来源", SOURCE_LABELS[case.source]),
            ("办理方式", None if case.flow == STANDARD.name else flow_of(case).title),
            ("地点", self.place),
            ("上报人", self._reporter()),
            ("责任单位", case.unit.name if case.unit else None),
            ("经办人", case.handler.name if case.handler else None),
            ("退回", f"{case.returns} 次" if case.returns else None),
            ("返工", f"{case.reworks} 次" if case.reworks else None),
            ("督办", "是" if case.supervised_at else None),
            ("评价", f"{case.rating} 分" if case.rating else None),
        ]

    def _reporter(self) -> str | None:
        if not may_know_reporter(self.viewer, self.case):
            return SOMEBODY
        return self.case.reporter.name if self.case.reporter else None

    @property
    def timed(self) -> list[dict[str, Any]]:
        """Clocks for the list of deadlines; feedback runs with handling and is not told twice."""
        return [
            {
                "label": CLOCK_LABELS[ClockKind(clock.kind)],
                "due_at": clock.due_at,
                "done_at": clock.stopped_at,
                "released": _over(clock) and not self._was_done(clock),
                "paused": clock.paused_at is not None and not _over(clock),
                "rule": clock.rule,
            }
            for clock in self.clocks
            if clock.kind != ClockKind.FEEDBACK and clock.phase is None
        ]

    def _was_done(self, clock: Clock) -> bool:
        """Whether it ended with what it was for, not because somebody was relieved of it."""
        kind, terms = ClockKind(clock.kind), terms_of(flows())
        ending = [step for step in self.steps if step.at == clock.stopped_at]
        return any(does_it(kind, step.action, step.to_stage, terms) for step in ending)

    @property
    def phases(self) -> list[dict[str, Any]]:
        """The parts of the handling, each with its time; those to come have none yet."""
        plan = plan_of(self.case.phases)
        clocks = clocks_of_phases(plan, ClockKind.HANDLE, self.clocks)
        return [
            {
                "name": phase.name,
                "limit": phase.limit.text,
                "clock": clock,
                "due_at": clock and clock.due_at,
                "done_at": clock and clock.stopped_at,
                "released": clock and _over(clock) and not self._was_done(clock),
                "paused": clock and clock.paused_at and not _over(clock),
                "tone": "bad"
                if clock and clock.left_seconds is None and clock.late(self.now)
                else "",
            }
            for phase, clock in zip(plan, clocks, strict=True)
        ]

    @property
    def part(self) -> str:
        """Which of the phases is in hand."""
        phases = self.phases
        for number, one in enumerate(phases, 1):
            if one["clock"] and not _over(one["clock"]):
                return f"现在是第 {number} 段“{one['name']}”，共 {len(phases)} 段。"
        return ""

    @property
    def timeline(self) -> list[dict[str, Any]]:
        """The newest first."""
        return [self._entry(step) for step in reversed(self.steps)]

    def _entry(self, step: Step) -> dict[str, Any]:
        unit = step.unit.name if step.unit and step.action != "open" else ""
        what = label_of(self.case, step.action)
        if step.action in SENDS:
            what, unit = f"{what}给{unit}", ""
        if proposed := step.details.get("proposed_unit"):
            what = f"{what}，建议派给{proposed['name']}"
        if main := step.details.get("main"):
            what = f"{what}，并入 {main['number']}"
        if extension := step.details.get("extension"):
            what = f"{what}{_extension(extension)}"
        if phase := step.details.get("phase"):
            what = f"{what}：{phase['name']}"
        if rating := step.details.get("rating"):
            what = f"{what}：{rating} 分"
        return {
            "what": what,
            "who": shown_actor(self.viewer, self.case, step),
            "unit": unit,
            "at": step.at,
            "why": step.note,
            "tone": "bad" if step.action in BAD else "",
            "evidence": [
                {"src": one["src"], "alt": one["alt"]}
                for one in map(_picture, self.evidence)
                if one["step"] == step.id and one["src"]
            ],
        }

    @property
    def wish(self) -> dict[str, str] | None:
        """The extension that is asked for: by whom, until when, and why."""
        asked = [step for step in self.steps if "extension" in step.details]
        if self.case.extension_until is None or not asked:
            return None
        until = self.case.extension_until.astimezone(zone())
        unit = self.case.unit.name if self.case.unit else ""
        return {"unit": unit, "until": f"{until:%Y-%m-%d %H:%M}", "why": asked[-1].note}

    @property
    def before(self) -> dict[str, Any] | None:
        return _first(self.evidence, EvidenceKind.SCENE, EvidenceKind.BEFORE)

    @property
    def after(self) -> dict[str, Any] | None:
        return _first(reversed(self.evidence), EvidenceKind.AFTER)

    @property
    def others(self) -> list[dict[str, Any]]:
        """Pictures besides the pair; those that could not be kept are counted, not shown."""
        paired = {one["id"] for one in (self.before, self.after) if one}
        shown = (_picture(one) for one in self.evidence if one.file.state != "refused")
        return [one for one in shown if one["id"] not in paired]

    @property
    def waiting_pictures(self) -> bool:
        return any(one.file.state == "waiting" for one in self.evidence)

    @property
    def refused_pictures(self) -> int:
        return sum(one.file.state == "refused" for one in self.evidence)


def _over(clock: Clock) -> bool:
    return clock.stopped_at is not None


#: Steps that set a case back, or press it.
BAD = ("return", "rework", "reject", "supervise", "reopen")


def _extension(told: Mapping[str, Any]) -> str:
    """What was asked for, or how it was answered."""
    until = datetime.fromisoformat(told["until"]).astimezone(zone())
    if told.get("granted") is False:
        return "：不同意"
    verb = "：同意延到" if told.get("granted") else "到"
    return f"{verb} {until:%m月%d日 %H:%M}"


def _first(found: Iterable[Evidence], *kinds: EvidenceKind) -> dict[str, Any] | None:
    kept = (one for one in found if one.kind in kinds and one.file.state != "refused")
    return next((_picture(one) for one in kept), None)


def _picture(one: Evidence) -> dict[str, Any]:
    """`src` is empty until the picture is blurred."""
    label = EVIDENCE_LABELS[one.kind]
    return {
        "id": one.id,
        "step": one.step_id,
        "src": f"/files/{one.file_id}" if one.file.state == "ready" else "",
        "alt": one.caption or f"{label}照片",
        "caption": one.caption or label,
        "at": one.step.at,
    }


async def show(viewer: Viewer, case_id: int) -> Shown | None:
    """The case for this viewer, or None if it is not theirs to see; seven queries, or eight."""
    case = (
        await Case.filter(visible(viewer), id=case_id)
        .first()
        .select_related("area", "type", "unit", "reporter", "handler", "merged_into")
    )
    if case is None:
        return None
    steps = await Step.filter(case_id=case.id).order_by("seq").select_related("unit")
    apart = kept_apart()
    done = {s.action for s in steps if s.person_id == viewer.person_id and s.action in apart}
    names: Mapping[int, list[str]] = await names_of([case.area])
    return Shown(
        case=case,
        viewer=viewer,
        area_names=names[case.area_id],
        steps=steps,
        clocks=await Clock.filter(case_id=case.id).order_by("started_at", "id"),
        evidence=await Evidence.filter(case_id=case.id)
        .order_by("id")
        .select_related("file", "step"),
        moves=allowed(viewer, case, frozenset(done)),
        related=await _related(viewer, case, steps),
    )


async def _related(viewer: Viewer, case: Case, steps: Iterable[Step]) -> list[tuple[str, Case]]:
    """What it was merged into and what was merged into it, as far as the viewer may see them."""
    if case.merged_into_id is None and not any(step.action == "absorb" for step in steps):
        return []
    linked = Q(id=case.merged_into_id) | Q(merged_into_id=case.id)
    found = await Case.filter(visible(viewer), linked).order_by("id").limit(MOST_RELATED)
    return [("并入" if one.id == case.merged_into_id else "并进来", one) for one in found]
