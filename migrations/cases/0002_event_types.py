"""The events of GB/T 30428.2 (大类 01 to 05), and local ones in the extension class 21.

Codes and names are the standard's. Limits are not: each city sets its own, so these are a start
that a district changes; what is there already is left as it is.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

# code, name, class code, class name, limit, its unit
EVENTS = (
    ("0101", "私搭乱建", "01", "市容环境", 15, "work_day"),
    ("0102", "暴露垃圾", "01", "市容环境", 4, "work_hour"),
    ("0103", "积存垃圾渣土", "01", "市容环境", 1, "work_day"),
    ("0104", "道路不洁", "01", "市容环境", 4, "work_hour"),
    ("0105", "水域不洁", "01", "市容环境", 1, "work_day"),
    ("0106", "绿地脏乱", "01", "市容环境", 1, "work_day"),
    ("0107", "废弃车辆", "01", "市容环境", 5, "work_day"),
    ("0108", "废弃家具", "01", "市容环境", 1, "work_day"),
    ("0109", "非装饰性树挂", "01", "市容环境", 1, "work_day"),
    ("0110", "道路破损", "01", "市容环境", 5, "work_day"),
    ("0111", "河堤破损", "01", "市容环境", 7, "work_day"),
    ("0112", "道路遗撒", "01", "市容环境", 3, "urgent_hour"),
    ("0113", "外立面不洁", "01", "市容环境", 5, "work_day"),
    ("0114", "水域秩序", "01", "市容环境", 1, "work_day"),
    ("0115", "焚烧", "01", "市容环境", 2, "urgent_hour"),
    ("0116", "油烟污染", "01", "市容环境", 3, "work_day"),
    ("0117", "动物尸体", "01", "市容环境", 4, "urgent_hour"),
    ("0118", "饲养家禽家畜", "01", "市容环境", 3, "work_day"),
    ("0199", "其他市容环境事件", "01", "市容环境", 3, "work_day"),
    ("0201", "非法小广告", "02", "宣传广告", 1, "work_day"),
    ("0202", "违章张贴悬挂", "02", "宣传广告", 1, "work_day"),
    ("0203", "占道广告牌", "02", "宣传广告", 4, "work_hour"),
    ("0204", "街头散发", "02", "宣传广告", 3, "urgent_hour"),
    ("0205", "招牌破损", "02", "宣传广告", 3, "work_day"),
    ("0301", "施工扰民", "03", "施工管理", 3, "urgent_hour"),
    ("0302", "工地扬尘", "03", "施工管理", 4, "urgent_hour"),
    ("0303", "施工废弃料", "03", "施工管理", 1, "work_day"),
    ("0304", "施工占道", "03", "施工管理", 1, "work_day"),
    ("0305", "无证掘路", "03", "施工管理", 4, "urgent_hour"),
    ("0399", "其他施工管理事件", "03", "施工管理", 3, "work_day"),
    ("0401", "路面塌陷", "04", "突发事件", 3, "urgent_hour"),
    ("0402", "自来水管破裂", "04", "突发事件", 8, "urgent_hour"),
    ("0403", "燃气管破裂", "04", "突发事件", 8, "urgent_hour"),
    ("0404", "下水道堵塞", "04", "突发事件", 1, "urgent_day"),
    ("0405", "热力管破裂", "04", "突发事件", 8, "urgent_hour"),
    ("0406", "道路积水", "04", "突发事件", 4, "urgent_hour"),
    ("0407", "积雪结冰", "04", "突发事件", 8, "urgent_hour"),
    ("0408", "架空线缆", "04", "突发事件", 8, "urgent_hour"),
    ("0409", "群发事件", "04", "突发事件", 2, "urgent_hour"),
    ("0499", "其他突发事件", "04", "突发事件", 1, "urgent_day"),
    ("0501", "无照经营游商", "05", "街面秩序", 3, "urgent_hour"),
    ("0502", "流浪乞讨", "05", "街面秩序", 4, "urgent_hour"),
    ("0503", "占道废品收购", "05", "街面秩序", 3, "urgent_hour"),
    ("0504", "店外经营", "05", "街面秩序", 3, "urgent_hour"),
    ("0505", "机动车乱停放", "05", "街面秩序", 3, "urgent_hour"),
    ("0506", "非机动车乱停放", "05", "街面秩序", 3, "urgent_hour"),
    ("0507", "乱堆物堆料", "05", "街面秩序", 1, "work_day"),
    ("0508", "商业噪音", "05", "街面秩序", 3, "urgent_hour"),
    ("0509", "黑车拉客", "05", "街面秩序", 3, "urgent_hour"),
    ("0510", "露天烧烤", "05", "街面秩序", 3, "urgent_hour"),
    ("0511", "沿街晾挂", "05", "街面秩序", 4, "work_hour"),
    ("0512", "非法出版物", "05", "街面秩序", 3, "urgent_hour"),
    ("0513", "空调室外机低挂", "05", "街面秩序", 5, "work_day"),
    ("0599", "其他街面秩序事件", "05", "街面秩序", 1, "work_day"),
    ("2101", "占用消防通道", "21", "扩展事件", 2, "urgent_hour"),
    ("2102", "飞线充电", "21", "扩展事件", 4, "urgent_hour"),
    ("2103", "垃圾投放点满溢", "21", "扩展事件", 4, "work_hour"),
    ("2104", "高空抛物", "21", "扩展事件", 2, "urgent_hour"),
)


def insert() -> str:
    values = ", ".join(
        f"('event', '{code}', '{name}', '{class_code}', '{class_name}', {amount}, '{unit}', TRUE)"
        for code, name, class_code, class_name, amount, unit in EVENTS
    )
    return (
        "INSERT INTO cases_type "
        "(kind, code, name, class_code, class_name, limit_amount, limit_unit, active) "
        f"VALUES {values} ON CONFLICT (kind, code) DO NOTHING"
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [ops.RunSQL(insert(), reverse_sql=ops.RunSQL.noop)]
