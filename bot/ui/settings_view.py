"""The view of ``/settings``: a member's pings, defaults and own styles, by selects and buttons."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Self

import discord
from discord import ui

from bot.domain.order import IMAGES
from bot.domain.preferences import MOST_STYLES
from bot.domain.styles import all_of, title
from bot.service.ports.store import MemberSettings, Ping, PingIn
from bot.ui import language, order_form, texts
from bot.ui.button_actions import SettingsAction
from bot.ui.layout import container, view
from bot.ui.persistent_button import PersistentButton, PersistentItem

_WORDS: Final = 50  # characters of a style's words; Discord takes 100, and counts some twice
_MOST_CHOICES: Final = 25
_NOTHING: Final = MemberSettings()
# The selects of defaults, in which nothing may be chosen, and what is said above each.
_ABOVE: Final[Mapping[str, Callable[[], str]]] = {
    "style": texts.settings.style,
    "images": texts.settings.images,
    "flags": texts.settings.flags,
}
_LABELS: Final[Mapping[SettingsAction, Callable[[], str]]] = {
    SettingsAction.MORE: texts.settings.more,
    SettingsAction.STYLE: texts.settings.add_style,
    SettingsAction.FORGET: texts.settings.forget,
}


class SettingsButton(
    PersistentButton, template=rf"settings:(?P<action>{'|'.join(SettingsAction)})"
):
    """A button of the settings of whoever clicks; dispatches ``on_settings_click``."""

    def __init__(self, action: SettingsAction) -> None:
        super().__init__(f"settings:{action}", _LABELS[action](), ("settings_click", action))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(SettingsAction(match["action"]))


class SettingsSelect(
    PersistentItem,
    template=r"settings-pick:(?P<name>style|images|flags|ping|ping_in|own_style)",
):
    """A select of the settings of whoever chooses; dispatches ``on_settings_pick``."""

    def __init__(self, name: str, current: MemberSettings = _NOTHING) -> None:
        options = list(_OPTIONS[name](current))[:_MOST_CHOICES]
        placeholder = texts.settings.nothing()
        if name == "own_style":
            placeholder = texts.settings.change_style()
        select: ui.Select[Any] = ui.Select(
            custom_id=f"settings-pick:{name}",
            placeholder=placeholder,
            min_values=int(name not in _ABOVE),
            max_values=len(options) if name == "flags" else 1,
            options=options or [discord.SelectOption(label="-")],
        )
        super().__init__(select, ("settings_pick", name))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the select whose ``custom_id`` matched the template."""
        return cls(match["name"])


def settings(current: MemberSettings, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of a member's settings; *note* tells the result of the last click."""
    frame = container(texts.settings.settings(current, note))
    for name, above in _ABOVE.items():
        frame.add_item(ui.TextDisplay(f"-# {above()}"))
        frame.add_item(ui.ActionRow(SettingsSelect(name, current)))
    buttons = SettingsButton(SettingsAction.MORE), SettingsButton(SettingsAction.FORGET)
    frame.add_item(ui.ActionRow(*buttons))
    frame.add_item(ui.Separator())
    frame.add_item(ui.TextDisplay(texts.settings.own_styles(current)))
    own = current.preferences.styles
    if own:
        frame.add_item(ui.ActionRow(SettingsSelect("own_style", current)))
    if len(own) < MOST_STYLES:
        frame.add_item(ui.ActionRow(SettingsButton(SettingsAction.STYLE)))
    frame.add_item(ui.Separator())
    frame.add_item(ui.TextDisplay(texts.settings.pinged(current)))
    for name in ("ping", "ping_in"):
        frame.add_item(ui.ActionRow(SettingsSelect(name, current)))
    return view(frame)


def read(name: str, values: list[Any]) -> dict[str, object]:
    """Return the defaults that a select sets; ``None``: none."""
    if name == "flags":
        private, spoiler, plain = (flag in values or None for flag in texts.settings.FLAGS)
        return {"private": private, "spoiler": spoiler, "enhance": False if plain else None}
    chosen = values[0] if values else None
    return {name: order_form.read_number(chosen) if name == "images" else chosen}


def _styles(current: MemberSettings) -> Iterator[discord.SelectOption]:
    chosen = (current.preferences.defaults.style or "").casefold()
    spoken = language.spoken()
    for style in all_of(current.preferences.styles):
        label = title(style.name, spoken)
        is_chosen = style.name.casefold() == chosen
        yield discord.SelectOption(label=label, value=style.name, default=is_chosen)


def _images(current: MemberSettings) -> Iterator[discord.SelectOption]:
    chosen = current.preferences.defaults.images
    for count in range(IMAGES.low, IMAGES.high + 1):
        label = texts.shared.images(count)
        yield discord.SelectOption(label=label, value=str(count), default=count == chosen)


def _flags(current: MemberSettings) -> Iterator[discord.SelectOption]:
    own = current.preferences.defaults
    chosen = {"private": own.private, "spoiler": own.spoiler, "enhance": own.enhance is False}
    for name, label in texts.settings.FLAGS.items():
        yield discord.SelectOption(label=label(), value=name, default=bool(chosen[name]))


def _pings(current: MemberSettings) -> Iterator[discord.SelectOption]:
    for ping in Ping:
        label = texts.settings.ping_label(ping)
        yield discord.SelectOption(label=label, value=ping, default=ping is current.ping)


def _pings_in(current: MemberSettings) -> Iterator[discord.SelectOption]:
    for ping_in in PingIn:
        label = texts.settings.ping_in_label(ping_in)
        yield discord.SelectOption(label=label, value=ping_in, default=ping_in is current.ping_in)


def _own_styles(current: MemberSettings) -> Iterator[discord.SelectOption]:
    for style in current.preferences.styles:
        words = texts.shared.cut(style.words, _WORDS)
        yield discord.SelectOption(label=style.name, value=style.name, description=words)


_OPTIONS: Final[Mapping[str, Callable[[MemberSettings], Iterator[discord.SelectOption]]]] = {
    "style": _styles,
    "images": _images,
    "flags": _flags,
    "ping": _pings,
    "ping_in": _pings_in,
    "own_style": _own_styles,
}
