"""Delivers the vendor's callbacks: at least once, in no guaranteed order."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import aiohttp
from yarl import URL

log = logging.getLogger(__name__)

ANSWER_SECONDS = 5.0  # the contract: "respond 200 OK within a few seconds"


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One attempt to deliver a callback."""

    request_id: str
    answer: int | None  # HTTP status; None: no response


class Callbacks:
    """Posts each callback until a 2xx response, with a retry after each of *retry_seconds*.

    *forward* maps https origins to local ones, as a TLS proxy does. Other origins are not called:
    no request leaves this machine.
    """

    def __init__(self, forward: Mapping[str, str], retry_seconds: tuple[float, ...]) -> None:
        self.deliveries: list[Delivery] = []
        self._forward = forward
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def send(self, request_id: str, url: str, body: dict[str, object], delay: float) -> None:
        """Deliver in a background task, after *delay* seconds: a slow receiver blocks nothing."""
        name = f"callback {request_id} {body['status']}"
        task = asyncio.create_task(self._deliver(request_id, url, body, delay), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until each pending callback is delivered or given up."""
        await asyncio.gather(*self._tasks)

    async def _deliver(
        self, request_id: str, url: str, body: dict[str, object], delay: float
    ) -> None:
        await asyncio.sleep(delay)
        for pause in (*self._retry_seconds, None):
            answer = await self._post(url, body)
            self.deliveries.append(Delivery(request_id=request_id, answer=answer))
            if answer is not None and 200 <= answer < 300:  # noqa: PLR2004  2xx
                return
            if pause is not None:
                await asyncio.sleep(pause)
        log.warning("callback given up: request=%s status=%s", request_id, body["status"])

    async def _post(self, url: str, body: dict[str, object]) -> int | None:
        """Return the HTTP status, or None without a response."""
        public = URL(url)
        local = self._forward.get(str(public.origin()))
        if local is None:
            log.warning("callback origin unknown: origin=%s", public.origin())
            return None
        assert self._session is not None
        headers = {"Host": str(public.host_port_subcomponent), "X-Forwarded-Proto": "https"}
        target = URL(local).join(public.relative())
        try:
            response = await self._session.post(
                target, json=body, headers=headers, allow_redirects=False
            )
            await response.read()
        except (aiohttp.ClientError, TimeoutError):
            return None
        return response.status
