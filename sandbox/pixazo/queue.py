"""The vendor's queue and wallet: pure, time comes in as an argument (unix seconds)."""

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
USD_DIGITS = 9  # sums of money are rounded to them: floats stay readable
LONGEST_CYCLE = 15.0  # seconds between two callbacks of mode sync, as the contract caps them

WHY: dict[str, str] = {  # what the `error` of a status says
    Status.FAILED: "The model could not produce an image for this prompt",
    Status.ERROR: "The worker was lost before it finished",
}


class InsufficientBalanceError(Exception):
    """The wallet can't pay for the order; nothing was taken."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a submit asks for. Options left out have the model's own defaults."""

    prompt: str
    num_images: int = 1
    guidance_scale: float = 3.5
    num_inference_steps: int = 50
    expand_prompt: bool = False


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Where a submit wants its callbacks, and which."""

    url: str
    mode: Literal["terminal", "sync"] = "terminal"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long a request will take, and how it will end."""

    queued_seconds: float
    processing_seconds: float
    outcome: Status = Status.COMPLETED


@dataclass(frozen=True, kw_only=True)
class Request:
    """One accepted submit, as it stands."""

    request_id: str
    order: Order
    webhook: Webhook | None
    plan: Plan
    cost_usd: float  # taken when it is accepted
    created_at: float
    updated_at: float
    status: str = Status.QUEUED  # a test may move it to a state that nobody documented
    error: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in TERMINAL

    @property
    def due(self) -> float | None:
        """When its state changes by itself; None: never."""
        match self.status:
            case Status.QUEUED:
                return self.created_at + self.plan.queued_seconds
            case Status.PROCESSING:
                return self.updated_at + self.plan.processing_seconds
            case _:
                return None

    def moved(self, status: str, at: float, error: str | None = None) -> Self:
        """Return the request in another state."""
        return replace(self, status=status, updated_at=at, error=error or WHY.get(status))


class Queue:
    """Every request that was accepted, and the wallet that pays for them.

    Nothing happens by itself: `advance` brings it up to a point in time.
    """

    def __init__(self, *, wallet_usd: float | None) -> None:
        self.wallet_usd = wallet_usd  # None: endless
        self.held = False  # no state changes by time; `move` alone changes them
        self._requests: dict[str, Request] = {}
        self._open: dict[str, Request] = {}  # those that have not ended
        self._cycles: dict[str, float] = {}  # when a request of mode sync is next told as it stands

    def __len__(self) -> int:
        return len(self._requests)

    def get(self, request_id: str) -> Request | None:
        """Return a request as it stood at the last `advance` or `move`."""
        return self._requests.get(request_id)

    def latest(self, count: int) -> list[Request]:
        """Return the last *count* requests, the newest last."""
        return list(self._requests.values())[-count:]

    def accept(self, request: Request) -> None:
        """Take its cost and queue it; raise InsufficientBalanceError if it can't be paid."""
        if self.wallet_usd is not None:
            if self.wallet_usd < request.cost_usd:
                raise InsufficientBalanceError
            self.wallet_usd = round(self.wallet_usd - request.cost_usd, USD_DIGITS)
        self._put(request)

    def move(self, request_id: str, status: str, now: float, error: str | None = None) -> Request:
        """Change a request's state by hand."""
        request = self._requests[request_id].moved(status, now, error)
        self._put(request)
        return request

    def advance(self, now: float) -> list[Request]:
        """Let time pass; return each state that was entered, and each sync cycle that came due."""
        if self.held:
            return []
        news: list[Request] = []
        for request in list(self._open.values()):
            while (due := request.due) is not None and due <= now:
                request = self._step(request, due)  # noqa: PLW2901  the next state of the same
                news.append(request)
            if self._cycles.get(request.request_id, now + 1) <= now:
                self._cycles[request.request_id] = now + LONGEST_CYCLE
                news.append(request)
        return news

    def next_due(self) -> float | None:
        """Return when `advance` will have something to do; None: not before something new comes."""
        if self.held:
            return None
        dues = [due for request in self._open.values() if (due := request.due) is not None]
        return min([*dues, *self._cycles.values()], default=None)

    def _step(self, request: Request, at: float) -> Request:
        queued = request.status == Status.QUEUED
        return self.move(
            request.request_id, Status.PROCESSING if queued else request.plan.outcome, at
        )

    def _put(self, request: Request) -> None:
        before = self._requests.get(request.request_id)
        self._requests[request.request_id] = request
        self._open[request.request_id] = request
        if request.ended:
            del self._open[request.request_id]
            self._cycles.pop(request.request_id, None)
        elif request.webhook is not None and request.webhook.mode == "sync":
            self._cycles[request.request_id] = request.updated_at + LONGEST_CYCLE
        refunded = request.status == Status.ERROR and before and before.status != Status.ERROR
        if refunded and self.wallet_usd is not None:  # documented: ERROR is not charged
            self.wallet_usd = round(self.wallet_usd + request.cost_usd, USD_DIGITS)
