"""The form with an order's options: built anew each time, and read from what Discord sends.

As the forms of `bot.ui.limits_form` it survives restarts: its ``custom_id`` holds the options that
are not in its fields.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.domain.order import (
    GUIDANCE,
    IMAGES,
    PROMPT_LENGTH,
    STEPS,
    STYLE_LENGTH,
    Order,
    OrderOptions,
)
from bot.domain.preferences import NO_DEFAULTS, Defaults
from bot.domain.styles import Style, title
from bot.ui import language, texts
from bot.ui.form_fields import by_id

# What is in no field. Of "d" the member's default counts; forms of earlier versions lack two.
_CUSTOM_ID: Final = re.compile(
    r"order-form:(?P<enhance>[01d])(?P<private>[01d])((?P<spoiler>[01d])(?P<suffix>[0d]))?"
)
# Discord takes no empty value; this one is longer than any style's name.
_NO_STYLE: Final = "-" * (STYLE_LENGTH.high + 1)
_MOST_CHOICES: Final = 25
_LEAST_KEPT: Final = 900  # characters of a text that is too long
_FLAGS: Final = {"0": False, "1": True, "d": None}
TYPED: Final = 6  # characters of a number: 9.9999 or 10.000


def form(
    options: OrderOptions,
    styles: Iterable[Style],
    spoken: str,
    defaults: Defaults = NO_DEFAULTS,
) -> ui.Modal:
    """Return the form, filled with *options* or else *defaults*, with *styles* to choose from."""
    options = options.with_suffix_typed()
    suffix = "d" if options.suffix is None else "0"
    flags = "".join(map(_flag, (options.enhance, options.private, options.spoiler))) + suffix
    typed = options.prompt if isinstance(options.prompt, str) else ""
    modal = ui.Modal(
        title=texts.order_buttons.form_title(), custom_id=f"order-form:{flags}", timeout=None
    )
    prompt: ui.TextInput[Any] = ui.TextInput(
        custom_id="prompt",
        style=discord.TextStyle.paragraph,
        default=_cut(typed) or None,
        min_length=PROMPT_LENGTH.low,
        max_length=PROMPT_LENGTH.high,
    )
    cut = texts.order_fields.cut() if len(typed) > PROMPT_LENGTH.high else None
    modal.add_item(_labelled("prompt", prompt, cut))
    style, images, guidance, steps = (
        _first(getattr(options, name), getattr(defaults, name), getattr(Order, name))
        for name in ("style", "images", "guidance", "steps")
    )
    modal.add_item(_labelled("style", _style_select(style, styles, spoken)))
    modal.add_item(_labelled("images", _image_select(images)))
    for name, value, span in (("guidance", guidance, GUIDANCE), ("steps", steps, STEPS)):
        hint = texts.order_fields.HINTS[name]().format(
            low=language.number(span.low), high=language.number(span.high)
        )
        modal.add_item(_labelled(name, _number_input(name, value), hint))
    modal.stop()  # so that discord.py does not keep it
    return modal


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of the form."""
    return _CUSTOM_ID.fullmatch(custom_id) is not None


def read(custom_id: str, components: Sequence[Any]) -> OrderOptions | None:
    """Return the options of a submitted form; ``None``: it is another form."""
    match = _CUSTOM_ID.fullmatch(custom_id)
    if match is None:
        return None
    sent = by_id(components)
    style = _value(sent, "style")
    return OrderOptions(
        prompt=_value(sent, "prompt"),
        style="" if style == _NO_STYLE else style,
        images=read_number(_value(sent, "images")),
        guidance=read_number(_value(sent, "guidance")),
        steps=read_number(_value(sent, "steps")),
        enhance=_FLAGS[match["enhance"]],
        private=_FLAGS[match["private"]],
        spoiler=_FLAGS[match["spoiler"] or "d"],
        suffix="" if match["suffix"] == "0" else None,
    )


def _flag(value: object) -> str:
    return "d" if value is None else str(int(bool(value)))


def _first(*values: object) -> object:
    """Return the first value that is named."""
    return next((value for value in values if value is not None), None)


def _labelled(name: str, component: Any, hint: str | None = None) -> ui.Label[Any]:
    label = texts.order_fields.LABELS[name]()
    return ui.Label(text=label, component=component, description=hint)


def _cut(text: str) -> str:
    """Return *text*, cut if it is too long for a prompt: between two words if they are short."""
    if len(text) <= PROMPT_LENGTH.high:
        return text
    whole_words = re.match(rf"(?s).{{{_LEAST_KEPT},{PROMPT_LENGTH.high}}}(?=\s)", text)
    return (whole_words[0] if whole_words else text[: PROMPT_LENGTH.high]).rstrip()


def _style_select(chosen: object, styles: Iterable[Style], spoken: str) -> ui.Select[Any]:
    select: ui.Select[Any] = ui.Select(custom_id="style", required=False)
    select.add_option(label=texts.order_buttons.no_style(), value=_NO_STYLE, default=not chosen)
    names = [style.name for style in styles]
    if isinstance(chosen, str) and chosen:  # always offered; one that was removed is refused later
        names = [chosen, *(name for name in names if name != chosen)]
    for name in names[: _MOST_CHOICES - 1]:
        select.add_option(label=title(name, spoken), value=name, default=name == chosen)
    return select


def _image_select(chosen: object) -> ui.Select[Any]:
    select: ui.Select[Any] = ui.Select(custom_id="images")
    for count in range(IMAGES.low, IMAGES.high + 1):
        select.add_option(label=str(count), value=str(count), default=count == chosen)
    return select


def _number_input(name: str, value: object) -> ui.TextInput[Any]:
    shown = language.number(value) if isinstance(value, int | float) else str(value)
    return ui.TextInput(
        custom_id=name,
        default=shown[:TYPED] or None,
        max_length=TYPED,
    )


def _value(sent: Mapping[str, Mapping[str, Any]], name: str) -> Any:
    field = sent.get(name, {})
    values = field.get("values")
    if isinstance(values, Sequence) and not isinstance(values, str):
        return values[0] if values else None
    return field.get("value")


def read_number(text: object) -> object:
    """Return the number that was typed, with a point or a comma; *text* itself if it is none."""
    if not isinstance(text, str) or not re.fullmatch(r"\s*\d{1,4}([.,]\d{1,4})?\s*", text):
        return text
    value = float(text.strip().replace(",", "."))
    return int(value) if value.is_integer() else value
