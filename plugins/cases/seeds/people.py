"""Who works on the invented cases: the demo's own people, and some that never sign in."""

from liuhe import Area, Person, Post, Unit, Viewer, atomic, house

#: username, name, role, code of the area or of the unit. They have no password.
MORE = (
    ("paidan-qu", "乔远山", "dispatcher", "330105000000"),
    ("jingban-huanwei", "吴晚舟", "handler", "huanwei-gongshu"),
    ("jingban-shizheng", "梁一新", "handler", "shizheng-gongshu"),
    ("jingban-jiaojing", "高林", "handler", "jiaojing-gongshu"),
    ("jingban-yuanlin", "范青禾", "handler", "yuanlin-gongshu"),
    ("jingban-wuye", "石磊", "handler", "wuye-xiaohe"),
    ("wangge-tanghe", "丁可", "grid", "330105003003"),
    ("wangge-guashan", "苏合", "grid", "330105008001"),
    ("wangge-hemu", "白露", "grid", "330105004001"),
)


@atomic
async def hire() -> None:
    """The people of `MORE` whose area or unit is there."""
    for username, name, role, code in MORE:
        unit = await Unit.get_or_none(code=code) if role == "handler" else None
        area = None if unit else await Area.filter(code=code, valid_to=None).first()
        if (unit or area) and not await Person.exists(username=username):
            person = await Person.create(username=username, name=name, password="!")  # noqa: S106
            await Post.create(person=person, role=role, area=area, unit=unit)


async def cast() -> dict[str, Viewer]:
    """Everybody with a post, by username."""
    posts = await Post.all().select_related("person", "area").order_by("id")
    found: dict[str, Viewer] = {}
    for post in posts:
        path = post.area.path if post.area else ""
        grant = house().roster.grant(post.role, path, post.unit_id)
        known = found.get(post.person.username)
        found[post.person.username] = Viewer(
            person_id=post.person_id,
            username=post.person.username,
            name=post.person.name,
            grants=(*(known.grants if known else ()), grant),
        )
    return found
