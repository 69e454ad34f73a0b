"""The components of a message: which shapes Discord takes, and the rules between them.

https://discord.com/developers/docs/components/reference
"""

from collections.abc import Collection, Iterator
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import ButtonStyle, ComponentType
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
    Snowflake,
    Text,
    Url,
)

MAX_COMPONENTS = 40  # nested ones count
MAX_TEXT = 4000  # characters of all text displays of a message
MAX_ROWS = 5  # without Components V2
ROW_WIDTH = 5  # buttons; a select fills its row
ATTACHMENT = "attachment://"

CUSTOM_ID = Text(1, 100, required=True)
NUMBERED: Fields = {"id": Number(0, 2**31 - 1)}
EMOJI = Shape({"id": Snowflake(), "name": Text(0, 32, required=True), "animated": Flag()})
MEDIA = Shape(
    {"url": Url(("http", "https", "attachment"), required=True)},
    required=True,
)
SELECT: Fields = {
    **NUMBERED,
    "custom_id": CUSTOM_ID,
    "placeholder": Text(0, 150),
    "min_values": Number(0, 25),
    "max_values": Number(1, 25),
    "disabled": Flag(),
    "required": Flag(),
}
SELECT_OPTION = Shape(
    {
        "label": Text(1, 100, required=True),
        "value": Text(1, 100, required=True),
        "description": Text(0, 100),
        "emoji": EMOJI,
        "default": Flag(),
    }
)


def _defaults(*kinds: str) -> ListOf:
    return ListOf(
        Shape({"id": Snowflake(required=True), "type": Choice(kinds, required=True)}), 0, 25
    )


SELECTS: Shapes = {
    ComponentType.STRING_SELECT: Shape(
        {**SELECT, "options": ListOf(SELECT_OPTION, 1, 25, required=True)}
    ),
    ComponentType.USER_SELECT: Shape({**SELECT, "default_values": _defaults("user")}),
    ComponentType.ROLE_SELECT: Shape({**SELECT, "default_values": _defaults("role")}),
    ComponentType.MENTIONABLE_SELECT: Shape(
        {**SELECT, "default_values": _defaults("user", "role")}
    ),
    ComponentType.CHANNEL_SELECT: Shape(
        {
            **SELECT,
            "default_values": _defaults("channel"),
            "channel_types": ListOf(Choice(range(17)), 0, 17, different=True),
        }
    ),
}
BUTTON = Shape(
    {
        **NUMBERED,
        "style": Choice([int(style) for style in ButtonStyle], required=True),
        "custom_id": Text(1, 100),
        "label": Text(0, 80),
        "emoji": EMOJI,
        "url": Url(("http", "https", "discord"), high=512),
        "sku_id": Snowflake(),
        "disabled": Flag(),
    }
)
ROW = Shape(
    {
        **NUMBERED,
        "components": ListOf(
            ByType({ComponentType.BUTTON: BUTTON, **SELECTS}), 1, ROW_WIDTH, required=True
        ),
    }
)
TEXT_DISPLAY = Shape({**NUMBERED, "content": Text(1, MAX_TEXT, required=True)})
DESCRIBED: Fields = {"description": Text(1, 1024), "spoiler": Flag()}
INSIDE: Shapes = {
    ComponentType.ACTION_ROW: ROW,
    ComponentType.TEXT_DISPLAY: TEXT_DISPLAY,
    ComponentType.SECTION: Shape(
        {
            **NUMBERED,
            "components": ListOf(
                ByType({ComponentType.TEXT_DISPLAY: TEXT_DISPLAY}), 1, 3, required=True
            ),
            "accessory": ByType(
                {
                    ComponentType.BUTTON: BUTTON,
                    ComponentType.THUMBNAIL: Shape({**NUMBERED, **DESCRIBED, "media": MEDIA}),
                },
                required=True,
            ),
        }
    ),
    ComponentType.MEDIA_GALLERY: Shape(
        {
            **NUMBERED,
            "items": ListOf(Shape({**DESCRIBED, "media": MEDIA}), 1, 10, required=True),
        }
    ),
    ComponentType.FILE: Shape({**NUMBERED, "spoiler": Flag(), "file": MEDIA}),
    ComponentType.SEPARATOR: Shape({**NUMBERED, "spacing": Choice((1, 2)), "divider": Flag()}),
}
CONTAINER = Shape(
    {
        **NUMBERED,
        "accent_color": Number(0, 0xFFFFFF),
        "spoiler": Flag(),
        "components": ListOf(ByType(INSIDE), 1, MAX_COMPONENTS, required=True),
    }
)
V1 = ListOf(ByType({ComponentType.ACTION_ROW: ROW}), 0, MAX_ROWS)
V2 = ListOf(ByType({**INSIDE, ComponentType.CONTAINER: CONTAINER}), 0, MAX_COMPONENTS)


def check(
    components: Any, path: Path, form: Form, *, v2: bool, filenames: Collection[str]
) -> list[Json]:
    """Return a message's components as Discord keeps them, before ids and media are filled in.

    *filenames* are those that `attachment://` may name.
    """
    kept = (V2 if v2 else V1).check(components, path, form)
    if not form.clean or kept is None:
        return []
    everything = list(walk(kept, path))
    if len(everything) > MAX_COMPONENTS:
        message = f"The total number of components cannot exceed {MAX_COMPONENTS}"
        form.refuse(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", message)
    if sum(len(component.get("content", "")) for component, _ in everything) > MAX_TEXT:
        message = f"Components displayable text size exceeds maximum size of {MAX_TEXT}"
        form.refuse(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", message)
    unique(everything, form)
    for component, place in everything:
        _check_one(component, place, form, filenames)
    return kept


def walk(components: list[Json], path: Path) -> Iterator[tuple[Json, Path]]:
    """Yield every component with its path, outer ones first."""
    for index, component in enumerate(components):
        place = (*path, index)
        yield component, place
        yield from walk(component.get("components") or [], (*place, "components"))
        for key in ("accessory", "component"):
            if component.get(key):
                yield component[key], (*place, key)


def unique(everything: list[tuple[Json, Path]], form: Form) -> None:
    """Refuse a custom_id or a number that two components share."""
    for key, code, message in (
        ("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"),
        ("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated"),
    ):
        seen = set()
        for component, place in everything:
            value = component.get(key)
            if value and value in seen:
                form.refuse((*place, key), code, message)
            seen.add(value)


def _check_one(component: Json, path: Path, form: Form, filenames: Collection[str]) -> None:
    match component["type"]:
        case ComponentType.ACTION_ROW:
            _check_row(component, path, form)
        case ComponentType.BUTTON:
            _check_button(component, path, form)
        case kind if kind in SELECTS:
            check_select(component, path, form)
        case ComponentType.THUMBNAIL:
            _check_media(component["media"], (*path, "media"), form, filenames)
        case ComponentType.FILE:
            _check_media(component["file"], (*path, "file"), form, filenames)
            if not component["file"]["url"].startswith(ATTACHMENT):
                message = "The file must be referenced with attachment://"
                form.refuse((*path, "file", "url"), "URL_TYPE_INVALID_SCHEME", message)
        case ComponentType.MEDIA_GALLERY:
            for index, item in enumerate(component["items"]):
                _check_media(item["media"], (*path, "items", index, "media"), form, filenames)


def _check_row(row: Json, path: Path, form: Form) -> None:
    held = [component["type"] in SELECTS for component in row["components"]]
    if any(held) and len(held) > 1:
        message = "The specified component exceeds the maximum width"
        form.refuse((*path, "components", 1), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)


def _check_button(button: Json, path: Path, form: Form) -> None:
    custom_id, url, sku = (bool(button.get(key)) for key in ("custom_id", "url", "sku_id"))
    match button["style"]:
        case ButtonStyle.LINK:
            if not url:
                form.refuse((*path, "url"), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
        case ButtonStyle.PREMIUM:
            if not sku:
                form.refuse((*path, "sku_id"), "BASE_TYPE_REQUIRED", "This field is required")
            return
        case _:
            if not custom_id:
                form.refuse(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
    if custom_id and url:
        message = "A custom id and url cannot both be specified"
        form.refuse(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message)
    if not button.get("label") and not button.get("emoji"):
        form.refuse((*path, "label"), "BASE_TYPE_REQUIRED", "This field is required")


def check_select(select: Json, path: Path, form: Form) -> None:
    """Refuse a select whose counts can't be met, or that offers one value twice."""
    low = _given(select.get("min_values"))
    high = _given(select.get("max_values"))
    options = select.get("options")
    if low > high:
        message = "Min values must be less than or equal to max values"
        form.refuse((*path, "min_values"), "SELECT_COMPONENT_INVALID_MIN_VALUES", message)
    if options is None:
        return
    if high > len(options):
        message = f"int value should be less than or equal to {len(options)}."
        form.refuse((*path, "max_values"), "NUMBER_TYPE_MAX", message)
    if sum(bool(option.get("default")) for option in options) > high:
        message = "Number of default options exceeds max values"
        form.refuse((*path, "options"), "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", message)
    different_values(options, (*path, "options"), form)


def different_values(options: list[Json], path: Path, form: Form) -> None:
    """Refuse a value that is offered twice."""
    seen = set()
    for index, option in enumerate(options):
        if option["value"] in seen:
            message = "The specified option value is already used"
            form.refuse(
                (*path, index, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message
            )
        seen.add(option["value"])


def _given(count: int | None) -> int:
    return 1 if count is None else count


def _check_media(media: Json, path: Path, form: Form, filenames: Collection[str]) -> None:
    url = media["url"]
    if url.startswith(ATTACHMENT) and url.removeprefix(ATTACHMENT) not in filenames:
        message = f"The referenced attachment {url.removeprefix(ATTACHMENT)!r} was not found"
        form.refuse((*path, "url"), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", message)
