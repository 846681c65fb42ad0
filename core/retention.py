"""期限 retention: what is kept how long, and the certificate of what was deleted for it."""

from tortoise import fields

from core.tables import Model


class Certificate(Model):
    """销毁证明: what one nightly run has deleted of one thing, and under which rule.

    `digest` is a chain of SHA-256 over the keys of all that went, in order; `rule` one over the
    rule as it was declared. No key of a person is in it.
    """

    id = fields.BigIntField(primary_key=True)
    run = fields.CharField(max_length=10)  # the day
    name = fields.CharField(max_length=80)
    title = fields.CharField(max_length=80)
    basis = fields.CharField(max_length=200)
    starts = fields.CharField(max_length=80)
    days = fields.IntField()
    action = fields.CharField(max_length=10)
    rule = fields.CharField(max_length=64)
    cutoff = fields.DatetimeField()
    count = fields.IntField(default=0)
    first_key = fields.CharField(max_length=60, default="")
    last_key = fields.CharField(max_length=60, default="")
    digest = fields.CharField(max_length=64, default="")
    begun_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "core_certificate"
        unique_together = (("run", "name"),)
