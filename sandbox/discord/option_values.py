"""The values that a member's client sends: a command's options, a modal's fields."""

from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import ComponentType, OptionType

TYPES: dict[int, tuple[type, ...]] = {
    OptionType.STRING: (str,),
    OptionType.INTEGER: (int,),
    OptionType.BOOLEAN: (bool,),
    OptionType.NUMBER: (int, float),
}
NESTED = (OptionType.SUBCOMMAND, OptionType.GROUP)


class InvalidInput(ValueError):
    """Discord's client does not let a member send this value."""


def fill_options(
    command: Json, path: tuple[str, ...], given: dict[str, Any], *, focused: str | None = None
) -> list[Json]:
    """Return the options of *command* for the values *given* by name.

    *path* names the subcommand, outermost first. While the option *focused* is typed, values are
    not checked and required ones may be missing.
    """
    options = command.get("options") or []
    if not path:
        return _values({option["name"]: option for option in options}, given, focused)
    step, *rest = path
    nested = next((option for option in options if option["name"] == step), None)
    if nested is None or nested["type"] not in NESTED:
        raise InvalidInput(f"{command['name']} has no subcommand {step}")
    inner = fill_options(nested, tuple(rest), given, focused=focused)
    return [{"name": step, "type": nested["type"], "options": inner}]


def _values(known: dict[str, Json], given: dict[str, Any], focused: str | None) -> list[Json]:
    if any(option["type"] in NESTED for option in known.values()):
        raise InvalidInput(f"one of the subcommands {', '.join(known)} must be chosen")
    if focused is not None and focused not in given:
        raise InvalidInput(f"there is nothing typed in {focused}")
    for name in given:
        if name not in known:
            raise InvalidInput(f"there is no option {name}; there are {', '.join(known) or 'none'}")
    filled = []
    for name, option in known.items():
        if name in given:
            value = {"name": name, "type": option["type"], "value": given[name]}
            if name == focused:  # what is typed comes as text, also for numbers
                value |= {"value": str(given[name]), "focused": True}
            filled.append(value)
            if focused is None:
                _check_value(option, given[name])
        elif option.get("required") and focused is None:
            raise InvalidInput(f"the option {name} is required")
    return filled


def _check_value(option: Json, value: Any) -> None:
    name, wanted = option["name"], TYPES.get(option["type"], (str,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise InvalidInput(f"{name} takes no {type(value).__name__}")
    choices = option.get("choices")
    if choices and value not in [choice["value"] for choice in choices]:
        raise InvalidInput(f"{value!r} is not among the choices of {name}")
    size = len(value) if isinstance(value, str) else value
    unit = "length" if isinstance(value, str) else "value"
    low, high = option.get(f"min_{unit}"), option.get(f"max_{unit}")
    if (low is not None and size < low) or (high is not None and size > high):
        raise InvalidInput(f"the {unit} of {name} must be between {low} and {high}")


def modal_component(component: Json, values: dict[str, Any]) -> Json:
    """Return a top-level component of a modal as submitted, with *values* by custom_id.

    A missing value keeps the preset of the modal.
    """
    shown = {"type": component["type"], "id": component["id"]}
    match component["type"]:
        case ComponentType.LABEL:
            return shown | {"component": _field(component["component"], values)}
        case ComponentType.ACTION_ROW:
            return shown | {
                "components": [_field(part, values) for part in component["components"]]
            }
    return shown


def _field(field: Json, values: dict[str, Any]) -> Json:
    custom_id = field["custom_id"]
    shown = {"type": field["type"], "id": field["id"], "custom_id": custom_id}
    required = field.get("required", True)
    preset = [option["value"] for option in field.get("options") or [] if option.get("default")]
    preset += [chosen["id"] for chosen in field.get("default_values") or []]
    match field["type"]:
        case ComponentType.TEXT_INPUT:
            text = str(values.get(custom_id, field.get("value") or ""))
            low = field.get("min_length") or 1 if text or required else 0
            _check_count(len(text), low, field.get("max_length", 4000), field)
            return shown | {"value": text}
        case ComponentType.CHECKBOX:
            return shown | {"value": bool(values.get(custom_id, field.get("default", False)))}
        case ComponentType.RADIO_GROUP:
            value = values.get(custom_id, preset[0] if preset else None)
            _check_chosen([] if value is None else [value], int(required), 1, field)
            return shown | {"value": value}
    chosen = values.get(custom_id, preset)
    low = field.get("min_values", 1) if chosen or required else 0
    _check_chosen(chosen, low, field.get("max_values", len(chosen)), field)
    return shown | {"values": chosen}


def _check_count(count: int, low: int, high: int, field: Json) -> None:
    if not low <= count <= high:
        raise InvalidInput(f"{field['custom_id']} takes {low} to {high}, not {count}")


def _check_chosen(chosen: list[str], low: int, high: int, field: Json) -> None:
    _check_count(len(chosen), low, high, field)
    if "options" in field and not {option["value"] for option in field["options"]} >= set(chosen):
        raise InvalidInput(f"{chosen} are not all among the options of {field['custom_id']}")
