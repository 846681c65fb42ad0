"""区域 areas: the least that permissions need; `places` adds shapes and history."""

from datetime import date

from tortoise import fields

from core.tables import Model

#: From wide to narrow; a level's number is its depth.
LEVELS = ("district", "street", "community", "grid", "microgrid")
LEVEL_LABELS = {
    "district": "区",
    "street": "街道",
    "community": "社区",
    "grid": "网格",
    "microgrid": "微网格",
}


class Area(Model):
    """One division for as long as it stood.

    `path` is the chain of ids from the top, each followed by a dot ("1.4.17."): what lies in an
    area is what starts with its path. A re-divided area keeps its row and path; new ones follow.
    """

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(max_length=24, db_index=True)
    name = fields.CharField(max_length=60)
    level = fields.CharField(max_length=12)
    parent: fields.ForeignKeyNullableRelation["Area"] = fields.ForeignKeyField(
        "core.Area", related_name="children", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    parent_id: int | None
    path = fields.CharField(max_length=120, default="", db_index=True)
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)

    class Meta:
        table = "core_area"
        unique_together = (("code", "valid_from"),)

    def stood(self, day: date) -> bool:
        """Whether the area existed on `day` (`valid_to` is the first day without it)."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


async def create_area(
    *, code: str, name: str, level: str, parent: Area | None, valid_from: date
) -> Area:
    """Write one area with its path; to be called inside a transaction."""
    area = await Area.create(
        code=code, name=name, level=level, parent=parent, valid_from=valid_from
    )
    area.path = f"{parent.path if parent else ''}{area.id}."
    await area.save(update_fields=["path"])
    return area
