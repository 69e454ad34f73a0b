"""Ports of alerts: where they are recorded, and who is told of them."""

from collections.abc import Sequence
from typing import Protocol

from bot.domain.alerts import Alert, AlertMessage


class Alerts(Protocol):
    """The alerts of all processes that share the store.

    Every method raises StoreUnavailable if the store can't be reached.
    """

    async def open(self, alert: Alert, *, at_most_every: float = 0.0) -> bool:
        """Record an alert to be told; ``False``: its kind and subject have an open episode.

        Also if the last one of the same kind and subject is younger than *at_most_every* seconds.
        """

    async def close(self, alert: Alert, *, now: float) -> bool:
        """Record the end of an episode, to be told; ``False``: it is over already."""

    async def episodes(self) -> Sequence[Alert]:
        """Return the open episodes, the oldest first."""

    async def claim(self, *, now: float, lease: float) -> Alert | None:
        """Take the oldest alert that is to be told, for *lease* seconds.

        ``None``: there is none, another process tells one, or the receiver is left alone after a
        try that failed.
        """

    async def settle(self, alert: Alert, *, now: float, due_at: float | None = None) -> None:
        """Record that a claimed alert was told; with *due_at*: that it is to be tried then."""

    async def pending(self) -> int:
        """Count the alerts that are to be told."""

    async def erase(self, *, before: float, most: int) -> int:
        """Erase some alerts that were over before that time; return how many."""


class AlertSender(Protocol):
    """The receiver of alerts."""

    async def send(self, message: AlertMessage) -> None:
        """Send a message. Raises AlertNotTaken."""
