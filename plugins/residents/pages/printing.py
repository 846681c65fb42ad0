"""What is printed to lead here."""

import segno
from markupsafe import Markup

from liuhe.pages import Request, safe
from plugins.residents.actions import settings


def home_address(request: Request) -> str:
    """How residents reach this server, for links that are printed."""
    if known := settings().address:
        return known.rstrip("/")
    return f"{request.url.scheme}://{request.url.netloc}"


def qr_code(text: str) -> Markup:
    """As SVG without a size of its own, without style or script."""
    return safe(segno.make(text, error="m", micro=False).svg_inline(omitsize=True, light="#fff"))
