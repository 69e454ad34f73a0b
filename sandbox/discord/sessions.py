"""What the gateway keeps of each socket, and of each session that outlives its socket."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.api_errors import Json
from sandbox.discord.enums import Intent, Opcode

KEPT_EVENTS = 2000  # of each session, for its RESUME


@dataclass(eq=False)
class Connection:
    """One open socket; what is sent waits in a queue, so that no sender ever waits."""

    transport: asyncio.Transport | None
    outbound: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)

    def send(self, opcode: Opcode, data: Any = None, **more: Any) -> None:
        """Queue a frame."""
        self.outbound.put_nowait({"op": int(opcode), "d": data, "s": None, "t": None, **more})

    def cut(self) -> None:
        """Drop the connection without a word, as a bad network does."""
        if self.transport is not None:
            self.transport.abort()


@dataclass(eq=False, kw_only=True)
class Session:
    """What one IDENTIFY began; it outlives its connection for a while."""

    id: str
    shard: int
    shards: int
    intents: Intent
    connection: Connection | None
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_EVENTS))
    lost_at: float = 0.0  # monotonic; when the connection went

    def dispatch(self, name: str, data: Json) -> None:
        """Give an event its number, keep it, and send it if there is a connection."""
        self.sequence += 1
        frame = {"op": int(Opcode.DISPATCH), "d": data, "s": self.sequence, "t": name}
        self.events.append(frame)
        if self.connection is not None:
            self.connection.outbound.put_nowait(frame)

    def covers(self, guild_id: str | None) -> bool:
        """Whether a guild, or the direct channels, belong to this session's shard."""
        return (int(guild_id or 0) >> 22) % self.shards == self.shard
