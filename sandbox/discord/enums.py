"""Discord's numeric constants that the stand-in uses.

Types whose numbers are consecutive are lists of names; *start* is the number of the first.
"""

from enum import IntEnum, IntFlag

# The kind of a member's interaction
InteractionType = IntEnum("InteractionType", "COMMAND COMPONENT AUTOCOMPLETE MODAL_SUBMIT", start=2)

# The kind of a bot's first response to an interaction
CallbackType = IntEnum(
    "CallbackType", "MESSAGE DEFERRED_MESSAGE DEFERRED_UPDATE UPDATE CHOICES MODAL", start=4
)

# Where a command is available: typed, in the menu of a member or a message, or as an Activity
CommandType = IntEnum("CommandType", "CHAT_INPUT USER MESSAGE ENTRY_POINT")

# The type of a command's option
OptionType = IntEnum(
    "OptionType",
    "SUBCOMMAND GROUP STRING INTEGER BOOLEAN USER CHANNEL ROLE MENTIONABLE NUMBER ATTACHMENT",
)

# The styles of a button that has no custom_id
ButtonStyle = IntEnum("ButtonStyle", "LINK PREMIUM", start=5)

# Where an application is installed: in a guild, or in a user's account
Installation = IntEnum("Installation", "GUILD USER", start=0)

# Where an interaction can happen
Context = IntEnum("Context", "GUILD BOT_DIRECT PRIVATE_CHANNEL", start=0)


class ChannelType(IntEnum):
    """The type of a channel or thread."""

    TEXT = 0
    DIRECT = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15
    MEDIA = 16


class ComponentType(IntEnum):
    """The type of a component in a message or a modal."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


class MessageType(IntEnum):
    """The origin of a message."""

    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23


class MessageFlag(IntFlag):
    """A message's flags."""

    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    COMPONENTS_V2 = 1 << 15


class Permission(IntFlag):
    """Permissions of a member or the bot in a channel."""

    NONE = 0
    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    MANAGE_THREADS = 1 << 34
    SEND_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


class Intent(IntFlag):
    """The event groups that a gateway session subscribes to."""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15
    ALL = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25


class Opcode(IntEnum):
    """The purpose of a gateway frame."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11
    REQUEST_SOUNDS = 31
