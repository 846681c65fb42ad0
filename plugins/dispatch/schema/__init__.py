"""Dispatch in GraphQL: rules, their dry-run, rosters, and what the rules say of a case."""

from liuhe import Extension
from plugins.dispatch.schema.mutations import DispatchMutations
from plugins.dispatch.schema.queries import CaseSuggestion, DispatchQueries
from plugins.dispatch.schema.types import DispatchRule, DutyShift

EXTENSIONS = (
    Extension("Query", DispatchQueries),
    Extension("Mutation", DispatchMutations),
    Extension("Case", CaseSuggestion),
)

__all__ = ["EXTENSIONS", "DispatchRule", "DutyShift"]
