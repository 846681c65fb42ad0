"""历史案件: what was settled before it came here, to be read and counted. Nothing waits for it."""

from plugins.cases.rules.moves import Flow, Move
from plugins.cases.rules.words import Stage

ARCHIVE = Flow(
    "archive",
    Stage.REPORTED,
    title="历史案件",
    permission="cases.import",
    reported=False,
    moves=(
        Move(
            action="close",
            label="结案",
            sources=(Stage.REPORTED,),
            to=Stage.CLOSED,
            permission="cases.import",
            main=True,
        ),
    ),
)
