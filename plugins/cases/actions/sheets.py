"""The columns of cases in tables: what goes out can come in again."""

from liuhe import Column
from plugins.cases.rules import SOURCE_LABELS, STAGE_LABELS

TYPE = Column(
    name="type",
    title="案件类型",
    kind="choice",
    required=True,
    also=("类型", "小类", "事件类型"),
    hint="写代码或名称",
    example="0102 暴露垃圾",
)
#: What is known of a case wherever it came from.
COMMON = (
    Column(
        name="title", title="标题", required=True, most=120, also=("案件标题", "事项"), width=36,
        example="人行道上有垃圾",
    ),
    TYPE,
    Column(name="street", title="街道", most=60, also=("所属街道", "街镇"), hint="和社区一起写"),
    Column(name="community", title="社区", most=60, also=("所属社区",), example="仓基社区"),
    Column(
        name="area_code", title="区域代码", kind="id", most=24,
        hint="和街道、社区二选一；都写的，按代码",
    ),
    Column(name="address", title="地点", most=200, also=("地址", "详细地址"), width=30),
    Column(
        name="description", title="情况说明", most=2000, also=("问题描述", "案情"), width=40,
        personal=True, hint="不要写姓名、电话、证件号",
    ),
    Column(name="longitude", title="经度", kind="number", hint="WGS-84，和纬度一起写"),
    Column(name="latitude", title="纬度", kind="number"),
    Column(
        name="opened_at", title="上报时间", kind="time", required=True, also=("发现时间",),
        example="2025-03-01 09:30",
    ),
    Column(name="closed_at", title="结案时间", kind="time", hint="没有结案的留空，会进入待受理"),
    Column(
        name="unit", title="责任单位", most=60, also=("处置单位", "承办单位"),
        hint="单位的名称或代码",
    ),
    Column(name="result", title="处置结果", most=1000, also=("办理结果", "结论"), width=40,
           personal=True),
    Column(name="rating", title="评分", kind="whole", hint="1 到 5"),
)  # fmt: skip

REF = Column(
    name="source_ref",
    title="原编号",
    kind="id",
    required=True,
    most=80,
    also=("原案卷号", "来源编号"),
    hint="原来系统里的编号，用来认出同一件",
    example="2025030100017",
)
BROUGHT_IN = (REF, *COMMON)

TAKEN_OUT = (
    Column(name="number", title="案卷号", kind="id"),
    REF,
    Column(
        name="source",
        title="来源",
        kind="choice",
        choices=tuple((one.value, label) for one, label in SOURCE_LABELS.items()),
    ),
    Column(
        name="stage",
        title="阶段",
        kind="choice",
        choices=tuple((one.value, label) for one, label in STAGE_LABELS.items()),
    ),
    *COMMON,
    Column(name="due_at", title="现在的时限", kind="time"),
    Column(name="returns", title="退回次数", kind="whole"),
    Column(name="reworks", title="返工次数", kind="whole"),
)
