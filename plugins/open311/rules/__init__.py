"""Decisions of the interface: how it writes, what times it takes, what it asks besides."""

from plugins.open311.rules.asking import (
    DATATYPES,
    MOST_ATTRIBUTES,
    Attribute,
    Datatype,
    answered,
    attributes_from,
)
from plugins.open311.rules.times import SPAN, Period, moment, period, w3
from plugins.open311.rules.wire import Refusal, as_json, as_xml

__all__ = [
    "DATATYPES",
    "MOST_ATTRIBUTES",
    "SPAN",
    "Attribute",
    "Datatype",
    "Period",
    "Refusal",
    "answered",
    "as_json",
    "as_xml",
    "attributes_from",
    "moment",
    "period",
    "w3",
]
