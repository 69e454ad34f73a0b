"""Metrics for Prometheus. Only this module imports its client library.

Every label value comes from an enum, so there are a few hundred series, however many servers,
members and orders there are. Counters count what this process did, from 0 at its start. The gauges
of orders and of the lane come from the store and are the same in every process.
"""

import asyncio
import platform
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import partial
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
from bot.domain.money import DOLLAR
from bot.service.health import StoreSnapshot
from bot.service.port_errors import CallError, NotSent, OutcomeUnknown, PictureUnusable
from bot.service.ports.picture_check import Verdict
from bot.service.telemetry import DiscordCall, VendorCall

# A `_created` series for each counter would double their number.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

# States that an order may never leave.
_FINAL: Final = ENDED | {State.UNCERTAIN, State.EXPIRED}

# Upper bounds in seconds.
_ANSWER: Final = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0)
# Few: there is a set for each call and status.
_CALL: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)
_VISIBLE: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class Pause(StrEnum):
    """Who chose the length of a lane's pause."""

    RETRY_AFTER = "retry_after"  # the vendor
    BACK_OFF = "back_off"  # the bot


class Signing(StrEnum):
    """Whether a picture got its C2PA manifest."""

    SIGNED = "signed"
    FAILED = "failed"  # it was delivered without


class Recovery(StrEnum):
    """How this process got a job of another process."""

    INHERITED = "inherited"  # at the start, from its predecessor
    TAKEN_OVER = "taken_over"  # from a process whose lease ran out, or without an owner


class PrometheusTelemetry:
    """Counters, histograms and gauges in one registry."""

    def __init__(self) -> None:
        """Start all of them at zero."""
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        versions = {
            "version": __version__,
            "python": platform.python_version(),
            "discord_py": discord.__version__,
        }
        Info("imagine_build", "Versions of the running program", registry=registry).info(versions)
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self._make_orders(counter, gauge)
        self._make_lane(counter, gauge)
        self._make_times(partial(Histogram, registry=registry))
        self._coalesced = counter(
            "imagine_card_edits_coalesced",
            "Edits of a card that a newer one replaced before they were sent",
        )
        self._gateway = gauge("imagine_gateway_connected", "1: connected to Discord's gateway")
        self._shard_states: Callable[[], Mapping[int, bool]] = dict
        self._shards = gauge(
            "imagine_shard_connected", "1: this shard of the process is connected", ["shard"]
        )
        self._starts_left = gauge(
            "imagine_gateway_starts_remaining",
            "Sessions that all processes may still start at Discord's gateway today",
        )
        self._malformed = counter(
            "imagine_gateway_malformed_events",
            "Gateway events that could not be read and were dropped",
            ["event"],
        )
        self._store = gauge("imagine_store_up", "1: the store answers")
        self._descriptors_low = gauge(
            "imagine_descriptors_low", "1: over 90 % of the file descriptors are in use"
        )
        self._rest = gauge(
            "imagine_discord_rest_seconds", "Until calls to Discord go on; 0: none of them rests"
        )
        self._alerts_sent = counter("imagine_alerts_sent", "Alerts that their receiver took")
        self._alerts_failed = counter(
            "imagine_alerts_failed", "Tries of an alert that its receiver did not take"
        )
        self._alerts_pending = gauge(
            "imagine_alerts_pending", "Alerts that their receiver has not taken yet"
        )
        self._tasks = gauge("imagine_asyncio_tasks", "Tasks of this process that have not ended")

    def _make_orders(self, counter: Callable[..., Counter], gauge: Callable[..., Gauge]) -> None:
        self._taken = counter("imagine_orders_taken", "Orders that were admitted and recorded")
        self._ended = counter(
            "imagine_orders_ended",
            "Orders that ended, or whose outcome is unknown (UNCERTAIN, EXPIRED)",
            ["state", "cause"],
        )
        self._orders = gauge("imagine_orders", "Orders that have not ended", ["state"])
        self._line = gauge("imagine_line_length", "Orders that wait in the queue")
        self._refusals = counter("imagine_refusals", "Orders that a rule refused", ["rule"])
        self._images = counter("imagine_images_billed", "Images of billed orders")
        self._spent = counter(
            "imagine_spent_usd", "Prices of billed orders, by PRICE_PER_IMAGE_USD: an estimate"
        )
        self._budget_spent = gauge(
            "imagine_budget_spent_usd",
            "Prices that count in the current day or month (UTC), of all servers",
            ["period"],
        )
        self._budget_cap = gauge(
            "imagine_budget_cap_usd", "The operator's cap of the same; 0: none", ["period"]
        )
        self._files_away = gauge(
            "imagine_files_away", "1: the place where pictures wait is away (FILES_URL)"
        )
        self._signed = counter(
            "imagine_pictures_signed", "Pictures that were to be signed with C2PA", ["result"]
        )
        self._recovered = counter(
            "imagine_jobs_recovered", "Orders continued for another process", ["how"]
        )
        for rule in Rule:  # from the start, so that the first increase is visible
            self._refusals.labels(rule)
        for result in Signing:
            self._signed.labels(result)
        self._checked = counter(
            "imagine_pictures_checked", "Orders whose pictures were checked", ["result"]
        )
        for verdict in Verdict:
            self._checked.labels(verdict)
        for how in Recovery:
            self._recovered.labels(how)

    def _make_lane(self, counter: Callable[..., Counter], gauge: Callable[..., Gauge]) -> None:
        self._pauses = counter(
            "imagine_lane_pauses", "Pauses of the lane, by who chose their length", ["by"]
        )
        self._shuts = counter(
            "imagine_lane_shut_episodes", "How often the lane was closed", ["reason"]
        )
        self._shut = gauge("imagine_lane_shut", "1: the lane is closed for that reason", ["reason"])
        for by in Pause:
            self._pauses.labels(by)
        for reason in ClosedReason:
            self._shuts.labels(reason)

    def _make_times(self, histogram: Callable[..., Histogram]) -> None:
        self._answer = histogram(
            "imagine_answer_seconds",
            "From an interaction's creation, by Discord's clock, to its first answer",
            buckets=_ANSWER,
        )
        self._visible = histogram(
            "imagine_visible_seconds",
            "From the vendor's COMPLETED until the member has the pictures",
            buckets=_VISIBLE,
        )
        call = partial(histogram, labelnames=["call", "status"], buckets=_CALL)
        self._vendor = call(
            "imagine_vendor_call_seconds", "Duration of calls to the vendor, by their result"
        )
        self._timers: dict[tuple[Histogram, str, str], Histogram] = {}  # by their labels
        self._discord = call(
            "imagine_discord_call_seconds", "Duration of calls to Discord, by their result"
        )

    def order_accepted(self) -> None:
        """Count an order that was recorded."""
        self._taken.inc()

    def order_refused(self, rule: Rule) -> None:
        """Count an order that *rule* refused."""
        self._refusals.labels(rule).inc()

    def job_changed(self, before: Job, after: Job) -> None:
        """Count the end, the bill and the delivery of a job, when a change brings them."""
        if after.billed is Billed.YES and before.billed is not Billed.YES:
            self._images.inc(after.order.images)
            self._spent.inc((after.price or 0) / DOLLAR)  # for display: budgets sum whole numbers
        if after.state is before.state:
            return
        if after.state in _FINAL:
            self._ended.labels(after.state, after.end_reason or "none").inc()
        # Pictures fetched by /history measure when the member came, not the speed of the bot.
        delivered_at_once = after.state is State.DELIVERED and before.outstanding.kept_at is None
        if delivered_at_once and after.completed_at:
            self._visible.observe(max(after.state_since - after.completed_at, 0.0))

    def jobs_recovered(self, how: Recovery, count: int) -> None:
        """Count jobs of other processes that this process continues."""
        self._recovered.labels(how).inc(count)

    def pictures_checked(self, verdict: Verdict) -> None:
        """Count an order whose pictures were checked, or could not be."""
        self._checked.labels(verdict).inc()

    def picture_signed(self, *, failed: bool) -> None:
        """Count a picture that was signed, or could not be."""
        self._signed.labels(Signing.FAILED if failed else Signing.SIGNED).inc()

    def lane_changed(self, before: Lane, after: Lane) -> None:
        """Count a pause or a closure of the lane, when a change brings one."""
        if after.paused_until > before.paused_until:
            by = Pause.BACK_OFF if after.refusals > before.refusals else Pause.RETRY_AFTER
            self._pauses.labels(by).inc()
        if after.shut_at != before.shut_at:
            reason = breaker.closed_reason(after, after.shut_at)
            if reason is not None:
                self._shuts.labels(reason).inc()

    def called_vendor(self, call: VendorCall, error: BaseException | None, seconds: float) -> None:
        """Count a call to the vendor that ended with *error* after *seconds*."""
        self._time(self._vendor, call, error, seconds)

    def called_discord(
        self, call: DiscordCall, error: BaseException | None, seconds: float
    ) -> None:
        """Count a call to Discord that ended with *error* after *seconds*."""
        self._time(self._discord, call, error, seconds)

    def _time(
        self, calls: Histogram, call: str, error: BaseException | None, seconds: float
    ) -> None:
        key = (calls, call, _status(error))
        if (child := self._timers.get(key)) is None:
            child = self._timers[key] = calls.labels(*key[1:])
        child.observe(seconds)

    def answered(self, seconds: float) -> None:
        """Count an interaction that was answered *seconds* after its creation."""
        self._answer.observe(max(seconds, 0.0))  # Discord's clock may be ahead of ours

    def coalesced(self) -> None:
        """Count an edit of a card that a newer one replaced before it was sent."""
        self._coalesced.inc()

    def alert_sent(self, error: BaseException | None) -> None:
        """Count a try of an alert that ended with *error*."""
        (self._alerts_sent if error is None else self._alerts_failed).inc()

    def watch_files(self, away: Callable[[], bool]) -> None:
        """Show whether the place where pictures wait is away."""
        self._files_away.set_function(lambda: float(away()))

    def watch_alerts(self, pending: Callable[[], float]) -> None:
        """Show the number of alerts that *pending* returns."""
        self._alerts_pending.set_function(pending)

    def watch_shards(self, states: Callable[[], Mapping[int, bool]]) -> None:
        """Show which shards this process has, and whether each is connected."""
        self._shard_states = states

    def starts_left(self, count: int) -> None:
        """Set how many sessions may still be started at the gateway today."""
        self._starts_left.set(count)

    def malformed_event(self, kind: str) -> None:
        """Count a gateway event that could not be read; *kind* comes from a fixed set."""
        self._malformed.labels(kind).inc()

    def watch_rest(self, seconds_left: Callable[[], float]) -> None:
        """Show the seconds of rest that *seconds_left* returns."""
        self._rest.set_function(seconds_left)

    def page(self, snapshot: StoreSnapshot) -> bytes:
        """Render all metrics, with the gauges set from *snapshot*."""
        readiness = snapshot.readiness
        self._gateway.set(readiness.gateway)
        self._shards.clear()
        for shard_id, is_connected in self._shard_states().items():
            self._shards.labels(shard_id).set(is_connected)
        self._store.set(readiness.store)
        self._descriptors_low.set(readiness.descriptors_low)
        self._tasks.set(_count_tasks())
        if readiness.store:
            for state in set(State) - ENDED:
                self._orders.labels(state).set(snapshot.orders.get(state, 0))
            for reason in ClosedReason:
                self._shut.labels(reason).set(readiness.closed is reason)
            self._line.set(snapshot.waiting)
            for budget, use in snapshot.budgets.items():
                self._budget_spent.labels(budget).set(use.spent / DOLLAR)  # for display, too
                self._budget_cap.labels(budget).set(use.cap / DOLLAR)
        else:  # no value rather than an old one
            self._orders.clear()
            self._shut.clear()
            self._budget_spent.clear()
            self._budget_cap.clear()
            self._line.set(float("nan"))
        return generate_latest(self._registry)


def _count_tasks() -> float:
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:  # no event loop runs
        return float("nan")


# Statuses with a label value of their own; of the others the class is enough.
_DISTINCT: Final = frozenset({401, 402, 403, 404, 429})

_WITH_STATUS: Final = (CallError, discord.HTTPException)

# Label values of errors without a status: the first that matches the error or one of its causes.
_WITHOUT_STATUS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((NotSent, aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError), "unsent"),
    ((TimeoutError,), "timeout"),
    ((aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError), "cut"),
    ((asyncio.CancelledError,), "cancelled"),
    ((OutcomeUnknown, PictureUnusable), "unusable"),  # an answer that could not be read
)


def _status(error: BaseException | None) -> str:
    """Return the label value of a call that ended with *error*; "failed" is a bug of the bot."""
    if error is None:
        return "2xx"
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, _WITH_STATUS) and cause.status is not None:
            return str(cause.status) if cause.status in _DISTINCT else f"{cause.status // 100}xx"
    for kinds, name in _WITHOUT_STATUS:
        if any(isinstance(cause, kinds) for cause in chain):
            return name
    return "failed"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield *error* and its causes."""
    while error is not None:
        yield error
        error = error.__cause__
