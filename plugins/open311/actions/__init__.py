"""Verbs of the interface: keys, services, reports from other programs and what they say later."""

from plugins.open311.actions.contacts import RETENTIONS, read_contacts
from plugins.open311.actions.keys import (
    LIVES,
    MOST_AN_HOUR,
    SCOPES,
    end_key,
    key_for,
    make_key,
)
from plugins.open311.actions.noting import Later, note_update
from plugins.open311.actions.reading import find_by_token, find_requests, find_updates
from plugins.open311.actions.reporting import Arrived, Sent, send
from plugins.open311.actions.services import (
    Offered,
    Wish,
    known_service,
    save_service,
    services,
)

__all__ = [
    "LIVES",
    "MOST_AN_HOUR",
    "RETENTIONS",
    "SCOPES",
    "Arrived",
    "Later",
    "Offered",
    "Sent",
    "Wish",
    "end_key",
    "find_by_token",
    "find_requests",
    "find_updates",
    "key_for",
    "known_service",
    "make_key",
    "note_update",
    "read_contacts",
    "save_service",
    "send",
    "services",
]
