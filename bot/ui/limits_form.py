"""The moderators' forms: built anew each time, and read from what Discord sends.

discord.py forgets open forms at a restart, and never forgets dismissed ones. So no form is kept:
its ``custom_id`` tells the group of rules, and those of its fields the rule.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from bot.domain import word_filter
from bot.domain.errors import ChangeRejected, InvalidLimit, InvalidPhrase
from bot.domain.money import read_dollars
from bot.domain.rules import MONEY, MOST_CHANNELS, RANGES, Rules, Safety
from bot.domain.word_filter import MOST_CHARACTERS, WordLists
from bot.ui import guild_cache, language, texts
from bot.ui.form_fields import by_id, refill
from bot.ui.interaction_payload import UnreadableInteraction, snowflake

PREFIX: Final = "limits-form:"  # of the custom_id, before the group's name
AT_ONCE: Final = "limits-now:"  # the same, of a form without a preview
_MOST_FAULTS: Final = 5  # of a list that are told
_AMOUNT: Final = 15  # characters of an amount in dollars
_DIGITS: Final = 7  # of the largest number that a limit takes

# The rules of each form, by their fields; Discord allows five in a form.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "members": ("cooldown", "member_per_day", "member_at_once", "private"),
    "server": ("server_per_day", "server_usd_per_month", "server_at_once"),
    "orders": ("images", "steps", "spoiler", "safety", "age_restricted_only"),
    "channels": ("channels",),
    "words": ("blocked", "allowed", "look_alikes"),
}

_WRITTEN: Final = re.compile(r"[0-9]{1,6}([.,][0-9]{1,6})?")  # an amount in dollars

LISTS: Final = frozenset({"blocked", "allowed"})  # fields with phrases


def form(
    group: str,
    rules: Rules,
    typed: Mapping[str, Any] | None = None,
    *,
    at_once: bool = False,
) -> ui.Modal:
    """Return the form for a group, filled with the current *rules*, or what was *typed* before.

    *at_once*: it is saved without a preview.
    """
    custom_id = f"{AT_ONCE if at_once else PREFIX}{group}"
    modal = ui.Modal(title=texts.limits.form_title(group), custom_id=custom_id, timeout=None)
    for name in GROUPS[group]:
        modal.add_item(_field(name).build(name, rules))
    refill(modal, typed or {})
    modal.stop()  # so that discord.py does not keep it
    return modal


def group_of(custom_id: str) -> str | None:
    """Return the group whose form has *custom_id*; ``None``: it is not a form of limits."""
    group = custom_id.removeprefix(AT_ONCE).removeprefix(PREFIX)
    return group if custom_id in {PREFIX + group, AT_ONCE + group} and group in GROUPS else None


def saves_at_once(custom_id: str) -> bool:
    """Tell whether the form with *custom_id* is saved without a preview."""
    return custom_id.startswith(AT_ONCE)


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of a form of limits."""
    return group_of(custom_id) is not None


def read(group: str, components: Sequence[Any]) -> dict[str, Any]:
    """Return the rules that a submitted form sets, by their fields.

    Raises InvalidLimit or InvalidPhrase, which name all faults.
    """
    sent = by_id(components)
    values, faults = {}, list[ChangeRejected]()
    for name in GROUPS[group]:
        if name in sent:
            try:
                values[name] = _field(name).read(name, sent[name])
            except (InvalidLimit, InvalidPhrase) as error:
                faults += (error, *error.others)
    raise_first(faults)
    if group == "words":
        lists = {name: values.pop(name) for name in ("blocked", "allowed") if name in values}
        return values | {"words": WordLists(**lists)}
    return order_channels(sent["channels"]) if "channels" in values else values


def order_channels(select: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules that a select of the channels for orders sets; none: everywhere."""
    return {"channels": _read_channels("channels", select), "nowhere": False}


@dataclass(frozen=True)
class _Field:
    """How one kind of field is built from the rules, and read back."""

    build: Callable[[str, Rules], ui.Label[Any]]
    read: Callable[[str, Mapping[str, Any]], Any]


def _field(name: str) -> _Field:
    if name in MONEY:
        return _MONEY
    if name in RANGES:
        return _NUMBER
    if name == "safety":
        return _SAFETY
    return {"channels": _CHANNELS, "blocked": _PHRASES, "allowed": _PHRASES}.get(name, _FLAG)


def _number(name: str, rules: Rules) -> ui.Label[Any]:
    field: ui.TextInput[Any] = ui.TextInput(
        custom_id=name, default=str(getattr(rules, name)), max_length=_DIGITS, required=False
    )
    return ui.Label(
        text=texts.limits.label(name), description=texts.limits.number_hint(), component=field
    )


def read_number(name: str, sent: Mapping[str, Any]) -> int:
    """Return the limit that was typed; nothing is 0. Raises InvalidLimit."""
    text = str(sent.get("value") or "").strip() or "0"
    span = RANGES[name]
    number = int(text) if len(text) <= _DIGITS and text.isascii() and text.isdigit() else -1
    if number and number not in span:
        raise InvalidLimit(name=name, low=span.low, high=span.high)
    return number


def _amount(name: str, rules: Rules) -> ui.Label[Any]:
    field: ui.TextInput[Any] = ui.TextInput(
        custom_id=name,
        default=language.amount(getattr(rules, name)),
        max_length=_AMOUNT,
        required=False,
    )
    return ui.Label(
        text=texts.limits.label(name), description=texts.limits.money_hint(), component=field
    )


def _read_amount(name: str, sent: Mapping[str, Any]) -> int:
    """Return the amount that was typed in dollars; nothing is 0. Raises InvalidLimit."""
    text = str(sent.get("value") or "").strip().strip("$ ") or "0"
    span = RANGES[name]
    # Whatever its language, a comma and a point are the decimal mark here.
    amount = read_dollars(text.replace(",", ".")) if _WRITTEN.fullmatch(text) else -1
    if amount and amount not in span:
        raise InvalidLimit(name=name, low=span.low, high=span.high)
    return amount


def _flag(name: str, rules: Rules) -> ui.Label[Any]:
    box: ui.Checkbox[Any] = ui.Checkbox(custom_id=name, default=getattr(rules, name))
    return ui.Label(text=texts.limits.name(name), component=box)


def _read_flag(_name: str, sent: Mapping[str, Any]) -> bool:
    return sent.get("value") is True


def _safety(name: str, rules: Rules) -> ui.Label[Any]:
    select: ui.Select[Any] = ui.Select(custom_id=name, min_values=0, required=False)
    for mode in Safety:
        label = texts.limits.value(name, mode)
        select.add_option(label=label, value=mode.value, default=mode is rules.safety)
    return ui.Label(text=texts.limits.name(name), component=select)


def _read_safety(_name: str, sent: Mapping[str, Any]) -> str:
    return str(next(iter(sent.get("values") or ()), Safety.OFF))


def channel_select(
    custom_id: str, chosen: Iterable[int | None], **more: Any
) -> ui.ChannelSelect[Any]:
    """Return a select that shows the *chosen* channels, and takes none, too."""
    return ui.ChannelSelect(
        custom_id=custom_id,
        min_values=0,
        required=False,
        default_values=[
            discord.SelectDefaultValue(id=channel, type=discord.SelectDefaultValueType.channel)
            for channel in filter(None, chosen)
            if not guild_cache.is_deleted_channel(channel)  # Discord has nothing to show for it
        ],
        **more,
    )


def _channels(name: str, rules: Rules) -> ui.Label[Any]:
    select = channel_select(name, rules.channels, max_values=MOST_CHANNELS)
    return ui.Label(
        text=texts.limits.channels_label(),
        description=texts.limits.channels_hint(),
        component=select,
    )


def _read_channels(_name: str, sent: Mapping[str, Any]) -> tuple[int, ...]:
    ids = tuple(map(snowflake, sent.get("values") or ()))
    if None in ids:
        raise UnreadableInteraction("values")
    return tuple(filter(None, ids))


def _phrases(name: str, rules: Rules) -> ui.Label[Any]:
    text: ui.TextInput[Any] = ui.TextInput(
        custom_id=name,
        style=discord.TextStyle.paragraph,
        default="\n".join(getattr(rules.words, name)),
        max_length=MOST_CHARACTERS,
        required=False,
    )
    return ui.Label(
        text=texts.limits.label(name), description=texts.limits.phrases_hint(), component=text
    )


def _read_phrases(name: str, sent: Mapping[str, Any]) -> tuple[str, ...]:
    phrases: tuple[str, ...] = ()
    faults = list[ChangeRejected]()
    for number, line in enumerate(str(sent.get("value") or "").splitlines(), 1):
        if not line.strip():
            continue
        try:
            phrases = word_filter.add(phrases, line)
        except InvalidPhrase as error:
            error.place = (name, number)
            faults.append(error)
        if len(faults) == _MOST_FAULTS:
            break
    raise_first(faults)
    return phrases


def raise_first(faults: Sequence[ChangeRejected]) -> None:
    """Raise the first of *faults*, if any, which then names the others."""
    if faults:
        faults[0].others = tuple(faults[1:])
        raise faults[0]


_NUMBER: Final = _Field(_number, read_number)
_MONEY: Final = _Field(_amount, _read_amount)
_SAFETY: Final = _Field(_safety, _read_safety)
_FLAG: Final = _Field(_flag, _read_flag)
_CHANNELS: Final = _Field(_channels, _read_channels)
_PHRASES: Final = _Field(_phrases, _read_phrases)
