"""查询码 tracking codes: 55 random bits in Crockford's base 32, and a character that checks them.

The check is a polynomial over GF(32) with a primitive element: one wrong character, or any two
that changed places, are always noticed. So a slip of the pen is told from a code that is not there.
"""

import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 12
RANDOM_BITS = 5 * (LENGTH - 1)
_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}
#: How people read what they have written down.
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = str.maketrans("", "", " -—–_·.\t\r\n")


def code_from(number: int) -> str:
    """The code of a random number; only its lowest 55 bits count."""
    values = [(number >> (5 * place)) & 31 for place in reversed(range(LENGTH - 1))]
    return "".join(ALPHABET[value] for value in (*values, _twice(_sum(values))))


def read_code(text: str) -> str:
    """What somebody has typed, as it is kept: without separators, in capitals; "" if it is none."""
    plain = unicodedata.normalize("NFKC", text[:60]).upper().translate(_SEPARATORS)
    plain = plain.translate(_ALIKE)
    sound = len(plain) == LENGTH and all(sign in _VALUES for sign in plain)
    return plain if sound else ""


def check_fits(code: str) -> bool:
    """Whether a code that was read is one that we may have given."""
    return bool(code) and _sum([_VALUES[sign] for sign in code]) == 0


def grouped(code: str) -> str:
    """As it is shown and written down: in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def _sum(values: list[int]) -> int:
    total = 0
    for value in values:
        total = _twice(total) ^ value
    return total


def _twice(value: int) -> int:
    """Times the primitive element of GF(32) with x⁵ + x² + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
