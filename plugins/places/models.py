"""What the kernel's areas do not know: shapes, history, compounds and points. WGS-84 throughout."""

from typing import Any, Self

from tortoise import fields

from liuhe import Area, Model
from plugins.places.rules.shapes import Shape, bounds


class Division(Model):
    """The rest of an area: its shape, with the box around it for looking up, and its class.

    `drawn_from`: the day from which the shape is this one; None means as long as the area stands.
    """

    id = fields.BigIntField(primary_key=True)
    area: fields.OneToOneRelation[Area] = fields.OneToOneField(
        "core.Area", related_name="division", on_delete=fields.CASCADE
    )
    area_id: int
    polygon: Any = fields.JSONField(null=True)  # GeoJSON Polygon or MultiPolygon
    west = fields.FloatField(null=True)
    south = fields.FloatField(null=True)
    east = fields.FloatField(null=True)
    north = fields.FloatField(null=True)
    kind = fields.CharField(max_length=3, default="")  # 城乡分类代码: 111, 112 … 220
    note = fields.CharField(max_length=200, default="")
    drawn_from = fields.DateField(null=True)

    class Meta:
        table = "places_division"
        indexes = (("west", "east"),)

    @classmethod
    def of(cls, area: Area, polygon: Shape | None, *, kind: str = "", note: str = "") -> Self:
        """A row to be saved, with the box around its polygon."""
        row = cls(area=area, kind=kind, note=note)
        row.draw(polygon)
        return row

    def draw(self, polygon: Shape | None) -> None:
        self.polygon = polygon
        if polygon is not None:
            box = bounds(polygon)
            self.west, self.south, self.east, self.north = box.west, box.south, box.east, box.north


class FormerShape(Model):
    """What an area's shape was before its border was moved: `valid_to` is the first day without
    it, `valid_from` None means since the area stands."""

    id = fields.BigIntField(primary_key=True)
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="former_shapes", on_delete=fields.CASCADE, db_index=True
    )
    area_id: int
    polygon: Any = fields.JSONField()
    west = fields.FloatField()
    south = fields.FloatField()
    east = fields.FloatField()
    north = fields.FloatField()
    valid_from = fields.DateField(null=True)
    valid_to = fields.DateField()

    class Meta:
        table = "places_former_shape"
        indexes = (("west", "east"),)


class Succession(Model):
    """From `on`, `successor` stands where `predecessor` stood.

    A rename moves nothing, so it keeps the row: both ends are the same area, and `former_name`
    is what it was called until then.
    """

    id = fields.BigIntField(primary_key=True)
    predecessor: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="successions", on_delete=fields.RESTRICT, db_index=True
    )
    predecessor_id: int
    successor: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="origins", on_delete=fields.RESTRICT, db_index=True
    )
    successor_id: int
    on = fields.DateField()
    kind = fields.CharField(max_length=8)  # split, merge, transfer, rename
    former_name = fields.CharField(max_length=60, default="")

    class Meta:
        table = "places_succession"


class Compound(Model):
    """小区/场所: what has a gate and a name, in one area (the deepest that is known)."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=60, db_index=True)
    kind = fields.CharField(max_length=12)
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="compounds", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    address = fields.CharField(max_length=120, default="")
    polygon: Any = fields.JSONField(null=True)
    longitude = fields.FloatField()
    latitude = fields.FloatField()
    households = fields.IntField(null=True)
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)

    class Meta:
        table = "places_compound"


class Point(Model):
    """A named point or an address."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=120, db_index=True)
    longitude = fields.FloatField()
    latitude = fields.FloatField()
    area: fields.ForeignKeyRelation[Area] = fields.ForeignKeyField(
        "core.Area", related_name="points", on_delete=fields.RESTRICT, db_index=True
    )
    area_id: int
    compound: fields.ForeignKeyNullableRelation[Compound] = fields.ForeignKeyField(
        "places.Compound",
        related_name="points",
        null=True,
        on_delete=fields.SET_NULL,
        db_index=True,
    )
    compound_id: int | None

    class Meta:
        table = "places_point"
