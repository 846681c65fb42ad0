"""What may be kept of an exception: never what the database quotes of a row.

PostgreSQL tells with a refused write which row it was ("DETAIL: Failing row contains (…)"), and so
names, addresses and words of residents would come onto the page of jobs.
"""

import re

#: A quoted value may have several lines, so all that follows goes, too.
_QUOTED = re.compile(r"\s*DETAIL:.*", re.DOTALL)


def discreet(text: str) -> str:
    """The text without what the database quotes."""
    return _QUOTED.sub("", text)
