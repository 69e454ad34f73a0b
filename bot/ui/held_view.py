"""Held pictures in a server's log channel: what they are, the pictures, and buttons to decide."""

import io
import re
from typing import Final, Self

import discord
from discord import ButtonStyle, ui

from bot.domain.log_entries import Held
from bot.ui import texts
from bot.ui.button_actions import HeldAction
from bot.ui.layout import view
from bot.ui.persistent_button import PersistentButton

_TEMPLATE: Final = rf"held:(?P<action>{'|'.join(HeldAction)}):(?P<job_id>[0-9a-f]{{16}})"


class HeldButton(PersistentButton, template=_TEMPLATE):
    """A button under held pictures: an action, and the job."""

    def __init__(self, action: HeldAction, job_id: str) -> None:
        style = ButtonStyle.danger if action is HeldAction.DELETE else ButtonStyle.secondary
        event = ("held_click", action, job_id)
        super().__init__(f"held:{action}:{job_id}", texts.held.label(action), event, style)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(HeldAction(match["action"]), match["job_id"])


def held_view(held: Held) -> ui.LayoutView:
    """Return a fresh view of held pictures; buttons only while moderators can decide."""
    layout = view(ui.TextDisplay("\n".join((texts.log_channel.line(held), texts.held.state(held)))))
    if held.job is None or not held.waits:
        return layout
    if names := _names(held):
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        for name in names:
            alt = texts.held.alt()  # never the prompt, which may be private
            gallery.add_item(media=f"attachment://{name}", description=alt, spoiler=True)
        layout.add_item(gallery)
    return layout.add_item(ui.ActionRow(*(HeldButton(one, held.job.id) for one in HeldAction)))


def files(held: Held) -> list[discord.File]:
    """Return the pictures that are to be attached."""
    return [
        discord.File(io.BytesIO(picture), filename=name)
        for name, picture in zip(_names(held), held.pictures, strict=False)
    ]


def _names(held: Held) -> list[str]:
    """Return the names of the files of an entry, which are the same each time."""
    count = len(held.pictures) or held.pictured
    return [f"SPOILER_held-{number}.jpg" for number in range(1, count + 1)]
