"""The rules between components of a message or a modal, beyond those of request_schema.json.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Callable, Iterator

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import ButtonStyle, ComponentType
from sandbox.discord.validation import Form, Path, check

MAX_COMPONENTS = 40  # nested ones count
MAX_TEXT = 4000  # characters of all text displays of a message
SELECTS = {
    ComponentType.STRING_SELECT,
    ComponentType.USER_SELECT,
    ComponentType.ROLE_SELECT,
    ComponentType.MENTIONABLE_SELECT,
    ComponentType.CHANNEL_SELECT,
}
LEGACY: Json = {  # without Components V2
    "type": "array",
    "maxItems": 5,
    "items": {"oneOf": [{"$ref": "ActionRowComponentForMessageRequest"}]},
}


def check_message(components: list[Json], path: Path, form: Form, *, v2: bool) -> None:
    """Report broken rules of a message's components."""
    if not v2:
        check(LEGACY, components, path, form)
    nodes = list(walk(components, path))
    if len(nodes) > MAX_COMPONENTS:
        message = f"The total number of components cannot exceed {MAX_COMPONENTS}"
        form.refuse(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    if sum(len(component.get("content", "")) for component, _ in nodes) > MAX_TEXT:
        message = f"Components displayable text size exceeds maximum size of {MAX_TEXT}"
        form.refuse(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    _check_nodes(nodes, form)


def check_modal(components: list[Json], path: Path, form: Form) -> None:
    """Report broken rules of a modal's components."""
    nodes = list(walk(components, path))
    _check_nodes(nodes, form)
    for component, place in nodes:
        if component.get("disabled"):
            form.refuse((*place, "disabled"), "COMPONENT_DISABLED_IN_MODAL")


def walk(components: list[Json], path: Path) -> Iterator[tuple[Json, Path]]:
    """Yield each component with its path, outer ones first."""
    for index, component in enumerate(components):
        place = (*path, index)
        yield component, place
        yield from walk(component.get("components") or [], (*place, "components"))
        for key in ("accessory", "component"):
            if component.get(key):
                yield component[key], (*place, key)


def _check_nodes(nodes: list[tuple[Json, Path]], form: Form) -> None:
    for key in ("custom_id", "id"):
        values = (((*place, key), node[key]) for node, place in nodes if node.get(key))
        form.unique(values, f"COMPONENT_{key.upper()}_DUPLICATED")
    for component, place in nodes:
        if check_rules := RULES.get(component["type"]):
            check_rules(component, place, form)


def _check_row(row: Json, path: Path, form: Form) -> None:
    """Reject a select beside something else: it takes the whole width."""
    selects = [component["type"] in SELECTS for component in row["components"]]
    if any(selects) and len(selects) > 1:
        form.refuse((*path, "components", 1), "COMPONENT_LAYOUT_WIDTH_EXCEEDED")


def _check_button(button: Json, path: Path, form: Form) -> None:
    custom_id, url, sku = (bool(button.get(key)) for key in ("custom_id", "url", "sku_id"))
    match button["style"]:
        case ButtonStyle.LINK:
            if not url:
                form.refuse((*path, "url"), "BUTTON_COMPONENT_URL_REQUIRED")
        case ButtonStyle.PREMIUM:
            if not sku:
                form.require((*path, "sku_id"))
            return
        case _:
            if not custom_id:
                form.refuse(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED")
    if custom_id and url:
        form.refuse(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE")
    if not button.get("label") and not button.get("emoji"):
        form.require((*path, "label"))


def _check_select(select: Json, path: Path, form: Form) -> None:
    low, high = (
        1 if select.get(key) is None else select[key] for key in ("min_values", "max_values")
    )
    options = select.get("options")
    if low > high:
        form.refuse((*path, "min_values"), "SELECT_COMPONENT_INVALID_MIN_VALUES")
    if options is None:
        return
    if high > len(options):
        message = f"int value should be less than or equal to {len(options)}."
        form.refuse((*path, "max_values"), "NUMBER_TYPE_MAX", message)
    if sum(bool(option.get("default")) for option in options) > high:
        form.refuse((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES")
    _check_options(select, path, form)


def _check_options(component: Json, path: Path, form: Form) -> None:
    options = enumerate(component["options"])
    values = (((*path, "options", index, "value"), option["value"]) for index, option in options)
    form.unique(values, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED")


def _check_text_input(component: Json, path: Path, form: Form) -> None:
    in_label = path[-1] == "component"
    if in_label and component.get("label"):
        form.refuse((*path, "label"), "TEXT_INPUT_LABEL_NOT_ALLOWED")
    elif not in_label and not component.get("label"):
        form.require((*path, "label"))
    least = component.get("min_length") or 0
    most = component.get("max_length") or 4000
    if least > most:
        form.refuse((*path, "min_length"), "TEXT_INPUT_COMPONENT_INVALID_MIN_LENGTH")
    value = component.get("value")
    if value and not least <= len(value) <= most:
        message = f"Must be between {least} and {most} in length."
        form.refuse((*path, "value"), "BASE_TYPE_BAD_LENGTH", message)


RULES: dict[int, Callable[[Json, Path, Form], None]] = {
    ComponentType.ACTION_ROW: _check_row,
    ComponentType.BUTTON: _check_button,
    **dict.fromkeys(SELECTS, _check_select),
    ComponentType.TEXT_INPUT: _check_text_input,
    ComponentType.RADIO_GROUP: _check_options,
    ComponentType.CHECKBOX_GROUP: _check_options,
}
