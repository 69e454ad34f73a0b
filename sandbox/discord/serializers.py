"""Users, guilds and channels as Discord describes them in JSON."""

from datetime import UTC, datetime

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import ChannelType
from sandbox.discord.models import Channel, Guild, Role, User
from sandbox.discord.world import World

JOINED = datetime(2024, 3, 1, 12, tzinfo=UTC).isoformat()
OVERWRITE_OF_MEMBER = 1


def user(person: User) -> Json:
    """Describe a user to others."""
    shown: Json = {
        "id": person.id,
        "username": person.username,
        "global_name": person.global_name,
        "discriminator": "0000" if person.bot else "0",
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }
    if person.bot:
        shown["bot"] = True
    return shown


def own_user(world: World) -> Json:
    """Describe the bot to itself."""
    return user(world.bot) | {
        "mfa_enabled": False,
        "locale": "en-US",
        "premium_type": 0,
        "email": None,
        "verified": True,
    }


def application(world: World) -> Json:
    """Describe the bot's application to itself."""
    owner = next((person for person in world.users.values() if not person.bot), world.bot)
    return {
        "id": world.application_id,
        "name": world.bot.username,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "integration_types_config": {"0": {}, "1": {}},
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "max_participants": None,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(owner),
        "approximate_guild_count": sum(guild.has_bot for guild in world.guilds.values()),
        "approximate_user_install_count": len(world.installed_by),
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["applications.commands", "bot"],
        "event_webhooks_status": 1,
    }


def role(described: Role) -> Json:
    """Describe a role."""
    return {
        "id": described.id,
        "name": described.name,
        "permissions": str(int(described.permissions)),
        "position": described.position,
        "color": described.color,
        "colors": {
            "primary_color": described.color,
            "secondary_color": None,
            "tertiary_color": None,
        },
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def member(guild: Guild, person: User) -> Json:
    """Describe a member of *guild*."""
    return {
        "user": user(person),
        "nick": None,
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": JOINED,
        "pending": False,
        "premium_since": None,
        "roles": list(guild.members[person.id]),
        "mute": False,
        "deaf": False,
    }


def channel(world: World, described: Channel) -> Json:
    """Describe a channel."""
    if described.type is ChannelType.DIRECT:
        people = described.people or (described.recipient_id,)
        return {
            "id": described.id,
            "type": int(described.type),
            "flags": 0,
            "last_message_id": described.last_message_id,
            "recipients": [user(world.users[person]) for person in people if person],
        }
    return {
        "id": described.id,
        "type": int(described.type),
        "guild_id": described.guild_id,
        "name": described.name,
        "topic": described.topic,
        "nsfw": described.nsfw,
        "position": described.position,
        "parent_id": None,
        "flags": 0,
        "rate_limit_per_user": 0,
        "last_message_id": described.last_message_id,
        "permission_overwrites": _overwrites(world, described),
    }


def _overwrites(world: World, described: Channel) -> list[Json]:
    if not described.denied and not described.granted:
        return []
    return [
        {
            "id": world.bot.id,
            "type": OVERWRITE_OF_MEMBER,
            "allow": str(int(described.granted)),
            "deny": str(int(described.denied)),
        }
    ]


def guild(described: Guild) -> Json:
    """Describe a guild, as `GET /guilds/{id}` does."""
    nothing = (
        "icon description home_header splash discovery_splash banner application_id afk_channel_id "
        "system_channel_id widget_channel_id max_presences vanity_url_code rules_channel_id "
        "safety_alerts_channel_id public_updates_channel_id incidents_data"
    )
    return dict.fromkeys(nothing.split()) | {
        "id": described.id,
        "name": described.name,
        "owner_id": described.owner_id,
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "verification_level": 1,
        "roles": [role(one) for one in described.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 2,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": described.locale,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
    }


def created_guild(world: World, described: Guild) -> Json:
    """Describe a guild as the GUILD_CREATE of an invitation does; of the members, only the bot."""
    return guild(described) | {
        "joined_at": JOINED,
        "large": False,
        "member_count": len(described.members),
        "voice_states": [],
        "members": [member(described, world.bot)],
        "channels": [channel(world, one) for one in described.channels.values()],
        "threads": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
