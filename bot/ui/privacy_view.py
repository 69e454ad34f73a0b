"""The views of ``/privacy``: what is kept of a member, its export and its deletion."""

import re
from typing import Final, Self

import discord
from discord import ui

from bot.service.member_account import ErasureResult
from bot.service.settings import RetentionPolicy
from bot.ui.button_actions import PrivacyAction
from bot.ui.layout import container, text_view, view
from bot.ui.persistent_button import PersistentButton
from bot.ui.texts import member_commands as words

_TEMPLATE: Final = rf"privacy:(?P<action>{'|'.join(PrivacyAction)}):(?P<member_id>\d{{1,20}})"


class PrivacyButton(PersistentButton, template=_TEMPLATE):
    """Does something with one member's data."""

    def __init__(
        self,
        action: PrivacyAction,
        member_id: int,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        event = ("privacy_click", action, member_id)
        super().__init__(f"privacy:{action}:{member_id}", label or action, event, style)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(PrivacyAction(match["action"]), int(match["member_id"]))


def overview(member_id: int, policy: RetentionPolicy) -> ui.LayoutView:
    """Return a fresh view of what is kept of a member, with buttons to export and delete it."""
    return _with_buttons(
        words.privacy(policy),
        PrivacyButton(PrivacyAction.EXPORT, member_id, words.export()),
        PrivacyButton(PrivacyAction.DELETE, member_id, words.delete(), discord.ButtonStyle.danger),
    )


def confirmation(member_id: int) -> ui.LayoutView:
    """Return a fresh view that asks for confirmation before a member's data is deleted."""
    return _with_buttons(
        words.confirmation(),
        PrivacyButton(
            PrivacyAction.CONFIRM, member_id, words.confirm(), discord.ButtonStyle.danger
        ),
        PrivacyButton(PrivacyAction.KEEP, member_id, words.keep()),
    )


def erased(result: ErasureResult) -> ui.LayoutView:
    """Return a fresh view of what was deleted, and what will be later."""
    return text_view(words.erased(result))


def _with_buttons(text: str, *buttons: PrivacyButton) -> ui.LayoutView:
    frame = container(text)
    frame.add_item(ui.ActionRow(*buttons))
    return view(frame)
