"""Addresses of cameras without what nobody is to read; standard library only, as messages."""

import re

_CREDENTIALS = re.compile(r"(?<=://)\S*@")  # up to the last: passwords may hold anything
_QUERY = re.compile(r"(://[^\s?]*)\?\S+")
#: Some cameras want user and password within the path: /user=admin_password=…_channel=1
_NAMED = re.compile(r"(?i)((?:user|usr|pass|pwd|token|auth|secret|key)\w*?=)[^/\s?&]+")


def without_secret(text: str) -> str:
    """The text without the user, password and query of the addresses in it."""
    return _NAMED.sub(r"\1", _QUERY.sub(r"\1", _CREDENTIALS.sub("", text)))


def masked(text: str) -> str:
    """The same, with marks where something was."""
    return _NAMED.sub(r"\1…", _QUERY.sub(r"\1?…", _CREDENTIALS.sub("***@", text)))
