"""Figures in GraphQL."""

from liuhe import Extension
from plugins.figures.schema.mutations import FigureMutations
from plugins.figures.schema.queries import FigureQueries
from plugins.figures.schema.types import Figure, FigureObjection, FigureTable, Indicator

EXTENSIONS = (Extension("Query", FigureQueries), Extension("Mutation", FigureMutations))

__all__ = ["EXTENSIONS", "Figure", "FigureObjection", "FigureTable", "Indicator"]
