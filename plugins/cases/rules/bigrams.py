"""检索词: the short pieces that a text is found by, so that any part of it can be looked for.

Chinese has no spaces, so what is looked up are pairs of neighbouring characters (and single ones);
Latin letters and figures, of which there are few, go by threes. A piece is written as the numbers
of its characters, so that no engine cuts it up. Whatever contains a text has all of its pieces; the
converse is for whoever looks to check.
"""

from collections.abc import Iterator


def pieces(*texts: str) -> frozenset[str]:
    """Of texts that are to be found."""
    return frozenset(_written(piece) for text in texts for piece in _pieces(text))


def needed(text: str) -> frozenset[str]:
    """What each text that contains this one has among its pieces; longer pieces tell more."""
    found = set(_pieces(text))
    longer = {piece for piece in found if len(piece) > 1}
    return frozenset(_written(piece) for piece in longer or found)


def _pieces(text: str) -> Iterator[str]:
    text = "".join(map(_folded, text))
    for at, character in enumerate(text):
        if not character.isascii():
            yield character
        if len(pair := text[at : at + 2]) == 2 and not pair.isascii():
            yield pair
        if len(three := text[at : at + 3]) == 3 and three.isascii():
            yield three


def _folded(character: str) -> str:
    """As the databases compare: without case, and character by character."""
    large = character.upper()
    return large if len(large) == 1 else character


def _written(piece: str) -> str:
    return "z".join(f"{ord(character):x}" for character in piece)
