"""Plain drawn street scenes: nobody in them, nothing to blur."""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

WIDE, HIGH = 960, 600
SKIES = ("#cfdfe6", "#dbe4dc", "#e6ddcf", "#d5d8e6")
FRONTS = ("#b9a58a", "#9fb0a5", "#c0a99f", "#a7a9b5")
AWNINGS = ("#8c4a3c", "#3f6b5c", "#586a8c", "#8a6d2f")
THINGS = {
    "bikes": ("#355c7d", "#4a7c59", "#8d5b4c"),
    "boxes": ("#a9763f", "#c08c4f", "#8a6236"),
    "bags": ("#3d4046", "#4f5a4c", "#5b4a52"),
    "car": ("#7b8794", "#5c6b7a", "#93614f"),
    "water": ("#7fa3b5", "#7fa3b5", "#7fa3b5"),
    "stall": ("#b5523b", "#c79a3f", "#4a7c59"),
    "clear": (),
}


@cache
def scene(what: str, seed: int) -> bytes:
    """A shop front with a pavement on which `what` stands; "clear" is the same place, cleared."""
    image = Image.new("RGB", (WIDE, HIGH), SKIES[seed % 4])
    pen = ImageDraw.Draw(image)
    _street(pen, seed)
    for index, colour in enumerate(THINGS[what]):
        _thing(pen, what, 190 + index * 205 + seed % 5 * 12, colour)
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def _street(pen: ImageDraw.ImageDraw, seed: int) -> None:
    for index in range(3):
        left = index * 330 - seed % 3 * 20
        pen.rectangle((left, 120, left + 310, 400), fill=FRONTS[(seed + index) % 4])
        pen.rectangle((left + 20, 220, left + 290, 250), fill=AWNINGS[(seed + index) % 4])
        pen.rectangle((left + 40, 262, left + 150, 392), fill="#eef1ee", outline="#6b7280", width=3)
        pen.rectangle((left + 180, 262, left + 270, 400), fill="#5b6470")
    pen.rectangle((0, 400, WIDE, 500), fill="#bdbab2")
    for x in range(0, WIDE, 64):
        pen.line((x, 400, x - 40, 500), fill="#a9a69e", width=2)
    pen.rectangle((0, 500, WIDE, 512), fill="#8f8c85")
    pen.rectangle((0, 512, WIDE, HIGH), fill="#6d7076")
    for x in range(20, WIDE, 150):
        pen.rectangle((x, 552, x + 80, 560), fill="#dcdcd6")


def _thing(pen: ImageDraw.ImageDraw, what: str, x: int, colour: str) -> None:
    if what == "bikes":
        for left in (x, x + 74):
            pen.ellipse((left, 438, left + 52, 490), outline="#22262b", width=5)
        pen.line((x + 26, 464, x + 62, 424, x + 100, 464), fill=colour, width=7)
        pen.line((x + 62, 424, x + 62, 404), fill=colour, width=7)
    elif what == "boxes":
        for step in range(3):
            pen.rectangle((x + step * 26, 452 - step * 34, x + 70 + step * 26, 492), fill=colour)
            pen.line((x + step * 26, 470, x + 70 + step * 26, 470), fill="#e5cfa4", width=4)
    elif what == "bags":
        for left in (x, x + 44, x + 84):
            pen.ellipse((left, 436, left + 62, 494), fill=colour)
    elif what == "car":
        pen.rounded_rectangle((x, 452, x + 176, 492), 14, fill=colour)
        pen.rounded_rectangle((x + 34, 420, x + 140, 460), 16, fill="#d7e0e6")
        for left in (x + 22, x + 118):
            pen.ellipse((left, 476, left + 34, 510), fill="#22262b")
    elif what == "water":
        pen.ellipse((x - 60, 446, x + 190, 512), fill=colour)
    else:
        pen.rectangle((x + 20, 440, x + 150, 490), fill="#d9d2c5")
        pen.polygon((x, 400, x + 170, 400, x + 150, 430, x + 20, 430), fill=colour)
