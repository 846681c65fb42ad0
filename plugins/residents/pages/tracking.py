"""The pages behind the code: how it goes, and what the resident may do."""

from typing import Any

from liuhe import BadInput, Conflict, NotFound, RateLimited, content_of
from liuhe.pages import Form, Request, Response, form, see_other
from plugins.residents import actions
from plugins.residents.models import Report
from plugins.residents.pages import door, views
from plugins.residents.pages.telling import code_context

MINE = f"{door.PATH}/mine"
GONE = "请先填查询码。"


async def track_page(request: Request) -> Response:
    _, report = await door.followed(request)
    return await _ask_code(request, {"known": report is not None})


async def track(request: Request) -> Response:
    side = await door.admit(request)
    given = await form(request)
    typed = given.raw("code")[:60]
    try:
        await actions.find_report(typed, side)
    except (BadInput, RateLimited) as error:
        context = {"known": False, "typed": typed, "problem": error.message}
        response = await _ask_code(request, context, error.status)
        if isinstance(error, RateLimited):
            response.headers["retry-after"] = str(error.retry_after)
        return response
    response = see_other(request, MINE)
    door.remember(response, actions.read_code(typed))
    return response


async def _ask_code(request: Request, context: dict[str, Any], status: int = 200) -> Response:
    known = {"page_title": "看进展", "typed": "", "problem": "", **context}
    return await door.show(request, "track", known, status=status)


async def mine(request: Request) -> Response:
    code, report = await door.followed(request)
    if report is None:
        return see_other(request, f"{door.PATH}/track", GONE, kind="warn")
    return await _mine(request, code, report)


async def _mine(
    request: Request,
    code: str,
    report: Report,
    *,
    at: str = "",
    given: Form | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    """`at`: the form that comes back with its problem."""
    followed = await actions.follow(report)
    context = {
        "page_title": "办得怎样",
        **views.context_of(followed, pictures_at=f"{door.PATH}/pictures"),
        **code_context(request, code),
        "at": at,
        "values": given.values() if given else {},
        "problem": problem,
        "post_to": MINE,
        "ticket": "",
    }
    return await door.show(request, "mine", context, status=status)


DONE = {
    "answer": "已经转给工作人员，谢谢。",
    "rate": "谢谢您的评价。",
    "reopen": "已经要求重新办理。",
    "withdraw": "已经撤回。",
    "forget-contact": "您的电话已经删除。",
}


async def act(request: Request) -> Response:
    await door.admit(request)
    way = request.path_params["way"]
    given = await form(request)
    code, report = await door.followed(request)
    if report is None:
        return see_other(request, f"{door.PATH}/track", GONE, kind="warn")
    try:
        await do(report, way, given, actions.By())
    except (BadInput, Conflict) as error:
        return await _mine(
            request,
            code,
            report,
            at=_form_of(way, given),
            given=given,
            problem=error.message,
            status=error.status,
        )
    return see_other(request, MINE, DONE[way])


async def do(report: Report, way: str, given: Form, by: actions.By) -> None:
    """What a form asks for, of the resident or of a clerk."""
    if way == "answer":
        question = given.whole("question") or 0
        await actions.answer(report, question, text=given.text("words"), by=by)
    elif way == "rate":
        rating, words = given.whole("rating"), given.text("words")
        await actions.rate(report, rating=rating, words=words, by=by)
    elif way == "reopen":
        await actions.reopen(report, reason=given.text("words"), by=by)
    elif way == "withdraw":
        await actions.withdraw(report, reason=given.text("words"), by=by)
    elif way == "forget-contact" and by.clerk is None:
        await actions.forget_contact(report)
    else:
        raise NotFound()


def _form_of(way: str, given: Form) -> str:
    return f"answer-{given.raw('question')[:18]}" if way == "answer" else way


async def leave(request: Request) -> Response:
    """For a telephone or a computer that others use, too."""
    await door.admit(request)
    await form(request)
    response = see_other(request, f"{door.PATH}/track", "已经退出。别人在这里看不到您的上报了。")
    door.forget(response)
    return response


async def picture(request: Request) -> Response:
    """A blurred picture of the own case."""
    _, report = await door.followed(request)
    if report is None:
        raise NotFound()
    file = await actions.picture_of(report, request.path_params["id"])
    content = await content_of(file)
    headers = {"cache-control": "private, max-age=600", "content-disposition": "inline"}
    return Response(content, media_type=file.media_type, headers=headers)
