"""Turns changes of the world into the gateway's events."""

from sandbox.discord import serializers
from sandbox.discord.api_errors import Json
from sandbox.discord.endpoint import Endpoint
from sandbox.discord.enums import Intent, Permission
from sandbox.discord.events import (
    BotMembershipChanged,
    Change,
    ChannelChanged,
    Event,
    GuildChanged,
    MemberChanged,
    OutageChanged,
    RoleChanged,
)
from sandbox.discord.interactions import InteractionCreated, created
from sandbox.discord.messages import (
    Message,
    MessageEdited,
    MessageEvent,
    MessagePosted,
    MessageRemoved,
    to_bot,
)
from sandbox.discord.models import Guild
from sandbox.discord.sessions import Sessions
from sandbox.discord.world import World

MESSAGE_EVENTS: dict[type[Event], str] = {
    MessagePosted: "MESSAGE_CREATE",
    MessageEdited: "MESSAGE_UPDATE",
    MessageRemoved: "MESSAGE_DELETE",
}


def members_chunk(world: World, asked: Json) -> Json:
    """Return GUILD_MEMBERS_CHUNK for a request of members, by their ids or their names."""
    guild, query = world.guilds[str(asked["guild_id"])], str(asked.get("query") or "").lower()
    wanted = asked.get("user_ids")
    ids = [wanted] if isinstance(wanted, str | int) else wanted or list(guild.members)
    known = [world.users[str(user)] for user in ids if str(user) in guild.members]
    found = [user for user in known if user.username.lower().startswith(query)]
    shown = {
        "guild_id": guild.id,
        "members": [
            serializers.member(guild, user) for user in found[: asked.get("limit") or None]
        ],
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": [str(user) for user in ids if str(user) not in guild.members],
    }
    return shown | ({"nonce": asked["nonce"]} if "nonce" in asked else {})


class Dispatcher:
    """Observer of the world that dispatches its events to the bot's sessions.

    Interactions go to the endpoint, if one is set.
    """

    def __init__(self, world: World, sessions: Sessions, endpoint: Endpoint | None = None) -> None:
        self._world = world
        self._endpoint = endpoint
        self._sessions = sessions

    def on_event(self, event: Event) -> None:
        """Dispatch an event that the bot hears of."""
        match event:
            case InteractionCreated(interaction) if self._endpoint and self._endpoint.is_set:
                self._endpoint.send(interaction)
            case InteractionCreated(interaction):
                guild_id = interaction.guild.id if interaction.guild else None
                shown = created(self._world, interaction)
                self._sessions.dispatch("INTERACTION_CREATE", shown, guild_id)
            case MessageEvent(message):
                self._message(MESSAGE_EVENTS[type(event)], message)
            case _:
                self._guild_event(event)

    def _guild_event(self, event: Event) -> None:
        match event:
            case ChannelChanged(channel, change) if channel.guild_id:
                shown = serializers.channel(self._world, channel)
                if channel.is_thread and change is Change.CREATE:
                    shown["newly_created"] = True
                kind = "THREAD" if channel.is_thread else "CHANNEL"
                self._dispatch(f"{kind}_{change}", channel.guild_id, shown)
            case RoleChanged(guild, role, Change.DELETE):
                data = {"guild_id": guild.id, "role_id": role.id}
                self._dispatch("GUILD_ROLE_DELETE", guild.id, data)
            case RoleChanged(guild, role, change):
                shown = {"guild_id": guild.id, "role": serializers.role(role)}
                self._dispatch(f"GUILD_ROLE_{change}", guild.id, shown)
            case GuildChanged(guild):
                self._dispatch("GUILD_UPDATE", guild.id, serializers.guild(guild))
            case MemberChanged(guild, user):
                data = {"guild_id": guild.id, **serializers.member(guild, user)}
                self._dispatch("GUILD_MEMBER_UPDATE", guild.id, data, Intent.GUILD_MEMBERS)
            case OutageChanged(guild):
                self._membership(guild, {"unavailable": guild.unavailable})
            case BotMembershipChanged(guild) if guild.has_bot and guild.unavailable:
                self._dispatch("GUILD_CREATE", guild.id, {"id": guild.id, "unavailable": True})
            case BotMembershipChanged(guild):
                self._membership(guild, {})

    def _membership(self, guild: Guild, outage: Json) -> None:
        """Dispatch that the bot has got a guild, or lost it; *outage* says that one caused it."""
        if guild.has_bot and not guild.unavailable:
            shown = serializers.created_guild(self._world, guild)
            self._dispatch("GUILD_CREATE", guild.id, shown | outage)
        else:
            self._dispatch("GUILD_DELETE", guild.id, {"id": guild.id, **outage})

    def _dispatch(
        self, name: str, guild_id: str, data: Json, intent: Intent = Intent.GUILDS
    ) -> None:
        """Dispatch an event of a guild, unless the bot is not in it."""
        if self._world.guilds[guild_id].has_bot or name == "GUILD_DELETE":
            self._sessions.dispatch(name, data, guild_id, intent)

    def _message(self, name: str, message: Message) -> None:
        channel = message.channel
        hidden = Permission.VIEW_CHANNEL not in self._world.bot_permissions(channel)
        if hidden or message.ephemeral_for is not None:
            return
        wanted = Intent.GUILD_MESSAGES if channel.guild_id else Intent.DIRECT_MESSAGES
        for session in self._sessions.alive():
            if wanted in session.intents and session.covers(channel.guild_id):
                session.dispatch(name, self._shown(name, message, session.intents))

    def _shown(self, name: str, message: Message, intents: Intent) -> Json:
        guild = self._world.guild_of(message.channel)
        where = {"guild_id": guild.id} if guild else {}
        if name == "MESSAGE_DELETE":
            return {"id": message.id, "channel_id": message.channel.id, **where}
        content = Intent.MESSAGE_CONTENT in intents
        shown = to_bot(self._world, message, content=content) | where
        if guild and message.author.id in guild.members:
            shown["member"] = serializers.membership(guild, message.author)
        return shown
