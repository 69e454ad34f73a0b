"""The form to block a member: for how long, and why. Its ``custom_id`` holds the member's id."""

import re
from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import app_commands, ui

from bot.domain.errors import InvalidLimit
from bot.domain.rules import BLOCK_HOURS, LONGEST_REASON, Block
from bot.ui import texts
from bot.ui.form_fields import by_id
from bot.ui.interaction_payload import snowflake

_CUSTOM_ID: Final = re.compile(r"block-form:(?P<member>\d{1,20})")
DURATIONS: Final = (1, 6, 24, 72, 168, 720)  # hours
_PERMANENTLY: Final = "0"
_DIGITS: Final = len(str(BLOCK_HOURS.high))


def form(member_id: int, name: str, block: Block | None) -> ui.Modal:
    """Return the form for a member of that *name*, filled with the reason of their *block*."""
    modal = ui.Modal(
        title=texts.blocks.form_title(name), custom_id=f"block-form:{member_id}", timeout=None
    )
    select: ui.Select[Any] = ui.Select(custom_id="hours")
    for hours in DURATIONS:
        label = texts.shared.duration(hours * 3600)
        select.add_option(label=label, value=str(hours), default=hours == DURATIONS[2])
    select.add_option(label=texts.blocks.permanently(), value=_PERMANENTLY)
    reason: ui.TextInput[Any] = ui.TextInput(
        custom_id="reason",
        style=discord.TextStyle.paragraph,
        default=block.reason if block is not None else None,
        max_length=LONGEST_REASON,
        required=False,
    )
    modal.add_item(ui.Label(text=texts.blocks.duration_label(), component=select))
    modal.add_item(
        ui.Label(
            text=texts.blocks.reason_label(),
            description=texts.blocks.reason_hint(),
            component=reason,
        )
    )
    modal.stop()  # so that discord.py does not keep it
    return modal


def choices(typed: str) -> list[app_commands.Choice[int]]:
    """Return durations in hours to choose from, while *typed* is typed; 0 is permanently."""
    offered = {hours: texts.shared.duration(hours * 3600) for hours in DURATIONS}
    offered[int(_PERMANENTLY)] = texts.blocks.permanently()
    wanted = typed.strip().casefold()
    fitting = {hours: name for hours, name in offered.items() if wanted in name.casefold()}
    if wanted.isascii() and wanted.isdigit() and len(wanted) <= _DIGITS:
        hours = int(wanted)
        if hours in BLOCK_HOURS:  # what is typed comes first: Discord takes the first one
            fitting = {hours: texts.shared.duration(hours * 3600)} | fitting
    return [app_commands.Choice(name=name, value=hours) for hours, name in fitting.items()]


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of the form."""
    return member_of(custom_id) is not None


def member_of(custom_id: str) -> int | None:
    """Return the member that a form is about; ``None``: it is another form."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    return None if match is None else snowflake(match["member"])


def read(components: Sequence[Any]) -> tuple[int | None, str]:
    """Return for how many hours, ``None``: permanently, and the reason; raises InvalidLimit."""
    sent = by_id(components)
    reason = sent.get("reason", {}).get("value")
    return _hours(sent.get("hours", {})), reason if isinstance(reason, str) else ""


def _hours(field: Any) -> int | None:
    values = field.get("values")
    chosen = values[0] if isinstance(values, list) and values else None
    if chosen == _PERMANENTLY:
        return None
    for hours in DURATIONS:
        if chosen == str(hours):
            return hours
    raise InvalidLimit(name="hours", low=BLOCK_HOURS.low, high=BLOCK_HOURS.high)  # a crafted client
