"""What a card tells about an order beside the job itself."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CardStatus:
    """What is known about an order's progress now. Times are Unix seconds."""

    # WAITING
    place: int | None = None  # in line, counted from 1
    paused_until: float | None = None  # the lane; None: it is open, or its end is not known
    key_rejected: bool = False  # the lane waits for the operator to replace the key

    # QUEUED, PROCESSING
    ready_at: float | None = None  # estimated
    late: bool = False  # it takes longer than usual

    # UNCERTAIN
    given_up_at: float | None = None  # None: it is given up already
    fault_id: str | None = None  # of the bug that caused it, as it is in the log
