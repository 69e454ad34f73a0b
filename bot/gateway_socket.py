"""The connection to Discord's gateway: discord.py's, without its reasons to end early."""

import json
from functools import partial
from typing import Any, Final, NoReturn, Self

import aiohttp
from discord.errors import ConnectionClosed
from discord.gateway import (
    DiscordClientWebSocketResponse,
    DiscordWebSocket,
    ReconnectWebSocket,
    WebSocketClosure,
)
from yarl import URL

# Without one of these there is no session that could go on.
_ESSENTIAL: Final = frozenset({"HELLO", "READY", "RESUMED"})
_FRAME: Final = "frame"  # the kind of what has no name that discord.py knows
# How discord.py ends a connection.
_ENDS: Final = (
    ConnectionClosed,
    ReconnectWebSocket,
    WebSocketClosure,
    aiohttp.ClientError,
    OSError,
)


async def _connect(
    client: Any, address: str, *, compress: int = 0
) -> aiohttp.ClientWebSocketResponse:
    """Connect as discord.py's HTTPClient does, but through the gateway's own proxy."""
    session: aiohttp.ClientSession = client.http._HTTPClient__session  # noqa: SLF001
    return await session.ws_connect(
        address,
        proxy=client.gateway_proxy(URL(address)),
        max_msg_size=0,
        timeout=aiohttp.ClientWSTimeout(ws_close=30.0),
        autoclose=False,
        headers={"User-Agent": client.http.user_agent},
        compress=compress,
    )


class GatewayResponse(DiscordClientWebSocketResponse):
    """WebSocket that remembers Discord's close code; aiohttp forgets it if its own close fails."""

    async def close(self, *, code: int = 4000, message: bytes = b"") -> bool:
        """Close the connection; see aiohttp."""
        received = self._close_code
        try:
            return await super().close(code=code, message=message)
        finally:
            self._close_code = received or self._close_code


class GatewaySocket(DiscordWebSocket):
    """Gateway connection that drops a malformed event; discord.py would drop the connection.

    Each one is dispatched as ``malformed_event``, with its kind and the error.
    """

    @classmethod
    async def from_client(cls, client: Any, **options: Any) -> Self:
        """Connect *client*; without a session to resume, start one."""
        if not options.get("initial"):
            await client.before_reconnect()
        client.http.ws_connect = partial(_connect, client)
        options["resume"] = options.get("resume", False) and options.get("session") is not None
        return await super().from_client(client, **options)

    async def identify(self) -> None:
        """Start a session, when the client's hook allows it."""
        try:
            await super().identify()
        except BaseException:
            if self._keep_alive:  # a thread
                self._keep_alive.stop()
            raise

    async def received_message(self, msg: Any, /) -> None:
        """Decompress and handle a frame."""
        if isinstance(msg, bytes):
            try:
                msg = self._decompressor.decompress(msg)
            except Exception as error:  # noqa: BLE001 - of any decompressor
                self._dispatch("malformed_event", _FRAME, error)
                await self._reconnect(resume=True)  # nothing that follows could be read either
            if msg is None:  # more of it follows
                return
        try:
            await super().received_message(msg)
        except _ENDS:
            raise
        except Exception as error:  # noqa: BLE001 - of the parsers
            kind = self._kind(msg)
            self._dispatch("malformed_event", kind, error)
            if kind in _ESSENTIAL:
                await self._reconnect(resume=False)

    def _kind(self, msg: str) -> str:
        """Return the name of the event; names come from a fixed set."""
        try:
            frame = json.loads(msg)
            if frame["op"] == self.HELLO:
                return "HELLO"
            return frame["t"] if frame["t"] in self._discord_parsers else _FRAME
        except (KeyError, TypeError, ValueError):
            return _FRAME

    async def _reconnect(self, *, resume: bool) -> NoReturn:
        await self.close()
        raise ReconnectWebSocket(self.shard_id, resume=resume)
