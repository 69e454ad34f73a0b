"""The button that opens the order's form, under refusals and the help.

Nothing is stored for it: its ``custom_id`` holds the options, and its message shows the prompt.
"""

import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Self

from discord import InteractionType

from bot.domain.errors import OrderRejected, StyleNotFound
from bot.domain.order import IMAGES, OrderOptions
from bot.ui import texts
from bot.ui.interaction_context import Interaction
from bot.ui.layout import button_view
from bot.ui.order_form import TYPED
from bot.ui.persistent_button import PersistentButton
from bot.ui.responses import send_private

MOST: Final = 100  # characters of a custom_id
_LARGE: Final = 100
_DEFAULTS: Final = OrderOptions(prompt="")
_FIELDS: Final = ("images", "guidance", "steps", "enhance", "private", "style")
_LATER: Final = ("spoiler", "suffix")  # in custom_ids since a later version, where they are named


class FormButton(PersistentButton, template=r"form:(?P<member_id>\d{1,20}):(?P<packed>\[[^\n]*\])"):
    """Opens the form for one member; dispatches ``on_order_form``. *options* have no prompt."""

    def __init__(self, member_id: int, options: OrderOptions, label: str | None = None) -> None:
        event = ("order_form", member_id, options)
        custom_id = f"form:{member_id}:{_packed(options)}"
        if len(custom_id.encode("utf-16-le")) > 2 * MOST:  # a style's name of rare characters
            custom_id = f"form:{member_id}:{_packed(replace(options, style=None))}"
        super().__init__(custom_id, label or texts.refusals.change(), event)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        values: Any = ()
        with suppress(ValueError, RecursionError):
            values = json.loads(match["packed"])
        given = dict(zip((*_FIELDS, *_LATER), values, strict=False))
        return cls(int(match["member_id"]), replace(_DEFAULTS, **given))


async def send_refusal(interaction: Interaction, error: OrderRejected) -> None:
    """Tell a member why their order was refused, with the form to change it if that can help."""
    options, form = error.options, interaction.type is InteractionType.modal_submit
    if isinstance(options, OrderOptions):
        options = options.with_suffix_typed()
    text = texts.refusals.refusal(error, form=form)
    if not isinstance(options, OrderOptions):
        await send_private(interaction, text)
        return
    text = texts.refusals.with_prompt(text, options.prompt)
    for fault in (error, *getattr(error, "others", ())):
        if isinstance(fault, StyleNotFound):  # the form offers only styles that there are
            options = replace(options, style=fault.similar)
    view = None
    if texts.refusals.can_be_changed(error):
        view = button_view(FormButton(interaction.user.id, options))
    await send_private(interaction, text, view)


def _packed(options: OrderOptions) -> str:
    """Return the options but for the prompt and a suffix; what no client sends is not named."""
    images = options.images
    values = [
        images if isinstance(images, int) and images in IMAGES else None,
        _number(options.guidance),
        _number(options.steps),
        _flag(options.enhance),
        _flag(options.private),
        options.style if isinstance(options.style, str) else None,
    ]
    later = [_flag(options.spoiler), None if options.suffix is None else ""]
    values += later if any(value is not None for value in later) else []
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _number(value: object) -> object:
    """Return a number to a thousandth, or what was typed instead of one."""
    if isinstance(value, int | float) and abs(value) < _LARGE:
        return round(value, 3)
    return None if value is None else str(value)[:TYPED]


def _flag(value: object) -> int | None:
    return None if value is None else int(bool(value))
