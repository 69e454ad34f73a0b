"""Installations of the bot's application: in guilds, and in users' accounts.

https://discord.com/developers/docs/resources/application#installation-context
"""

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import Context, Installation, Permission
from sandbox.discord.models import Channel, User
from sandbox.discord.world import World

# By kind of installation: the guild's id ("0" in direct messages), or the user's id
Owners = dict[str, str]

EXTERNAL = Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE


def context(world: World, channel: Channel) -> Context:
    """Return the interaction context of a channel."""
    if channel.people:
        return Context.PRIVATE_CHANNEL
    return Context.BOT_DIRECT if world.guild_of(channel) is None else Context.GUILD


def owners(world: World, command: Json, user: User, channel: Channel) -> Owners:
    """Return the installations that offer a command to *user* in *channel*; empty: none."""
    guild = world.guild_of(channel)
    kinds = command["integration_types"]
    installations: Owners = {}
    if Installation.GUILD in kinds and not channel.people and (guild is None or guild.has_bot):
        installations[str(int(Installation.GUILD))] = guild.id if guild else "0"
    if Installation.USER in kinds and user.id in world.installed_by:
        installations[str(int(Installation.USER))] = user.id
    return installations


def only_for_user(installations: Owners) -> bool:
    """Tell whether the bot is installed in the user's account only."""
    return set(installations) == {str(int(Installation.USER))}


def fits(command: Json, here: Context) -> bool:
    """Tell whether a command is available in that context."""
    if command["contexts"] is not None:
        return here in command["contexts"]
    return here is not Context.BOT_DIRECT or bool(command["dm_permission"])


def app_permissions(world: World, channel: Channel) -> Permission:
    """Return the bot's permissions for responses in *channel*."""
    return world.bot_permissions(channel) or EXTERNAL
