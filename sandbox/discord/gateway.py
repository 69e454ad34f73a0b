"""The gateway: WebSocket sessions with heartbeats, dispatch, RESUME and shards.

https://discord.com/developers/docs/events/gateway
"""

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import Json
from sandbox.discord.compression import TRANSPORT
from sandbox.discord.enums import Intent, Opcode, Permission
from sandbox.discord.events import BotMembershipChanged, BotOnline, ChannelChanged, Event
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
from sandbox.discord.sessions import Closing, Connection, Session, exchange
from sandbox.discord.world import World

OPCODES = frozenset(int(opcode) for opcode in Opcode)
MAX_FRAME = 4096  # bytes; Discord's limit for a bot's frame
VERSIONS = {"", "6", "7", "8", "9", "10"}  # empty: the default one
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT


MESSAGE_EVENTS: dict[type[Event], str] = {
    MessagePosted: "MESSAGE_CREATE",
    MessageEdited: "MESSAGE_UPDATE",
    MessageRemoved: "MESSAGE_DELETE",
}


class Gateway:
    """The bot's gateway sessions, and the dispatch of events to them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        world.listeners.append(self._on_event)

    @property
    def online(self) -> bool:
        """Whether the bot has a connected session."""
        return any(session.connection for session in self.sessions.values())

    @property
    def reachable(self) -> bool:
        """Whether an event reaches the bot, now or after a RESUME."""
        return any(self._alive())

    @property
    def compressions(self) -> list[str]:
        """The transport compression of each open connection."""
        return [connection.compression for connection in self._connections]

    def drop(self, *, resumable: bool = True) -> None:
        """Cut all sockets without a close frame, as a network failure does."""
        if not resumable:
            self.sessions.clear()
        for connection in tuple(self._connections):
            connection.cut()

    def reconnect(self) -> None:
        """Tell each connection to reconnect, as Discord does before a deployment."""
        for connection in self._connections:
            connection.send(Opcode.RECONNECT)

    def outage(self, guild: Guild, *, over: bool = False) -> None:
        """Make *guild* unavailable, or available again, as in an outage of a part of Discord."""
        if over:
            shown = serializers.created_guild(self._world, guild) | {"unavailable": False}
            self._dispatch("GUILD_CREATE", guild.id, shown, Intent.GUILDS)
        else:
            away = {"id": guild.id, "unavailable": True}
            self._dispatch("GUILD_DELETE", guild.id, away, Intent.GUILDS)

    # Connections

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket from HELLO to its end."""
        if self._world.refuse_gateway:
            return web.Response(status=503)
        # The size of a frame is checked later: aiohttp has another close code
        socket = web.WebSocketResponse(max_msg_size=0, compress=False, timeout=1.0)
        await socket.prepare(request)
        query = request.query
        named = query.get("compress", "")
        connection = Connection(request.transport, named if named in TRANSPORT else "")
        self._connections.add(connection)
        if query.get("v", "") not in VERSIONS:
            connection.close(4012, "Invalid API version.")
        # ETF, which Discord knows too, is not supported
        elif query.get("encoding", "json") != "json" or named not in TRANSPORT:
            connection.close(4002, "Error while decoding payload.")
        interval = int(self._world.heartbeat_interval * 1000)
        connection.send(Opcode.HELLO, {"heartbeat_interval": interval})
        try:
            await exchange(
                socket, connection.outbound, partial(self._receive, connection), connection.encode
            )
        finally:
            self._connections.discard(connection)
            self._lose(connection)
        return socket

    def _receive(self, connection: Connection, raw: str | bytes) -> None:
        size = len(raw.encode() if isinstance(raw, str) else raw)
        try:
            frame = json.loads(raw) if size <= MAX_FRAME else {}
            if frame["op"] not in OPCODES:
                raise Closing(4001, "Unknown opcode.")
            self._dispatch_frame(connection, frame["op"], frame.get("d"))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise Closing(4002, "Error while decoding payload.") from error

    def _dispatch_frame(self, connection: Connection, opcode: int, data: Any) -> None:
        session = self._session_of(connection)
        match opcode:
            case Opcode.HEARTBEAT:
                connection.send(Opcode.HEARTBEAT_ACK)
            case Opcode.IDENTIFY | Opcode.RESUME if session is not None:
                raise Closing(4005, "Already authenticated.")
            case Opcode.IDENTIFY:
                self._identify(connection, data)
            case Opcode.RESUME:
                self._resume(connection, data)
            case _ if session is None:
                raise Closing(4003, "Not authenticated.")
            case Opcode.PRESENCE | Opcode.VOICE_STATE | Opcode.REQUEST_MEMBERS:
                pass  # ignored
            case _:
                raise Closing(4001, "Unknown opcode.")

    def _identify(self, connection: Connection, data: Json) -> None:
        self._authenticate(data)
        shard, shards = data.get("shard") or (0, 1)
        if not 0 <= shard < shards:
            raise Closing(4010, "Invalid shard.")
        intents = Intent(data["intents"])
        if data.get("compress"):
            connection.compress_payloads()
        if intents & PRIVILEGED and not self._world.privileged_intents:
            raise Closing(4014, "Disallowed intent(s).")
        session = Session(shard=shard, shards=shards, intents=intents, connection=connection)
        joined = [guild for guild in self._world.guilds.values() if guild.has_bot]
        guilds = [guild for guild in joined if session.covers(guild.id)]
        ready = {
            "v": 10,
            "user": serializers.own_user(self._world),
            "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._world.gateway_url,
            "session_type": "normal",
            "shard": [shard, shards],
            "application": {"id": self._world.application_id, "flags": 0},
            "private_channels": [],
        }
        session.dispatch("READY", ready)
        if Intent.GUILDS in session.intents:
            for guild in guilds:
                shown = serializers.created_guild(self._world, guild)
                session.dispatch("GUILD_CREATE", shown | {"unavailable": False})
        self._connect(session, connection)

    def _resume(self, connection: Connection, data: Json) -> None:
        self._authenticate(data)
        session = next((known for known in self._alive() if known.id == data["session_id"]), None)
        seen = data["seq"] or 0
        if session is None or (session.events and session.events[0]["s"] > seen + 1):
            connection.send(Opcode.INVALID_SESSION, data=False)
            return
        if seen > session.sequence:
            raise Closing(4007, "Invalid seq.")
        if session.connection is not None:
            session.connection.cut()  # the client has abandoned it
            session.connection = None
        for frame in session.events:
            if frame["s"] > seen:
                connection.outbound.put_nowait(frame)
        self._connect(session, connection)
        session.dispatch("RESUMED", {})

    def _authenticate(self, data: Any) -> None:
        if str(data["token"]).removeprefix("Bot ") != self._world.bot_token:
            raise Closing(4004, "Authentication failed.")

    def _connect(self, session: Session, connection: Connection) -> None:
        first = not self.online
        session.connection = connection
        self.sessions[session.id] = session
        if first:
            self._world.publish(BotOnline(online=True))

    def _lose(self, connection: Connection) -> None:
        session = self._session_of(connection)
        if session is None:
            return
        session.connection = None
        session.lost_at = time.monotonic()
        if not self.online:
            self._world.publish(BotOnline(online=False))

    def _session_of(self, connection: Connection) -> Session | None:
        sessions = self.sessions.values()
        return next((session for session in sessions if session.connection is connection), None)

    def _alive(self) -> Iterator[Session]:
        """Yield the sessions that are connected or can be resumed."""
        oldest = time.monotonic() - self._world.resume_window
        for session in tuple(self.sessions.values()):
            if session.connection is None and session.lost_at < oldest:
                del self.sessions[session.id]
            else:
                yield session

    # Dispatch

    def _on_event(self, event: Event) -> None:
        match event:
            case InteractionCreated(interaction):
                guild_id = interaction.guild.id if interaction.guild else None
                payload = created(self._world, interaction)
                self._dispatch("INTERACTION_CREATE", guild_id, payload)
            case MessageEvent(message):
                self._dispatch_message(MESSAGE_EVENTS[type(event)], message)
            case ChannelChanged(channel) if channel.guild_id:
                shown = serializers.channel(self._world, channel)
                self._dispatch("CHANNEL_UPDATE", channel.guild_id, shown, Intent.GUILDS)
            case BotMembershipChanged(guild) if guild.has_bot:
                shown = serializers.created_guild(self._world, guild)
                self._dispatch("GUILD_CREATE", guild.id, shown, Intent.GUILDS)
            case BotMembershipChanged(guild):
                self._dispatch("GUILD_DELETE", guild.id, {"id": guild.id}, Intent.GUILDS)

    def _dispatch(
        self, name: str, guild_id: str | None, data: Json, intent: Intent = Intent.NONE
    ) -> None:
        for session in self._alive():
            if intent in session.intents and session.covers(guild_id):
                session.dispatch(name, data)

    def _dispatch_message(self, name: str, message: Message) -> None:
        channel = message.channel
        hidden = Permission.VIEW_CHANNEL not in self._world.bot_permissions(channel)
        if hidden or message.ephemeral_for is not None:
            return
        wanted = Intent.GUILD_MESSAGES if channel.guild_id else Intent.DIRECT_MESSAGES
        for session in self._alive():
            if wanted in session.intents and session.covers(channel.guild_id):
                session.dispatch(name, self._message(name, message, session.intents))

    def _message(self, name: str, message: Message, intents: Intent) -> Json:
        guild = self._world.guild_of(message.channel)
        where = {"guild_id": guild.id} if guild else {}
        if name == "MESSAGE_DELETE":
            return {"id": message.id, "channel_id": message.channel.id, **where}
        content = Intent.MESSAGE_CONTENT in intents
        shown = to_bot(self._world, message, content=content) | where
        if guild and message.author.id in guild.members:
            shown["member"] = serializers.membership(guild, message.author)
        return shown
