"""Unread channels and mentions of each member, as Discord counts them."""

from dataclasses import dataclass

from sandbox.discord.events import Event
from sandbox.discord.messages import MessagePosted
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World


@dataclass(frozen=True)
class ChannelRead(Event):
    """A member has read a channel."""

    user: User
    channel: Channel


class ReadState:
    """Counts unread messages and mentions per user and channel."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._unread: dict[str, dict[str, int]] = {}  # number of mentions, by user and channel
        world.listeners.append(self._on_event)

    def unread(self, user: User) -> dict[str, int]:
        """Return the unread channels of *user*, with the number of mentions in each."""
        return dict(self._unread.get(user.id, {}))

    def read(self, user: User, channel: Channel) -> None:
        """Mark *channel* as read by *user*."""
        if self._unread.get(user.id, {}).pop(channel.id, None) is not None:
            self._world.publish(ChannelRead(user, channel))

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, MessagePosted):
            return
        message, channel = event.message, event.message.channel
        for user in self._world.users.values():
            reader = not user.bot and user is not message.author
            if reader and self._world.enters(user.id, channel) and message.seen_by(user.id):
                unread = self._unread.setdefault(user.id, {})
                pinged = channel.guild_id is None or user.id in message.draft.mentioned
                pings = int(pinged and message.ephemeral_for is None)
                unread[channel.id] = unread.get(channel.id, 0) + pings
