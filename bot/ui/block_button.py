"""The buttons about blocked members."""

import re
from typing import Final, Self

import discord

from bot.ui.button_actions import BlockAction
from bot.ui.persistent_button import PersistentButton

_TEMPLATE: Final = (
    rf"blocks:(?P<action>{'|'.join(BlockAction)}):(?P<subject>\d{{1,20}})(?::(?P<page>\d{{1,6}}))?"
)


class BlockButton(PersistentButton, template=_TEMPLATE):
    """A button about blocks; *subject* is a member's id, or a page of the list.

    *page* is that of the list which the button is in.
    """

    def __init__(
        self,
        action: BlockAction,
        subject: int,
        page: int = 0,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        shown = f":{page}" if action is BlockAction.LIFT else ""
        event = ("block_click", action, subject, page)
        super().__init__(f"blocks:{action}:{subject}{shown}", label or action, event, style)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(BlockAction(match["action"]), int(match["subject"]), int(match["page"] or 0))
