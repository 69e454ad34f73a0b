"""The moderators' panel: a server's limits and their use; and the preview of a change."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Self

import discord
from discord import ui

from bot.domain.errors import ChangeRejected
from bot.domain.ineffective_limits import Ineffective
from bot.domain.rules import Rules
from bot.service.moderation import Overview
from bot.ui import guild_cache, texts
from bot.ui.block_button import BlockButton
from bot.ui.button_actions import BlockAction, LimitsAction
from bot.ui.layout import container, view
from bot.ui.limits_form import GROUPS
from bot.ui.persistent_button import PersistentButton

_TEMPLATE: Final = rf"limits:(?P<action>{'|'.join(LimitsAction)}):(?P<subject>\w+)"


class LimitsButton(PersistentButton, template=_TEMPLATE):
    """A button of the panel or of a preview; *subject* is a group, or a draft's or form's id."""

    def __init__(
        self,
        action: LimitsAction,
        subject: str,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        event = ("limits_click", action, subject)
        super().__init__(f"limits:{action}:{subject}", label or action, event, style)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(LimitsAction(match["action"]), match["subject"])


def panel(overview: Overview, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of the limits; *note* tells the result of the last click."""
    heading, sections = texts.limits_panel.panel(overview, note)
    frame = container(heading)
    frame.add_item(ui.ActionRow(*_actions(overview)))
    for group, text in sections.items():
        frame.add_item(ui.Separator())
        # The others are lists, to which a form adds an entry.
        action = LimitsAction.EDIT if group in GROUPS else LimitsAction.FORM
        button = LimitsButton(action, group, texts.limits.edit())
        frame.add_item(ui.Section(ui.TextDisplay(text), accessory=button))
    more = LimitsButton(LimitsAction.FORM, "tiers_more", texts.panel_forms.title("tiers_more"))
    frame.add_item(ui.ActionRow(more))
    if guild_cache.deleted_of(overview.rules):
        forget = LimitsButton(LimitsAction.FORGET, "deleted", texts.limits.forget())
        frame.add_item(ui.ActionRow(forget))
    return view(frame)


def _actions(overview: Overview) -> Iterator[PersistentButton]:
    yield LimitsButton(LimitsAction.FORM, "log", texts.limits.set_log())
    if overview.rules.pause is None:
        yield LimitsButton(LimitsAction.FORM, "pause", texts.limits.pause())
    else:
        resume = texts.limits.resume()
        yield LimitsButton(LimitsAction.RESUME, "orders", resume, discord.ButtonStyle.success)
    yield BlockButton(BlockAction.LIST, 0, label=texts.limits.blocks())


def faults(error: ChangeRejected, form_id: str) -> ui.LayoutView:
    """Return a fresh view of what is wrong in a form, which can be opened again as it was."""
    frame = container(texts.changes.rejection(error, form=True))
    again = LimitsButton(LimitsAction.AGAIN, form_id, texts.refusals.change())
    frame.add_item(ui.ActionRow(again))
    return view(frame)


def preview(
    draft_id: str, before: Rules, after: Rules, ineffective: Sequence[Ineffective] = ()
) -> ui.LayoutView:
    """Return a fresh view of what a draft would change; *ineffective*: without effect then."""
    save, discard = texts.changes.save(), texts.changes.discard()
    frame = container(texts.changes.preview(before, after, ineffective))
    frame.add_item(
        ui.ActionRow(
            LimitsButton(LimitsAction.SAVE, draft_id, save, discord.ButtonStyle.primary),
            LimitsButton(LimitsAction.DROP, draft_id, discard),
        )
    )
    return view(frame)
