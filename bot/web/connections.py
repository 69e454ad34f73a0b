"""Bounds the connections of the HTTP server, which anybody on the internet can open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http import HttpProcessingError

log = logging.getLogger(__name__)

MOST: Final = 256  # connections at once
PATIENCE: Final = 10.0  # seconds for head and body of a request
# Seconds between two requests. Longer than load balancers keep theirs: they lose a request that
# they send just as the connection is closed, and Discord sends none again.
IDLE: Final = 620.0

_OPTIONS: Final[dict[str, Any]] = {
    "access_log": None,  # addresses of callbacks are secret
    "lingering_time": 1.0,  # seconds for which the rest of a refused request is discarded
    "max_line_size": 4096,  # bytes
    "max_field_size": 4096,  # bytes
    "max_headers": 64,
}

_CLIENT_ERRORS: Final = (
    HttpProcessingError,
    web.RequestPayloadError,
    UnicodeEncodeError,  # of what came as bytes that are no UTF-8
)


class ConnectionLimiter:
    """Limits the number of connections: a new one evicts the oldest that has sent no whole head."""

    def __init__(self, *, most: int = MOST, patience: float = PATIENCE, idle: float = IDLE) -> None:
        """Close a connection on which a request takes longer than *patience* seconds to arrive.

        The time of the first begins with the connection, that of others with their first byte,
        which must come within *idle* seconds.
        """
        self.patience = patience
        self.idle = idle
        self._most = most
        self._open: set[Connection] = set()
        self._headless: dict[Connection, None] = {}  # the oldest first

    def add(self, connection: "Connection") -> None:
        """Count *connection*; with too many, abort one that waits for a head, perhaps this."""
        self._open.add(connection)
        self._headless[connection] = None
        if len(self._open) > self._most:
            next(iter(self._headless)).abort()

    def head_arrived(self, connection: "Connection") -> None:
        """Evict *connection* no more."""
        self._headless.pop(connection, None)

    def await_head(self, connection: "Connection") -> bool:
        """Let *connection* be evicted, after those that have waited longer; False: it is closed."""
        is_open = connection in self._open
        if is_open:
            self._headless[connection] = None
        return is_open

    def remove(self, connection: "Connection") -> None:
        """Forget *connection*; again does nothing."""
        self._open.discard(connection)
        self._headless.pop(connection, None)


class Connection(web.RequestHandler):
    """Server side of an HTTP connection, with a time limit for each request to arrive."""

    def __init__(self, server: web.Server, limiter: ConnectionLimiter) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **_OPTIONS)
        self._limiter = limiter
        self._timer: asyncio.TimerHandle | None = None
        self._request: web.Request | None = None  # which is being handled
        self._idle = False  # since the last answer, nothing has arrived
        # Of the transport, which aiohttp forgets before it is closed.
        self._abort = self.force_close

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the connection, or evict one."""
        super().connection_made(transport)
        self._abort = cast("asyncio.Transport", transport).abort
        self._start_timer()
        self._limiter.add(self)

    def connection_lost(self, error: BaseException | None) -> None:
        """End what waits for the connection."""
        self._stop_timer()
        self._limiter.remove(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Parse *data*."""
        self._awake()
        super().data_received(data)
        self._check_body()

    def abort(self) -> None:
        """Close the connection at once, whatever is still to be written."""
        self._stop_timer()
        self._limiter.remove(self)
        self._abort()

    def begin(self, request: web.Request) -> None:
        """Stop the time limit once the body of *request* has arrived."""
        self._awake()  # its head came with the last request
        self._request = request
        self._limiter.head_arrived(self)
        request.content.on_eof(partial(self._arrived, request))
        self._check_body()

    def end(self) -> None:
        """Start the time limit for the answer to be sent, then that for the next request."""
        self._request = None
        if self._limiter.await_head(self):
            self._idle = True
            self._start_timer()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP; faults of the bot are logged and answered as ever."""
        if not isinstance(exc, _CLIENT_ERRORS):
            return super().handle_error(request, status, exc, message)
        self._log_client_error(exc)
        return _refusal()

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Log a fault of the bot with its traceback, an error of the client without."""
        error = options.get("exc_info")
        if isinstance(error, _CLIENT_ERRORS):
            self._log_client_error(error)
        else:
            super().log_exception(*args, **options)

    def _check_body(self) -> None:
        """Fail the body that is being received if the parser did, for which aiohttp would wait."""
        body = self._request.content if self._request else None
        if body is not None and self._messages and not body.is_eof():  # it can only be the error
            body.set_exception(web.RequestPayloadError())

    def _arrived(self, request: web.Request) -> None:
        if self._request is request:
            self._stop_timer()

    def _awake(self) -> None:
        """Start the time limit for a request to arrive, if there was none."""
        if self._idle:
            self._idle = False
            self._start_timer()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self._limiter.patience, self._run_out)

    def _run_out(self) -> None:
        """Close the connection, unless its last answer is sent: then its client may be idle."""
        transport = self.transport
        if self._idle and transport is not None and not transport.get_write_buffer_size():
            self._timer = asyncio.get_running_loop().call_later(self._limiter.idle, self.abort)
        else:
            self.abort()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _log_client_error(self, error: BaseException) -> None:
        log.debug("request not understood: error=%s", type(error).__name__)


@web.middleware
async def bounded(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Apply the limits of the connection; an answer before the body's end closes it."""
    connection = request.protocol
    assert isinstance(connection, Connection)
    connection.begin(request)
    try:
        response = await handler(request)
    except web.HTTPException as refusal:
        if not request.content.is_eof():
            refusal.force_close()
        raise
    except web.RequestPayloadError:  # logged when aiohttp discards the rest of the body
        return _refusal()
    except ConnectionError:
        if request.transport is not None:
            raise
        return _refusal()  # the client is gone
    finally:
        connection.end()
    if not request.content.is_eof():
        response.force_close()
    return response


def _refusal() -> web.Response:
    refusal = web.Response(status=HTTPStatus.BAD_REQUEST)
    refusal.force_close()
    return refusal
