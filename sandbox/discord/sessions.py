"""The gateway's sessions, which outlive their connections."""

import secrets
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.connections import Connection
from sandbox.discord.enums import Intent, Opcode
from sandbox.discord.events import BotOnline
from sandbox.discord.world import World

KEPT_EVENTS = 2000  # of each session, for RESUME


@dataclass(eq=False, kw_only=True)
class Session:
    """A session begun by IDENTIFY; it outlives its connection for `resume_window`."""

    id: str = field(default_factory=lambda: secrets.token_hex(16))
    shard: int
    shards: int
    intents: Intent
    connection: Connection | None
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    lost_at: float = 0.0  # monotonic time of the connection's end

    def dispatch(self, name: str, data: Any) -> None:
        """Record an event with its sequence number, and send it if there is a connection."""
        self.sequence += 1
        frame = {"op": int(Opcode.DISPATCH), "d": data, "s": self.sequence, "t": name}
        self.events.append(frame)
        if self.connection is not None:
            self.connection.outbound.put_nowait(frame)

    def covers(self, guild_id: str | None) -> bool:
        """Tell whether a guild (None: direct channels) belongs to this session's shard."""
        return (int(guild_id or 0) >> 22) % self.shards == self.shard


class Sessions:
    """Registry of all sessions; it tells when the bot's first one begins and its last one ends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_id: dict[str, Session] = {}

    @property
    def online(self) -> bool:
        """Whether one of them is connected."""
        return any(session.connection for session in self.by_id.values())

    def alive(self) -> Iterator[Session]:
        """Yield the sessions that are connected or can be resumed."""
        oldest = time.monotonic() - self._world.resume_window
        for session in tuple(self.by_id.values()):
            if session.connection is None and session.lost_at < oldest:
                del self.by_id[session.id]
            else:
                yield session

    def of(self, connection: Connection) -> Session | None:
        """Return the session of a connection."""
        sessions = self.by_id.values()
        return next((session for session in sessions if session.connection is connection), None)

    def connect(self, session: Session, connection: Connection) -> None:
        """Begin or resume a session."""
        first = not self.online
        session.connection = connection
        self.by_id[session.id] = session
        if first:
            self._world.publish(BotOnline(online=True))

    def lose(self, connection: Connection, *, ended: bool) -> None:
        """Disconnect a connection's session; one that is *ended* cannot be resumed."""
        session = self.of(connection)
        if session is None:
            return
        session.connection = None
        session.lost_at = time.monotonic()
        if ended:
            del self.by_id[session.id]
        if not self.online:
            self._world.publish(BotOnline(online=False))

    def clear(self) -> None:
        """Forget all sessions."""
        was_online = self.online
        self.by_id.clear()
        if was_online:
            self._world.publish(BotOnline(online=False))

    def dispatch(
        self, name: str, data: Any, guild_id: str | None = None, intent: Intent = Intent.NONE
    ) -> None:
        """Dispatch an event to the sessions that cover the guild and have the intent."""
        for session in self.alive():
            if intent in session.intents and session.covers(guild_id):
                session.dispatch(name, data)
