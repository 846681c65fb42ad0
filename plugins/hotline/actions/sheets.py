"""The columns of work orders: headed as the platform heads them."""

from liuhe import Column
from plugins.hotline.rules import CLASSES, STATE_LABELS

COLUMNS = (
    Column(name="task_num", title="任务号", kind="id", required=True, most=60,
           also=("工单编号", "TASK_NUM"), example="GD202503010001"),
    Column(name="rec_id", title="记录编号", kind="id", most=60, also=("REC_ID",)),
    Column(name="create_time", title="受理时间", kind="time", required=True,
           also=("CREATE_TIME", "来电时间"), example="2025-03-01 09:30"),
    Column(name="rec_type", title="诉求类别", kind="choice", required=True, choices=CLASSES,
           also=("REC_TYPE", "工单类型"), example="投诉"),
    Column(name="event_src", title="来源", most=40, also=("EVENT_SRC",)),
    Column(name="main_type", title="一级类型", required=True, most=40, also=("MAIN_TYPE",),
           example="市容环境"),
    Column(name="sub_type", title="二级类型", most=40, also=("SUB_TYPE",)),
    Column(name="third_type", title="三级类型", most=40, also=("THIRD_TYPE",)),
    Column(name="event_desc", title="诉求内容", required=True, most=2000, personal=True, width=40,
           also=("EVENT_DESC", "问题描述"), example="路口的垃圾三天没人收"),
    Column(name="street", title="街道", most=60, also=("STREET",), example="湖墅街道"),
    Column(name="community", title="社区", most=60, also=("COMMUNITY",), example="仓基社区"),
    Column(name="address", title="地址", most=200, personal=True, also=("ADDRESS",)),
    Column(name="first_unit", title="首派单位", most=60, also=("FIRST_UNIT",)),
    Column(name="marks", title="督办催办", most=60, also=("标记",), hint="如：督办、催办"),
    Column(name="finish_time", title="办结时间", kind="time", also=("FINISH_TIME",),
           hint="已经办结的填写；留空的转成案件去办"),
    Column(name="result", title="办理结果", most=1000, personal=True, also=("RESULT",), width=40),
)  # fmt: skip

CALLER = (
    Column(name="caller", title="来电人", most=40, personal=True, also=("姓名", "联系人"),
           hint="加密保存，用的时候写明原因才看得到"),
    Column(name="phone", title="来电号码", kind="id", most=40, personal=True,
           also=("联系电话", "电话")),
)  # fmt: skip

BROUGHT_IN = (*COLUMNS, *CALLER)

#: Who called does not go out; what came of it does.
TAKEN_OUT = (
    *COLUMNS,
    Column(
        name="state",
        title="办理状态",
        kind="choice",
        choices=tuple((state.value, label) for state, label in STATE_LABELS.items()),
    ),
    Column(name="case_number", title="案卷号", kind="id"),
    Column(name="return_basis", title="退回依据", width=40),
    Column(name="returned_at", title="退回时间", kind="time"),
)
