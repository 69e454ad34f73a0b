"""Notes troubles as they begin and end, and records them as episodes to be told."""

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from bot.domain.alerts import LONGEST_SUBJECT, Alert, AlertKind, harmless
from bot.domain.deeds import fixed_id
from bot.log import Fault
from bot.service.ports.alerts import Alerts

log = logging.getLogger(__name__)

HOUR: Final = 3600.0  # seconds
MOST_PLACES: Final = 500  # of errors that are known to be told
ERASED_AT_ONCE: Final = 200
MOST_EVENTS: Final = 100  # that wait for the store

_Key = tuple[str, str]  # kind and subject


def new_alert(kind: AlertKind, text: str, *, at: float, subject: str = "", **more: object) -> Alert:
    """Return an alert with a new id, to be told; *more* are further fields of it."""
    values: dict[str, object] = {
        "id": secrets.token_hex(8),
        "kind": kind,
        "subject": harmless(subject, longest=LONGEST_SUBJECT),
        "text": harmless(text),
        "opened_at": at,
        "due_at": at,
    }
    return Alert(**values | more)  # type: ignore[arg-type]


def new_event(kind: AlertKind, text: str, *, at: float, subject: str = "") -> Alert:
    """Return an alert that is over at once."""
    return new_alert(kind, text, at=at, subject=subject, closed_at=at)


@dataclass
class _Noted:
    """What was said of one kind and subject since it was recorded."""

    opening: Alert | None = None  # not recorded yet
    clear_since: float | None = None  # None: the trouble goes on


class AlertService:
    """Debouncer of troubles, and their record: any service notes them, and nothing waits for it.

    A service that meets a trouble calls :meth:`open` each time that it meets it, and :meth:`close`
    each time that all is well; both are cheap, return at once and never raise. An episode opens
    with the first note and is told once. It is over, and told to be, when it was calm for
    `bot.domain.alerts.CALM` seconds, for twice as long each time that it opens again within an
    hour. What has no end is noted by :meth:`tell`. Texts are English, for operators; no secret and
    no member's words may be in them::

        alerts.open(AlertKind.SIGNING, "", "Pictures can't be signed: …", over="… again.")
        alerts.close(AlertKind.SIGNING)
        alerts.tell(AlertKind.MIGRATION, "0013", "The store was migrated …")

    A cause that has a transaction of its own records its alert there (`bot.store.alerts.record`).
    """

    def __init__(
        self, *, alerts: Alerts, now: Callable[[], float], due: asyncio.Event, send: asyncio.Event
    ) -> None:
        self._alerts = alerts
        self._now = now
        self._due = due  # set to have notes recorded at once
        self._send = send  # set when something is to be told
        self._noted: dict[_Key, _Noted] = {}
        self._open: dict[_Key, Alert] | None = None  # episodes, as read last; None: not yet
        self._once: dict[_Key, tuple[object, float]] = {}  # the cause told last, and when
        self._events: list[tuple[Alert, float]] = []
        self._places: OrderedDict[str, float] = OrderedDict()

    def open(self, kind: AlertKind, subject: str, text: str, *, over: str | None = None) -> None:
        """Note that a trouble is there; *over* is told when it is gone."""
        key = _key(kind, subject)
        if self._open is not None and key in self._open:
            self._noted.pop(key, None)
            return
        noted = self._noted.setdefault(key, _Noted())
        noted.clear_since = None
        if noted.opening is None:
            now = self._now()
            noted.opening = new_alert(kind, text, at=now, subject=subject, over_text=over)
            self._due.set()

    def close(self, kind: AlertKind, subject: str = "") -> None:
        """Note that a trouble is not there, or not any more."""
        key = _key(kind, subject)
        if self._open is not None and key not in self._open and key not in self._noted:
            return
        noted = self._noted.setdefault(key, _Noted())
        if noted.clear_since is None:
            noted.clear_since = self._now()

    def episode(self, kind: AlertKind, subject: str = "") -> Alert | None:
        """Return the open episode, as far as this process knows."""
        return (self._open or {}).get(_key(kind, subject))

    def tell(
        self,
        kind: AlertKind,
        subject: str,
        text: str,
        *,
        at_most_every: float = 0.0,
        once: object = None,
    ) -> None:
        """Note what has no end.

        It is dropped if one was told within *at_most_every* seconds, or, with *once*, for the same
        cause.
        """
        now, key = self._now(), _key(kind, subject)
        if once is not None:
            cause, told_at = self._once.get(key, (None, -at_most_every))
            if cause == once or now - told_at < at_most_every:
                return
            self._once[key] = (once, now)
        if len(self._events) < MOST_EVENTS:
            event = new_event(kind, text, at=now, subject=subject)
            if once is not None:
                event = replace(event, id=fixed_id(kind, subject, once))
            self._events.append((event, at_most_every))
            self._due.set()

    def fault(self, fault: Fault) -> None:
        """Note an unexpected error, of each place once in an hour."""
        now = self._now()
        if now - self._places.get(fault.place, -HOUR) < HOUR:
            return
        self._places[fault.place] = now
        self._places.move_to_end(fault.place)
        if len(self._places) > MOST_PLACES:
            self._places.popitem(last=False)
        text = f"Unexpected error {fault.error_id}: {fault.event} ({fault.error} at {fault.place})"
        text += ". The log has the rest; the same place is not told again within an hour."
        self.tell(AlertKind.ERROR, fault.place, text, at_most_every=HOUR)

    def unrecorded(self, kind: AlertKind) -> Alert | None:
        """Return an alert of that kind which the store has not got yet and nobody was told of."""
        openings = (noted.opening for noted in self._noted.values())
        return next(
            (one for one in openings if one and one.kind == kind and one.told_at is None), None
        )

    def told(self, opening: Alert) -> None:
        """Note that an alert was told before the store had it."""
        noted = self._noted.get((opening.kind, opening.subject))
        if noted is not None and noted.opening is opening:
            noted.opening = replace(opening, told_at=self._now(), due_at=None)

    async def record(self) -> None:
        """Record what was noted. Raises StoreUnavailable if that is incomplete."""
        while self._events:
            event, at_most_every = self._events[0]
            self._opened(event, new=await self._alerts.open(event, at_most_every=at_most_every))
            self._events.pop(0)
        episodes = {(alert.kind, alert.subject): alert for alert in await self._alerts.episodes()}
        for key, noted in tuple(self._noted.items()):
            if (opening := noted.opening) is not None:
                if key not in episodes and await self._alerts.open(opening):
                    episodes[key] = opening
                    self._opened(opening, new=True)
                noted.opening = None
        self._open = {
            key: episode
            for key, episode in episodes.items()
            if not await self._close(episode, self._noted.get(key))
        }
        for key, noted in tuple(self._noted.items()):
            done = key not in self._open or noted.clear_since is None
            if noted.opening is None and done:
                del self._noted[key]

    async def erase(self, *, before: float) -> None:
        """Erase the alerts that were over before that time. Raises StoreUnavailable."""
        while await self._alerts.erase(before=before, most=ERASED_AT_ONCE):
            log.debug("old alerts erased")

    async def _close(self, episode: Alert, noted: _Noted | None) -> bool:
        """Close an episode that ends by itself now, or that was calm for long enough."""
        now = self._now()
        ended = episode.ends_at is not None and now >= episode.ends_at
        if noted is not None and noted.opening is None and noted.clear_since is not None:
            ended = ended or now - noted.clear_since >= episode.calm
        if ended and await self._alerts.close(episode, now=now):
            log.debug("alert over: kind=%s subject=%s", episode.kind, episode.subject)
            self._send.set()
        return ended

    def _opened(self, alert: Alert, *, new: bool) -> None:
        if new:
            log.debug("alert: kind=%s subject=%s text=%s", alert.kind, alert.subject, alert.text)
            self._send.set()


def _key(kind: str, subject: str) -> _Key:
    return kind, harmless(subject, longest=LONGEST_SUBJECT)
