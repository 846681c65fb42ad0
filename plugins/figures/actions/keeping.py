"""期限: how long figures, objections and errata are kept."""

from liuhe import Retention
from plugins.figures.models import Erratum, Month, Objection

RETENTIONS = (
    Retention(
        of=Objection,
        title="指标的封账、异议、答复和勘误",
        basis="公布过的数要说得清怎么来的、谁更正的；只记提出、答复和封账的工作人员",
        starts="记下",
        days=None,
        action="keep",
        covers=(Erratum, Month),
    ),
)
