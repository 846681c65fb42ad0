from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    initial = True

    operations = [
        ops.CreateModel(
            name="Compound",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("name", fields.CharField(db_index=True, max_length=60)),
                ("kind", fields.CharField(max_length=12)),
                (
                    "area",
                    fields.ForeignKeyField(
                        "core.Area",
                        source_field="area_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="compounds",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("address", fields.CharField(default="", max_length=120)),
                ("polygon", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("longitude", fields.FloatField()),
                ("latitude", fields.FloatField()),
                ("households", fields.IntField(null=True)),
                ("valid_from", fields.DateField()),
                ("valid_to", fields.DateField(null=True)),
            ],
            options={"table": "places_compound", "app": "places", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Division",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "area",
                    fields.OneToOneField(
                        "core.Area",
                        source_field="area_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="division",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("polygon", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("west", fields.FloatField(null=True)),
                ("south", fields.FloatField(null=True)),
                ("east", fields.FloatField(null=True)),
                ("north", fields.FloatField(null=True)),
                ("kind", fields.CharField(default="", max_length=3)),
                ("note", fields.CharField(default="", max_length=200)),
            ],
            options={
                "table": "places_division",
                "app": "places",
                "indexes": [Index(fields=["west", "east"])],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Point",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("name", fields.CharField(db_index=True, max_length=120)),
                ("longitude", fields.FloatField()),
                ("latitude", fields.FloatField()),
                (
                    "area",
                    fields.ForeignKeyField(
                        "core.Area",
                        source_field="area_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="points",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "compound",
                    fields.ForeignKeyField(
                        "places.Compound",
                        source_field="compound_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="points",
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
            ],
            options={"table": "places_point", "app": "places", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Succession",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "predecessor",
                    fields.ForeignKeyField(
                        "core.Area",
                        source_field="predecessor_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="successions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "successor",
                    fields.ForeignKeyField(
                        "core.Area",
                        source_field="successor_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="origins",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("on", fields.DateField()),
                ("kind", fields.CharField(max_length=8)),
                ("former_name", fields.CharField(default="", max_length=60)),
            ],
            options={"table": "places_succession", "app": "places", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
