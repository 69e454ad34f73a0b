"""Discord's JSON of users, roles, members, channels and guilds.

object_defaults.json holds the fields that are the same for each object.
"""

import json
from pathlib import Path

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import ChannelType
from sandbox.discord.models import Channel, Guild, Role, User
from sandbox.discord.world import World

DEFAULTS: dict[str, Json] = json.loads(
    Path(__file__).with_name("object_defaults.json").read_bytes()
)
MEMBER_OVERWRITE = 1  # the type of a permission overwrite


def fields(source: object, *names: str) -> Json:
    """Return the attributes *names* of *source*."""
    return {name: getattr(source, name) for name in names}


def user(person: User) -> Json:
    """Return a user."""
    shown = DEFAULTS["user"] | fields(person, "id", "username", "global_name")
    return shown | (
        {"discriminator": "0000", "bot": True} if person.bot else {"discriminator": "0"}
    )


def own_user(world: World) -> Json:
    """Return the bot's own user."""
    return user(world.bot) | DEFAULTS["own_user"]


def application(world: World) -> Json:
    """Return the bot's application."""
    owner = next((person for person in world.users.values() if not person.bot), world.bot)
    return DEFAULTS["application"] | {
        "id": world.application_id,
        "name": world.bot.username,
        "bot": user(world.bot),
        "owner": user(owner),
        "approximate_guild_count": sum(guild.has_bot for guild in world.guilds.values()),
        "approximate_user_install_count": len(world.installed_by),
        **world.application,
    }


def role(described: Role) -> Json:
    """Return a role."""
    colors = {"primary_color": described.color, "secondary_color": None, "tertiary_color": None}
    shown = DEFAULTS["role"] | fields(described, "id", "name", "position", "color")
    return shown | {"permissions": str(int(described.permissions)), "colors": colors}


def member(guild: Guild, person: User) -> Json:
    """Return a member of *guild*."""
    return {"user": user(person)} | membership(guild, person)


def membership(guild: Guild, person: User) -> Json:
    """Return a member without its user, as beside a message's author."""
    return DEFAULTS["member"] | {"roles": list(guild.members[person.id])}


def channel(world: World, described: Channel) -> Json:
    """Return a channel."""
    shown = fields(described, "id", "last_message_id") | {"type": int(described.type)}
    if described.type is ChannelType.DIRECT:
        people = described.people or (described.recipient_id,)
        recipients = [user(world.users[person]) for person in people if person]
        return shown | {"flags": 0, "recipients": recipients}
    overwrite = {
        "id": world.bot.id,
        "type": MEMBER_OVERWRITE,
        "allow": str(int(described.granted)),
        "deny": str(int(described.denied)),
    }
    shown |= fields(described, "guild_id", "name", "topic", "nsfw", "position")
    overwrites = [overwrite] if described.denied or described.granted else []
    return DEFAULTS["channel"] | shown | {"permission_overwrites": overwrites}


def own_guild(world: World, described: Guild) -> Json:
    """Return a guild as the list of the bot's guilds does."""
    granted = str(int(described.permissions(world.bot.id)))
    shown = {key: DEFAULTS["guild"][key] for key in ("icon", "banner", "features")}
    return shown | fields(described, "id", "name") | {"owner": False, "permissions": granted}


def guild(described: Guild, *, counts: bool = False) -> Json:
    """Return a guild, as `GET /guilds/{id}` does, with the number of its members if asked."""
    shown = DEFAULTS["guild"] | fields(described, "id", "name", "owner_id", "nsfw_level")
    if counts:
        members = len(described.members)
        shown |= {"approximate_member_count": members, "approximate_presence_count": members}
    roles = [role(guild_role) for guild_role in described.roles.values()]
    return shown | {"roles": roles, "preferred_locale": described.locale}


def created_guild(world: World, described: Guild) -> Json:
    """Return a guild as GUILD_CREATE does; of its members, only the bot."""
    channels = described.channels.values()
    return {
        **guild(described),
        **DEFAULTS["created_guild"],
        "member_count": len(described.members),
        "members": [member(described, world.bot)],
        "channels": [channel(world, guild_channel) for guild_channel in channels],
    }
