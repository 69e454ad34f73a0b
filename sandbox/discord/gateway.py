"""The gateway: WebSocket connections with heartbeats, IDENTIFY, RESUME and shards.

https://docs.discord.com/developers/events/gateway
"""

import json
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.discord import serializers
from sandbox.discord.api_errors import Json
from sandbox.discord.compression import TRANSPORT
from sandbox.discord.connections import Closing, Connection, exchange
from sandbox.discord.dispatcher import Dispatcher, members_chunk
from sandbox.discord.endpoint import Endpoint
from sandbox.discord.enums import Intent, Opcode
from sandbox.discord.gateway_troubles import Closure, Stage
from sandbox.discord.models import Guild
from sandbox.discord.sessions import Session, Sessions
from sandbox.discord.world import World

OPCODES = frozenset(int(opcode) for opcode in Opcode)
MAX_FRAME = 4096  # bytes; Discord's limit for a bot's frame
VERSIONS = {"", "6", "7", "8", "9", "10"}  # empty: the default one
PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
MAX_GUILDS = 2500  # of a session
NORMAL = {1000, 1001}  # close codes that end the session


class Gateway:
    """The bot's connections to the gateway.

    Troubles: `drop` and `close` act at once, `close_each` on each connection to come;
    `send_raw` and `dispatch` send what Discord would not.
    """

    def __init__(self, world: World, endpoint: Endpoint | None = None) -> None:
        self._world = world
        self._sessions = Sessions(world)
        self.acknowledges = True  # heartbeats; without, connections look dead to the bot
        self.closures: list[Closure] = []  # active ones
        self._connections: set[Connection] = set()
        self.dispatch = self._sessions.dispatch
        world.listeners.append(Dispatcher(world, self._sessions, endpoint).on_event)

    @property
    def sessions(self) -> dict[str, Session]:
        """The sessions by their ids."""
        return self._sessions.by_id

    @property
    def online(self) -> bool:
        """Whether the bot has a connected session."""
        return self._sessions.online

    @property
    def reachable(self) -> bool:
        """Whether an event reaches the bot, now or after a RESUME."""
        return any(self._sessions.alive())

    @property
    def compressions(self) -> list[str]:
        """The transport compression of each open connection."""
        return [connection.compression for connection in self._connections]

    # Troubles

    def drop(self, *, resumable: bool = True) -> None:
        """Cut all sockets without a close frame, as a network failure does."""
        for connection in tuple(self._connections):
            connection.cut()
        if not resumable:
            self._sessions.clear()

    def close(self, code: int, reason: str = "", *, resumable: bool = True) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close(code, reason)
        if not resumable:
            self._sessions.clear()

    def close_each(self, code: int, stage: Stage = Stage.READY, **more: Any) -> Closure:
        """Close each connection that reaches *stage*; *more* are fields of `Closure`."""
        self.closures.append(closure := Closure(code=code, stage=stage, **more))
        return closure

    def end_troubles(self) -> None:
        """End what `close_each` began, and acknowledge heartbeats."""
        self.closures.clear()
        self.acknowledges = True

    def send_raw(self, frame: str | bytes) -> None:
        """Send a frame on all connections: text as the connection encodes it, bytes as they are."""
        for connection in self._connections:
            connection.outbound.put_nowait(frame)

    def request_heartbeat(self) -> None:
        """Ask for a heartbeat on each connection."""
        for connection in self._connections:
            connection.send(Opcode.HEARTBEAT)

    def reconnect(self) -> None:
        """Tell each connection to reconnect, as Discord does before a deployment."""
        for connection in self._connections:
            connection.send(Opcode.RECONNECT)

    def invalidate(self, *, resumable: bool) -> None:
        """Tell each connection that its session is invalid; one that is *resumable* is kept."""
        for connection in self._connections:
            connection.send(Opcode.INVALID_SESSION, data=resumable)
        if not resumable:
            self._sessions.clear()

    def reset_token(self) -> None:
        """Give the bot a new token and end all sessions, as Discord does after too many starts."""
        self._world.reset_token()
        self.close(4004, "Authentication failed.", resumable=False)

    # Connections

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket from HELLO to its end."""
        if self._world.refuse_gateway:
            return web.Response(status=503)
        # The size of a frame is checked later: aiohttp has another close code
        socket = web.WebSocketResponse(max_msg_size=0, compress=False, timeout=1.0)
        await socket.prepare(request)
        connection = self._open(request)
        self._connections.add(connection)
        code = None
        try:
            code = await exchange(
                socket, connection.outbound, partial(self._receive, connection), connection.encode
            )
        finally:
            connection.rest()
            self._connections.discard(connection)
            self._sessions.lose(connection, ended=code in NORMAL)
        return socket

    def _open(self, request: web.Request) -> Connection:
        """Greet a connection, or close it for what its URL asks for."""
        query, interval = request.query, self._world.heartbeat_interval
        named = query.get("compress", "")
        connection = Connection(request.transport, named if named in TRANSPORT else "")
        if query.get("v", "") not in VERSIONS:
            connection.close(4012, "Invalid API version.")
        # ETF, which Discord knows too, is not supported
        if query.get("encoding", "json") != "json" or named not in TRANSPORT:
            connection.close(4002, "Error while decoding payload.")
        connection.send(Opcode.HELLO, {"heartbeat_interval": int(interval * 1000)})
        connection.expect_heartbeat(interval)
        self._reach(Stage.HELLO, connection)
        return connection

    def _reach(self, stage: Stage, connection: Connection) -> bool:
        """Tell whether a trouble closes a connection that reaches *stage*, and close it."""
        self.closures = [closure for closure in self.closures if closure.active]
        closure = next((found for found in self.closures if found.stage is stage), None)
        if closure is None:
            return False
        closure.times -= 1
        connection.close(closure.code, closure.reason)
        if not closure.resumable:
            self._sessions.lose(connection, ended=True)
        return True

    def _receive(self, connection: Connection, raw: str | bytes) -> None:
        connection.count_frame()
        size = len(raw.encode() if isinstance(raw, str) else raw)
        try:
            frame = json.loads(raw) if size <= MAX_FRAME else {}
            if frame["op"] not in OPCODES:
                raise Closing(4001, "Unknown opcode.")
            self._dispatch_frame(connection, frame["op"], frame.get("d"))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise Closing(4002, "Error while decoding payload.") from error

    def _dispatch_frame(self, connection: Connection, opcode: int, data: Any) -> None:
        session = self._sessions.of(connection)
        match opcode:
            case Opcode.HEARTBEAT:
                connection.expect_heartbeat(self._world.heartbeat_interval)
                if self.acknowledges:
                    connection.send(Opcode.HEARTBEAT_ACK)
            case Opcode.IDENTIFY | Opcode.RESUME if session is not None:
                raise Closing(4005, "Already authenticated.")
            case Opcode.IDENTIFY:
                self._identify(connection, data)
            case Opcode.RESUME:
                self._resume(connection, data)
            case _ if session is None:
                raise Closing(4003, "Not authenticated.")
            case Opcode.REQUEST_MEMBERS:
                session.dispatch("GUILD_MEMBERS_CHUNK", members_chunk(self._world, data))
            case Opcode.PRESENCE | Opcode.VOICE_STATE | Opcode.REQUEST_SOUNDS:
                pass  # ignored
            case _:
                raise Closing(4001, "Unknown opcode.")

    def _identify(self, connection: Connection, data: Json) -> None:
        self._authenticate(data)
        _ = {**data["properties"]}  # must be an object
        shard, shards = map(int, data.get("shard") or (0, 1))
        intents = Intent(data["intents"])
        session = Session(shard=shard, shards=shards, intents=intents, connection=connection)
        if not self._world.starts.count(shard):
            self.reset_token()
            return
        if self._reach(Stage.IDENTIFY, connection):
            return
        guilds = self._guilds(session)
        if not self._world.starts.admits(shard):
            connection.send(Opcode.INVALID_SESSION, data=False)
            return
        if data.get("compress"):
            connection.compress_payloads()
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
        for guild in guilds:
            if Intent.GUILDS in intents and not guild.unavailable:
                shown = serializers.created_guild(self._world, guild)
                session.dispatch("GUILD_CREATE", shown | {"unavailable": False})
        self._sessions.connect(session, connection)
        self._reach(Stage.READY, connection)

    def _guilds(self, session: Session) -> list[Guild]:
        """Return the guilds of a session; raise Closing if Discord would not let it begin."""
        if not 0 <= session.shard < session.shards:
            raise Closing(4010, "Invalid shard.")
        if session.intents & ~Intent.ALL:
            raise Closing(4013, "Invalid intent(s).")
        if session.intents & PRIVILEGED and not self._world.privileged_intents:
            raise Closing(4014, "Disallowed intent(s).")
        joined = [guild for guild in self._world.guilds.values() if guild.has_bot]
        guilds = [guild for guild in joined if session.covers(guild.id)]
        if len(guilds) > MAX_GUILDS:
            raise Closing(4011, "Sharding required.")
        return guilds

    def _resume(self, connection: Connection, data: Json) -> None:
        self._authenticate(data)
        alive = {session.id: session for session in self._sessions.alive()}
        session, seen = alive.get(data["session_id"]), data["seq"] or 0
        if self._reach(Stage.RESUME, connection):
            return
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
        self._sessions.connect(session, connection)
        session.dispatch("RESUMED", {})
        self._reach(Stage.READY, connection)

    def _authenticate(self, data: Any) -> None:
        if str(data["token"]).removeprefix("Bot ") != self._world.bot_token:
            raise Closing(4004, "Authentication failed.")
