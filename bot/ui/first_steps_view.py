"""The welcome of a server, and the moderators' first steps: buttons and selects that set it up."""

import re
from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord import ui

from bot.domain.rules import MOST_CHANNELS, Rules
from bot.service.moderation import Overview
from bot.ui import limits_form, panel_forms, texts
from bot.ui.button_actions import LimitsAction, StartAction
from bot.ui.layout import container, view
from bot.ui.limits_view import LimitsButton
from bot.ui.persistent_button import PersistentButton, PersistentItem

_LABELS: Final = {
    StartAction.LOG: texts.limits.set_log,
    StartAction.CHANNELS: lambda: texts.limits.group("channels"),
    StartAction.LIMITS: texts.first_steps.set_limits,
    StartAction.WORDS: lambda: texts.limits.name("blocked"),
    StartAction.CHECK: texts.first_steps.check,
}
_IN_STEPS: Final = (StartAction.LIMITS, StartAction.WORDS, StartAction.CHECK)


class StartButton(PersistentButton, template=rf"start:(?P<action>{'|'.join(StartAction)})"):
    """A button of the welcome or of the first steps; dispatches ``on_start_click``."""

    def __init__(self, action: StartAction) -> None:
        first = action is StartAction.LOG
        style = discord.ButtonStyle.primary if first else discord.ButtonStyle.secondary
        super().__init__(f"start:{action}", _LABELS[action](), ("start_click", action), style)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(StartAction(match["action"]))


class StartSelect(PersistentItem, template=r"start-pick:(?P<name>log|channels)"):
    """A select of the first steps, for the log or for orders; dispatches ``on_start_pick``."""

    def __init__(self, name: str, rules: Rules) -> None:
        custom_id = f"start-pick:{name}"
        if name == "log":
            placeholder = texts.first_steps.choose_log()
            select = panel_forms.log_select(custom_id, rules, placeholder=placeholder)
        else:
            placeholder = texts.first_steps.choose_channels()
            select = limits_form.channel_select(
                custom_id, rules.channels, max_values=MOST_CHANNELS, placeholder=placeholder
            )
        super().__init__(select, ("start_pick", name))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the select whose ``custom_id`` matched the template."""
        return cls(match["name"], Rules())


def welcome() -> ui.LayoutView:
    """Return a fresh view that introduces the bot."""
    frame = container(texts.first_steps.welcome())
    frame.add_item(ui.ActionRow(*map(StartButton, StartAction)))
    return view(frame)


def is_welcome(message: discord.Message) -> bool:
    """Tell whether a message is a welcome."""
    return _has(message.components, f"start:{StartAction.LOG}")


def _has(components: Sequence[Any], custom_id: str) -> bool:
    return any(
        getattr(part, "custom_id", None) == custom_id
        or _has(getattr(part, "children", ()), custom_id)
        for part in components
    )


def steps(overview: Overview, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of the first steps; *note* tells the result of the last click."""
    frame = container(texts.first_steps.steps(overview, note))
    for name in ("log", "channels"):
        frame.add_item(ui.ActionRow(StartSelect(name, overview.rules)))
    every = LimitsButton(LimitsAction.SHOW, "panel", texts.blocks.all_limits())
    frame.add_item(ui.ActionRow(*map(StartButton, _IN_STEPS), every))
    return view(frame)
