"""Users, roles, channels and guilds."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox import time_of_day
from sandbox.discord import snowflakes
from sandbox.discord.enums import ChannelType, Permission

MEMBER_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.SEND_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)
MODERATOR_PERMISSIONS = Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES
EVERYTHING = Permission(sum(Permission))
TIMED_OUT = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
THREADS = {
    ChannelType.ANNOUNCEMENT_THREAD,
    ChannelType.PUBLIC_THREAD,
    ChannelType.PRIVATE_THREAD,
}


@dataclass(frozen=True, kw_only=True)
class User:
    """A user account, or the bot's."""

    id: str = field(default_factory=snowflakes.new)
    username: str
    global_name: str | None = None
    color: str = "#5865f2"  # of the avatar
    locale: str = "en-US"
    bot: bool = False

    @property
    def name(self) -> str:
        """The displayed name."""
        return self.global_name or self.username


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role of a guild; the one with the guild's own id is @everyone."""

    id: str = field(default_factory=snowflakes.new)
    name: str
    permissions: Permission = Permission.NONE
    mentionable: bool = False  # by everyone
    color: int = 0
    position: int = 0


@dataclass(eq=False, kw_only=True)
class Channel:
    """A guild's channel or thread, or a direct channel: of a user and the bot, or of two users."""

    id: str = field(default_factory=snowflakes.new)
    type: ChannelType = ChannelType.TEXT
    name: str = ""
    topic: str | None = None
    nsfw: bool = False
    position: int = 0
    guild_id: str | None = None
    recipient_id: str | None = None  # of a direct channel with the bot
    people: tuple[str, ...] = ()  # ids of the users of a direct channel without the bot
    denied: Permission = Permission.NONE  # to the bot
    granted: Permission = Permission.NONE  # to the bot, in addition to its roles
    hidden: bool = False  # from @everyone: only whom an overwrite lets in can see it
    last_message_id: str | None = None
    parent_id: str | None = None  # the category, or a thread's channel
    slow_mode: int = 0  # seconds between two messages of a member
    archived: bool = False  # of a thread
    locked: bool = False  # of a thread: only moderators reopen it

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread, or a post in a forum."""
        return self.type in THREADS


@dataclass(eq=False, kw_only=True)
class Guild:
    """A server with its roles, channels and members."""

    id: str = field(default_factory=snowflakes.new)
    name: str
    owner_id: str
    locale: str = "en-US"  # "preferred_locale"; only a Community chooses it
    features: tuple[str, ...] = ()
    nsfw_level: int = 0  # 1 and 3: age-restricted as a whole
    has_bot: bool = True
    bot_joined_at: str = "2024-03-01T12:00:00+00:00"
    system_channel_id: str | None = None
    public_updates_channel_id: str | None = None  # of a Community: for its moderators
    unavailable: bool = False  # in an outage
    roles: dict[str, Role] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)  # user id -> role ids
    timed_out: dict[str, datetime] = field(default_factory=dict)  # user id -> its end

    def permissions(self, user_id: str) -> Permission:
        """Return a member's permissions in the guild."""
        granted = self.roles[self.id].permissions
        for role_id in self.members.get(user_id, ()):
            granted |= self.roles[role_id].permissions
        if user_id == self.owner_id or Permission.ADMINISTRATOR in granted:
            return EVERYTHING
        return granted & TIMED_OUT if self.in_time_out(user_id) else granted

    def in_time_out(self, user_id: str) -> bool:
        """Tell whether a member is in time-out."""
        end = self.timed_out.get(user_id)
        return end is not None and end > time_of_day.today()
