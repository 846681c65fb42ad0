"""What is under way: invented, but such as a street sees in ten days."""

from dataclasses import dataclass

CHANGZHENGQIAO, ZHIJIE, TANGHE, MINGZHENGONG = (
    "330105003001",
    "330105003002",
    "330105003003",
    "330105003004",
)
QIAOXI, CANHUAYUAN = "330105005001", "330105005002"
GUASHAN, HEMU, XIANGFUQIAO = "330105008001", "330105004001", "330105009001"

CHENGGUAN, CHENGGUAN2 = "chengguan-xiaohe", "chengguan-gongchenqiao"
HUANWEI, SHIZHENG, JIAOJING = "huanwei-gongshu", "shizheng-gongshu", "jiaojing-gongshu"
YUANLIN, WUYE = "yuanlin-gongshu", "wuye-xiaohe"


@dataclass(frozen=True, kw_only=True)
class Story:
    """`ago` in minutes since it was reported; `upto` the stage it has reached.

    `twist`: "return" (the first unit hands it back) or "rework" (the work is done twice).
    `aside`: what happens at last besides the usual way, with `words`. `flow`: the way that it
    goes, if not the standard one.
    `draws`: what stands in the picture, "" without pictures. `slow`: handled after its due time.
    `dozes`: signed after its due time.
    """

    ago: int
    type: str
    title: str
    area: str
    address: str
    upto: str
    unit: str = ""
    text: str = ""
    did: str = ""
    draws: str = ""
    by: str = ""
    source: str = "officer"
    twist: str = ""
    first_unit: str = ""
    rating: int = 5
    words: str = ""
    slow: bool = False
    dozes: bool = False
    aside: str = ""
    flow: str = ""


HOUR, DAY = 60, 24 * 60

UNDER_WAY = (
    # Just come in.
    Story(
        ago=18,
        type="0506",
        title="地铁口停满共享单车，盲道走不通",
        area=CHANGZHENGQIAO,
        address="小河路地铁站 B 口",
        upto="reported",
        text="早高峰后堆了两排，盲道被占，轮椅过不去。",
        draws="bikes",
    ),
    Story(
        ago=42,
        type="0103",
        title="围墙外倒了一车建筑垃圾",
        area=TANGHE,
        address="塘河路 88 号东侧围墙",
        upto="reported",
        text="夜里倒的，大约三立方，有碎砖和旧门板。",
        draws="boxes",
        by="resident",
        source="resident",
    ),
    Story(
        ago=5 * HOUR,
        type="0508",
        title="广场音响声音大，影响午休",
        area=ZHIJIE,
        address="小河直街北口小广场",
        upto="reported",
        text="来电人说中午十二点半还在放，请协调。",
        by="dispatcher",
        source="hotline",
    ),
    # Accepted, to be dispatched.
    Story(
        ago=75,
        type="0110",
        title="人行道地砖松动，踩上去溅水",
        area=CHANGZHENGQIAO,
        address="长征桥路 20 号门前",
        upto="accepted",
        text="约有六块，雨后老人容易滑倒。",
        draws="water",
    ),
    Story(
        ago=7 * HOUR,
        type="0304",
        title="围挡外堆放钢管，占了半幅人行道",
        area=MINGZHENGONG,
        address="明真宫路改造工地南门",
        upto="accepted",
        text="围挡外堆了十几根钢管，没有警示。",
        draws="boxes",
        by="dispatcher",
        source="hotline",
    ),
    Story(
        ago=26 * HOUR,
        type="0107",
        title="长期停放的报废面包车",
        area=TANGHE,
        address="塘河新村 12 幢北侧",
        upto="accepted",
        text="车胎已瘪，居民说停了半年。",
        draws="car",
        by="resident",
        source="resident",
        unit=CHENGGUAN,
        first_unit=CHENGGUAN,
        twist="return",
    ),
    # Dispatched, to be signed for.
    Story(
        ago=55,
        type="0504",
        title="水果店把摊子摆到人行道上",
        area=CHANGZHENGQIAO,
        address="小河路 46 号",
        upto="dispatched",
        unit=CHENGGUAN,
        text="出店约一米五，行人要绕到机动车道。",
        draws="stall",
    ),
    Story(
        ago=2 * HOUR,
        type="0501",
        title="学校门口流动小吃摊",
        area=TANGHE,
        address="塘河实验学校南门",
        upto="dispatched",
        unit=CHENGGUAN,
        text="放学时段三个摊位，油烟大，学生围着等。",
        draws="stall",
    ),
    Story(
        ago=30 * HOUR,
        type="0104",
        title="桥下路面有散落垃圾",
        area=QIAOXI,
        address="登云桥西侧桥下",
        upto="dispatched",
        unit=HUANWEI,
        draws="bags",
    ),
    Story(
        ago=9 * HOUR,
        type="0106",
        title="绿化带里扔了旧家具和塑料袋",
        area=HEMU,
        address="和睦路与登云路口",
        upto="dispatched",
        unit=YUANLIN,
        draws="bags",
    ),
    # Being handled.
    Story(
        ago=100,
        type="0506",
        title="店门口电动车停成两排，堵住消防栓",
        area=ZHIJIE,
        address="小河直街 31 号",
        upto="signed",
        unit=CHENGGUAN,
        text="消防栓前约八辆，店主说是外卖骑手的。",
        draws="bikes",
        by="dispatcher",
    ),
    Story(
        ago=11 * HOUR,
        type="0511",
        title="沿街护栏晾晒被褥",
        area=CHANGZHENGQIAO,
        address="长征桥路 62 号沿街",
        upto="signed",
        unit=CHENGGUAN,
        draws="stall",
        slow=True,
    ),
    Story(
        ago=2 * DAY,
        type="0507",
        title="楼道口堆了装修材料",
        area=TANGHE,
        address="塘河新村 5 幢 2 单元",
        upto="signed",
        unit=WUYE,
        text="水泥和瓷砖挡住单元门，消防车道也窄了。",
        draws="boxes",
        by="resident",
        source="resident",
    ),
    Story(
        ago=6 * HOUR,
        type="0404",
        title="下水道口冒污水",
        area=QIAOXI,
        address="桥弄街 9 号门前",
        upto="signed",
        unit=SHIZHENG,
        draws="water",
    ),
    Story(
        ago=28 * HOUR,
        type="0505",
        title="机动车停在公交站台上",
        area=GUASHAN,
        address="瓜山商业街公交站",
        upto="signed",
        unit=JIAOJING,
        twist="rework",
        did="已联系车主驶离。",
        draws="car",
    ),
    # Reported back, to be verified.
    Story(
        ago=7 * HOUR,
        type="0102",
        title="垃圾桶旁有成袋垃圾没进桶",
        area=CHANGZHENGQIAO,
        address="长征桥社区服务站对面",
        upto="fed_back",
        unit=CHENGGUAN,
        text="六七袋，有异味。",
        did="已清运，并冲洗地面，提醒沿街两家店定时投放。",
        draws="bags",
    ),
    Story(
        ago=27 * HOUR,
        type="0201",
        title="电线杆上贴满小广告",
        area=CHANGZHENGQIAO,
        address="小河路 10 号至 30 号",
        upto="fed_back",
        unit=CHENGGUAN,
        did="铲除 34 处，拍照登记电话号码。",
        draws="boxes",
        slow=True,
    ),
    Story(
        ago=13 * HOUR,
        type="0103",
        title="拆下的旧门窗堆在公共绿地",
        area=QIAOXI,
        address="桥西安居小区南门",
        upto="fed_back",
        unit=HUANWEI,
        did="已装车运走。",
        draws="boxes",
    ),
    # Verified, to be closed.
    Story(
        ago=22 * HOUR,
        type="0504",
        title="夜宵店桌椅占用人行道",
        area=CHANGZHENGQIAO,
        address="小河路 71 号",
        upto="verified",
        unit=CHENGGUAN,
        did="店主已收回桌椅，签了门前三包承诺。",
        draws="stall",
    ),
    Story(
        ago=34 * HOUR,
        type="0112",
        title="渣土车遗撒砂石约五十米",
        area=TANGHE,
        address="塘河路南段",
        upto="verified",
        unit=HUANWEI,
        did="清扫车清扫两遍，路面已干净。",
        draws="bags",
        twist="rework",
    ),
)
