"""Verbs of residents' reports: the only writers. Each door checks the tracking code first.

`report_matter` opens a case and gives a code; `find_report` turns a code into a report, with
which `follow`, `answer`, `rate`, `reopen` and `withdraw` touch that one case. Officers `ask`.
"""

from plugins.residents.actions.account import acting, prepare_account
from plugins.residents.actions.asking import LONGEST_QUESTION, answer, ask, note_answers_seen
from plugins.residents.actions.bounds import everybody, phone_us, settings, try_bounds
from plugins.residents.actions.choosing import By, rate, reopen, withdraw
from plugins.residents.actions.contacts import (
    MOST_READINGS,
    forget_contact,
    read_contacts,
    readings,
)
from plugins.residents.actions.counting import forget_old_tallies, give_back, look, side_of, take
from plugins.residents.actions.following import (
    Followed,
    find_report,
    follow,
    known_report,
    picture_of,
)
from plugins.residents.actions.forgetting import RETENTIONS, contact_over
from plugins.residents.actions.offering import offered_areas, offered_matters
from plugins.residents.actions.reporting import (
    Hand,
    Sent,
    Told,
    area_around,
    report_matter,
)
from plugins.residents.rules import Bound, read_code

__all__ = [
    "LONGEST_QUESTION",
    "MOST_READINGS",
    "RETENTIONS",
    "Bound",
    "By",
    "Followed",
    "Hand",
    "Sent",
    "Told",
    "acting",
    "answer",
    "area_around",
    "ask",
    "contact_over",
    "everybody",
    "find_report",
    "follow",
    "forget_contact",
    "forget_old_tallies",
    "give_back",
    "known_report",
    "look",
    "note_answers_seen",
    "offered_areas",
    "offered_matters",
    "phone_us",
    "picture_of",
    "prepare_account",
    "rate",
    "read_code",
    "read_contacts",
    "readings",
    "reopen",
    "report_matter",
    "settings",
    "side_of",
    "take",
    "try_bounds",
    "withdraw",
]
