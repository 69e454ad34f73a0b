"""Discord's JSON of users, roles, members, channels and guilds.

object_defaults.json holds the fields that are the same for each object.
"""

import json
from pathlib import Path

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import ChannelType, Permission
from sandbox.discord.models import Channel, Guild, Role, User
from sandbox.discord.world import World

DEFAULTS: dict[str, Json] = json.loads(
    Path(__file__).with_name("object_defaults.json").read_bytes()
)
ROLE_OVERWRITE, MEMBER_OVERWRITE = 0, 1  # types of permission overwrites


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
        **_owners(world, owner),
        "approximate_guild_count": sum(guild.has_bot for guild in world.guilds.values()),
        "approximate_user_install_count": len(world.installed_by),
        **world.application,
    }


def _owners(world: World, owner: User) -> Json:
    """Return the owner; of a team's application that is a user who stands for the team."""
    if not world.team:
        return {"owner": user(owner)}
    team = {"id": world.team_id, "icon": None, "name": "The Lamplighters"}
    members = [
        {
            "user": user(world.users[user_id]),
            "team_id": world.team_id,
            "membership_state": 2 if accepted else 1,
            "role": role,
            "permissions": ["*"],
        }
        for user_id, (role, accepted) in world.team.items()
    ]
    stands = User(id=world.team_id, username=f"team{world.team_id}")
    return {
        "owner": user(stands),
        "team": team | {"owner_user_id": owner.id, "members": members},
    }


def role(described: Role) -> Json:
    """Return a role."""
    colors = {"primary_color": described.color, "secondary_color": None, "tertiary_color": None}
    shown = DEFAULTS["role"] | fields(described, "id", "name", "position", "color", "mentionable")
    return shown | {"permissions": str(int(described.permissions)), "colors": colors}


def member(guild: Guild, person: User) -> Json:
    """Return a member of *guild*."""
    return {"user": user(person)} | membership(guild, person)


def membership(guild: Guild, person: User) -> Json:
    """Return a member without its user, as beside a message's author."""
    shown = DEFAULTS["member"] | {"roles": list(guild.members[person.id])}
    if person.bot:
        shown["joined_at"] = guild.bot_joined_at
    if guild.in_time_out(person.id):
        shown["communication_disabled_until"] = guild.timed_out[person.id].isoformat()
    return shown


def channel(world: World, described: Channel) -> Json:
    """Return a channel."""
    shown = fields(described, "id", "last_message_id") | {"type": int(described.type)}
    if described.type is ChannelType.DIRECT:
        people = described.people or (described.recipient_id,)
        recipients = [user(world.users[person]) for person in people if person]
        return shown | {"flags": 0, "recipients": recipients}
    overwrite: Json = {
        "id": world.bot.id,
        "type": MEMBER_OVERWRITE,
        "allow": str(int(described.granted)),
        "deny": str(int(described.denied)),
    }
    everyone: Json = {
        "id": described.guild_id,
        "type": ROLE_OVERWRITE,
        "allow": "0",
        "deny": str(int(Permission.VIEW_CHANNEL)),
    }
    shown |= fields(described, "guild_id", "name", "parent_id")
    shown["rate_limit_per_user"] = described.slow_mode
    if described.is_thread:
        return DEFAULTS["thread"] | shown | _thread(world, described)
    shown |= fields(described, "topic", "nsfw", "position") | DEFAULTS.get(described.type.name, {})
    overwrites = [overwrite] if described.denied or described.granted else []
    overwrites += [everyone] if described.hidden else []
    return DEFAULTS["channel"] | shown | {"permission_overwrites": overwrites}


def own_guild(world: World, described: Guild) -> Json:
    """Return a guild as the list of the bot's guilds does."""
    granted = str(int(described.permissions(world.bot.id)))
    shown = {key: DEFAULTS["guild"][key] for key in ("icon", "banner")}
    return (
        shown
        | fields(described, "id", "name")
        | {
            "features": list(described.features),
            "owner": False,
            "permissions": granted,
        }
    )


def _thread(world: World, described: Channel) -> Json:
    """Return the fields that only a thread has."""
    metadata = {
        "archived": described.archived,
        "locked": described.locked,
        "auto_archive_duration": 1440,
        "archive_timestamp": "2024-03-01T12:00:00+00:00",
        "create_timestamp": "2024-03-01T12:00:00+00:00",
    }
    if described.type is ChannelType.PRIVATE_THREAD:
        metadata["invitable"] = True
    guild = world.guilds[described.guild_id or ""]
    return {"owner_id": guild.owner_id, "thread_metadata": metadata}


def partial_channel(world: World, described: Channel, permissions: Permission) -> Json:
    """Return a channel as an interaction carries it: with the user's permissions, no overwrites."""
    shown = channel(world, described)
    shown.pop("permission_overwrites", None)
    return shown | {"permissions": str(int(permissions))}


def guild(described: Guild, *, counts: bool = False) -> Json:
    """Return a guild, as `GET /guilds/{id}` does, with the number of its members if asked."""
    shown = DEFAULTS["guild"] | fields(described, "id", "name", "owner_id", "nsfw_level")
    shown |= fields(described, "system_channel_id", "public_updates_channel_id")
    if counts:
        members = len(described.members)
        shown |= {"approximate_member_count": members, "approximate_presence_count": members}
    return shown | {
        "features": list(described.features),
        "preferred_locale": described.locale,
        "roles": [role(guild_role) for guild_role in described.roles.values()],
    }


def guild_channels(world: World, described: Guild) -> list[Json]:
    """Return the channels of a guild, without threads."""
    channels = described.channels.values()
    return [channel(world, shown) for shown in channels if not shown.is_thread]


def active_threads(world: World, described: Guild) -> list[Json]:
    """Return the threads of a guild that are not archived."""
    threads = [one for one in described.channels.values() if one.is_thread and not one.archived]
    return [channel(world, thread) for thread in threads]


def created_guild(world: World, described: Guild) -> Json:
    """Return a guild as GUILD_CREATE does; of its members, only the bot."""
    return {
        **guild(described),
        **DEFAULTS["created_guild"],
        "joined_at": described.bot_joined_at,
        "member_count": len(described.members),
        "members": [member(described, world.bot)],
        "channels": guild_channels(world, described),
        "threads": active_threads(world, described),
    }
