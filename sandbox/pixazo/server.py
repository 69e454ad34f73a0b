"""HTTP server of the vendor's stand-in: the API on one origin, pictures on another."""

import asyncio
import random
import secrets
import time
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.utils import formatdate
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox import faults, time_of_day
from sandbox.faults import ALWAYS, Fault, Faults
from sandbox.journal import Journal
from sandbox.listener import Listener
from sandbox.pixazo import refusals, wire
from sandbox.pixazo.callbacks import Callbacks
from sandbox.pixazo.media import MediaServer, picture_paths
from sandbox.pixazo.queue import (
    USD_DIGITS,
    InsufficientBalanceError,
    Order,
    Plan,
    Queue,
    Request,
    Status,
    Webhook,
)
from sandbox.pixazo.refusals import Next
from sandbox.pixazo.settings import Settings
from sandbox.pixazo.troubles import Trouble, fault_of


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """A submit that was accepted and billed."""

    request_id: str
    body: bytes
    headers: Mapping[str, str]  # case-insensitive
    at: float  # unix time


class Pixazo:
    """Async context manager: the vendor's stand-in, listening while entered."""

    def __init__(self, settings: Settings, journal: Journal, faults: Faults) -> None:
        self.settings = settings
        self.journal = journal
        self.faults = faults
        self.media_journal = Journal(keep=journal.keep)
        self.media_faults = Faults()
        self.accepted: list[Accepted] = []  # every billed submit
        self.status_calls = 0
        self.next: deque[tuple[Next, float | None]] = deque()  # with Retry-After in seconds
        self.callbacks = Callbacks(settings.forward, settings.callback_retry_seconds)
        self._queue = Queue(wallet_usd=settings.wallet_usd)
        self._media = MediaServer(settings, self._queue, self.media_journal, self.media_faults)
        self.api = Listener(self._api())
        self.media, self.other_media = Listener(self._media.app), Listener(self._media.app)
        self._troubles: dict[Trouble, Fault] = {}
        self._changed = asyncio.Event()
        self._closing = asyncio.Event()
        self._stack = AsyncExitStack()

    @property
    def origin(self) -> str:
        """Return the origin of the API."""
        return self.api.origin

    @property
    def media_origin(self) -> str:
        """Return the origin of the pictures."""
        return self.media.origin

    @property
    def wallet_usd(self) -> float | None:
        """Return the balance; None: unlimited."""
        return self._queue.wallet_usd

    @wallet_usd.setter
    def wallet_usd(self, value: float | None) -> None:
        self._queue.wallet_usd = value

    def answer_next(
        self, answer: Next | str, *, retry_after: float | None = None, count: int = 1
    ) -> None:
        """Give *answer* to the next *count* submits that have none planned yet."""
        self.next.extend([(Next(answer), retry_after)] * count)

    def trouble(self, name: Trouble | str, *, seconds: float = ALWAYS) -> None:
        """Begin a trouble that lasts *seconds*; 0 ends it."""
        trouble = Trouble(name)
        if trouble in self._troubles:
            self._troubles[trouble].end()
        faults = self.media_faults if trouble == Trouble.MEDIA_AWAY else self.faults
        here, there = self.media_origin, self.other_media.origin
        self._troubles[trouble] = faults.add(fault_of(trouble, here, there, seconds))

    @property
    def troubles(self) -> list[str]:
        """Return the names of the troubles that last."""
        return [name for name, fault in self._troubles.items() if fault.active]

    def request(self, request_id: str) -> Request:
        """Return a request with its current state, or raise KeyError."""
        self._advance()
        request = self._queue.get(request_id)
        if request is None:
            raise KeyError(request_id)
        return request

    def latest(self, count: int) -> list[Request]:
        """Return the last *count* requests, newest last."""
        self._advance()
        return self._queue.latest(count)

    def hold_states(self) -> None:
        """Stop the queue: only `move` changes a state."""
        self._queue.held = True

    def release_states(self) -> None:
        """Continue the queue; overdue changes happen at once."""
        self._queue.held = False
        self._notify()

    def enqueue(self, order: Order, webhook: Webhook | None = None) -> Request:
        """Add a request without a submit, like one of an earlier run."""
        accepted = self._add(order, webhook, None)
        self._notify()
        return accepted

    def move(self, request_id: str, status: str, *, error: str | None = None) -> None:
        """Set a request's state; undocumented states are possible."""
        self._send_callbacks(self._queue.move(request_id, status, time_of_day.now(), error))
        self._notify()

    async def wait_accepted(self, count: int = 1, *, within: float = 10.0) -> list[Accepted]:
        """Wait until *count* submits are accepted, answered or not, and return them."""
        async with asyncio.timeout(within):
            while len(self.accepted) < count:
                await self._changed.wait()
        return list(self.accepted)

    def _api(self) -> web.Application:
        api = web.Application(
            middlewares=[self.journal.middleware, self.faults.middleware, self._check_key]
        )
        api.router.add_post(wire.SUBMIT_PATH, self._submit)
        api.router.add_get(wire.STATUS_PATH + "{request_id}", self._status)
        api.router.add_post(wire.MODERATION_PATH, self._moderate)
        api.router.add_route("*", "/{unknown:.*}", self._unknown)
        api.on_response_prepare.append(self._set_date)
        return api

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.callbacks)
            for listener in (self.api, self.media, self.other_media):
                await stack.enter_async_context(listener)
            stack.callback(self._release)
            clock = asyncio.create_task(self._run_clock(), name="the vendor's queue")
            stack.push_async_callback(_end, clock)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def _release(self) -> None:
        """Release all held requests, so that the servers can close."""
        self._closing.set()
        self.faults.clear()
        self.media_faults.clear()

    async def _run_clock(self) -> None:
        while True:
            self._advance()
            due = self._queue.next_due()
            try:
                async with asyncio.timeout(
                    None if due is None else max(0.0, due - time_of_day.now())
                ):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _notify(self) -> None:
        """Wake the clock and all waiters."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _advance(self) -> None:
        for request in self._queue.advance(time_of_day.now()):
            self._send_callbacks(request)

    def _send_callbacks(self, request: Request) -> None:
        webhook = request.webhook
        if webhook is None:
            return
        if request.ended or webhook.mode == "sync":
            body = wire.callback(request, self._output(request))
            for delay in self.settings.callback_delays:
                self.callbacks.send(request.request_id, webhook.url, body, delay)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        answer, retry_after = self.next.popleft() if self.next else (None, None)
        if answer and (refusal := refusals.response_for(answer, retry_after, self._clock())):
            return refusal.response()
        try:
            accepted = self._accept(request, await request.read(), answer)
        except wire.BadRequestError as error:
            return refusals.bad_request(str(error)).response()
        except InsufficientBalanceError:
            return refusals.NO_BALANCE.response()
        self._notify()
        return await self._answer(request, accepted, answer)

    async def _answer(
        self, request: web.Request, accepted: Request, answer: Next | None
    ) -> web.StreamResponse:
        """Answer an accepted submit, or lose the answer."""
        match answer:
            case Next.SILENCE:
                await self._closing.wait()
                return faults.cut(request)
            case Next.CUT:
                return faults.cut(request)
            case Next.IMAGES:
                self._queue.move(accepted.request_id, Status.COMPLETED, time_of_day.now())
                media = self._output(accepted)
                return web.json_response({"images": [{"url": url} for url in media]})
        return web.json_response(wire.accepted(accepted.request_id, self.origin), status=202)

    def _accept(self, request: web.Request, body: bytes, answer: Next | None) -> Request:
        if request.content_type != "application/json":
            raise wire.BadRequestError("Content-Type must be application/json")
        order = wire.read_order(body)
        webhook = wire.read_webhook(
            request.headers.get("X-Webhook-URL"), request.headers.get("X-Webhook-Mode")
        )
        accepted = self._add(order, webhook, answer)
        request_id, at = accepted.request_id, accepted.created_at
        self.accepted.append(
            Accepted(request_id=request_id, body=body, headers=request.headers, at=at)
        )
        return accepted

    def _add(self, order: Order, webhook: Webhook | None, answer: Next | None) -> Request:
        now = time_of_day.now()
        accepted = Request(
            request_id=f"{wire.MODEL}_{_uuid7(now)}",
            order=order,
            webhook=webhook,
            plan=self._plan(answer),
            cost_usd=round(self.settings.price_usd * order.num_images, USD_DIGITS),
            created_at=now,
            updated_at=now,
        )
        self._queue.accept(accepted)
        return accepted

    def _plan(self, answer: Next | None) -> Plan:
        fails = answer in {Next.FAILED, Next.ERROR}
        return Plan(
            queued_seconds=random.uniform(*self.settings.queued_seconds),  # noqa: S311  a delay
            processing_seconds=random.uniform(*self.settings.processing_seconds),  # noqa: S311
            outcome=Status(answer) if answer and fails else Status.COMPLETED,
        )

    async def _status(self, request: web.Request) -> web.StreamResponse:
        self.status_calls += 1
        self._advance()
        known = self._queue.get(request.match_info["request_id"])
        if known is None:
            return refusals.NO_REQUEST.response()
        return web.json_response(wire.status(known, self._output(known)))

    async def _moderate(self, request: web.Request) -> web.StreamResponse:
        """Check a picture: the answer's shape is ours, the vendor documents none."""
        address = str((await request.json())["image_url"])
        of = [self._queue.get(part) for part in address.split("/")]
        known = next((one for one in of if one is not None), None)
        if known is None:
            return refusals.NO_REQUEST.response()
        is_flagged = self.settings.flagged_word in known.order.prompt
        scores = {"sexual": 0.93 if is_flagged else 0.01, "violence": 0.02}
        return web.json_response({"result": {"scores": scores}})

    def _output(self, request: Request) -> list[str]:
        return [self.media_origin + path for path in picture_paths(request)]

    async def _set_date(self, _: web.Request, response: web.StreamResponse) -> None:
        if abs(self._clock() - time.time()) > 1.0:
            response.headers["Date"] = formatdate(self._clock(), usegmt=True)

    def _clock(self) -> float:
        """Return the unix time by the vendor's clock."""
        return time_of_day.now() + self.settings.date_skew_seconds

    async def _unknown(self, _: web.Request) -> web.StreamResponse:
        return refusals.NO_RESOURCE.response()

    @web.middleware
    async def _check_key(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        key = request.headers.get(wire.KEY_HEADER)
        if key != self.settings.key:
            return (refusals.NO_KEY if key is None else refusals.BAD_KEY).response()
        return await handler(request)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _uuid7(now: float) -> uuid.UUID:
    """Return a UUIDv7: it starts with the time, like the vendor's ids."""
    fields = int(now * 1000) << 80 | 0x7 << 76 | 0b10 << 62
    return uuid.UUID(int=fields | secrets.randbits(12) << 64 | secrets.randbits(62))
