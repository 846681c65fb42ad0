"""Cases in GraphQL. `Case` and its parts are public: neighbours hang fields on them."""

from liuhe import Extension
from plugins.cases.schema.mutations import CaseMutations
from plugins.cases.schema.nodes import Case, CaseType, Evidence, Unit
from plugins.cases.schema.queries import CaseQueries
from plugins.cases.schema.subscriptions import CaseSubscriptions

EXTENSIONS = (
    Extension("Query", CaseQueries),
    Extension("Mutation", CaseMutations),
    Extension("Subscription", CaseSubscriptions),
)

__all__ = ["EXTENSIONS", "Case", "CaseType", "Evidence", "Unit"]
