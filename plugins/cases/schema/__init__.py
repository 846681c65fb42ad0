"""Cases in GraphQL. `Case` and its parts are public: neighbours hang fields on them."""

from liuhe import Extension
from plugins.cases.schema.aside_mutations import CaseAsideMutations
from plugins.cases.schema.mutations import CaseMutations
from plugins.cases.schema.nodes import Case, CaseType, Evidence, Unit
from plugins.cases.schema.queries import CaseQueries
from plugins.cases.schema.standing import CaseStanding
from plugins.cases.schema.subscriptions import CaseSubscriptions

EXTENSIONS = (
    Extension("Query", CaseQueries),
    Extension("Mutation", CaseMutations),
    Extension("Mutation", CaseAsideMutations),
    Extension("Case", CaseStanding),
    Extension("Subscription", CaseSubscriptions),
)

__all__ = ["EXTENSIONS", "Case", "CaseType", "Evidence", "Unit"]
