"""What a member set for their own orders: defaults of the options, and styles of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from bot.domain import styles
from bot.domain.errors import InvalidOption, OwnStyleNotFound, TooManyEntries
from bot.domain.order import Order, OrderOptions, checked_option, clean
from bot.domain.styles import Style

MOST_STYLES: Final = 10


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """The options of a member's orders that do not name them; ``None``: as for everybody."""

    images: int | None = None
    style: str | None = None  # its name
    steps: int | None = None
    guidance: float | None = None
    enhance: bool | None = None
    private: bool | None = None
    spoiler: bool | None = None
    suffix: str | None = None  # added to each prompt


NO_DEFAULTS: Final = Defaults()
NAMES: Final = tuple(field_.name for field_ in fields(Defaults))


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """A member's defaults, and their own styles."""

    defaults: Defaults = NO_DEFAULTS
    styles: tuple[Style, ...] = ()


def taken(options: OrderOptions, own: Defaults) -> Mapping[str, Any]:
    """Return the defaults that count for *options*: of what these do not name."""
    return {
        name: default
        for name in NAMES
        if getattr(options, name) is None and (default := getattr(own, name)) is not None
    }


def filled(order: Order, defaults: Mapping[str, Any]) -> Order:
    """Return *order* with *defaults* of a member, and a note of which these are."""
    own = {name: value for name, value in defaults.items() if name not in {"private", "spoiler"}}
    spoiler = defaults.get("spoiler", order.spoilered)
    return replace(order, **own, spoilered=spoiler, defaulted=",".join(defaults) or None)


def with_defaults(
    preferences: Preferences, changes: Mapping[str, object]
) -> tuple[Preferences, list[InvalidOption]]:
    """Return *preferences* with those *changes* of defaults that are valid, and the faults.

    ``None`` removes a default.
    """
    values, faults = dict[str, Any](), list[InvalidOption]()
    for name in NAMES:
        if name in changes:
            try:
                value = changes[name]
                values[name] = None if value is None else checked_option(name, value)
            except InvalidOption as error:
                faults.append(error)
    return replace(preferences, defaults=replace(preferences.defaults, **values)), faults


def with_style(
    preferences: Preferences, name: object, words: object, *, was: str = ""
) -> Preferences:
    """Return *preferences* with an own style, in place of one of the same name, or that *was* it.

    Raises InvalidStyle, or TooManyEntries if there are too many.
    """
    style = styles.checked(name, words)
    kept = (*styles.others(styles.others(preferences.styles, style.name), was), style)
    if len(kept) > MOST_STYLES:
        raise TooManyEntries(name="styles", most=MOST_STYLES)
    defaults = preferences.defaults
    if was and (defaults.style or "").casefold() == was.casefold():
        defaults = replace(defaults, style=style.name)
    return replace(preferences, styles=kept, defaults=defaults)


def without_style(preferences: Preferences, name: str) -> Preferences:
    """Return *preferences* without that own style, which then is no default either.

    Raises OwnStyleNotFound.
    """
    kept, wanted = styles.others(preferences.styles, clean(name)), clean(name).casefold()
    if kept == preferences.styles:
        raise OwnStyleNotFound(style=name)
    after = replace(preferences, styles=kept)
    is_default = (preferences.defaults.style or "").casefold() == wanted
    if not is_default or styles.built_in(name) is not None:
        return after
    return replace(after, defaults=replace(after.defaults, style=None))
