"""The panel's forms for the log channel, the pause, and one entry of the tiers or styles.

Their ``custom_id`` is their name. What is read back changes one thing, so there is no preview.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

import discord
from discord import ui

from bot.domain import rules as rule_changes
from bot.domain.errors import ChangeRejected, InvalidLimit
from bot.domain.log_kinds import LogKind
from bot.domain.rules import LONGEST_REASON, RANGES, Rules, Tier
from bot.domain.styles import LONGEST_NAME, LONGEST_WORDS
from bot.ui import guild_cache, texts
from bot.ui.form_fields import by_id, refill
from bot.ui.interaction_payload import UnreadableInteraction, snowflake
from bot.ui.limits_form import channel_select, raise_first, read_number

PREFIX: Final = "panel-form:"
# Of a tier, by the form: Discord allows five fields in one.
_LIMITS: Final = {
    "tiers": ("member_per_day", "member_at_once", "images"),
    "tiers_more": ("cooldown", "steps"),
}
NAMES: Final = ("log", "pause", *_LIMITS, "styles")

_Item = tuple[str, str, ui.Item[Any]]  # label, description, component


def form(name: str, rules: Rules, typed: Mapping[str, Any] | None = None) -> ui.Modal:
    """Return the form of that name, filled with the current *rules*, or what was *typed* before."""
    title = texts.panel_forms.title(name)
    modal = ui.Modal(title=title, custom_id=f"{PREFIX}{name}", timeout=None)
    build = {"log": _log, "pause": _pause, "styles": _style}.get(name, partial(_tier, name))
    for label, description, component in build(rules):
        modal.add_item(ui.Label(text=label, description=description or None, component=component))
    refill(modal, typed or {})
    modal.stop()  # so that discord.py does not keep it
    return modal


def name_of(custom_id: str) -> str | None:
    """Return the name of the form with *custom_id*; ``None``: it is another form."""
    name = custom_id.removeprefix(PREFIX)
    return name if custom_id == PREFIX + name and name in NAMES else None


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of one of these forms."""
    return name_of(custom_id) is not None


def log_select(custom_id: str, rules: Rules, **more: Any) -> ui.ChannelSelect[Any]:
    """Return a select of the log channel."""
    types = [discord.ChannelType.text]
    return channel_select(custom_id, [rules.log_channel], channel_types=types, **more)


def log_channel(components: Sequence[Any]) -> int | None:
    """Return the log channel that was chosen in a form, as :func:`chosen_log_channel` does."""
    return chosen_log_channel(by_id(components).get("channel", {}))


def chosen_log_channel(select: Mapping[str, Any]) -> int | None:
    """Return the log channel that was chosen in a select; ``None``: none was chosen.

    Raises UnreadableInteraction if it is another server's: a crafted client.
    """
    chosen = _first_id(select)
    if chosen is not None and guild_cache.is_elsewhere(chosen):
        raise UnreadableInteraction("values")
    return chosen


def ping(components: Sequence[Any]) -> int | None:
    """Return the chosen role to ping; ``None``: none was chosen."""
    return _chosen(by_id(components), "ping")


def log_kinds(components: Sequence[Any]) -> dict[str, Any]:
    """Return the change of the kinds of lines that a form asks for; an older form has none."""
    select = by_id(components).get("kinds")
    if select is None:
        return {}
    chosen = {*map(str, select.get("values") or ())}
    if not chosen <= {*LogKind}:
        raise UnreadableInteraction("values")
    return {"log_kinds": tuple(kind for kind in LogKind if kind in chosen)}


def reason(components: Sequence[Any]) -> str:
    """Return the reason of a pause."""
    return _text(by_id(components), "reason")


def change(name: str, components: Sequence[Any]) -> Callable[[Rules], Rules]:
    """Return the change of a tier or style that a form asks for; raises ChangeRejected."""
    sent = by_id(components)
    return _change_style(sent) if name == "styles" else _change_tier(name, sent)


def _log(rules: Rules) -> Iterator[_Item]:
    select = log_select("channel", rules)
    yield texts.limits.name("log_channel"), texts.panel_forms.log_hint(), select
    role: ui.RoleSelect[Any] = ui.RoleSelect(custom_id="ping", min_values=0, required=False)
    if rules.log_ping is not None and not guild_cache.is_deleted_role(rules.log_ping):
        of_role = discord.SelectDefaultValueType.role
        role.default_values = [discord.SelectDefaultValue(id=rules.log_ping, type=of_role)]
    yield texts.limits.name("log_ping"), texts.panel_forms.ping_hint(), role
    kinds: ui.Select[Any] = ui.Select(
        custom_id="kinds", min_values=0, max_values=len(LogKind), required=False
    )
    for kind in LogKind:
        label = texts.limits.value("log_kinds", kind)
        kinds.add_option(label=label, value=kind, default=kind in rules.log_kinds)
    yield texts.limits.name("log_kinds"), texts.panel_forms.kinds_hint(), kinds


def _pause(_rules: Rules) -> Iterator[_Item]:
    text = _input("reason", LONGEST_REASON, required=False)
    yield texts.panel_forms.reason(), texts.panel_forms.reason_hint(), text


def _tier(form_name: str, _rules: Rules) -> Iterator[_Item]:
    has_all = form_name == "tiers"
    role: ui.RoleSelect[Any] = ui.RoleSelect(custom_id="role")
    yield texts.panel_forms.role(), texts.panel_forms.role_hint() if has_all else "", role
    for name in _LIMITS[form_name]:
        digits = len(str(RANGES[name].high))
        field = _input(name, digits, required=False)
        yield texts.limits.label(name), texts.panel_forms.tier_hint(), field
    if has_all:
        box: ui.Checkbox[Any] = ui.Checkbox(custom_id="exempt")
        yield texts.panel_forms.exempt(), "", box


def _style(_rules: Rules) -> Iterator[_Item]:
    yield texts.panel_forms.STYLE["name"](), "", _input("name", LONGEST_NAME)
    words = _input("words", LONGEST_WORDS, required=False)
    yield texts.panel_forms.STYLE["words"](), texts.panel_forms.style_hint(), words


def _input(name: str, most: int, *, required: bool = True) -> ui.TextInput[Any]:
    return ui.TextInput(custom_id=name, max_length=most, required=required)


def _text(sent: Mapping[str, Mapping[str, Any]], name: str) -> str:
    value = sent.get(name, {}).get("value")
    return value.strip() if isinstance(value, str) else ""


def _chosen(sent: Mapping[str, Mapping[str, Any]], name: str) -> int | None:
    """Return the id that was chosen in a select; ``None``: none."""
    return _first_id(sent.get(name, {}))


def _first_id(select: Mapping[str, Any]) -> int | None:
    values = select.get("values") or ()
    if not values:
        return None
    if (chosen := snowflake(values[0])) is None:
        raise UnreadableInteraction("values")
    return chosen


def _change_tier(form_name: str, sent: Mapping[str, Mapping[str, Any]]) -> Callable[[Rules], Rules]:
    if (role_id := _chosen(sent, "role")) is None:
        raise UnreadableInteraction("role")
    limits, named, faults = _LIMITS[form_name], dict[str, Any](), list[ChangeRejected]()
    for name in filter(partial(_text, sent), limits):
        try:
            named[name] = read_number(name, sent[name])
        except InvalidLimit as error:
            faults.append(error)
    raise_first(faults)
    fresh: dict[str, Any] = dict.fromkeys(limits)
    if form_name == "tiers":
        fresh["exempt"] = Tier.exempt
        if sent.get("exempt", {}).get("value") is True:
            named["exempt"] = True
        if not named:
            return lambda rules: rule_changes.without_tier(rules, role_id)
    return lambda rules: rule_changes.with_tier(rules, role_id, **fresh | named)


def _change_style(sent: Mapping[str, Mapping[str, Any]]) -> Callable[[Rules], Rules]:
    name, words = _text(sent, "name"), _text(sent, "words")
    if not words:
        return lambda rules: rule_changes.without_style(rules, name)
    return lambda rules: rule_changes.with_style(rules, name, words)
