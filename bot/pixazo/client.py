"""Sends the requests of ``wire`` to the gateway. The only module that holds the API key."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import partial
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import quote

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from bot.domain.job import Update
from bot.domain.order import Order
from bot.pixazo import bodies, wire
from bot.pixazo.sent import Sent
from bot.service.port_errors import NotSent, OutcomeUnknown, PixazoError
from bot.service.ports.vendor import Callback

log = logging.getLogger(__name__)

STATUS_PATH: Final = "/v2/requests/status/"
STATUS_TIMEOUT: Final = 15.0  # seconds
CONNECT_TIMEOUT: Final = 10.0  # seconds
_READ_AT_ONCE: Final = 32 * 1024  # bytes of an answer
# After a submit's time-out. What had arrived by then may not have been read: this process may have
# been suspended, or busy.
GRACE: Final = 1.0  # seconds
KEEP_ALIVE: Final = 2.0  # seconds; shorter than the idle time-out of any server

# Compressed answers that are cut off are harder to read.
_NOT_COMPRESSED: Final = {"Accept-Encoding": "identity"}
_STATUS_CALL: Final = aiohttp.ClientTimeout(total=STATUS_TIMEOUT, connect=CONNECT_TIMEOUT)
_Answer = tuple[int, Mapping[str, str], bytes]  # status, headers, body


class PixazoClient:
    """Client of the gateway's queue. A submit has a connection of its own."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        submits: aiohttp.ClientSession,
        *,
        url: str,
        submit_path: str,
        key: str,
        submit_timeout: float,
    ) -> None:
        self._session = session
        self._submits = submits
        self._submit_url = URL(url.rstrip("/") + submit_path)
        self._url = url.rstrip("/")
        self._status_url = self._url + STATUS_PATH
        self._key = key
        self._submit_timeout = submit_timeout

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        url: str,
        submit_path: str,
        key: str,
        submit_timeout: float,
        proxy: str | None = None,
    ) -> AsyncIterator[Self]:
        """Open a client with new HTTP sessions. *submit_timeout* is in seconds."""
        make = partial(
            aiohttp.ClientSession, auto_decompress=False, headers=_NOT_COMPRESSED, proxy=proxy
        )
        polling = aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE, limit=0)
        connect = min(CONNECT_TIMEOUT, submit_timeout)
        async with (
            make(connector=polling, cookie_jar=aiohttp.DummyCookieJar()) as session,
            make(
                connector=_RecordingConnector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, connect=connect),
            ) as submits,
        ):
            yield cls(
                session,
                submits,
                url=url,
                submit_path=submit_path,
                key=key,
                submit_timeout=submit_timeout,
            )

    async def submit(self, order: Order, callback: Callback | None) -> Update:
        """Send *order* once and return the gateway's answer.

        Raises:
            VendorRefused: the gateway refused the order; nothing runs and nothing is billed.
            RateLimited: the same, until a later time.
            NotSent: the same, because the gateway was not reached.
            OutcomeUnknown: the order may be running and billed.
        """
        sent = Sent.of(order, self._key, callback)
        received = bytearray()
        try:
            status, headers, body = await self._post(order, callback, received)
            complete = len(body) <= bodies.LARGEST_ANSWER
            read = partial(wire.read_submit, now=time.time(), sent=sent, complete=complete)
            return await _off_the_loop(read, status, headers, body)
        except aiohttp.ClientHttpProxyError as error:  # it opened no tunnel
            raise NotSent(f"the proxy answered {error.status}") from error
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent("the gateway could not be reached") from error
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            return await asyncio.to_thread(_read_cut_off, received, sent, error)
        except asyncio.CancelledError as error:
            with suppress(PixazoError):
                log.critical(
                    "paid submit not recorded: update=%s", _read_cut_off(received, sent, error)
                )
            raise

    async def _post(self, order: Order, callback: Callback | None, received: bytearray) -> _Answer:
        """Send *order*; *received* gets what arrives, whatever becomes of it."""
        exchange = asyncio.create_task(self._exchange(order, callback, received))
        try:
            for patience in (self._submit_timeout, GRACE):
                if (await asyncio.wait({exchange}, timeout=patience))[0]:
                    return await exchange
            raise TimeoutError
        finally:
            exchange.cancel()
            await asyncio.gather(exchange, return_exceptions=True)

    async def _exchange(
        self, order: Order, callback: Callback | None, received: bytearray
    ) -> _Answer:
        _RECEIVED.set(received)
        async with self._submits.post(
            self._submit_url,
            data=wire.submit_body(order),
            headers=wire.submit_headers(self._key, callback),
            allow_redirects=False,
        ) as response:
            return await _read(response)

    async def status(self, request_id: str) -> Update:
        """Return the state of a request. Never follows an address that the vendor gave.

        Raises:
            KeyRejected: the gateway does not accept the key.
            RateLimited: the gateway accepts no calls until a later time.
            RequestNotFound: the gateway does not know the request.
            OutcomeUnknown: there was no usable answer.
        """
        url = URL(self._status_url + quote(request_id, safe=""), encoded=True)
        try:
            async with self._session.get(
                url,
                headers=wire.status_headers(self._key),
                timeout=_STATUS_CALL,
                allow_redirects=False,
            ) as response:
                status, headers, body = await _read(response)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise OutcomeUnknown("a status call got no answer") from error
        if len(body) > bodies.LARGEST_ANSWER:
            raise OutcomeUnknown(f"a status answer is larger than {bodies.LARGEST_ANSWER} bytes")
        sent = Sent(secrets=(self._key,))
        read = partial(wire.read_status, now=time.time(), sent=sent)
        update = await _off_the_loop(read, status, headers, body)
        if update.request_id != request_id:
            raise OutcomeUnknown("a status answer was about another request")
        return update

    async def call(self, path: str, body: Mapping[str, str], *, within: float) -> object:
        """Post *body* once to another operation; return its answer, as JSON.

        An answer is waited for *within* so many seconds. Raises OutcomeUnknown.
        """
        try:
            async with self._session.post(
                URL(self._url + path),
                json=body,
                headers=wire.submit_headers(self._key, None),
                timeout=aiohttp.ClientTimeout(total=within, connect=CONNECT_TIMEOUT),
                allow_redirects=False,
            ) as response:
                status, _, answer = await _read(response)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise OutcomeUnknown(f"{path} gave no answer") from error
        if status != HTTPStatus.OK or len(answer) > bodies.LARGEST_ANSWER:
            raise OutcomeUnknown(f"{path} answered {status}, {len(answer)} bytes", status=status)
        try:
            document: object = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise OutcomeUnknown(f"{path} answered no JSON") from error
        return document


# What has arrived of the answer to the submit that this task makes.
_RECEIVED: Final[ContextVar[bytearray]] = ContextVar("received")


class _RecordingConnector(aiohttp.TCPConnector):
    """Connector that keeps the bytes of each answer as they arrive, one connection for each.

    aiohttp drops what it has of an answer that is cut off or malformed.
    """

    def __init__(self) -> None:
        super().__init__(force_close=True, limit=0)
        handler: Callable[..., ResponseHandler] = _RecordingHandler
        self._factory = partial(handler, loop=self._loop)


class _RecordingHandler(ResponseHandler):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._received = _RECEIVED.get()
        self._received.clear()  # of a proxy: within its tunnel there is a new handler

    def data_received(self, data: bytes) -> None:
        if len(self._received) <= bodies.LARGEST_ANSWER:
            self._received += data
        super().data_received(data)


async def _off_the_loop(
    read: Callable[[int, Mapping[str, str], bytes], Update],
    status: int,
    headers: Mapping[str, str],
    body: bytes,
) -> Update:
    """Read an answer; a large one in a thread, because a search of it may take seconds."""
    if len(body) <= _READ_AT_ONCE:
        return read(status, headers, body)
    return await asyncio.to_thread(read, status, headers, body)


def _read_cut_off(received: bytearray, sent: Sent, error: BaseException) -> Update:
    """Read what had arrived of the answer to a submit when *error* ended it."""
    answer = bodies.split_answer(bytes(received))
    if answer is None:
        raise OutcomeUnknown("the answer to a submit was lost") from error
    try:
        return wire.read_submit(*answer, now=time.time(), sent=sent, complete=False)
    except OutcomeUnknown as unknown:
        raise OutcomeUnknown(f"cut off: {unknown}", status=unknown.status) from error


async def _read(response: aiohttp.ClientResponse) -> _Answer:
    """Return the answer with the beginning of its body, which is one byte or more too long."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > bodies.LARGEST_ANSWER:
            break
    return response.status, response.headers, bytes(body)
