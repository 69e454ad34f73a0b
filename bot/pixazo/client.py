"""Sends the requests of ``wire`` to the gateway. The only module that holds the API key."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, Self

import aiohttp
from yarl import URL

from bot.domain.job import Update
from bot.domain.order import Order
from bot.pixazo import wire
from bot.service.port_errors import NotSent, OutcomeUnknown
from bot.service.ports.vendor import Callback

STATUS_PATH: Final = "/v2/requests/status/"
STATUS_TIMEOUT: Final = 15.0  # seconds
CONNECT_TIMEOUT: Final = 10.0  # seconds
LARGEST_ANSWER: Final = 1024 * 1024  # bytes
# Shorter than the idle time-out of any server. When the server closes a connection just as a
# submit is sent on it, the outcome of that submit is unknown.
KEEP_ALIVE: Final = 2.0  # seconds


class PixazoClient:
    """Client of the gateway's queue, over one HTTP session."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str,
        submit_path: str,
        key: str,
        submit_timeout: float,
    ) -> None:
        self._session = session
        self._submit_url = URL(url.rstrip("/") + submit_path)
        self._status_url = URL(url.rstrip("/") + STATUS_PATH)
        self._key = key
        self._submit_timeout = _timeout(submit_timeout)
        self._status_timeout = _timeout(STATUS_TIMEOUT)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, url: str, submit_path: str, key: str, submit_timeout: float
    ) -> AsyncIterator[Self]:
        """Open a client with a new HTTP session. *submit_timeout* is in seconds."""
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=KEEP_ALIVE, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            yield cls(
                session, url=url, submit_path=submit_path, key=key, submit_timeout=submit_timeout
            )

    async def submit(self, order: Order, callback: Callback | None) -> Update:
        """Send *order* once and return the gateway's answer.

        Raises:
            VendorRefused: the gateway refused the order; nothing runs and nothing is billed.
            RateLimited: the same, until a later time.
            NotSent: the same, because the gateway was not reached.
            OutcomeUnknown: the order may be running and billed.
        """
        try:
            async with self._session.post(
                self._submit_url,
                data=wire.submit_body(order),
                headers=wire.submit_headers(self._key, callback),
                timeout=self._submit_timeout,
                allow_redirects=False,
            ) as response:
                status, headers, body = await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent("the gateway could not be reached") from error
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise OutcomeUnknown("the answer to a submit was lost") from error
        secrets = [self._key, *([callback.url] if callback else [])]
        return wire.read_submit(status, headers, _redacted(body, secrets), now=time.time())

    async def status(self, request_id: str) -> Update:
        """Return the state of a request. Never follows an address that the vendor gave.

        Raises:
            KeyRejected: the gateway does not accept the key.
            RateLimited: the gateway accepts no calls until a later time.
            RequestNotFound: the gateway does not know the request.
            OutcomeUnknown: there was no usable answer.
        """
        try:
            async with self._session.get(
                self._status_url / request_id,
                headers=wire.status_headers(self._key),
                timeout=self._status_timeout,
                allow_redirects=False,
            ) as response:
                status, headers, body = await _read(response)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise OutcomeUnknown("a status call got no answer") from error
        update = wire.read_status(status, headers, _redacted(body, [self._key]), now=time.time())
        if update.request_id != request_id:
            raise OutcomeUnknown("a status answer was about another request")
        return update


async def _read(response: aiohttp.ClientResponse) -> tuple[int, Mapping[str, str], bytes]:
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise OutcomeUnknown(f"an answer is larger than {LARGEST_ANSWER} bytes")
    return response.status, response.headers, bytes(body)


def _redacted(body: bytes, secrets: Iterable[str]) -> bytes:
    """Return *body* without our secrets: members are shown the vendor's messages."""
    for secret in secrets:
        body = body.replace(secret.encode(), b"[redacted]")
    return body


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=min(CONNECT_TIMEOUT, seconds))
