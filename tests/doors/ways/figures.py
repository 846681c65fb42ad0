"""Figures: objections, errata, months."""

from tests.doors.ways.way import REASON, Way

#: Nothing was counted in a test's house, so there is no figure that anybody could speak of.
NONE = "there is no figure"
OVER = "there is no month that is over and open"
CELL = {"month": "2021-04", "by": "unit", "key": "{n}"}
FIGURE = {"code": "cases.closed", "month": "2021-04", "by": "UNIT", "key": "{n}"}
FIGURES = (
    Way(
        door="/admin/figures/objections/{id:int}",
        given={"outcome": "refused", "answer": "答"},
        by="supervisor",
        whole=True,
    ),
    Way(door="/admin/figures/months", given={"month": "2021-04"}, why=OVER),
    Way(door="/admin/figures/{code}/why", given={**CELL, "text": "异议"}, why=NONE),
    Way(
        door="/admin/figures/{code}/why",
        given={**CELL, "do": "erratum", "numerator": "1", "denominator": "1", "reason": "理由"},
        why=NONE,
    ),
    Way(door="fileFigureObjection", given={"figure": FIGURE, "text": "异议"}, why=NONE),
    Way(
        door="answerFigureObjection",
        given={"id": "FigureObjection:{n}", "upheld": False, "answer": "答"},
        by="supervisor",
        whole=True,
    ),
    Way(
        door="publishFigureErratum",
        given={"figure": FIGURE, "corrected": {"numerator": 1, "denominator": 1}, **REASON},
        why=NONE,
    ),
    Way(door="closeFigureMonth", given={"month": "2021-04"}, why=OVER),
)
