"""Users, roles, channels and guilds."""

from dataclasses import dataclass, field

from sandbox.discord import snowflakes
from sandbox.discord.enums import ChannelType, Permission

MEMBER_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_EXTERNAL_APPS
)
MODERATOR_PERMISSIONS = Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES
EVERYTHING = Permission(sum(Permission))


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
    color: int = 0
    position: int = 0


@dataclass(eq=False, kw_only=True)
class Channel:
    """A guild's text channel, or a direct channel: of a user and the bot, or of two users."""

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
    last_message_id: str | None = None


@dataclass(eq=False, kw_only=True)
class Guild:
    """A server with its roles, channels and members."""

    id: str = field(default_factory=snowflakes.new)
    name: str
    owner_id: str
    locale: str = "en-US"
    nsfw_level: int = 0  # 1 and 3: age-restricted as a whole
    has_bot: bool = True
    roles: dict[str, Role] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)  # user id -> role ids

    def permissions(self, user_id: str) -> Permission:
        """Return a member's permissions in the guild."""
        granted = self.roles[self.id].permissions
        for role_id in self.members.get(user_id, ()):
            granted |= self.roles[role_id].permissions
        if user_id == self.owner_id or Permission.ADMINISTRATOR in granted:
            return EVERYTHING
        return granted
