"""Modals: which forms Discord takes, and the rules between their fields."""

from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.attachments import Media
from sandbox.discord.components import (
    CUSTOM_ID,
    NUMBERED,
    SELECTS,
    TEXT_DISPLAY,
    check_select,
    different_values,
    unique,
    walk,
)
from sandbox.discord.enums import ComponentType
from sandbox.discord.forms import (
    ByType,
    Choice,
    Fields,
    Flag,
    Form,
    ListOf,
    Number,
    Path,
    Shape,
    Shapes,
    Text,
)
from sandbox.discord.layout import render

MAX_TOP_LEVEL = 5
TEXT_INPUT = Shape(
    {
        **NUMBERED,
        "custom_id": CUSTOM_ID,
        "style": Choice((1, 2), required=True),
        "label": Text(1, 45),
        "value": Text(0, 4000),
        "placeholder": Text(0, 100),
        "required": Flag(),
        "min_length": Number(0, 4000),
        "max_length": Number(1, 4000),
    }
)
CHOICE = Shape(
    {
        "label": Text(1, 100, required=True),
        "value": Text(1, 100, required=True),
        "description": Text(0, 100),
        "default": Flag(),
    }
)
ASKED: Fields = {**NUMBERED, "custom_id": CUSTOM_ID, "required": Flag()}
COUNTED: Fields = {**ASKED, "min_values": Number(0, 10), "max_values": Number(1, 10)}
INPUTS: Shapes = {
    ComponentType.TEXT_INPUT: TEXT_INPUT,
    **SELECTS,
    ComponentType.FILE_UPLOAD: Shape(COUNTED),
    ComponentType.RADIO_GROUP: Shape({**ASKED, "options": ListOf(CHOICE, 2, 10, required=True)}),
    ComponentType.CHECKBOX_GROUP: Shape(
        {**COUNTED, "options": ListOf(CHOICE, 1, 10, required=True)}
    ),
    ComponentType.CHECKBOX: Shape({**NUMBERED, "custom_id": CUSTOM_ID, "default": Flag()}),
}
MODAL = Shape(
    {
        "custom_id": CUSTOM_ID,
        "title": Text(1, 45, required=True),
        "components": ListOf(
            ByType(
                {
                    ComponentType.ACTION_ROW: Shape(
                        {
                            **NUMBERED,
                            "components": ListOf(
                                ByType({ComponentType.TEXT_INPUT: TEXT_INPUT}), 1, 1, required=True
                            ),
                        }
                    ),
                    ComponentType.TEXT_DISPLAY: TEXT_DISPLAY,
                    ComponentType.LABEL: Shape(
                        {
                            **NUMBERED,
                            "label": Text(1, 45, required=True),
                            "description": Text(1, 100),
                            "component": ByType(INPUTS, required=True),
                        }
                    ),
                }
            ),
            1,
            MAX_TOP_LEVEL,
            required=True,
        ),
    },
    required=True,
)


def check(modal: Any, path: Path, form: Form) -> Json:
    """Return a modal as a member's client gets it; what is wrong goes to *form*."""
    kept = MODAL.check(modal if modal is not None else {}, path, form)
    if not form.clean or kept is None:
        return {}
    everything = list(walk(kept["components"], (*path, "components")))
    unique(everything, form)
    for component, place in everything:
        _check_one(component, place, form)
    return {**kept, "components": render(kept["components"], lambda _: Media(shown={}), form=True)}


def _check_one(component: Json, path: Path, form: Form) -> None:
    match component["type"]:
        case ComponentType.TEXT_INPUT:
            _check_text_input(component, path, form)
        case kind if kind in SELECTS:
            check_select(component, path, form)
            if component.get("disabled"):
                message = "Selects in modals cannot be disabled"
                form.refuse((*path, "disabled"), "COMPONENT_DISABLED_IN_MODAL", message)
        case ComponentType.RADIO_GROUP | ComponentType.CHECKBOX_GROUP:
            different_values(component["options"], (*path, "options"), form)


def _check_text_input(component: Json, path: Path, form: Form) -> None:
    labelled = "component" in path[-1:]
    if labelled and component.get("label"):
        message = "A text input in a label cannot have a label of its own"
        form.refuse((*path, "label"), "TEXT_INPUT_LABEL_NOT_ALLOWED", message)
    elif not labelled and not component.get("label"):
        form.refuse((*path, "label"), "BASE_TYPE_REQUIRED", "This field is required")
    least = component.get("min_length") or 0
    most = component.get("max_length") or 4000
    if least > most:
        message = "Min length must be less than or equal to max length"
        form.refuse((*path, "min_length"), "TEXT_INPUT_COMPONENT_INVALID_MIN_LENGTH", message)
    value = component.get("value")
    if value and not least <= len(value) <= most:
        message = f"Must be between {least} and {most} in length."
        form.refuse((*path, "value"), "BASE_TYPE_BAD_LENGTH", message)
