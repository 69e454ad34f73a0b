"""Events of the stand-in's state, and the bus that delivers them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from sandbox.discord.models import Channel, Guild, Role, User

Result = TypeVar("Result")


class Event:
    """A change that listeners hear of."""


class Change(StrEnum):
    """What happened to a part of a guild; the ends of the gateway's names."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class CommandsChanged(Event):
    """The bot registered, changed or removed commands."""


@dataclass(frozen=True)
class BotOnline(Event):
    """The bot's first gateway session began, or its last one ended."""

    online: bool


@dataclass(frozen=True)
class ChannelChanged(Event):
    """A channel or thread changed, or the bot's permissions in it."""

    channel: Channel
    change: Change = Change.UPDATE


@dataclass(frozen=True)
class RoleChanged(Event):
    """A role of a guild changed."""

    guild: Guild
    role: Role
    change: Change


@dataclass(frozen=True)
class GuildChanged(Event):
    """A guild's settings changed."""

    guild: Guild


@dataclass(frozen=True)
class OutageChanged(Event):
    """A guild became unavailable, or available again."""

    guild: Guild


@dataclass(frozen=True)
class MemberChanged(Event):
    """A member of a guild changed."""

    guild: Guild
    user: User


@dataclass(frozen=True)
class InstallationChanged(Event):
    """A user added the application to the account, or removed it."""

    user: User


@dataclass(frozen=True)
class BotMembershipChanged(Event):
    """The bot was added to a guild, or removed from it."""

    guild: Guild


@dataclass(eq=False, kw_only=True)
class EventBus:
    """Publish-subscribe: calls each listener with each event."""

    listeners: list[Callable[[Event], None]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, init=False, repr=False)

    def publish(self, event: Event) -> None:
        """Call each listener with *event*, and wake the tasks in `wait`."""
        for listener in tuple(self.listeners):
            listener(event)
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, find: Callable[[], Result | None], *, within: float, what: str) -> Result:
        """Return the first result of *find* that is not None; call it again after each event.

        Raises:
            TimeoutError: after *within* seconds; *what* names the missing thing.
        """
        try:
            async with asyncio.timeout(within):
                while (result := find()) is None:
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"no {what} within {within} s") from None
        return result
