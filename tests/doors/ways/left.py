"""Doors that are none of the ways: nothing there is about a street."""

#: The own sign-in, and what anybody may send: nothing there is about a street. The code that a
#: resident holds, and a program's key, have tests of their own.
OF_ONESELF = {
    "/auth/token",
    "/admin/login",
    "/admin/login/code",
    "/admin/login/password",
    "/admin/login/factor",
    "/admin/logout",
    "/admin/me/sessions/end-others",
    "/admin/me/password",
    "/admin/me/factor",
    "/admin/me/factor/change",
    "/admin/me/tokens/new",
}
#: What looks around in the network; nothing there knows of a street.
OF_THE_NET = {"/admin/video/find", "/admin/video/find/streams"}
OPEN = {
    "/residents/",
    "/residents/where",
    "/residents/track",
    "/residents/mine/{way}",
    "/residents/leave",
    "/open311/v2/requests.xml",
    "/open311/v2/requests.json",
    "/open311/v2/servicerequestupdates.xml",
    "/open311/v2/servicerequestupdates.json",
    "reportMatter",
}
