"""The vendor's queue and wallet: pure, time is an argument (unix seconds)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, Self


class Status(StrEnum):
    """The states that the contract names."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    ERROR = "ERROR"


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.ERROR})
USD_DIGITS = 9  # amounts are rounded to so many decimals
MAX_CYCLE = 15.0  # seconds between two callbacks of mode sync, by contract

ERROR_TEXTS: dict[str, str] = {  # `error` of a status
    Status.FAILED: "The model could not produce an image for this prompt",
    Status.ERROR: "The worker was lost before it finished",
}


class InsufficientBalanceError(Exception):
    """The wallet does not cover the order; nothing is deducted."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """The content of a submit; the defaults are the model's."""

    prompt: str
    num_images: int = 1
    guidance_scale: float = 3.5
    num_inference_steps: int = 50
    expand_prompt: bool = False


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where a submit wants its callbacks, and in which mode."""

    url: str
    mode: Literal["terminal", "sync"] = "terminal"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long a request takes and how it ends."""

    queued_seconds: float
    processing_seconds: float
    outcome: Status = Status.COMPLETED


@dataclass(frozen=True, kw_only=True)
class Request:
    """An accepted submit and its current state."""

    request_id: str
    order: Order
    webhook: Webhook | None
    plan: Plan
    cost_usd: float  # deducted at acceptance
    created_at: float
    updated_at: float
    status: str = Status.QUEUED  # tests may set undocumented states
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Return whether the state is terminal."""
        return self.status in TERMINAL

    @property
    def due(self) -> float | None:
        """Return when the state next changes by time; None: never."""
        if self.status == Status.QUEUED:
            return self.created_at + self.plan.queued_seconds
        processing = self.status == Status.PROCESSING
        return self.updated_at + self.plan.processing_seconds if processing else None

    def moved(self, status: str, at: float, error: str | None = None) -> Self:
        """Return the request in another state."""
        return replace(self, status=status, updated_at=at, error=error or ERROR_TEXTS.get(status))


class Queue:
    """State machine of all accepted requests, and the wallet; `advance` moves it on in time."""

    def __init__(self, *, wallet_usd: float | None) -> None:
        self.wallet_usd = wallet_usd  # None: unlimited
        self.held = False  # only `move` changes states, time does not
        self._requests: dict[str, Request] = {}
        self._open: dict[str, Request] = {}  # not ended
        self._next_cycle: dict[str, float] = {}  # when mode sync next repeats a state

    def get(self, request_id: str) -> Request | None:
        """Return a request with its state at the last `advance` or `move`."""
        return self._requests.get(request_id)

    def latest(self, count: int) -> list[Request]:
        """Return the last *count* requests, newest last."""
        return list(self._requests.values())[-count:]

    def accept(self, request: Request) -> None:
        """Deduct the cost and queue the request, or raise InsufficientBalanceError."""
        if self.wallet_usd is not None:
            if self.wallet_usd < request.cost_usd:
                raise InsufficientBalanceError
            self.wallet_usd = round(self.wallet_usd - request.cost_usd, USD_DIGITS)
        self._put(request)

    def move(self, request_id: str, status: str, now: float, error: str | None = None) -> Request:
        """Set a request's state."""
        request = self._requests[request_id].moved(status, now, error)
        self._put(request)
        return request

    def advance(self, now: float) -> list[Request]:
        """Move on to *now*; return each state entered and each sync cycle that is due."""
        if self.held:
            return []
        changes: list[Request] = []
        for request in list(self._open.values()):
            while (due := request.due) is not None and due <= now:
                request = self._step(request, due)  # noqa: PLW2901  its next state
                changes.append(request)
            if self._next_cycle.get(request.request_id, now + 1) <= now:
                self._next_cycle[request.request_id] = now + MAX_CYCLE
                changes.append(request)
        return changes

    def next_due(self) -> float | None:
        """Return when `advance` next has an effect; None: not before a new request."""
        if self.held:
            return None
        dues = [due for request in self._open.values() if (due := request.due) is not None]
        return min([*dues, *self._next_cycle.values()], default=None)

    def _step(self, request: Request, at: float) -> Request:
        queued = request.status == Status.QUEUED
        status = Status.PROCESSING if queued else request.plan.outcome
        return self.move(request.request_id, status, at)

    def _put(self, request: Request) -> None:
        before = self._requests.get(request.request_id)
        self._requests[request.request_id] = request
        self._open[request.request_id] = request
        if request.ended:
            del self._open[request.request_id]
            self._next_cycle.pop(request.request_id, None)
        elif request.webhook is not None and request.webhook.mode == "sync":
            self._next_cycle[request.request_id] = request.updated_at + MAX_CYCLE
        refunded = request.status == Status.ERROR and before and before.status != Status.ERROR
        if refunded and self.wallet_usd is not None:  # by contract, ERROR is not charged
            self.wallet_usd = round(self.wallet_usd + request.cost_usd, USD_DIGITS)
