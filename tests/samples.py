"""Orders and jobs to test with: sensible ones, of which a test names only what it is about."""

import itertools
from typing import Any

from bot.domain.admission import AdmissionContext
from bot.domain.job import Job
from bot.domain.order import Order

NOW = 1_770_000_000.0  # Unix seconds; no test asks the real clock
LANE = "lane"
OWNER = "here"

_numbers = itertools.count(1)


def an_order(**changes: Any) -> Order:
    return Order(**{"prompt": "a lighthouse in a storm", **changes})


def a_job(**changes: Any) -> Job:
    """Return a job that waits in its line; each has ids of its own."""
    number = next(_numbers)
    values = {
        "id": f"{number:016x}",
        "interaction_id": 5_000_000 + number,
        "application_id": 900,
        "guild_id": 100,
        "channel_id": 200,
        "member_id": 300,
        "order": an_order(),
        "lane": LANE,
        "created_at": NOW,
        "since": NOW,
        "interaction_token": f"interaction-token-{number}",
        "callback_token": f"callback-token-{number}",
    }
    return Job(**{**values, **changes})


def anybody(job: Job, _standing: AdmissionContext) -> Job:
    """Admit *job*, however things stand."""
    return job
