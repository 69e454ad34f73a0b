"""What every member has yet to read, and where somebody pinged them, as Discord keeps it."""

from dataclasses import dataclass

from sandbox.discord.events import Event
from sandbox.discord.messages import Message, MessagePosted
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World


@dataclass(frozen=True)
class ChannelRead(Event):
    """A member has seen all that there is in a channel."""

    user: User
    channel: Channel


class ReadState:
    """Counts from the beginning on; nobody has read anything before saying so."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._unread: dict[str, dict[str, int]] = {}  # by user and channel: how many pings
        world.listeners.append(self._hear)

    def unread(self, user: User) -> dict[str, int]:
        """Return the channels that *user* has yet to read, each with its number of pings."""
        return dict(self._unread.get(user.id, {}))

    def read(self, user: User, channel: Channel) -> None:
        """Note that *user* has seen everything in *channel*."""
        if self._unread.get(user.id, {}).pop(channel.id, None) is not None:
            self._world.publish(ChannelRead(user, channel))

    def _hear(self, event: Event) -> None:
        if not isinstance(event, MessagePosted):
            return
        message, channel = event.message, event.message.channel
        for user in self._world.users.values():
            reader = not user.bot and user is not message.author
            if reader and self._world.enters(user.id, channel) and message.seen_by(user.id):
                unread = self._unread.setdefault(user.id, {})
                unread[channel.id] = unread.get(channel.id, 0) + pings(message, user)


def pings(message: Message, user: User) -> bool:
    """Tell whether a new message calls *user*: by name, or as it is a direct one."""
    direct = message.channel.guild_id is None
    return message.ephemeral_for is None and (direct or user.id in message.draft.mentioned)
