"""What a card tells about an order beside the job itself."""

from dataclasses import dataclass

from bot.domain.lane import ClosedReason


@dataclass(frozen=True, kw_only=True)
class CardStatus:
    """What is known about an order's progress now. Times are Unix seconds."""

    # WAITING
    place: int | None = None  # in line, counted from 1
    paused_until: float | None = None  # when the lane tries again; None: it is open, or it does now
    closed: ClosedReason | None = None  # why the lane keeps orders waiting

    # QUEUED, PROCESSING
    usual_seconds: int | None = None  # that such orders take, rounded; None: unknown, or over
    late: bool = False  # it takes longer than usual

    # UNCERTAIN
    given_up_at: float | None = None  # None: it is given up already
    fault_id: str | None = None  # of the bug that caused it, as it is in the log
