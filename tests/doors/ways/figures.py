"""Figures: objections, errata, months."""

from tests.doors.ways.way import REASON, Way

CELL = {"month": "2021-04", "by": "unit", "key": "{n}"}
FIGURE = {"code": "cases.closed_on_time", "month": "2021-04", "by": "UNIT", "key": "{n}"}
FIGURES = (
    Way(door="/admin/figures/objections/{id:int}", given={"outcome": "refused", "answer": "答"}),
    Way(door="/admin/figures/months", given={"month": "2021-04"}),
    Way(door="/admin/figures/{code}/why", given={**CELL, "text": "异议"}),
    Way(
        door="/admin/figures/{code}/why",
        given={**CELL, "do": "erratum", "numerator": "1", "denominator": "1", "reason": "理由"},
    ),
    Way(door="fileFigureObjection", given={"figure": FIGURE, "text": "异议"}),
    Way(
        door="answerFigureObjection",
        given={"id": "FigureObjection:{n}", "upheld": False, "answer": "答"},
    ),
    Way(
        door="publishFigureErratum",
        given={"figure": FIGURE, "corrected": {"numerator": 1, "denominator": 1}, **REASON},
    ),
    Way(door="closeFigureMonth", given={"month": "2021-04"}),
)
