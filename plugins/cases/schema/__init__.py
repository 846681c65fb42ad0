"""Cases in GraphQL. `Case` and its parts are public: neighbours hang fields on them."""

from liuhe import Extension
from plugins.cases.schema.aside_mutations import CaseAsideMutations
from plugins.cases.schema.documents import CaseDocuments
from plugins.cases.schema.flows import CaseFlowing, CaseFlowMutations, CaseFlowQueries
from plugins.cases.schema.mutations import CaseMutations
from plugins.cases.schema.nodes import Case, CaseType, Evidence, Unit
from plugins.cases.schema.phases import CasePhaseMutations, CasePhases, TypePhases
from plugins.cases.schema.queries import CaseQueries
from plugins.cases.schema.standing import CaseStanding
from plugins.cases.schema.subscriptions import CaseSubscriptions
from plugins.cases.schema.task_mutations import CaseTaskMutations
from plugins.cases.schema.tasks import CaseTask, CaseTaskQueries, CaseTasks

EXTENSIONS = (
    Extension("Query", CaseQueries),
    Extension("Mutation", CaseMutations),
    Extension("Mutation", CaseAsideMutations),
    Extension("Mutation", CaseFlowMutations),
    Extension("Query", CaseFlowQueries),
    Extension("Case", CaseFlowing),
    Extension("Mutation", CasePhaseMutations),
    Extension("Case", CasePhases),
    Extension("CaseType", TypePhases),
    Extension("Case", CaseStanding),
    Extension("Case", CaseDocuments),
    Extension("Query", CaseTaskQueries),
    Extension("Mutation", CaseTaskMutations),
    Extension("Case", CaseTasks),
    Extension("Subscription", CaseSubscriptions),
)

__all__ = ["EXTENSIONS", "Case", "CaseTask", "CaseType", "Evidence", "Unit"]
