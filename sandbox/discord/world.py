"""The state of the stand-in: users, guilds, channels, and the settings of its behaviour."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sandbox import time_of_day
from sandbox.discord import snowflakes, tokens
from sandbox.discord.enums import ChannelType, Context, Permission
from sandbox.discord.events import (
    BotMembershipChanged,
    Change,
    ChannelChanged,
    EventBus,
    GuildChanged,
    InstallationChanged,
    MemberChanged,
    OutageChanged,
    RoleChanged,
)
from sandbox.discord.limits import Limits
from sandbox.discord.models import MEMBER_PERMISSIONS, Channel, Guild, Role, User
from sandbox.discord.session_starts import SessionStarts

Named = TypeVar("Named")

MIB = 1024 * 1024
# Permissions for responses where the bot is not installed
EXTERNAL = Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE


def _find(
    candidates: Iterable[Named], name: str, names: Callable[[Named], tuple[str | None, ...]]
) -> Named:
    for candidate in candidates:
        if name in names(candidate):
            return candidate
    raise LookupError(f"nothing here is named {name!r}")


@dataclass(eq=False, kw_only=True)
class World(EventBus):
    """Users, guilds and channels, and the settings of the stand-in; times are in seconds."""

    bot_name: str = "Imagine"
    origin: str = ""  # of the server; known once it listens
    ack_window: float = 3.0  # for the first response to an interaction
    token_life: float = 900.0
    nonce_window: float = 120.0  # in which an enforced nonce makes no second message
    old_after: float = 3600.0  # the age from which a message takes only `old_edits` more edits
    old_edits: int = 3
    attachment_size_limit: int = 10 * MIB  # bytes of each file
    harmful: set[str] = field(default_factory=set)  # no message may contain one of these
    application: dict[str, Any] = field(default_factory=dict)  # settings that are not default
    team_id: str = field(default_factory=snowflakes.new)
    # Of the application's team: each user's role, and whether they accepted. Empty: the first user
    # owns the application alone.
    team: dict[str, tuple[str, bool]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)  # rate limits of the REST API
    heartbeat_interval: float = 41.25  # a bot that is silent for 1.5 of them is disconnected
    starts: SessionStarts = field(default_factory=SessionStarts)  # the limits of IDENTIFY
    resume_window: float = 90.0  # in which a lost gateway session can be resumed
    shards: int = 1  # that /gateway/bot recommends
    refuse_gateway: bool = False
    privileged_intents: bool = False  # granted to the bot, or rejected with close code 4014
    closed_to_bot: set[str] = field(default_factory=set)  # users who take no direct messages
    open_to_all: set[str] = field(default_factory=set)  # commands opened by an administrator
    installed_by: set[str] = field(default_factory=set)  # users who may use the bot everywhere

    bot_token: str = field(init=False, repr=False)
    users: dict[str, User] = field(default_factory=dict)
    guilds: dict[str, Guild] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bot = User(username=self.bot_name, bot=True, color="#7c5cff")
        self.users[self.bot.id] = self.bot
        self.reset_token()

    @property
    def application_id(self) -> str:
        """The application's id, which equals the bot's for all newer applications."""
        return self.bot.id

    @property
    def gateway_url(self) -> str:
        """The URL of the gateway."""
        return self.origin.replace("http", "ws", 1) + "/gateway"

    # Changes

    def reset_token(self) -> None:
        """Give the bot a new token; the old one is refused from now on."""
        self.bot_token = tokens.new(self.bot.id)

    def be_strict(self) -> None:
        """Set all limits as Discord does, also that of IDENTIFY: one in five seconds.

        By default a bot that connects again need not wait, so that tests are quick.
        """
        self.limits = Limits()
        self.starts.spacing = 5.0

    # Keyword arguments of add_* are further fields of the model.

    def add_user(self, name: str, **more: Any) -> User:
        """Add a user, with a direct channel to the bot."""
        user = User(username=name.lower().replace(" ", "_"), global_name=name, **more)
        self.users[user.id] = user
        direct = Channel(type=ChannelType.DIRECT, recipient_id=user.id)
        self.channels[direct.id] = direct
        return user

    def add_guild(self, name: str, *, owner: User, **more: Any) -> Guild:
        """Add a guild with its owner and the bot as members, and no channels."""
        guild = Guild(name=name, owner_id=owner.id, **more)
        guild.roles[guild.id] = Role(id=guild.id, name="@everyone", permissions=MEMBER_PERMISSIONS)
        guild.members = {owner.id: [], self.bot.id: []}
        self.guilds[guild.id] = guild
        return guild

    def add_role(self, guild: Guild, name: str, **more: Any) -> Role:
        """Add a role above the others."""
        role = Role(name=name, position=len(guild.roles), **more)
        guild.roles[role.id] = role
        self.publish(RoleChanged(guild, role, Change.CREATE))
        return role

    def change_role(self, guild: Guild, role: Role, **fields: Any) -> Role:
        """Change fields of a role, and return the new one."""
        guild.roles[role.id] = role = replace(role, **fields)
        self.publish(RoleChanged(guild, role, Change.UPDATE))
        return role

    def remove_role(self, guild: Guild, role: Role) -> None:
        """Delete a role; its members lose it."""
        del guild.roles[role.id]
        for roles in guild.members.values():
            if role.id in roles:
                roles.remove(role.id)
        self.publish(RoleChanged(guild, role, Change.DELETE))

    def add_channel(self, guild: Guild, name: str, **more: Any) -> Channel:
        """Add a channel below the others, by default a text channel."""
        channel = Channel(name=name, position=len(guild.channels), guild_id=guild.id, **more)
        guild.channels[channel.id] = self.channels[channel.id] = channel
        self.publish(ChannelChanged(channel, Change.CREATE))
        return channel

    def add_thread(self, parent: Channel, name: str, **more: Any) -> Channel:
        """Add a thread, or a post of a forum; its permissions are those of *parent*."""
        kind = more.pop("type", ChannelType.PUBLIC_THREAD)
        guild = self.guilds[parent.guild_id or ""]
        return self.add_channel(guild, name, type=kind, parent_id=parent.id, **more)

    def change_channel(self, channel: Channel, **fields: Any) -> None:
        """Change fields of a channel or thread."""
        vars(channel).update(fields)
        self.publish(ChannelChanged(channel))

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel with its threads."""
        guild = self.guilds[channel.guild_id or ""]
        for thread in tuple(guild.channels.values()):
            if thread.is_thread and thread.parent_id == channel.id:
                del guild.channels[thread.id], self.channels[thread.id]
        del guild.channels[channel.id], self.channels[channel.id]
        self.publish(ChannelChanged(channel, Change.DELETE))

    def change_guild(self, guild: Guild, **fields: Any) -> None:
        """Change fields of a guild, such as `nsfw_level`, `locale` and `features`."""
        vars(guild).update(fields)
        self.publish(GuildChanged(guild))

    def outage(self, guild: Guild, *, away: bool = True) -> None:
        """Make a guild unavailable to the bot, or available again."""
        guild.unavailable = away
        self.publish(OutageChanged(guild))

    def time_out(self, guild: Guild, user: User, seconds: float) -> None:
        """Put a member in time-out, or end that with 0 seconds."""
        guild.timed_out[user.id] = time_of_day.today() + timedelta(seconds=seconds)
        self.publish(MemberChanged(guild, user))

    def add_private(self, *people: User, **more: Any) -> Channel:
        """Add the direct channel of two users, which the bot is not in."""
        ids = tuple(person.id for person in people)
        channel = Channel(type=ChannelType.DIRECT, people=ids, **more)
        self.channels[channel.id] = channel
        return channel

    def install(self, user: User, *, present: bool = True) -> None:
        """Add the application to the account of *user*, or remove it."""
        (self.installed_by.add if present else self.installed_by.discard)(user.id)
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
        """Give all denied permissions in *channel* back to the bot."""
        channel.denied = Permission.NONE
        self.publish(ChannelChanged(channel))

    def move_bot(self, guild: Guild, *, present: bool, joined_at: datetime | None = None) -> None:
        """Add the bot to *guild*, by default now, or remove it."""
        guild.has_bot = present
        guild.members.pop(self.bot.id, None)
        if present:
            guild.members[self.bot.id] = []
            guild.bot_joined_at = (joined_at or time_of_day.today()).isoformat()
        self.publish(BotMembershipChanged(guild))

    # Queries

    def user(self, name: str) -> User:
        """Return the user with that name, username or id."""
        return _find(self.users.values(), name, lambda user: (user.name, user.username, user.id))

    def guild(self, name: str) -> Guild:
        """Return the guild with that name or id."""
        return _find(self.guilds.values(), name, lambda guild: (guild.name, guild.id))

    def channel(self, name: str, *, guild: str | None = None) -> Channel:
        """Return the channel with that name or id, of all guilds or of *guild*."""
        channels = self.guild(guild).channels if guild else self.channels
        return _find(channels.values(), name, lambda channel: (channel.name, channel.id))

    def direct(self, user_id: str) -> Channel:
        """Return the channel between a user and the bot."""
        return _find(self.channels.values(), user_id, lambda channel: (channel.recipient_id,))

    def guild_of(self, channel: Channel) -> Guild | None:
        """Return the guild of a channel; None for a direct one."""
        return self.guilds[channel.guild_id] if channel.guild_id else None

    def above(self, channel: Channel) -> Channel:
        """Return the channel of a thread; any other channel itself."""
        return self.channels[channel.parent_id or ""] if channel.is_thread else channel

    def to_send(self, channel: Channel) -> Permission:
        """Return the permission that messages in *channel* need."""
        in_thread = channel.is_thread
        return Permission.SEND_IN_THREADS if in_thread else Permission.SEND_MESSAGES

    def enters(self, user_id: str, channel: Channel) -> bool:
        """Tell whether a user is in a channel."""
        guild = self.guild_of(channel)
        if guild is not None:
            return user_id in guild.members
        return user_id == channel.recipient_id or user_id in channel.people

    def member_permissions(self, user_id: str, channel: Channel) -> Permission:
        """Return the permissions of a member in the channel's guild; none in a direct channel."""
        guild = self.guild_of(channel)
        return guild.permissions(user_id) if guild else Permission.NONE

    def bot_permissions(self, channel: Channel) -> Permission:
        """Return the bot's permissions in *channel*."""
        guild = self.guild_of(channel)
        if channel.people or (guild is not None and not guild.has_bot):
            return Permission.NONE
        if guild is None:
            return MEMBER_PERMISSIONS
        channel = self.above(channel)
        hidden = Permission.VIEW_CHANNEL if channel.hidden else Permission.NONE
        return (guild.permissions(self.bot.id) & ~hidden & ~channel.denied) | channel.granted

    def app_permissions(self, channel: Channel) -> Permission:
        """Return the bot's permissions for responses in *channel*."""
        return self.bot_permissions(channel) or EXTERNAL

    def context(self, channel: Channel) -> Context:
        """Return the interaction context of a channel."""
        if channel.people:
            return Context.PRIVATE_CHANNEL
        return Context.GUILD if channel.guild_id else Context.BOT_DIRECT
