"""Seams of plugins: what a neighbour offers is looked at before the neighbour is let in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.contributions import Known, Offer, Seam
from core.errors import PluginError
from core.gathering import Plugin
from core.permissions import PERMISSIONS


def check_seams(plugin: Plugin, others: Sequence[Plugin]) -> None:
    """Refuse a plugin that offers what does not fit, with the sentence of the seam's owner."""
    for seam in plugin.seams:
        if not seam.name.startswith(f"{plugin.name}."):
            raise PluginError(f"插件“{plugin.name}”的接缝“{seam.name}”要以“{plugin.name}.”开头。")
    things = {name: list(found) for name, found in offered_by(others).items()}
    permissions = _permissions([*others, plugin])
    for offer in plugin.offers:
        seam = _seam(plugin, offer, others)
        hanging = things.setdefault(seam.name, [])
        if problem := _problem(seam, offer.thing, Known(things=hanging, permissions=permissions)):
            raise PluginError(f"插件“{plugin.name}”交给“{seam.name}”的东西不能用：{problem}")
        hanging.append(offer.thing)


def offered_by(plugins: Iterable[Plugin]) -> Mapping[str, tuple[Any, ...]]:
    """What hangs on each seam, in the order in which the plugins were let in."""
    found: dict[str, tuple[Any, ...]] = {}
    for plugin in plugins:
        for offer in plugin.offers:
            found[offer.seam] = (*found.get(offer.seam, ()), offer.thing)
    return found


def _seam(plugin: Plugin, offer: Offer, others: Sequence[Plugin]) -> Seam:
    """The seam, which bears its owner's name; the owner must be required (it is in already)."""
    owner = offer.seam.partition(".")[0]
    if owner not in (plugin.name, *plugin.manifest.requires):
        raise PluginError(
            f"插件“{plugin.name}”要接在“{offer.seam}”上，"
            f"请在 manifest 里写明 requires=(…, {owner!r})。"
        )
    seams = (seam for one in (plugin, *others) for seam in one.seams if seam.name == offer.seam)
    if (found := next(seams, None)) is None:
        raise PluginError(f"插件“{plugin.name}”要接在“{offer.seam}”上，而没有插件留了这个接缝。")
    return found


def _problem(seam: Seam, thing: Any, known: Known) -> str:
    if not isinstance(thing, seam.accepts):
        return f"要的是 {seam.accepts.__name__}，给的是 {type(thing).__name__}。"
    return seam.check(thing, known)


def _permissions(plugins: Iterable[Plugin]) -> frozenset[str]:
    declared = (one.name for plugin in plugins for one in plugin.permissions)
    return frozenset((*(one.name for one in PERMISSIONS), *declared))
