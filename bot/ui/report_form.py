"""The form to report a picture: why, and a text if the reporter wants to write one.

Its ``custom_id`` holds the order and the message in which the reporter saw its pictures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord import ui

from bot.domain.deeds import LONGEST_REPORT, ReportReason
from bot.service.reports import Seen, Statement
from bot.ui import texts
from bot.ui.form_fields import by_id
from bot.ui.interaction_payload import UnreadableInteraction, snowflake

_CUSTOM_ID: Final = re.compile(
    r"report-form:(?P<job_id>[0-9a-f]{16}):(?P<channel>\d{1,20}):(?P<message>\d{1,20})"
)


@dataclass(frozen=True)
class Subject:
    """What a form is about, as a client says: to be checked."""

    job_id: str
    seen: Seen | None


def form(job_id: str, seen: Seen | None) -> ui.Modal:
    """Return the empty form for an order whose pictures were *seen* in that message."""
    channel, message = (seen.channel_id, seen.message_id) if seen else (0, 0)
    custom_id = f"report-form:{job_id}:{channel}:{message}"
    modal = ui.Modal(title=texts.reports.form_title(), custom_id=custom_id, timeout=None)
    select: ui.Select[Any] = ui.Select(custom_id="reason")
    for reason in ReportReason:
        select.add_option(label=texts.reports.reason(reason), value=reason)
    text: ui.TextInput[Any] = ui.TextInput(
        custom_id="text",
        style=discord.TextStyle.paragraph,
        max_length=LONGEST_REPORT,
        required=False,
    )
    modal.add_item(ui.Label(text=texts.reports.reason_label(), component=select))
    modal.add_item(
        ui.Label(
            text=texts.reports.text_label(),
            description=texts.reports.text_hint(),
            component=text,
        )
    )
    modal.stop()  # so that discord.py does not keep it
    return modal


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of the form."""
    return subject(custom_id) is not None


def subject(custom_id: str) -> Subject | None:
    """Return what a form is about; ``None``: it is another form."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    if match is None:
        return None
    channel, message = snowflake(match["channel"]), snowflake(match["message"])
    seen = Seen(channel_id=channel, message_id=message) if channel and message else None
    return Subject(match["job_id"], seen)


def read(components: Sequence[Any]) -> Statement:
    """Return what was chosen and written. Raises UnreadableInteraction."""
    sent = by_id(components)
    values, text = sent.get("reason", {}).get("values"), sent.get("text", {}).get("value")
    chosen = str(values[0]) if isinstance(values, list) and values else ""
    if chosen not in {*ReportReason}:
        raise UnreadableInteraction("reason")  # a crafted client
    return Statement(reason=ReportReason(chosen), text=text if isinstance(text, str) else "")
