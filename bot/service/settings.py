"""The settings of the services of one process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.admission import Caps
from bot.domain.shards import Shards
from bot.retry import Backoff

HELD_DAYS: Final = 7  # where files are kept without an end
_STORE_BACKOFF: Final = Backoff(first=0.5, most=5.0)  # seconds
_MEDIA_BACKOFF: Final = Backoff(first=1.0, most=4.0)  # seconds
_STORAGE_BACKOFF: Final = Backoff(first=1.0, most=30.0)  # seconds
_OUTSTANDING_BACKOFF: Final = Backoff(first=5.0, most=3600.0)  # seconds


@dataclass(frozen=True, kw_only=True)
class RetentionPolicy:
    """How many days the operator keeps files and orders, 0: for ever; and pages about that."""

    files_days: int
    orders_days: int
    privacy_url: str | None = None
    terms_url: str | None = None
    checks_pictures: bool = False  # on servers whose moderators want it

    @property
    def held_days(self) -> int:
        """How many days moderators have to decide about held pictures."""
        return self.files_days or HELD_DAYS


@dataclass(frozen=True, kw_only=True)
class ScreeningPolicy:
    """What holds for the check of pictures, which the operator set up."""

    hold_when_away: bool = False  # pictures that could not be checked are treated as flagged ones


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """The operator's settings, and timings that only tests change. Times are in seconds."""

    owner: str  # this process
    lane: str  # its name: a fingerprint of the key
    shards: Shards  # orders of other shards are another process's
    caps: Caps
    width: int  # jobs at the vendor at once, of all processes together
    per_second: float  # calls of the vendor
    probe_after: float  # until an order may probe an empty wallet
    lease: float
    submit_timeout: float
    poll: float
    deadline: float  # of a job at the vendor, and of a waiting order
    public_url: str | None  # None: the vendor is not asked to call back
    callback_mode: str
    files: Path  # the folder of the pictures
    retention: RetentionPolicy
    screening: ScreeningPolicy = ScreeningPolicy()

    show_costs: bool = True  # to moderators
    name: str = ""  # of this process, where several share the store
    version: str = ""  # of the bot
    store_backoff: Backoff = _STORE_BACKOFF
    media_backoff: Backoff = _MEDIA_BACKOFF  # while the job has its owner
    outstanding_backoff: Backoff = _OUTSTANDING_BACKOFF  # until any process tries again
    storage_backoff: Backoff = _STORAGE_BACKOFF  # while the place where pictures wait is away
    longest_poll_pause: float = 60.0  # when the vendor asks to back off
    resume_after: float = 30.0  # until a job goes on after a fault
    recorded_within: float = 1.5  # from the pictures' arrival in Discord to their record
    admit_within: float = 2.0  # Discord waits 3 s for the answer
    styles_within: float = 1.5  # Discord waits 3 s for autocomplete choices
    submits_end_within: float = 5.0  # at shutdown; a lost answer makes an order uncertain
    positions_every: float = 2.0
    refusals_every: float = 5.0  # between two writes of how many orders were refused
    alert_pause: float = 2.0  # between two messages: Discord takes 30 in a minute
    sweep_first: float = 180.0  # after the start, which has more urgent work
    sweep_every: float = 3600.0
    sweep_pause: float = 0.5  # between two batches: others wait to write meanwhile
    sweep_batch: int = 200  # orders
