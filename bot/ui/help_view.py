"""The help: examples, each with a button that opens the form, an idea, and the styles."""

import re
from collections.abc import Mapping
from typing import Any, Final, Self

from discord import ui

from bot.domain.order import OrderOptions
from bot.service.member_account import OrderPlace
from bot.ui import texts
from bot.ui.button_actions import Example
from bot.ui.form_button import FormButton
from bot.ui.layout import container, text_view, view
from bot.ui.persistent_button import PersistentButton

# As the texts show them.
EXAMPLES: Final[Mapping[Example, OrderOptions]] = {
    Example.PLAIN: OrderOptions(prompt="a red lighthouse in a storm, oil painting"),
    Example.FOUR: OrderOptions(prompt="a sleepy fox", images=4),
    Example.STYLE: OrderOptions(prompt="a sleepy fox", style="watercolour"),
    Example.PRIVATE: OrderOptions(prompt="a birthday card", private=True),
    Example.DRAFT: OrderOptions(prompt="a harbour at dawn", steps=20),
}


class ExampleButton(PersistentButton, template=rf"help:try:(?P<example>{'|'.join(Example)})"):
    """Opens the form with an example; dispatches ``on_help_example``."""

    def __init__(self, example: Example) -> None:
        label = texts.member_commands.try_it()
        super().__init__(f"help:try:{example}", label, ("help_example", example))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(Example(match["example"]))


class SurpriseButton(PersistentButton, template=r"help:surprise"):
    """Opens the form with an idea, another one each time; dispatches ``on_help_surprise``."""

    def __init__(self) -> None:
        super().__init__("help:surprise", texts.member_commands.surprise_me(), ("help_surprise",))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:  # noqa: ARG003 - there is one
        """Return the button whose ``custom_id`` matched the template."""
        return cls()


class StylesButton(PersistentButton, template=r"help:styles"):
    """Shows the styles of the place; dispatches ``on_help_styles``."""

    def __init__(self) -> None:
        super().__init__("help:styles", texts.member_commands.show_styles(), ("help_styles",))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:  # noqa: ARG003 - there is one
        """Return the button whose ``custom_id`` matched the template."""
        return cls()


def help_view(place: OrderPlace, member_id: int, *, moderates: bool) -> ui.LayoutView:
    """Return a fresh view of the help; where no orders are taken it has no buttons."""
    told = texts.member_commands
    if place.violation is not None:
        return text_view(told.closed(place, place.violation, moderates=moderates))
    frame = container(told.beginning())
    for example in Example:
        button: ui.Item[Any] = ExampleButton(example)
        frame.add_item(ui.Section(told.example(example), accessory=button))
    frame.add_item(ui.TextDisplay(told.ending(place, moderates=moderates)))
    form = FormButton(member_id, OrderOptions(prompt=""), told.order())
    return view(frame, ui.ActionRow(form, SurpriseButton(), StylesButton()))
