"""What the worker does every so often."""

from datetime import timedelta

from liuhe import Job
from plugins.residents import actions

JOBS = (
    Job(
        name="residents.forget_tallies",
        run=actions.forget_old_tallies,
        every=timedelta(hours=1),
        title="清除居民上报的限流计数",
    ),
)
