"""Figures of cases: the declared set."""

from plugins.cases.indicators.cards import INDICATORS

__all__ = ["INDICATORS"]
