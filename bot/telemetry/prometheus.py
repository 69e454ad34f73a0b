"""What Prometheus reads at ``/metrics``. Only this module knows of it.

Every label is an enum's, so that there are some hundreds of series however many servers, members
and orders there are. Counters are of this process, and begin at 0 with it; the gauges of orders
and of the lane are the store's, and the same in every process.
"""

import asyncio
import platform
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import aiohttp
import discord
import prometheus_client
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)

from bot import __version__
from bot.domain import lane as breaker
from bot.domain.admission import Rule
from bot.domain.job import ENDED, Billed, Job, State
from bot.domain.lane import ClosedReason, Lane
from bot.service.health import StoreSnapshot
from bot.service.port_errors import CallError, NotSent, OutcomeUnknown, PictureUnusable
from bot.service.telemetry import DiscordCall, VendorCall

# When a series was made is of no use here, and would be a second series for each.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

# What an order may rest in for ever.
_RESTS: Final = ENDED | {State.UNCERTAIN, State.EXPIRED}

# Upper bounds in seconds.
_ANSWER: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0)
_CALL: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)  # few: for each call and status
_VISIBLE: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class Pause(StrEnum):
    """Who chose how long the lane pauses."""

    RETRY_AFTER = "retry_after"  # the vendor
    BACK_OFF = "back_off"  # we


class Recovery(StrEnum):
    """How a job came to this process."""

    INHERITED = "inherited"  # at the start, from its predecessor
    TAKEN_OVER = "taken_over"  # from a process that is silent, or from nobody


class PrometheusTelemetry:
    """All meters, in a registry of their own."""

    def __init__(self, *, price: float) -> None:
        """Take *price*, of one picture in USD, for the estimate of what was spent."""
        self._price = price
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        info = Info("imagine_build", "What runs", registry=registry)
        info.info(
            {
                "version": __version__,
                "python": platform.python_version(),
                "discord_py": discord.__version__,
            }
        )
        self._make_orders(registry)
        self._make_calls(registry)
        self._make_lane(registry)
        self._gateway = Gauge(
            "imagine_gateway_connected", "1: Discord sends interactions", registry=registry
        )
        self._store = Gauge("imagine_store_up", "1: the store answers", registry=registry)

    def _make_orders(self, registry: CollectorRegistry) -> None:
        self._taken = Counter(
            "imagine_orders_taken", "Orders that were admitted and recorded", registry=registry
        )
        self._ended = Counter(
            "imagine_orders_ended",
            "Orders that ended, or whose end nobody can tell (UNCERTAIN, EXPIRED)",
            ["state", "cause"],
            registry=registry,
        )
        self._orders = Gauge(
            "imagine_orders", "Orders that have not ended, now", ["state"], registry=registry
        )
        self._line = Gauge(
            "imagine_line_length", "Orders that wait for their turn, now", registry=registry
        )
        self._refusals = Counter(
            "imagine_refusals", "Orders that a rule refused", ["rule"], registry=registry
        )
        for rule in Rule:  # a counter that is there from the start shows its first step
            self._refusals.labels(rule)
        self._answer = Histogram(
            "imagine_answer_seconds",
            "From an interaction's creation, by Discord's clock, to its first answer",
            buckets=_ANSWER,
            registry=registry,
        )
        self._visible = Histogram(
            "imagine_visible_seconds",
            "From the vendor's COMPLETED until the member has the pictures",
            buckets=_VISIBLE,
            registry=registry,
        )
        self._images = Counter(
            "imagine_images_billed", "Images of orders that are billed", registry=registry
        )
        self._spent = Counter(
            "imagine_spent_usd",
            "Those images times PRICE_PER_IMAGE_USD: an estimate",
            registry=registry,
        )
        self._recovered = Counter(
            "imagine_jobs_recovered", "Orders carried on for another", ["how"], registry=registry
        )
        for how in Recovery:
            self._recovered.labels(how)

    def _make_calls(self, registry: CollectorRegistry) -> None:
        self._vendor = Histogram(
            "imagine_vendor_call_seconds",
            "How long calls of the vendor took, by what they were answered",
            ["call", "status"],
            buckets=_CALL,
            registry=registry,
        )
        self._discord = Histogram(
            "imagine_discord_call_seconds",
            "How long calls of Discord took, by what they were answered",
            ["call", "status"],
            buckets=_CALL,
            registry=registry,
        )
        self._coalesced = Counter(
            "imagine_card_edits_coalesced",
            "Showings of a card that a newer one replaced before they were sent",
            registry=registry,
        )

    def _make_lane(self, registry: CollectorRegistry) -> None:
        self._pauses = Counter(
            "imagine_lane_pauses", "Pauses of the lane, by who chose", ["by"], registry=registry
        )
        for by in Pause:
            self._pauses.labels(by)
        self._shuts = Counter(
            "imagine_lane_shut_episodes",
            "How often the lane was shut",
            ["reason"],
            registry=registry,
        )
        self._shut = Gauge(
            "imagine_lane_shut", "1: the lane is shut for that now", ["reason"], registry=registry
        )
        for reason in ClosedReason:
            self._shuts.labels(reason)

    def taken(self) -> None:
        """Count an order that was recorded."""
        self._taken.inc()

    def refused(self, rule: Rule) -> None:
        """Count an order that *rule* refused."""
        self._refusals.labels(rule).inc()

    def moved(self, before: Job, after: Job) -> None:
        """Count what is new in a change of a job."""
        if after.billed is Billed.YES is not before.billed:
            self._images.inc(after.order.images)
            self._spent.inc(after.order.images * self._price)
        if after.state is before.state:
            return
        if after.state in _RESTS:
            self._ended.labels(after.state, after.end_reason or "none").inc()
        # What was fetched by /history says when somebody came, and not how quick we are.
        if (
            after.state is State.DELIVERED
            and after.completed_at
            and before.undeliverable_since is None
        ):
            self._visible.observe(max(after.state_since - after.completed_at, 0.0))

    def recovered(self, how: Recovery, count: int) -> None:
        """Count jobs that came to this process."""
        self._recovered.labels(how).inc(count)

    def turned(self, before: Lane, after: Lane) -> None:
        """Count what is new in a change of the lane."""
        if after.paused_until > before.paused_until:
            by = Pause.BACK_OFF if after.refusals > before.refusals else Pause.RETRY_AFTER
            self._pauses.labels(by).inc()
        if after.shut_at != before.shut_at:
            reason = breaker.closed_reason(after, after.shut_at)
            if reason is not None:
                self._shuts.labels(reason).inc()

    def called_vendor(self, call: VendorCall, error: BaseException | None, seconds: float) -> None:
        """Count a call of the vendor."""
        self._vendor.labels(call, _status(error)).observe(seconds)

    def called_discord(
        self, call: DiscordCall, error: BaseException | None, seconds: float
    ) -> None:
        """Count a call of Discord."""
        self._discord.labels(call, _status(error)).observe(seconds)

    def answered(self, seconds: float) -> None:
        """Count an interaction that was answered so long after it was made."""
        self._answer.observe(max(seconds, 0.0))  # Discord's clock may be ahead of ours

    def coalesced(self) -> None:
        """Count a showing of a card that a newer one replaced before it was sent."""
        self._coalesced.inc()

    def page(self, census: StoreSnapshot) -> bytes:
        """Return what Prometheus reads, with the gauges as *census* has them."""
        readiness = census.readiness
        self._gateway.set(readiness.gateway)
        self._store.set(readiness.store)
        if readiness.store:
            for state in set(State) - ENDED:
                self._orders.labels(state).set(census.orders.get(state, 0))
            for reason in ClosedReason:
                self._shut.labels(reason).set(readiness.closed is reason)
            self._line.set(census.waiting)
        else:  # better no figure than one that was true once
            self._orders.clear()
            self._shut.clear()
            self._line.set(float("nan"))
        return generate_latest(self._registry)


# What an operator does something about each time; of the others the class is enough.
_TOLD_APART: Final = frozenset({401, 402, 403, 404, 429})

_ANSWERED: Final = (CallError, discord.HTTPException)

# Where there is no status to tell: the first that fits, in the error or in what it was raised from.
_UNANSWERED: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((NotSent, aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError), "unsent"),
    ((TimeoutError,), "timeout"),
    ((aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError), "cut"),
    ((asyncio.CancelledError,), "cancelled"),
    (
        (OutcomeUnknown, PictureUnusable),
        "unusable",
    ),  # an answer came, and makes no sense
)


def _status(error: BaseException | None) -> str:
    """Return what a call was answered that ended with *error*; "failed" is a fault of ours."""
    if error is None:
        return "2xx"
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, _ANSWERED) and one.status is not None:
            return str(one.status) if one.status in _TOLD_APART else f"{one.status // 100}xx"
    for kinds, name in _UNANSWERED:
        if any(isinstance(one, kinds) for one in chain):
            return name
    return "failed"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error*, and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__
