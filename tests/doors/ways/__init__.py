"""All ways to change something: each form and each mutation, filled in, and by whom it is done.

A way is tried at a matter that stands as the way wants it (`stands`), so that nothing but the
permission is in its way. In texts, `{n}` is the number of the street, `{officer}` of whoever works
there, `{type}` a code of its kinds of matters, `{helper}` a unit of the whole district, `{file}` a
picture that was uploaded just before; `Kind:{n}` in a mutation is the thing's global id.
"""

from tests.doors.ways.cases import CASES
from tests.doors.ways.dispatch import DISPATCH
from tests.doors.ways.figures import FIGURES
from tests.doors.ways.ground import GROUND
from tests.doors.ways.house import HOUSE
from tests.doors.ways.people import PEOPLE
from tests.doors.ways.residents import RESIDENTS
from tests.doors.ways.video import VIDEO

WAYS = (*CASES, *DISPATCH, *FIGURES, *VIDEO, *RESIDENTS, *GROUND, *PEOPLE, *HOUSE)
