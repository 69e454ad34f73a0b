"""The forms of ``/settings``: defaults that are typed, and an own style.

Their ``custom_id`` is their name, and that of a style. They change the settings of who sends them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.domain.order import SUFFIX_LENGTH
from bot.domain.preferences import Preferences
from bot.domain.styles import LONGEST_NAME, LONGEST_WORDS, Style
from bot.ui import language, texts
from bot.ui.form_fields import by_id
from bot.ui.order_form import TYPED, read_number

PREFIX: Final = "settings-form:"
_CUSTOM_ID: Final = re.compile(rf"{PREFIX}(?P<name>more|style(:(?P<was>.+))?)")
NUMBERS: Final = ("steps", "guidance")


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of one of these forms."""
    return name_of(custom_id) is not None


def name_of(custom_id: str) -> str | None:
    """Return the name of the form with *custom_id*; ``None``: it is another form."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    return None if match is None else match["name"].partition(":")[0]


def style_of(custom_id: str) -> str:
    """Return the name of the style that the form with *custom_id* changes; empty: a new one."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    return (match and match["was"]) or ""


def more(current: Preferences) -> ui.Modal:
    """Return the form for the defaults that are typed, filled with the *current* ones."""
    modal = ui.Modal(title=texts.settings.more_title(), custom_id=f"{PREFIX}more", timeout=None)
    own = current.defaults
    for name in NUMBERS:
        value = getattr(own, name)
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=name,
            default=None if value is None else language.number(value),
            max_length=TYPED,
            required=False,
        )
        hint = texts.settings.empty_hint().format(default=texts.settings.default_of(name))
        label = texts.order_fields.LABELS[name]()
        modal.add_item(ui.Label(text=label, description=hint, component=field))
    suffix: ui.TextInput[Any] = ui.TextInput(
        custom_id="suffix",
        style=discord.TextStyle.paragraph,
        default=own.suffix,
        max_length=SUFFIX_LENGTH.high,
        required=False,
    )
    hint = texts.settings.suffix_hint()
    label = texts.order_fields.LABELS["suffix"]()
    modal.add_item(ui.Label(text=label, description=hint, component=suffix))
    modal.stop()  # so that discord.py does not keep it
    return modal


def style(current: Style | None = None) -> ui.Modal:
    """Return the form for an own style: a new one, or filled with the *current* one."""
    custom_id = f"{PREFIX}style:{current.name}" if current else f"{PREFIX}style"
    modal = ui.Modal(title=texts.settings.style_title(), custom_id=custom_id, timeout=None)
    name: ui.TextInput[Any] = ui.TextInput(
        custom_id="name", default=current.name if current else None, max_length=LONGEST_NAME
    )
    words: ui.TextInput[Any] = ui.TextInput(
        custom_id="words",
        style=discord.TextStyle.paragraph,
        default=current.words if current else None,
        max_length=LONGEST_WORDS,
        required=False,
    )
    labels, hint = texts.panel_forms.STYLE, texts.panel_forms.style_hint()
    modal.add_item(ui.Label(text=labels["name"](), component=name))
    modal.add_item(ui.Label(text=labels["words"](), description=hint, component=words))
    modal.stop()
    return modal


def read_more(components: Sequence[Any]) -> dict[str, object]:
    """Return the defaults that a submitted form sets; ``None``: none."""
    sent = by_id(components)
    numbers = {name: read_number(_text(sent, name)) for name in NUMBERS if name in sent}
    return {**numbers, "suffix": _text(sent, "suffix")}


def read_style(components: Sequence[Any]) -> tuple[str, str]:
    """Return the name and the words of a submitted form; no words: the style is to go."""
    sent = by_id(components)
    return _text(sent, "name") or "", _text(sent, "words") or ""


def _text(sent: Mapping[str, Mapping[str, Any]], name: str) -> str | None:
    """Return what was typed; ``None``: nothing."""
    value = sent.get(name, {}).get("value")
    return (value.strip() or None) if isinstance(value, str) else None
