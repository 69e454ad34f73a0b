"""The card: one job as a member sees it, in Components V2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any, Final

import discord
from discord import ui

from bot.domain.card_status import CardStatus
from bot.domain.job import Delivery, Job, State
from bot.service.ports.discord import NO_STATUS
from bot.service.ports.vendor import Picture
from bot.ui import command_mentions, order_buttons, texts
from bot.ui.button_actions import OrderAction

_ACCENTS: Final = {
    State.DELIVERED: 0x2E9E6B,
    State.COMPLETED: 0x2E9E6B,
    State.QUEUED: 0x5B6EE1,
    State.PROCESSING: 0x5B6EE1,
    State.WAITING: 0x8A8F98,
    State.SUBMITTING: 0x8A8F98,
    State.CANCELLED: 0x8A8F98,
    State.UNCERTAIN: 0xD9952B,
    State.EXPIRED: 0xD9952B,
}
_REPEAT: Final = (OrderAction.AGAIN, OrderAction.EDIT)
_ACCENT_OF_FAILURE: Final = 0xC9483F
_ROW, _TEXT, _GALLERY, _FRAME = 1, 10, 12, 17  # types of components

Component = dict[str, Any]


@dataclass(frozen=True)
class Card:
    """What one sending shows, as Discord gets it, and the files it refers to.

    Most calls of the bot edit cards, and discord.py's own objects would cost as much as the call.
    """

    components: list[Component]
    files: Sequence[discord.File]

    @property
    def view(self) -> ui.LayoutView:
        """The components as a view, for those calls of discord.py that take no others."""
        return _Made(self.components)

    def close(self) -> None:
        """Close the files: discord.py closes only those that it came to send."""
        for file in self.files:
            file.close()


class _Made(ui.LayoutView):
    """Adapter: a view of components that are made already."""

    def __init__(self, components: list[Component]) -> None:
        super().__init__(timeout=None)
        self._components = components

    def to_components(self) -> list[Component]:
        return self._components

    def has_components_v2(self) -> bool:
        return True


class Place(StrEnum):
    """Where pictures are shown; that decides which buttons they have."""

    CARD = auto()  # in the card, or in its channel
    POSTED = auto()  # in a public message with private pictures
    PRIVATE_ANSWER = auto()  # to the member who asked for them
    DIRECT = auto()  # in a direct message


def progress(job: Job, status: CardStatus = NO_STATUS) -> Card:
    """Return the card of an order in progress."""
    free = job.state is State.WAITING
    action = OrderAction.CANCEL if free else OrderAction.HIDE
    return _card(
        job,
        _lines(texts.cards.status(job, status), texts.cards.steps(job)),
        _lines(_details(job), texts.cards.left_today(job)),
        buttons=[order_buttons.component(action, job.id)],
    )


def end(job: Job, *, fault_id: str | None = None, orders: bool = True) -> Card:
    """Return the card of an order that ended without pictures: what, why, and who can help.

    *fault_id* is the id of the bug that caused the end, as it is in the log. *orders*: they are
    taken where the card is. A hidden order's card does not show what was ordered.
    """
    if job.withdrawn:
        return hidden(job)
    text = _lines(
        texts.cards.status(job, CardStatus(fault_id=fault_id)),
        texts.cards.vendor_words(job),
        " ".join(part for part in (texts.cards.charge(job), texts.cards.who_can_help(job)) if part),
    )
    again = order_buttons.component(OrderAction.AGAIN, job.id, texts.order_buttons.try_again())
    buttons = [again, order_buttons.component(OrderAction.EDIT, job.id)] if orders else []
    return _card(job, text, _details(job), buttons=buttons)


def hidden(job: Job) -> Card:
    """Return the card of an order that its member or a moderator hid."""
    name = None if job.reply.private else texts.cards.ordered_by(job.member_id)
    return Card(_displayed([_lines(texts.cards.hidden(job), name)]), [])


def elsewhere(job: Job) -> Card:
    """Return the card of an order whose pictures came in a new message."""
    return _card(job, texts.cards.elsewhere(job), _details(job))


def done(
    job: Job,
    pictures: Sequence[Picture],
    *,
    mention: bool = False,
    place: Place = Place.CARD,
    orders: bool = True,
) -> Card:
    """Return the card with the pictures; with *mention* it pings the member.

    *orders*: they are taken where the card is. Of a COMPLETED job the pictures are not all: others
    are still being fetched.
    """
    files = [
        discord.File(
            picture.path,
            filename=f"imagine-{job.id}-{number}.{picture.extension}",
            description=texts.cards.alt(job.order, number, len(pictures)),
        )
        for number, picture in enumerate(pictures, start=1)
    ]
    gallery = [
        {
            "media": {"url": file.uri},
            "description": file.description,
            "spoiler": job.reply.spoiler,
        }
        for file in files
    ]
    notes = [f"-# {texts.cards.status(job)}", _details(job)]
    if (sent := texts.cards.sent(job.order)) is not None:
        notes.append(sent)
    notes.append(f"-# {texts.cards.made_by()}")
    if any(picture.shrunk for picture in pictures):
        notes.append(f"-# {texts.cards.shrunk()}")
    actions = list(_REPEAT) if orders else []
    if job.state is State.COMPLETED:
        notes.append(f"-# {texts.cards.still_fetched(len(job.media) - len(pictures))}")
        # What is not whole yet can't be posted.
        actions.append(OrderAction.HIDE)
    else:
        actions += _actions(job, place)
        if len(pictures) < len(job.media):
            notes.append(f"-# {texts.cards.some_missing()}")
    direct = place is Place.DIRECT
    above = texts.cards.for_member(job.member_id, direct=direct) if mention else None
    card = _card(
        job,
        {"type": _GALLERY, "items": gallery},
        "\n".join(notes),
        above=above,
        place=place,
        buttons=[order_buttons.component(action, job.id) for action in actions],
    )
    return Card(card.components, files)


def _actions(job: Job, place: Place) -> Iterator[OrderAction]:
    """Yield what can be done with pictures in that place."""
    if job.reply.private and place is not Place.DIRECT:
        yield OrderAction.POST
    if not job.reply.private and job.guild_id is not None and place in {Place.CARD, Place.POSTED}:
        yield OrderAction.REPORT
    yield OrderAction.DELETE


def _card(
    job: Job,
    *parts: str | Component,
    above: str | None = None,
    place: Place = Place.CARD,
    buttons: Sequence[Component] = (),
) -> Card:
    """Build the card: a frame with the prompt, whose it is, *parts* and buttons, below *above*."""
    colour = _ACCENTS.get(job.state, _ACCENT_OF_FAILURE)
    if job.delivery in {Delivery.OUTSTANDING, Delivery.HELD}:
        colour = _ACCENTS[State.UNCERTAIN]
    heading = _lines(texts.cards.prompt(job.order), None if above else _name(job, place))
    notes = [above] if above else []
    row: list[Component] = [{"type": _ROW, "components": list(buttons)}] if buttons else []
    shown = _displayed([*notes, heading, *parts, *row])
    framed = {"type": _FRAME, "accent_color": colour, "components": shown[len(notes) :]}
    return Card([*shown[: len(notes)], framed], [])


def _displayed(parts: Sequence[str | Component]) -> list[Component]:
    """Return *parts* as components, with mentions for the commands in their texts."""
    said = [part for part in parts if isinstance(part, str)]
    linked = iter(command_mentions.all_linked(said, texts.shared.MESSAGE))
    return [
        {"type": _TEXT, "content": next(linked)} if isinstance(part, str) else part
        for part in parts
    ]


def _name(job: Job, place: Place) -> str | None:
    """Return whose order it is, where others read it; Discord pings nobody for it."""
    if place is Place.POSTED:
        return texts.cards.posted_by(job.member_id)
    is_public = place is Place.CARD and not job.reply.private
    return texts.cards.ordered_by(job.member_id) if is_public else None


def _details(job: Job) -> str:
    return _lines(texts.cards.details(job.order), texts.cards.defaulted(job.order))


def _lines(*lines: str | None) -> str:
    return "\n".join(line for line in lines if line)
