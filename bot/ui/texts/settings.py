"""The texts of ``/settings``: a member's pings, defaults and own styles."""

from collections.abc import Iterator, Sequence
from typing import Final

from bot.domain.errors import InvalidOption
from bot.domain.order import Order
from bot.domain.preferences import MOST_STYLES, Defaults
from bot.service.ports.store import MemberSettings, Ping, PingIn
from bot.ui.language import gettext as _
from bot.ui.language import lazy, pgettext
from bot.ui.language import number as written
from bot.ui.markup import code, literal
from bot.ui.texts import order_fields, refusals, shared
from bot.ui.texts.commands import PINGS

_STYLE_WORDS: Final = 100  # characters of one style's words
_STYLES: Final = 1600  # characters of all own styles

_PINGS: Final = {
    Ping.AUTO: lazy("You'll be pinged if your pictures take longer than a minute."),
    Ping.ALWAYS: lazy("You'll be pinged every time your pictures are ready."),
    Ping.NEVER: lazy(
        "You won't be pinged, unless your pictures have to be posted in a new message."
    ),
}
_PINGED_IN: Final = {
    PingIn.CHANNEL: lazy("Pinged where I ordered"),
    PingIn.DIRECT: lazy("Pinged by direct message"),
}

# Above the selects.
style: Final = lazy("Style, unless the order names one")
images: Final = lazy("Number of images, unless the order names one")
flags: Final = lazy("Always, unless the order says otherwise")
# In a select in which nothing is chosen.
nothing: Final = lazy("No default")
change_style: Final = lazy("Change or remove one of your styles")
# What may always be; in a select.
FLAGS: Final = {
    "private": lazy("Only I see the pictures"),
    "spoiler": lazy("Pictures behind a spoiler"),
    "enhance": lazy("No prompt enhancement"),
}

# Buttons.
more: Final = lazy("Steps, guidance, suffix")
add_style: Final = lazy("Add a style")
forget: Final = lazy("Remove all defaults")

# The forms; at most 45 characters.
more_title: Final = lazy("Your defaults")
style_title: Final = lazy("Your own style")
# Below the fields; at most 100 characters.
suffix_hint: Final = lazy("Added to each of your prompts, such as: soft light, pastel colours")
empty_hint: Final = lazy("Empty: {default}, as for everybody")

# Results of a click.
saved: Final = lazy("Saved.")
forgotten: Final = lazy("Your defaults are removed. Your styles are still there.")
no_style: Final = lazy("You have no style of that name. Nothing was changed.")


def settings(current: MemberSettings, note: str | None = None) -> str:
    """Return a member's settings; *note* tells the result of the last click."""
    return "\n".join(_settings(current, note))


def _settings(current: MemberSettings, note: str | None) -> Iterator[str]:
    yield "## " + _("Your settings")
    if note is not None:
        yield note
    yield _("These are the defaults of your orders. What you choose in an order always wins.")
    yield from (f"- {line}" for line in _defaults(current.preferences.defaults))


def _defaults(own: Defaults) -> Iterator[str]:
    """Yield the defaults that no select shows."""
    for name in ("steps", "guidance"):
        value = getattr(own, name)
        label = order_fields.LABELS[name]()
        shown = default_of(name) if value is None else f"**{written(value)}**"
        yield f"{label}: {shown}"
    shown = pgettext("suffix", "none") if own.suffix is None else code(own.suffix)
    yield f"{order_fields.LABELS['suffix']()}: {shown}"


def default_of(name: str) -> str:
    """Return the figure that an order has unless anybody says otherwise."""
    return written(getattr(Order, name))


def own_styles(current: MemberSettings) -> str:
    """Return a member's own styles."""
    own = current.preferences.styles
    title = _("Your own styles: {count} of {most}").format(count=len(own), most=MOST_STYLES)
    lines = [
        f"- **{literal(one.name)}**: {literal(shared.cut(one.words, _STYLE_WORDS))}" for one in own
    ]
    hint = "-# " + _("You can choose them in every order, on every server.")
    return "\n".join([f"**{title}**", shared.fitted(lines, _STYLES) or hint])


def pinged(current: MemberSettings) -> str:
    """Return when a member is pinged."""
    return _PINGS[current.ping]()


def ping_label(ping: Ping) -> str:
    """Return the label of when a member is pinged."""
    return _("Pinged: {when}").format(when=_(PINGS[ping].message))


def ping_in_label(ping_in: PingIn) -> str:
    """Return the label of where a member is pinged."""
    return _PINGED_IN[ping_in]()


def ping_changed(ping: Ping) -> str:
    """Return the answer to a change of when a member is pinged."""
    return f"{saved()} {_PINGS[ping]()}"


def changed(faults: Sequence[InvalidOption]) -> str:
    """Return the answer to a change of defaults, which left out those with *faults*."""
    if not faults:
        return saved()
    return "\n".join([_("These were not changed:"), *map(refusals.fault, faults)])
