"""Everything there is, how it changes, and the settings by which the stand-in goes."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from sandbox.discord import snowflakes
from sandbox.discord.api_errors import ErrorCode
from sandbox.discord.enums import ChannelType, Permission
from sandbox.discord.models import MEMBER_PERMISSIONS, Channel, Guild, Role, User

Found = TypeVar("Found")

MIB = 1024 * 1024


class Event:
    """Something that happened in the world; told to every listener."""


class CommandsChanged(Event):
    """The bot registered, changed or removed commands."""


@dataclass(frozen=True)
class BotOnline(Event):
    """The bot's last gateway session went, or its first came."""

    online: bool


@dataclass(frozen=True)
class ChannelChanged(Event):
    """The bot's permissions in a channel changed."""

    channel: Channel


@dataclass(frozen=True)
class InstallationChanged(Event):
    """A user added the application to the account, or removed it."""

    user: User


@dataclass(frozen=True)
class BotMembershipChanged(Event):
    """The bot was added to a guild, or removed from it."""

    guild: Guild


def _one(
    among: Iterable[Found], name: str, names: Callable[[Found], tuple[str | None, ...]]
) -> Found:
    for thing in among:
        if name in names(thing):
            return thing
    raise LookupError(f"nothing here is named {name!r}")


@dataclass(eq=False, kw_only=True)
class World:
    """Everything there is, and the settings by which the stand-in goes; times are in seconds."""

    bot_token: str = "sandbox-token"  # noqa: S105 - invented
    bot_name: str = "Imagine"
    origin: str = ""  # of the server; known once it listens
    ack_window: float = 3.0  # for the first answer to an interaction
    token_life: float = 900.0
    nonce_window: float = 120.0  # in which an enforced nonce makes no second message
    old_after: float = 3600.0  # the age from which a message takes only `old_edits` more edits
    old_edits: int = 3
    attachment_size_limit: int = 10 * MIB  # bytes of each file
    heartbeat_interval: float = 41.25
    resume_window: float = 90.0  # in which a lost gateway session can be resumed
    shards: int = 1  # that /gateway/bot recommends
    refuse_gateway: bool = False
    privileged_intents: bool = False  # granted to the bot, or refused with close code 4014
    closed_to_bot: set[str] = field(default_factory=set)  # users who take no direct messages
    installed_by: set[str] = field(default_factory=set)  # users who may use the bot everywhere

    users: dict[str, User] = field(default_factory=dict)
    guilds: dict[str, Guild] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    listeners: list[Callable[[Event], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._news = asyncio.Event()
        self.bot = User(
            id=snowflakes.new(),
            username=self.bot_name,
            global_name=None,
            bot=True,
            color="#7c5cff",
        )
        self.users[self.bot.id] = self.bot

    @property
    def application_id(self) -> str:
        """The bot's application has the bot's id, as with all newer ones."""
        return self.bot.id

    # What happens

    def publish(self, event: Event) -> None:
        """Tell every listener of *event*, and wake those who wait for news."""
        for listener in tuple(self.listeners):
            listener(event)
        self._news.set()
        self._news = asyncio.Event()

    async def wait(self, find: Callable[[], Found | None], *, within: float, what: str) -> Found:
        """Wait until *find* finds something, asked after every event.

        Raises TimeoutError, naming *what* did not come, after *within* seconds.
        """
        try:
            async with asyncio.timeout(within):
                while (found := find()) is None:
                    await self._news.wait()
        except TimeoutError:
            raise TimeoutError(f"no {what} within {within} s") from None
        return found

    # Making it

    def add_user(
        self,
        name: str,
        *,
        locale: str = "en-US",
        color: str = "#5865f2",
        snowflake: str | None = None,
    ) -> User:
        """Make a person, with a direct channel to the bot."""
        user = User(
            id=snowflake or snowflakes.new(),
            username=name.lower().replace(" ", "_"),
            global_name=name,
            locale=locale,
            color=color,
        )
        self.users[user.id] = user
        direct = Channel(id=snowflakes.new(), type=ChannelType.DIRECT, recipient_id=user.id)
        self.channels[direct.id] = direct
        return user

    def add_guild(
        self, name: str, *, owner: User, locale: str = "en-US", snowflake: str | None = None
    ) -> Guild:
        """Make a guild with its owner and the bot in it, and no channels yet."""
        guild = Guild(id=snowflake or snowflakes.new(), name=name, owner_id=owner.id, locale=locale)
        guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=MEMBER_PERMISSIONS)
        guild.members = {owner.id: [], self.bot.id: []}
        self.guilds[guild.id] = guild
        return guild

    def add_role(
        self,
        guild: Guild,
        name: str,
        *,
        permissions: Permission = Permission.NONE,
        color: int = 0,
        snowflake: str | None = None,
    ) -> Role:
        """Make a role, above those that there are."""
        role = Role(
            id=snowflake or snowflakes.new(),
            name=name,
            permissions=permissions,
            color=color,
            position=len(guild.roles),
        )
        guild.roles[role.id] = role
        return role

    def add_channel(
        self,
        guild: Guild,
        name: str,
        *,
        topic: str | None = None,
        nsfw: bool = False,
        snowflake: str | None = None,
    ) -> Channel:
        """Make a text channel, below those that there are."""
        channel = Channel(
            id=snowflake or snowflakes.new(),
            name=name,
            topic=topic,
            nsfw=nsfw,
            position=len(guild.channels),
            guild_id=guild.id,
        )
        guild.channels[channel.id] = self.channels[channel.id] = channel
        return channel

    def add_private(self, *people: User, snowflake: str | None = None) -> Channel:
        """Make the direct channel between two people, which the bot is not in."""
        channel = Channel(
            id=snowflake or snowflakes.new(),
            type=ChannelType.DIRECT,
            people=tuple(person.id for person in people),
        )
        self.channels[channel.id] = channel
        return channel

    def install(self, user: User, *, present: bool = True) -> None:
        """Let *user* add the application to the account, or remove it."""
        if present:
            self.installed_by.add(user.id)
        else:
            self.installed_by.discard(user.id)
        self.publish(InstallationChanged(user))

    def deny(self, channel: Channel, *permissions: str) -> None:
        """Take *permissions*, by their names in Discord, from the bot in *channel*."""
        for name in permissions:
            channel.denied |= Permission[name]
        self.publish(ChannelChanged(channel))

    def grant(self, channel: Channel, *permissions: str) -> None:
        """Give the bot *permissions*, by their names in Discord, in *channel*."""
        for name in permissions:
            channel.granted |= Permission[name]
        self.publish(ChannelChanged(channel))

    def allow(self, channel: Channel) -> None:
        """Give the bot all its permissions in *channel* back."""
        channel.denied = Permission.NONE
        self.publish(ChannelChanged(channel))

    def move_bot(self, guild: Guild, *, present: bool) -> None:
        """Add the bot to *guild*, or remove it."""
        guild.has_bot = present
        guild.members.pop(self.bot.id, None)
        if present:
            guild.members[self.bot.id] = []
        self.publish(BotMembershipChanged(guild))

    # Finding it

    def user(self, name: str) -> User:
        """Return the user with that name, username or id."""
        return _one(self.users.values(), name, lambda user: (user.name, user.username, user.id))

    def guild(self, name: str) -> Guild:
        """Return the guild with that name or id."""
        return _one(self.guilds.values(), name, lambda guild: (guild.name, guild.id))

    def channel(self, name: str, *, guild: str | None = None) -> Channel:
        """Return the channel with that name or id; the name may need its guild's."""
        among = self.guild(guild).channels if guild else self.channels
        return _one(among.values(), name, lambda channel: (channel.name, channel.id))

    def direct(self, user_id: str) -> Channel:
        """Return the channel between a user and the bot."""
        return _one(self.channels.values(), user_id, lambda channel: (channel.recipient_id,))

    def guild_of(self, channel: Channel) -> Guild | None:
        """Return the guild of a channel; None for a direct one."""
        return self.guilds[channel.guild_id] if channel.guild_id else None

    def enters(self, user_id: str, channel: Channel) -> bool:
        """Tell whether a user is in a channel."""
        guild = self.guild_of(channel)
        if guild is not None:
            return user_id in guild.members
        return user_id == channel.recipient_id or user_id in channel.people

    def bot_permissions(self, channel: Channel) -> Permission:
        """Return what the bot may do in *channel*."""
        guild = self.guild_of(channel)
        if channel.people or (guild is not None and not guild.has_bot):
            return Permission.NONE
        if guild is None:
            return MEMBER_PERMISSIONS
        return (guild.permissions(self.bot.id) & ~channel.denied) | channel.granted

    def require(self, channel_id: str, needed: Permission = Permission.NONE) -> Channel:
        """Return the channel in which the bot may do what is *needed*, or raise a refusal."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise ErrorCode.UNKNOWN_CHANNEL.error()
        granted = self.bot_permissions(channel)
        if Permission.VIEW_CHANNEL not in granted:
            raise ErrorCode.MISSING_ACCESS.error()
        if needed & ~granted:
            raise ErrorCode.MISSING_PERMISSIONS.error()
        return channel
