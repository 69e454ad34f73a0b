"""The buttons on an order's card, and what can be read from them in a message."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

from discord import ButtonStyle, ComponentType

from bot.ui import texts
from bot.ui.button_actions import OrderAction
from bot.ui.persistent_button import PersistentButton

_TEMPLATE: Final = rf"(?P<action>{'|'.join(OrderAction)}):(?P<job_id>[0-9a-f]{{16}})"

_PLAIN: Final = ButtonStyle.secondary
_STYLES: Final = {OrderAction.DELETE_NOW: ButtonStyle.danger}


class OrderButton(PersistentButton, template=_TEMPLATE):
    """A button that does something with one order; dispatches ``on_order_ACTION``."""

    def __init__(self, action: OrderAction, job_id: str, label: str | None = None) -> None:
        event = (f"order_{action}", job_id)
        label = label or texts.order_buttons.label(action)
        super().__init__(f"{action}:{job_id}", label, event, _STYLES.get(action, _PLAIN))

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(OrderAction(match["action"]), match["job_id"])


def component(action: OrderAction, job_id: str, label: str | None = None) -> dict[str, Any]:
    """Return the button as Discord gets it."""
    return {
        "type": ComponentType.button.value,
        "style": _STYLES.get(action, _PLAIN).value,
        "label": label or texts.order_buttons.label(action),
        "custom_id": f"{action}:{job_id}",
    }


def shows_pictures(components: Sequence[Any], job_id: str) -> bool:
    """Tell whether *components* show that job's pictures: only these can be deleted."""
    return (OrderAction.DELETE, job_id) in _actions(components)


def job_ids(components: Sequence[Any]) -> Iterator[str]:
    """Yield the jobs of a message's order buttons."""
    return (job_id for _, job_id in _actions(components))


def _actions(components: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield the action and the job of each order button, nested ones included."""
    for component in components:
        if match := re.fullmatch(_TEMPLATE, getattr(component, "custom_id", None) or ""):
            yield match["action"], match["job_id"]
        yield from _actions(getattr(component, "children", ()))
