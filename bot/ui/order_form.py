"""The form with an order in it: built anew each time, and read from what Discord sends.

As those of `bot.ui.limits_form` it survives restarts: its ``custom_id`` says what of the order is
not in its fields.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.domain.order import GUIDANCE, IMAGES, PROMPT_LENGTH, STEPS, STYLE_LENGTH, Order
from bot.domain.styles import Style, title
from bot.ui import language, texts
from bot.ui.limits_form import fields

_CUSTOM_ID: Final = re.compile(r"order-form:(?P<enhance>[01])(?P<private>[01])")
# No style: Discord takes no empty value, and this is longer than any name of a style may be.
_NONE: Final = "-" * (STYLE_LENGTH.high + 1)
_MOST_CHOICES: Final = 25
_DIGITS: Final = 6  # of the longest figure that a field takes: 9.9999, or 10.000


def form(options: Mapping[str, Any], found: Iterable[Style], spoken: str) -> ui.Modal:
    """Return the form, filled with an order's *options*, with the styles that were *found*."""
    flags = f"{int(options['enhance'])}{int(options['private'])}"
    modal = ui.Modal(
        title=texts.presses.form_title(), custom_id=f"order-form:{flags}", timeout=None
    )
    modal.add_item(
        _labelled(
            "prompt",
            ui.TextInput(
                custom_id="prompt",
                style=discord.TextStyle.paragraph,
                default=options["prompt"][: PROMPT_LENGTH.high] or None,
                min_length=PROMPT_LENGTH.low,
                max_length=PROMPT_LENGTH.high,
            ),
        )
    )
    modal.add_item(_labelled("style", _styles(options["style"], found, spoken)))
    modal.add_item(_labelled("images", _choice("images", options["images"], IMAGES.high)))
    for name, span in (("guidance", GUIDANCE), ("steps", STEPS)):
        figure: ui.TextInput[Any] = ui.TextInput(
            custom_id=name,
            default=language.number(options[name]),
            placeholder=f"{language.number(span.low)} - {language.number(span.high)}",
            max_length=_DIGITS,
        )
        modal.add_item(_labelled(name, figure))
    modal.stop()  # so that discord.py does not keep it
    return modal


def empty(prompt: str) -> dict[str, Any]:
    """Return the options of an order with nothing but a prompt, as *form* takes them."""
    return {
        "prompt": prompt,
        "images": Order.images,
        "guidance": Order.guidance,
        "steps": Order.steps,
        "enhance": Order.enhance,
        "style": None,
        "private": False,
    }


def read(custom_id: str, components: Sequence[Any]) -> dict[str, Any] | None:
    """Return the options that a sent form holds, unchecked; ``None``: it is no form of ours."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    if match is None:
        return None
    sent = {str(field.get("custom_id")): field for field in fields(components)}
    style = _value(sent, "style")
    return {
        "prompt": _value(sent, "prompt"),
        "style": None if style == _NONE else style,
        "images": _figure(_value(sent, "images")),
        "guidance": _figure(_value(sent, "guidance")),
        "steps": _figure(_value(sent, "steps")),
        "enhance": match["enhance"] == "1",
        "private": match["private"] == "1",
    }


def _labelled(name: str, component: Any) -> ui.Label[Any]:
    return ui.Label(text=texts.presses.field(name), component=component)


def _styles(chosen: str | None, found: Iterable[Style], spoken: str) -> ui.Select[Any]:
    select: ui.Select[Any] = ui.Select(custom_id="style", required=False)
    select.add_option(label=texts.presses.no_style(), value=_NONE, default=chosen is None)
    names = [style.name for style in found]
    if chosen is not None:  # it stays in, however many there are; one that is gone is refused
        names = [chosen, *(name for name in names if name != chosen)]
    for name in names[: _MOST_CHOICES - 1]:
        select.add_option(label=title(name, spoken), value=name, default=name == chosen)
    return select


def _choice(name: str, chosen: int, most: int) -> ui.Select[Any]:
    select: ui.Select[Any] = ui.Select(custom_id=name)
    for number in range(1, most + 1):
        select.add_option(label=str(number), value=str(number), default=number == chosen)
    return select


def _value(sent: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    field = sent.get(name, {})
    values = field.get("values")
    if isinstance(values, Sequence) and not isinstance(values, str):
        return values[0] if values else None
    return field.get("value")


def _figure(text: object) -> object:
    """Return the number that somebody typed, as either language writes it; else *text* itself."""
    if not isinstance(text, str) or not re.fullmatch(r"\s*\d{1,4}([.,]\d{1,4})?\s*", text):
        return text
    value = float(text.strip().replace(",", "."))
    return int(value) if value.is_integer() else value
