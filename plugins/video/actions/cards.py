"""The models that the eyes have, as they told of them."""

from collections import defaultdict

from gpu.messages import ModelCard
from plugins.video.models import Worker


async def told_cards() -> list[tuple[ModelCard, dict[str, float]]]:
    """Each model once, with how many milliseconds a picture takes each worker."""
    found: dict[str, ModelCard] = {}
    speeds: dict[str, dict[str, float]] = defaultdict(dict)
    for worker in await Worker.exclude(health=None).order_by("name"):
        for card in _cards_of(worker):
            mark = card.tag or card.name
            found.setdefault(mark, card)
            if card.milliseconds is not None:
                speeds[mark][worker.name] = card.milliseconds
    ordered = sorted(found.items(), key=lambda each: (not each[1].bundled, each[1].name))
    return [(card, speeds[mark]) for mark, card in ordered]


async def usable_models() -> dict[str, bool]:
    """The names that a camera may be given, and whether that one is the bundled model."""
    return {card.name: card.bundled for card, _ in await told_cards() if not card.error}


async def seen_by(model: str) -> tuple[str, ...]:
    """What a camera with this model ("": the bundled one) sees; () where nobody has told."""
    cards = [card for card, _ in await told_cards()]
    own = [card for card in cards if (card.name == model if model else card.bundled)]
    return tuple(dict.fromkeys(name for card in own for name in card.objects))


def _cards_of(worker: Worker) -> list[ModelCard]:
    """What an older version told in another shape is no card."""
    try:
        return [ModelCard.from_json(each) for each in (worker.health or {}).get("models", ())]
    except ValueError:
        return []
