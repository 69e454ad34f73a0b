"""For whom the bot's application is there: a server that invited it, a user who added it.

https://discord.com/developers/docs/resources/application#installation-context
"""

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import Context, Installation, Permission
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World

Owners = dict[
    str, str
]  # by kind of installation: the guild's id, or "0" in direct messages; a user's

EXTERNAL = Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE


def context(world: World, channel: Channel) -> Context:
    """Return what kind of place a channel is to the bot."""
    if channel.people:
        return Context.PRIVATE_CHANNEL
    return Context.BOT_DIRECT if world.guild_of(channel) is None else Context.GUILD


def owners(world: World, command: Json, user: User, channel: Channel) -> Owners:
    """Tell by whose leave *user* finds a command in *channel*; empty: it is not there."""
    guild = world.guild_of(channel)
    kinds = command["integration_types"]
    found: Owners = {}
    if Installation.GUILD in kinds and not channel.people and (guild is None or guild.has_bot):
        found[str(int(Installation.GUILD))] = guild.id if guild else "0"
    if Installation.USER in kinds and user.id in world.installed_by:
        found[str(int(Installation.USER))] = user.id
    return found


def only_for_user(found: Owners) -> bool:
    """Tell whether the bot is there for one user alone."""
    return set(found) == {str(int(Installation.USER))}


def fits(command: Json, here: Context) -> bool:
    """Tell whether a command is meant for that kind of place."""
    if command["contexts"] is not None:
        return here in command["contexts"]
    return here is not Context.BOT_DIRECT or bool(command["dm_permission"])


def app_permissions(world: World, channel: Channel) -> Permission:
    """Return what the bot may do in its answers in *channel*."""
    return world.bot_permissions(channel) or EXTERNAL
