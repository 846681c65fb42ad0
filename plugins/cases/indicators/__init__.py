"""Figures of cases: the declared set, and rates by unit over what was sent in a period."""

from plugins.cases.indicators.cards import INDICATORS
from plugins.cases.indicators.rates import task_rates, unit_rates

__all__ = ["INDICATORS", "task_rates", "unit_rates"]
