"""What the district changes of the state's calendar; rows are only ever added."""

from datetime import date, datetime

from tortoise import fields

from liuhe import Model, Person


class CalendarDay(Model):
    """How a day was to count from `entered_at` on. `works`: None goes back to the state's calendar.

    The latest row of a day holds; earlier ones still tell how a clock came to its due time.
    """

    id = fields.BigIntField(primary_key=True)
    day = fields.DateField()
    works = fields.BooleanField(null=True)
    note = fields.CharField(max_length=100)
    entered_at = fields.DatetimeField()
    person: fields.ForeignKeyRelation[Person] = fields.ForeignKeyField(
        "core.Person", related_name="case_calendar_days", on_delete=fields.RESTRICT, db_index=True
    )
    person_id: int
    actor = fields.CharField(max_length=40)

    class Meta:
        table = "cases_calendar_day"
        indexes = (("entered_at", "id"),)


async def days_as_of(at: datetime) -> dict[date, CalendarDay]:
    """The row that held for each day at a moment."""
    rows = await CalendarDay.filter(entered_at__lte=at).order_by("entered_at", "id")
    return {row.day: row for row in rows}
