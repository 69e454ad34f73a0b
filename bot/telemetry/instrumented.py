"""Ports that report what they do to telemetry.

Each is a proxy that replaces some methods by hooks and forwards every other call. Services and
adapters do not depend on it. A counter misses a change that the store committed without answering.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from bot.domain.alerts import AlertMessage
from bot.domain.job import Job
from bot.domain.lane import Lane
from bot.service.errors import LimitReached
from bot.service.ports.alerts import AlertSender
from bot.service.ports.store import Jobs, Lanes
from bot.service.ports.vendor import Media, VendorQueue
from bot.service.telemetry import VendorCall, timed
from bot.telemetry.prometheus import PrometheusTelemetry, Recovery

Port = TypeVar("Port")
Call = Callable[..., Awaitable[Any]]
Hook = Callable[..., Awaitable[Any]]  # takes the wrapped method, then its arguments


class _Proxy:
    def __init__(self, port: object, hooks: Mapping[str, Hook]) -> None:
        self._port = port
        self._hooked = {name: partial(hook, getattr(port, name)) for name, hook in hooks.items()}

    def __getattr__(self, name: str) -> Any:
        return self._hooked.get(name) or getattr(self._port, name)


def instrument(port: Port, **hooks: Hook) -> Port:
    """Return *port* with *hooks* in place of the methods of these names."""
    return cast("Port", _Proxy(port, hooks))


def instrument_jobs(jobs: Jobs, telemetry: PrometheusTelemetry) -> Jobs:
    """Count accepted and refused orders, their ends, and jobs taken from other processes."""

    async def add(call: Call, *arguments: Any, **options: Any) -> Job | None:
        try:
            added: Job | None = await call(*arguments, **options)
        except LimitReached as refusal:
            telemetry.order_refused(refusal.verdict.rule)
            raise
        if added is not None:
            telemetry.order_accepted()
        return added

    async def swap(call: Call, before: Job, after: Job, **options: Any) -> Job | None:
        stored: Job | None = await call(before, after, **options)
        if stored is not None:
            telemetry.job_changed(before, after)
        return stored

    async def recover(kind: Recovery, call: Call, *arguments: Any, **options: Any) -> Sequence[Job]:
        jobs: Sequence[Job] = await call(*arguments, **options)
        telemetry.jobs_recovered(kind, len(jobs))
        return jobs

    return instrument(
        jobs,
        add=add,
        swap=swap,
        take_over=partial(recover, Recovery.TAKEN_OVER),
        inherit=partial(recover, Recovery.INHERITED),
    )


def instrument_lanes(lanes: Lanes, telemetry: PrometheusTelemetry) -> Lanes:
    """Count pauses of lanes, and how often each was closed."""

    async def update(call: Call, *arguments: Any) -> tuple[Lane, Lane]:
        before, after = await call(*arguments)
        telemetry.lane_changed(before, after)
        return before, after

    return instrument(lanes, update=update)


def instrument_queue(queue: VendorQueue, telemetry: PrometheusTelemetry) -> VendorQueue:
    """Time the calls of the vendor's queue."""
    return instrument(
        queue,
        submit=_timed(telemetry, VendorCall.SUBMIT),
        status=_timed(telemetry, VendorCall.STATUS),
    )


def instrument_media(media: Media, telemetry: PrometheusTelemetry) -> Media:
    """Time downloads, with what is done to make a picture fit."""
    return instrument(media, fetch=_timed(telemetry, VendorCall.MEDIA))


def instrument_alerts(sender: AlertSender, telemetry: PrometheusTelemetry) -> AlertSender:
    """Count the alerts that their receiver took, and the tries that failed."""

    async def send(call: Call, message: AlertMessage) -> None:
        with timed(lambda error, _seconds: telemetry.alert_sent(error)):
            await call(message)

    return instrument(sender, send=send)


def _timed(telemetry: PrometheusTelemetry, kind: VendorCall) -> Hook:
    async def call_timed(call: Call, *arguments: Any, **options: Any) -> Any:
        with timed(partial(telemetry.called_vendor, kind)):
            return await call(*arguments, **options)

    return call_timed
